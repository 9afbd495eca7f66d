-- LDAR dues, by what the schedules keep in component_due: no row of a finding is looked for by its text.

-- Up to which local day each schedule is judged at each enterprise, and how many last days it calls due soon.
create view dash.ldar_as_of as
select r.rule_id, e.enterprise_id, e.code as enterprise, dash.local_day(w.through_at) - 1 as as_of,
       coalesce((r.definition #>> '{params,due_soon_days}')::int, 0) as due_soon_days
from rule_watermark w
join rule r using (rule_id)
join enterprise e on w.subject = 'enterprise:' || e.code
where r.evaluator in ('leak_schedule', 'yearly_campaign');

create view dash.ldar_rule as
select rule_id, title from rule where evaluator in ('leak_schedule', 'yearly_campaign') and enabled;

-- How many components have a duty in each schedule at each enterprise, and where they stand; from the index alone.
create view dash.ldar_standing as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name, a.rule_id,
       r.title as rule_title, r.standard, r.clause, a.as_of, s.components, s.overdue, s.due_soon
from dash.ldar_as_of a
join enterprise e using (enterprise_id)
join district d on d.code = e.district
join rule r using (rule_id)
cross join lateral (
    select count(*) as components, count(*) filter (where u.due_on < a.as_of) as overdue,
           count(*) filter (where u.due_on >= a.as_of and u.due_on <= a.as_of + a.due_soon_days) as due_soon
    from component_due u
    where u.enterprise_id = a.enterprise_id and u.rule_id = a.rule_id
    offset 0
) s;

-- Components that are overdue in a schedule, the thousand oldest of each enterprise.
create view dash.ldar_overdue as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || c.code as component, c.code as component_code, c.name as component_name, c.unit_name,
       c.kind, c.medium, r.rule_id, r.title as rule_title, r.standard, r.clause, u.anchor, u.anchor_on, u.due_on,
       a.as_of,
       -- not asked for, not looked up
       (select max(t.tested_at) from leak_test t where t.component_id = u.component_id) as last_tested_at
from dash.ldar_as_of a
join enterprise e using (enterprise_id)
join district d on d.code = e.district
join rule r using (rule_id)
cross join lateral (
    select o.component_id, o.anchor, o.anchor_on, o.due_on
    from component_due o
    where o.enterprise_id = a.enterprise_id and o.rule_id = a.rule_id and o.due_on < a.as_of
    order by o.due_on limit 1000
) u
join component c on c.component_id = u.component_id;
comment on column dash.ldar_overdue.as_of is 'the last closed local day that the schedule has judged at the enterprise';

-- One row a component with an open duty: its strictest due day. as_of: the earliest of the enterprise's schedules. The sums
-- by component are read from the key's index alone.
create view dash.ldar_strictest as
select c.enterprise_id, c.component_id, c.unit_name, c.kind, s.due_on, s.due_on < a.as_of as is_overdue,
       s.due_on <= a.as_of + a.due_soon_days as is_due_soon
from (select component_id, min(due_on) as due_on from component_due group by component_id) s
join component c using (component_id)
join (
    select enterprise_id, min(as_of) as as_of, max(due_soon_days) as due_soon_days
    from dash.ldar_as_of group by enterprise_id
) a on a.enterprise_id = c.enterprise_id;

-- Components by enterprise, unit and month of the strictest due day; month null: overdue.
create view dash.ldar_due_month as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name, s.unit_name,
       case when s.is_overdue then null else date_trunc('month', s.due_on)::date end as month, s.components,
       s.dynamic_components
from (
    select enterprise_id, unit_name, is_overdue, date_trunc('month', due_on)::date as due_on, count(*) as components,
           count(*) filter (where kind not in ('flange', 'connector', 'other')) as dynamic_components
    from dash.ldar_strictest
    group by enterprise_id, unit_name, is_overdue, date_trunc('month', due_on)::date
) s
join enterprise e using (enterprise_id)
join district d on d.code = e.district;
comment on column dash.ldar_due_month.dynamic_components is 'of them 动密封: all but flanges, other connectors and others';

-- One row an enterprise: components in service, and how many of them some LDAR rule finds overdue.
create view dash.ldar_summary as
select e.district, e.district_name, e.enterprise, e.enterprise_name, c.components, c.exempt_components,
       coalesce(j.judged_components, 0) as judged_components, coalesce(j.overdue_components, 0) as overdue_components,
       coalesce(j.due_soon_components, 0) as due_soon_components,
       100.0::double precision * (j.judged_components - j.overdue_components)
           / nullif(j.judged_components, 0) as on_time_pct,
       j.next_due_on
from (
    select enterprise_id, count(*) as components, count(*) filter (where exempt_clause is not null) as exempt_components
    from component where in_service_to is null group by enterprise_id
) c
join enterprise r using (enterprise_id)
join dash.enterprise e on e.enterprise = r.code
left join (
    select enterprise_id, count(*) as judged_components, count(*) filter (where is_overdue) as overdue_components,
           count(*) filter (where is_due_soon and not is_overdue) as due_soon_components,
           min(due_on) filter (where not is_overdue) as next_due_on
    from dash.ldar_strictest group by enterprise_id
) j on j.enterprise_id = r.enterprise_id;

create view dash.leak_test as
select t.tested_at as time, d.code as district, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || c.code as component, c.code as component_code, c.name as component_name, c.unit_name, c.kind,
       c.medium, t.purpose, t.method, t.net_umol_mol, t.reading_umol_mol, t.background_umol_mol, t.visible,
       t.instrument, t.tester, t.campaign, t.revision, t.received_at
from leak_test t
join component c using (component_id)
join enterprise e on e.enterprise_id = c.enterprise_id
join district d on d.code = e.district;

create view dash.ldar_component as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || c.code as component, c.component_id, c.unit_name, c.kind, c.medium, c.reachable,
       c.in_service_from, c.in_service_to,
       case when c.exempt_clause is not null then coalesce(c.exempt_from, c.in_service_from) end as exempt_from,
       c.exempt_to
from component c
join enterprise e using (enterprise_id)
join district d on d.code = e.district;
comment on column dash.ldar_component.exempt_from is 'first day of the exemption, null: none';

-- Tests that meet a schedule, by their newest revision: routine or recheck, without a probe only of what is out of reach.
create view dash.ldar_scheduled_test as
select l.component_id, l.tested_at
from leak_test l join component c using (component_id)
where l.purpose in ('routine', 'recheck') and (l.method = 'instrument' or not c.reachable)
    and not exists (select from leak_test n where n.component_id = l.component_id and n.tested_at = l.tested_at
                    and n.revision > l.revision);

-- Components of the local day of `at` that have to be tested, and how many were in its calendar year up to then.
create function dash.ldar_coverage_at(at timestamptz) returns table (
    district text, district_name text, enterprise text, enterprise_name text, unit_name text, components bigint,
    tested bigint
) stable parallel safe language sql as $$
    select c.district, c.district_name, c.enterprise, c.enterprise_name, c.unit_name, count(*), count(t.component_id)
    from dash.ldar_component c
    left join (
        select distinct s.component_id from dash.ldar_scheduled_test s
        where s.tested_at >= dash.year_floor(at) and s.tested_at <= at
    ) t on t.component_id = c.component_id
    where c.in_service_from <= dash.local_day(at)
        and (c.in_service_to is null or c.in_service_to > dash.local_day(at))
        and not coalesce(c.exempt_from <= dash.local_day(at)
                         and (c.exempt_to is null or c.exempt_to > dash.local_day(at)), false)
    group by c.district, c.district_name, c.enterprise, c.enterprise_name, c.unit_name
$$;

-- The heat map of due work: the units with most of it, times 已逾期 and the thirteen months from that of `at` on. A row for
-- every pair, in order. districts, enterprises: '__all__' for all. What is due before that month and not overdue yet is of it.
create function dash.ldar_due_grid(at timestamptz, districts text[], enterprises text[], units int) returns table (
    unit text, unit_rank bigint, label text, slot int, components bigint
) stable parallel safe language sql as $$
    with due as materialized (
        select m.enterprise, m.enterprise_name, m.unit_name,
               case when m.month is null then 0
                    else greatest(1, 1 + (extract(year from age(m.month, f.first)) * 12
                                          + extract(month from age(m.month, f.first)))::int) end as slot,
               sum(m.components) as components
        from dash.ldar_due_month m
        cross join (select dash.local_day(dash.month_floor(at)) as first) f
        where ('__all__' = any(districts) or m.district = any(districts))
            and ('__all__' = any(enterprises) or m.enterprise = any(enterprises))
            and (m.month is null or m.month < f.first + interval '13 months')
        group by 1, 2, 3, 4
    ), top as (
        select enterprise, unit_name, min(enterprise_name) || ' ' || unit_name as unit,
               row_number() over (order by sum(components) filter (where slot = 0) desc nulls last,
                                  sum(components) desc, enterprise, unit_name) as unit_rank
        from due group by enterprise, unit_name
        order by unit_rank limit units
    )
    select t.unit, t.unit_rank,
           case c.slot when 0 then '已逾期'
                else to_char(dash.local_day(dash.month_floor(at)) + (c.slot - 1) * interval '1 month', 'YYYY-MM') end,
           c.slot, coalesce(d.components, 0)::bigint
    from top t
    cross join generate_series(0, 13) as c (slot)
    left join due d on d.enterprise = t.enterprise and d.unit_name = t.unit_name and d.slot = c.slot
$$;
