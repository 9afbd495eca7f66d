-- city_dues --
-- one row: columns of all components in service on a day with the last day on which each was tested for a schedule.
-- As binary arrays a column of days is read at once; infinity stands for none, because a null has another length
with newest as materialized (
    -- what became of tests that were corrected: these are few
    select distinct on (component_id, tested_at) component_id, tested_at, purpose, method
    from leak_test where revision > 0
    order by component_id, tested_at, revision desc
), tested as (
    select component_id, max(tested_at) as tested_at,
           max(tested_at) filter (where method = 'instrument') as by_instrument_at
    from (
        select t.component_id, t.tested_at, t.method
        from leak_test t
        where t.revision = 0 and t.tested_at < %(through)s::timestamptz and t.purpose = any(%(purposes)s::text[])
          and not exists (select from newest n where n.component_id = t.component_id and n.tested_at = t.tested_at)
        union all
        select n.component_id, n.tested_at, n.method
        from newest n
        where n.tested_at < %(through)s::timestamptz and n.purpose = any(%(purposes)s::text[])
    ) t
    group by component_id
), counts as (
    select enterprise_id, sum(change)::int as components
    from component_change where day <= %(as_of)s::date group by enterprise_id
), found as (
    select c.component_id, c.enterprise_id, array_position(%(kinds)s::text[], case when c.kind = 'relief' and c.medium <> 'gas' then %(liquid_relief)s::text
                                                 else c.kind end) as kind, k.components,
           e.registered_from, coalesce(greatest(c.in_service_from, i.started_on), c.in_service_from) as start,
           case when c.exempt_clause is null then 'infinity' else coalesce(c.exempt_from, c.in_service_from) end
               as exempt_from,
           coalesce(c.exempt_to, 'infinity') as exempt_to,
           coalesce(((case when c.reachable then t.by_instrument_at else t.tested_at end)
                     at time zone 'Asia/Shanghai')::date, 'infinity') as tested,
           coalesce(array_position(%(standards)s::text[], i.standard), 0) as standard
    from component c
    join enterprise e using (enterprise_id)
    join counts k using (enterprise_id)
    left join process_unit u on u.unit_id = c.unit_id
    left join installation i on i.installation_id = u.installation_id
    left join tested t using (component_id)
    where c.in_service_from <= %(as_of)s::date and (c.in_service_to is null or c.in_service_to > %(as_of)s::date)
)
select array_agg(component_id), array_agg(enterprise_id), array_agg(kind), array_agg(components), array_agg(standard),
       array_agg(registered_from), array_agg(start), array_agg(exempt_from), array_agg(exempt_to), array_agg(tested)
from found

-- city_events --
-- one row: components with the days of their restarts and releases up to an instant, those of their installations too
with happened as (
    select v.component_id, v.happened_at, (v.kind = 'release')::int as is_release
    from component_event v
    where v.superseded_at is null and v.component_id is not null and v.happened_at < %(through)s::timestamptz
    union all
    select c.component_id, v.happened_at, 0
    from component_event v
    join process_unit u on u.installation_id = v.installation_id
    join component c on c.unit_id = u.unit_id
    where v.superseded_at is null and v.kind = 'restart' and v.happened_at < %(through)s::timestamptz
)
select array_agg(component_id), array_agg((happened_at at time zone 'Asia/Shanghai')::date), array_agg(is_release)
from happened
