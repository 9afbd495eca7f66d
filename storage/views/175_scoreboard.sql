-- The city's targets with where they stand: one row a target, all of them, whether anything can be computed or not.
-- gap: what is missing in the target's direction, in the target's unit; zero or less: nothing is.
create view dash.scoreboard as
select t.target_id, t.document, t.document_status, t.indicator, t.operator, t.value::double precision as target_value,
       t.unit, t.baseline_year, t.target_year, t.bureau, t.domain, t.check_mode, t.quote, t.note,
       s.indicator_year, coalesce(s.state, 'unknown') as state,
       case s.state when 'met' then 0 when 'on_track' then 1 when 'behind' then 2 when 'missed' then 3
                    when 'not_computable' then 5 else 4 end as state_code,
       s.value, s.as_of, s.gap, s.projected, coalesce(s.why, '尚未计算') as why,
       s.source ->> 'kind' as source_kind, s.source ->> 'reading' as reading, s.source, s.trend,
       coalesce(jsonb_array_length(s.trend), 0) as trend_points, s.parts, s.conflicts,
       (select string_agg(c ->> 'topic', '；') from jsonb_array_elements(s.conflicts) c) as conflict_topics,
       s.computed_at
from target t
left join target_status s using (target_id);

-- The points of each target's trend: by month where it is computed, by entry where it is entered. part: of targets
-- with several numbers.
create view dash.scoreboard_trend as
select s.target_id, t.indicator, t.document, t.unit, coalesce(p ->> 'part', '') as part, (p ->> 'as_of')::date as as_of,
       ((p ->> 'as_of')::date)::timestamp at time zone 'Asia/Shanghai' as time,
       (p ->> 'value')::double precision as value, t.value::double precision as target_value
from target_status s
join target t using (target_id)
cross join lateral jsonb_array_elements(s.trend) p;

create view dash.scoreboard_part as
select s.target_id, t.indicator, t.document, p ->> 'part' as part, p ->> 'operator' as operator,
       (p ->> 'target_value')::double precision as target_value, (p ->> 'target_year')::int as target_year,
       t.unit, p ->> 'state' as state, (p ->> 'value')::double precision as value, (p ->> 'as_of')::date as as_of,
       (p ->> 'gap')::double precision as gap, (p ->> 'projected')::double precision as projected
from target_status s
join target t using (target_id)
cross join lateral jsonb_array_elements(s.parts) p;

-- 碳账户: one row an enterprise and month, in t CO2; components by where they come from.
create view dash.carbon_month as
select f.period_start as time, dash.local_day(f.period_start) as month, e.district, e.district_name, e.park,
       e.enterprise, e.enterprise_name, e.industry, f.value as t_co2, f.limit_value as budget_t,
       f.limit_value - f.value as left_t, c.fuel_t, c.process_t, c.electricity_t, c.heat_t, c.recovered_t,
       (f.evidence -> 'market_based' ->> 'account_t_co2')::double precision as market_based_t,
       (f.evidence -> 'intensity' -> 'per_output' ->> 'value')::double precision as t_per_output,
       f.evidence -> 'intensity' -> 'per_output' ->> 'product' as product,
       (f.evidence -> 'intensity' -> 'per_output' ->> 'output')::double precision as output,
       (f.evidence -> 'intensity' -> 'per_value_added' ->> 'value')::double precision as t_per_10k_cny,
       f.verdict, dash.verdict_code(f.verdict) as verdict_code, f.reason, f.evidence -> 'missing' as missing,
       f.evidence, f.finding_id, f.computed_at
from dash.enterprise e
join finding f on f.rule_id = 'carbon.account' and f.subject = 'enterprise:' || e.enterprise
    and f.superseded_at is null
