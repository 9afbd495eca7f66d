-- Stack emissions by the current findings of the ULE rules `ule.{process}.{pollutant}.{hourly|monthly}`.
-- Joined from the rule and the outlet, so that the index (rule, subject, period) serves every range. Means and valid
-- minutes are the evidence's: what the verdict rests on, also after the hour was computed anew.
create view dash.hourly_emission as
select f.period_start as time, dash.local_day(f.period_start) as day, dash.local_hour(f.period_start) as hour_of_day,
       o.district, o.district_name, o.enterprise, o.enterprise_name, o.outlet, o.outlet_name, o.process,
       split_part(r.rule_id, '.', 3) as pollutant, dash.pollutant_name(split_part(r.rule_id, '.', 3)) as pollutant_name,
       (f.evidence -> 'pollutant' ->> 'mean')::double precision as measured_mg_m3,
       (f.evidence -> 'pollutant' ->> 'valid_minutes')::int as valid_minutes,
       (f.evidence -> 'o2' ->> 'mean_pct')::double precision as o2_pct,
       (f.evidence -> 'o2' ->> 'valid_minutes')::int as o2_valid_minutes,
       f.value as converted_mg_m3, f.limit_value as limit_mg_m3, f.verdict, dash.verdict_code(f.verdict) as verdict_code,
       f.reason, f.rule_id, f.rule_version, f.finding_id, f.computed_at
from rule r
cross join dash.outlet o
join finding f on f.rule_id = r.rule_id and f.subject = 'outlet:' || o.outlet and f.superseded_at is null
where r.rule_id like 'ule.%.hourly';

-- The whole definition of a rule, parameters with their values: where a board finds what a rule demands.
create view dash.rule_definition as
select rule_id, version, title, standard, clause, definition from rule;

-- The local month that holds `at`, from its first hour up to `at`. judged = compliant + violation; share of the
-- judged, capture of all closed hours that have a finding.
create function dash.emission_month_to_date(at timestamptz) returns table (
    month_start timestamptz, district text, district_name text, enterprise text, enterprise_name text, outlet text,
    outlet_name text, pollutant text, pollutant_name text, limit_mg_m3 double precision, hours bigint,
    compliant_hours bigint, violation_hours bigint, undetermined_hours bigint, judged_hours bigint,
    share_pct double precision, target_pct double precision, capture_pct double precision, mean_mg_m3 double precision, max_mg_m3 double precision
) stable parallel safe language sql as $$
    select dash.month_floor(at), h.district, h.district_name, h.enterprise, h.enterprise_name, h.outlet, h.outlet_name,
           h.pollutant, h.pollutant_name, max(h.limit_mg_m3), count(*),
           count(*) filter (where h.verdict = 'compliant'), count(*) filter (where h.verdict = 'violation'),
           count(*) filter (where h.verdict = 'undetermined'), count(*) filter (where h.verdict <> 'undetermined'),
           100.0 * count(*) filter (where h.verdict = 'compliant')
               / nullif(count(*) filter (where h.verdict <> 'undetermined'), 0),
           (select (r.definition -> 'params' ->> 'min_share_pct')::double precision from dash.rule_definition r
            where r.rule_id = regexp_replace(min(h.rule_id), 'hourly$', 'monthly')),
           100.0 * count(*) filter (where h.verdict <> 'undetermined') / nullif(count(*), 0),
           avg(h.converted_mg_m3) filter (where h.verdict <> 'undetermined'),
           max(h.converted_mg_m3) filter (where h.verdict <> 'undetermined')
    from dash.hourly_emission h
    where h.time >= dash.month_floor(at) and h.time < at
    group by h.district, h.district_name, h.enterprise, h.enterprise_name, h.outlet, h.outlet_name, h.pollutant,
             h.pollutant_name
$$;

-- Verdicts on closed months: share of compliant among judged hours against the share that the rule demands.
create view dash.emission_month_verdict as
select f.period_start as time, to_char(f.period_start at time zone 'Asia/Shanghai', 'YYYY-MM') as month,
       o.district, o.district_name, o.enterprise, o.enterprise_name, o.outlet, o.outlet_name, o.process,
       split_part(r.rule_id, '.', 3) as pollutant, dash.pollutant_name(split_part(r.rule_id, '.', 3)) as pollutant_name,
       f.value as share_pct, f.limit_value as target_pct,
       (f.evidence ->> 'hours_compliant')::int as compliant_hours, (f.evidence ->> 'hours_judged')::int as judged_hours,
       (f.evidence ->> 'hours_in_service')::int as in_service_hours,
       (f.evidence ->> 'judged_pct')::double precision as capture_pct, f.verdict, dash.verdict_code(f.verdict) as verdict_code,
       f.reason, f.rule_id, f.finding_id, f.computed_at
from rule r
cross join dash.outlet o
join finding f on f.rule_id = r.rule_id and f.subject = 'outlet:' || o.outlet and f.superseded_at is null
where r.rule_id like 'ule.%.monthly';
