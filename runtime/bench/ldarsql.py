"""Due days of a whole city in one hand-written statement: what the LDAR bench sets the platform against."""

from __future__ import annotations

#: Rows (rule, component_id, due_on, overdue). It knows the bench's ledger: exemptions last for ever, only
#: installations are restarted, relief devices have not released; the platform knows none of that.
STATEMENT = """
with tested as (
    select t.component_id, max(t.tested_at) as last_at
    from leak_test t
    join component c using (component_id)
    where t.purpose in ('routine', 'recheck') and (t.method = 'instrument' or not c.reachable)
      and t.tested_at < (%(as_of)s::date + 1)::timestamp at time zone 'Asia/Shanghai'
      and not exists (select from leak_test n where n.component_id = t.component_id and n.tested_at = t.tested_at
                      and n.revision > t.revision)
    group by t.component_id
), restarted as (
    select installation_id, max((happened_at at time zone 'Asia/Shanghai')::date) as day
    from component_event
    where kind = 'restart' and superseded_at is null
      and happened_at < (%(as_of)s::date + 1)::timestamp at time zone 'Asia/Shanghai'
    group by installation_id
), obliged as (
    select enterprise_id from component
    where in_service_from <= %(as_of)s::date and (in_service_to is null or in_service_to > %(as_of)s::date)
    group by enterprise_id having count(*) >= 2000
), serving as (
    select c.component_id, c.enterprise_id, i.standard, c.kind in ('flange', 'connector', 'other') as is_static,
           c.kind in ('flange', 'connector', 'other') or c.kind = 'relief' and c.medium <> 'gas' as is_other,
           greatest(c.in_service_from, i.started_on) as started, c.in_service_from, r.day as restart,
           (t.last_at at time zone 'Asia/Shanghai')::date as last
    from component c
    left join process_unit u using (unit_id)
    left join installation i using (installation_id)
    left join tested t using (component_id)
    left join restarted r using (installation_id)
    where c.exempt_clause is null and c.in_service_from <= %(as_of)s::date
      and (c.in_service_to is null or c.in_service_to > %(as_of)s::date)
), due as (
    select 'ldar.gb37822' as rule, component_id,
           least(coalesce((last + case when is_static then interval '12 months' else interval '6 months' end)::date,
                          started + 90),
                 case when restart > coalesce(last, started) then restart + 90 end) as due_on
    from serving join obliged using (enterprise_id)
    union all
    select 'ldar.gb31571', component_id,
           coalesce((last + case when is_other then interval '6 months' else interval '3 months' end)::date,
                    started + 30)
    from serving where standard = 'GB31571'
    union all
    select 'ldar.wuhai_yearly', component_id,
           make_date(extract(year from %(as_of)s::date)::int
                     + case when last >= date_trunc('year', %(as_of)s::date) then 1 else 0 end, 12, 31)
    from serving
)
select rule, component_id, due_on, due_on < %(as_of)s::date as overdue from due
"""
