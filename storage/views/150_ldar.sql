-- LDAR by the newest current finding of each component and rule: period = [day of the last test, end of the due day).
create view dash.ldar_due as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || c.code as component, c.code as component_code, c.name as component_name, c.unit_name,
       c.kind, c.medium, r.rule_id, r.title as rule_title, r.standard, r.clause,
       f.period_end as due_at, dash.local_day(f.period_start) as anchor_on, dash.local_day(f.period_end) - 1 as due_on,
       f.verdict, dash.verdict_code(f.verdict) as verdict_code, f.reason, f.computed_at,
       t.tested_at as last_tested_at, t.net_umol_mol as last_net_umol_mol, f.finding_id
from component c
join enterprise e using (enterprise_id)
join district d on d.code = e.district
cross join rule r
join lateral (
    select f.* from finding f
    where f.rule_id = r.rule_id and f.subject = 'component:' || e.code || '/' || c.code and f.superseded_at is null
    order by f.period_start desc limit 1
) f on true
left join lateral (
    select t.tested_at, t.net_umol_mol from leak_test t
    where t.component_id = c.component_id order by t.tested_at desc, t.revision desc limit 1
) t on true
where r.rule_id like 'ldar.%' and c.in_service_to is null;

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
    select enterprise, count(*) filter (where judged) as judged_components,
           count(*) filter (where overdue) as overdue_components,
           count(*) filter (where due_soon and not overdue) as due_soon_components,
           min(next_due_on) as next_due_on
    from (
        select enterprise, component, bool_or(verdict <> 'undetermined') as judged,
               bool_or(verdict = 'violation') as overdue, bool_or(reason = 'due_soon') as due_soon,
               min(due_on) filter (where verdict = 'compliant') as next_due_on
        from dash.ldar_due group by enterprise, component
    ) per_component group by enterprise
) j on j.enterprise = e.enterprise;

create view dash.leak_test as
select t.tested_at as time, d.code as district, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || c.code as component, c.code as component_code, c.name as component_name, c.unit_name, c.kind,
       c.medium, t.net_umol_mol, t.background_umol_mol, t.instrument, t.revision, t.received_at
from leak_test t
join component c using (component_id)
join enterprise e on e.enterprise_id = c.enterprise_id
join district d on d.code = e.district;