cross join lateral (
    select sum((p ->> 't_co2')::double precision) filter (where p ->> 'source' = 'fuel') as fuel_t,
           sum((p ->> 't_co2')::double precision) filter (where p ->> 'source' = 'process') as process_t,
           sum((p ->> 't_co2')::double precision) filter (where p ->> 'source' = 'electricity') as electricity_t,
           sum((p ->> 't_co2')::double precision) filter (where p ->> 'source' = 'heat') as heat_t,
           sum((p ->> 't_co2')::double precision) filter (where p ->> 'source' = 'recovered') as recovered_t
    from jsonb_array_elements(f.evidence -> 'components') p
) c;

-- Each term of each account, with its factor and where that comes from.
create view dash.carbon_component as
select f.period_start as time, dash.local_day(f.period_start) as month, e.district, e.enterprise, e.enterprise_name,
       p ->> 'source' as source, p ->> 'kind' as kind, p ->> 'name' as name,
       (p ->> 'activity')::double precision as activity, p ->> 'unit' as unit,
       (p -> 'factor' ->> 'value')::double precision as factor, p -> 'factor' ->> 'unit' as factor_unit,
       p -> 'factor' ->> 'name' as factor_name, p -> 'factor' ->> 'edition' as factor_edition,
       (p -> 'factor' ->> 'year')::int as factor_year, p -> 'factor' ->> 'confidence' as factor_confidence,
       (p -> 'factor' ->> 'confirmed')::boolean as factor_confirmed,
       (p ->> 't_co2')::double precision as t_co2, f.finding_id
from dash.enterprise e
join finding f on f.rule_id = 'carbon.account' and f.subject = 'enterprise:' || e.enterprise
    and f.superseded_at is null
cross join lateral jsonb_array_elements(f.evidence -> 'components') p;

-- 绿电: of the year up to the month, in kWh and %.
create view dash.green_month as
select f.period_start as time, dash.local_day(f.period_start) as month, r.rule_id, r.title as indicator,
       s.subject_kind, s.subject, s.subject_name, s.district, s.enterprise, f.value as green_pct,
       f.limit_value as target_pct, (f.evidence ->> 'used_kwh')::double precision as used_kwh,
       (f.evidence ->> 'green_kwh')::double precision as green_kwh,
       (f.evidence -> 'components_kwh' ->> 'self_consumed')::double precision as self_consumed_kwh,
       (f.evidence -> 'components_kwh' ->> 'direct_line')::double precision as direct_line_kwh,
       (f.evidence -> 'components_kwh' ->> 'traded')::double precision as traded_kwh,
       (f.evidence -> 'components_kwh' ->> 'certificate')::double precision as certificate_kwh,
       (f.evidence ->> 'enterprises')::int as enterprises,
       (f.evidence ->> 'enterprises_complete')::int as enterprises_complete,
       f.verdict, dash.verdict_code(f.verdict) as verdict_code, f.reason, f.finding_id, f.computed_at
from rule r
cross join dash.metering_subject s
join finding f on f.rule_id = r.rule_id and f.subject = s.subject and f.superseded_at is null
where r.rule_id in ('green.share', 'green.share.chemical');

-- 一般工业固废: of the year up to the month, in t and %.
create view dash.solid_month as
select f.period_start as time, dash.local_day(f.period_start) as month, s.subject_kind, s.subject, s.subject_name,
       s.district, s.enterprise, f.value as rate_pct, f.limit_value as target_pct,
       (f.evidence ->> 'utilisation_pct')::double precision as utilisation_pct,
       (f.evidence -> 'tonnes' ->> 'generated')::double precision as generated_t,
       (f.evidence -> 'tonnes' ->> 'utilised')::double precision as utilised_t,
       (f.evidence -> 'tonnes' ->> 'disposed')::double precision as disposed_t,
       (f.evidence -> 'tonnes' ->> 'stored')::double precision as stored_t,
       f.verdict, dash.verdict_code(f.verdict) as verdict_code, f.reason, f.finding_id, f.computed_at
from dash.metering_subject s
join finding f on f.rule_id = 'solid.rate' and f.subject = s.subject and f.superseded_at is null;
