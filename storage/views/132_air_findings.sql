-- Other verdicts on outlets and their pollutants and analysers: single values, days, rates, what the logger stated,
-- early warnings, drift. Current findings, joined from the register for the sake of the index (rule, subject, period).
create view dash.air_subject as
select district, district_name, enterprise, enterprise_name, outlet, outlet_name, process, pollutant, pollutant_name,
       null as point, null as point_name, subject, 'pollutant' as subject_kind from dash.outlet_pollutant
union all
select district, district_name, enterprise, enterprise_name, outlet, outlet_name, process, null, null, null, null,
       'outlet:' || outlet, 'outlet' from dash.outlet
union all
select p.district, p.district_name, p.enterprise, p.enterprise_name, p.outlet, o.outlet_name, o.process,
       coalesce(m.quantity, p.quantity), dash.pollutant_name(coalesce(m.quantity, p.quantity)), p.point, p.point_name,
       'point:' || p.point, 'point'
from dash.point p
join dash.outlet o using (outlet)
left join dash.point m on m.point = p.of_point;

create view dash.air_finding as
select f.period_start as time, f.period_end, dash.local_day(f.period_start) as day, s.district, s.enterprise,
       s.enterprise_name, s.outlet, s.outlet_name, s.pollutant, s.pollutant_name, s.point, s.point_name, s.subject_kind,
       r.rule_id, r.title as rule_title, r.standard, r.clause, f.verdict, dash.verdict_code(f.verdict) as verdict_code,
       f.reason, f.value, f.limit_value, f.unit, f.evidence, f.rule_version, f.finding_id, f.computed_at
from (
    select rule_id, title, standard, clause,
           case when rule_id = 'data.transmission_rate' or starts_with(rule_id, 'voc.') or starts_with(rule_id, 'sign.')
                     then 'outlet'
                when rule_id in ('legal.single', 'legal.daily', 'legal.rate', 'warn.legal', 'warn.ule', 'mass.yearly',
                                 'data.capture_rate') then 'pollutant'
                when starts_with(rule_id, 'data.reported_') or starts_with(rule_id, 'qa.') or starts_with(rule_id, 'gc.')
                     then 'point' end as subject_kind
    from rule
) r
join dash.air_subject s using (subject_kind)
join finding f on f.rule_id = r.rule_id and f.subject = s.subject and f.superseded_at is null;

-- 预警, never 超标: one row a change of state; it holds until the next change, until_at null for the state of now.
create view dash.early_warning as
select f.time, f.period_end, f.district, f.enterprise, f.enterprise_name, f.outlet, f.outlet_name, f.pollutant,
       f.pollutant_name, substr(f.rule_id, 6) as kind, dash.kind_name(substr(f.rule_id, 6)) as kind_name,
       f.verdict = 'violation' as is_warning, f.reason, f.value, f.limit_value, f.unit, n.next_at as until_at,
       extract(epoch from n.next_at - f.time)::double precision as duration_s, f.finding_id, f.computed_at
from dash.air_finding f
left join lateral (
    select min(l.period_start) as next_at from finding l
    where l.rule_id = f.rule_id and l.subject = 'pollutant:' || f.outlet || '/' || f.pollutant
      and l.superseded_at is null and l.period_start > f.time
) n on true
where f.rule_id in ('warn.legal', 'warn.ule');

-- Drift of analysers in % of full scale, as their loggers state it.
create view dash.drift as
select h.hour_at as time, p.district, p.enterprise, p.enterprise_name, p.outlet, p.point, p.point_name, p.of_point,
       m.quantity, dash.pollutant_name(m.quantity) as quantity_name, p.statistic,
       coalesce(h.mean, h.last_value) as drift_pct
from point r
join enterprise e using (enterprise_id)
join dash.point p on p.point = e.code || '/' || r.code
join dash.point m on m.point = p.of_point
join hourly h on h.point_id = r.point_id
where r.statistic in ('zero_drift', 'span_drift') and coalesce(h.mean, h.last_value) is not null;

-- Readings of an hour by the letter that their source gave them.
create view dash.hour_flag as
select h.hour_at as time, d.code as district, e.code as enterprise, e.name as enterprise_name, e.code || '/' || p.code as point,
       p.quantity, e.code || '/' || o.code as outlet, c.flag, c.readings::int
from hourly h
join point p using (point_id)
join enterprise e on e.enterprise_id = p.enterprise_id
join district d on d.code = e.district
join outlet o on o.outlet_id = p.outlet_id
cross join lateral jsonb_each_text(h.flag_counts) c (flag, readings)
where p.statistic is null;
