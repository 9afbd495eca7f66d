-- Hours at outlets by both judgements: the current findings of legal.hourly and ule.hourly, one row each. Joined from
-- what can be judged, so that the index (rule, subject, period) serves every range. Means and minutes are the
-- evidence's: what the verdict rests on, also after the hour was computed anew. The limit is the row that was used; all
-- concentrations are in mg/m3, whatever the unit of point and limit.
create view dash.hourly_emission as
select f.period_start as time, dash.local_day(f.period_start) as day, dash.local_hour(f.period_start) as hour_of_day,
       o.district, o.district_name, o.enterprise, o.enterprise_name, o.outlet, o.outlet_name, o.process,
       o.pollutant, o.pollutant_name, k.kind, k.kind_name,
       dash.mg_m3((f.evidence -> 'pollutant' ->> 'mean')::double precision,
                  coalesce(f.evidence -> 'pollutant' ->> 'unit', 'mg/m3')) as measured_mg_m3,
       (f.evidence -> 'pollutant' ->> 'valid_minutes')::int as valid_minutes,
       (f.evidence -> 'pollutant' ->> 'marked_minutes')::int as marked_minutes,
       (f.evidence -> 'o2' ->> 'mean_pct')::double precision as o2_pct,
       (f.evidence -> 'o2' ->> 'valid_minutes')::int as o2_valid_minutes,
       f.value as converted_mg_m3,
       dash.mg_m3((f.evidence ->> 'rounded')::double precision, coalesce(f.evidence ->> 'limit_unit', 'mg/m3')) as rounded_mg_m3,
       f.limit_value as limit_mg_m3, (f.evidence ->> 'limit_id')::bigint as limit_id,
       (f.evidence ->> 'reference_o2_pct')::double precision as reference_o2_pct,
       l.standard as limit_standard, l.clause as limit_clause, l.status as limit_status, l.origin as limit_origin,
       f.verdict, f.reason, dash.is_excluded(f.reason) as is_excluded, dash.hour_code(f.verdict, f.reason) as hour_code,
       f.evidence -> 'marks' as marks, f.evidence -> 'process' as process_minutes,
       f.rule_id, f.rule_version, f.finding_id, f.computed_at
from dash.judgement_kind k
cross join dash.outlet_pollutant o
join finding f on f.rule_id = k.rule_id and f.subject = o.subject and f.superseded_at is null
left join emission_limit l on l.limit_id = (f.evidence ->> 'limit_id')::bigint;

-- The whole definition of a rule, parameters with their values: where a board finds what a rule demands.
create view dash.rule_definition as
select rule_id, version, title, standard, clause, definition from rule;

-- The local month that holds `at`, from its first hour up to `at`, one row an outlet, pollutant and judgement.
-- share = compliant of judged hours; judged = judged of the hours in which the plant ran (all but excluded_stopped).
create function dash.emission_month_to_date(at timestamptz) returns table (
    month_start timestamptz, district text, district_name text, enterprise text, enterprise_name text, outlet text,
    outlet_name text, process text, pollutant text, pollutant_name text, kind text, kind_name text,
    limit_mg_m3 double precision, hours bigint, compliant_hours bigint, violation_hours bigint, judged_hours bigint,
    excluded_hours bigint, stopped_hours bigint, undetermined_hours bigint, operating_hours bigint,
    share_pct double precision, target_pct double precision, judged_pct double precision,
    mean_mg_m3 double precision, max_mg_m3 double precision, excluded jsonb, undetermined jsonb
) stable parallel safe language sql as $$
    select m.month_start, m.district, m.district_name, m.enterprise, m.enterprise_name, m.outlet, m.outlet_name, m.process,
           m.pollutant, m.pollutant_name, m.kind, m.kind_name, m.limit_mg_m3, m.hours, m.compliant, m.violation,
           m.judged, m.excluded, m.stopped, m.hours - m.judged - m.excluded, m.hours - m.stopped,
           100.0::double precision * m.compliant / nullif(m.judged, 0),
           (select (r.definition -> 'params' ->> 'min_share_pct')::double precision from dash.rule_definition r
            where r.rule_id = m.kind || '.monthly'),
           100.0::double precision * m.judged / nullif(m.hours - m.stopped, 0), m.total / nullif(m.judged, 0), m.maximum,
           coalesce(m.excluded_by, '{}'), coalesce(m.undetermined_by, '{}')
    from (
        select dash.month_floor(at) as month_start, h.district, h.district_name, h.enterprise, h.enterprise_name, h.outlet,
               h.outlet_name, h.process, h.pollutant, h.pollutant_name, h.kind, h.kind_name,
               max(h.limit_mg_m3) as limit_mg_m3, sum(h.hours)::bigint as hours,
               coalesce(sum(h.hours) filter (where h.verdict = 'compliant'), 0)::bigint as compliant,
               coalesce(sum(h.hours) filter (where h.verdict = 'violation'), 0)::bigint as violation,
               coalesce(sum(h.hours) filter (where h.verdict <> 'undetermined'), 0)::bigint as judged,
               coalesce(sum(h.hours) filter (where dash.is_excluded(h.reason)), 0)::bigint as excluded,
               coalesce(sum(h.hours) filter (where h.reason = 'excluded_stopped'), 0)::bigint as stopped,
               sum(h.total) filter (where h.verdict <> 'undetermined') as total, max(h.maximum) as maximum,
               jsonb_object_agg(h.reason, h.hours) filter (where dash.is_excluded(h.reason)) as excluded_by,
               jsonb_object_agg(h.reason, h.hours) filter (
                   where h.verdict = 'undetermined' and not dash.is_excluded(h.reason)) as undetermined_by
        from (
            select e.district, e.district_name, e.enterprise, e.enterprise_name, e.outlet, e.outlet_name, e.process,
                   e.pollutant, e.pollutant_name, e.kind, e.kind_name, e.verdict, e.reason, count(*) as hours,
                   max(e.limit_mg_m3) as limit_mg_m3, sum(e.converted_mg_m3) as total, max(e.converted_mg_m3) as maximum
            from dash.hourly_emission e
            where e.time >= dash.month_floor(at) and e.time < at
            group by e.district, e.district_name, e.enterprise, e.enterprise_name, e.outlet, e.outlet_name, e.process,
                     e.pollutant, e.pollutant_name, e.kind, e.kind_name, e.verdict, e.reason
        ) h
        group by h.district, h.district_name, h.enterprise, h.enterprise_name, h.outlet, h.outlet_name, h.process,
                 h.pollutant, h.pollutant_name, h.kind, h.kind_name
    ) m
$$;
comment on function dash.emission_month_to_date is 'target_pct is null where a judgement demands no share: a legal limit holds in every valid hour';
