-- Verdicts on closed months by ule.monthly: share of compliant among judged hours against the share that is demanded.
create view dash.emission_month_verdict as
select f.period_start as time, to_char(f.period_start at time zone 'Asia/Shanghai', 'YYYY-MM') as month,
       o.district, o.district_name, o.enterprise, o.enterprise_name, o.outlet, o.outlet_name, o.process,
       o.pollutant, o.pollutant_name, f.value as share_pct, f.limit_value as target_pct,
       (f.evidence ->> 'hours_compliant')::int as compliant_hours,
       (f.evidence ->> 'hours_violation')::int as violation_hours, (f.evidence ->> 'hours_judged')::int as judged_hours,
       (f.evidence ->> 'hours_operating')::int as operating_hours,
       (f.evidence ->> 'hours_in_service')::int as in_service_hours,
       dash.total_hours(f.evidence -> 'hours_excluded') as excluded_hours,
       dash.total_hours(f.evidence -> 'hours_undetermined') as undetermined_hours,
       100.0::double precision * (f.evidence ->> 'hours_judged')::int / nullif((f.evidence ->> 'hours_operating')::int, 0) as judged_pct,
       f.evidence -> 'hours_excluded' as excluded, f.evidence -> 'hours_undetermined' as undetermined,
       f.verdict, dash.verdict_code(f.verdict) as verdict_code, f.reason, f.rule_id, f.rule_version, f.finding_id,
       f.computed_at
from dash.outlet_pollutant o
join finding f on f.rule_id = 'ule.monthly' and f.subject = o.subject and f.superseded_at is null;

-- Judged hours by how much of the limit they reach, in classes of 5 %: (from, to], the last one open. It is the rounded
-- value that is compared with the limit, so that every hour above 100 is one that was judged over the limit.
create function dash.emission_distribution(from_at timestamptz, to_at timestamptz) returns table (
    district text, enterprise text, outlet text, pollutant text, kind text, class int, class_name text, verdict text,
    hours bigint
) stable parallel safe language sql as $$
    select h.district, h.enterprise, h.outlet, h.pollutant, h.kind, h.class, dash.share_class(h.class), h.verdict, count(*)
    from (
        select e.district, e.enterprise, e.outlet, e.pollutant, e.kind, e.verdict,
               least(greatest(ceil(round((e.rounded_mg_m3 / e.limit_mg_m3 * 20)::numeric, 6)), 1), 25)::int as class
        from dash.hourly_emission e
        where e.time >= from_at and e.time < to_at and e.verdict <> 'undetermined'
    ) h
    group by h.district, h.enterprise, h.outlet, h.pollutant, h.kind, h.class, h.verdict
$$;
