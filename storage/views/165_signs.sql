-- Signs of false data (platform rules `sign.*`): what was seen at an outlet on a local day. A sign says what the data
-- look like, never why; the weight is that of the rule by which the day was judged.
create view dash.sign_day as
select f.period_start as time, dash.local_day(f.period_start) as day, o.district, o.district_name, o.enterprise,
       o.enterprise_name, o.outlet, o.outlet_name, o.process, split_part(r.rule_id, '.', 2) as sign,
       r.title as sign_title, (f.evidence ->> 'weight')::double precision as weight, f.verdict,
       dash.verdict_code(f.verdict) as verdict_code, f.reason, f.value as seen_count, f.evidence -> 'seen' as seen,
       f.rule_id, f.rule_version, f.finding_id, f.computed_at
from rule r
cross join dash.outlet o
join finding f on f.rule_id = r.rule_id and f.subject = 'outlet:' || o.outlet and f.superseded_at is null
where r.rule_id like 'sign.%';

-- Scores of the 30 local days up to and with that of `at`: the sum of the weights of the signs that were seen, each
-- sign once a day at most. Outlets on which no sign was judged in that time are absent.
create function dash.sign_score_at(at timestamptz) returns table (
    district text, district_name text, enterprise text, enterprise_name text, outlet text, outlet_name text,
    process text, score double precision, seen_days bigint, signs text[], sign_titles text[], last_seen_day date,
    judged_days bigint
) stable parallel safe language sql as $$
    select s.district, s.district_name, s.enterprise, s.enterprise_name, s.outlet, s.outlet_name, s.process,
           coalesce(sum(s.weight) filter (where s.verdict = 'violation'), 0),
           count(distinct s.day) filter (where s.verdict = 'violation'),
           coalesce(array_agg(distinct s.sign) filter (where s.verdict = 'violation'), '{}'),
           coalesce(array_agg(distinct s.sign_title) filter (where s.verdict = 'violation'), '{}'),
           max(s.day) filter (where s.verdict = 'violation'), count(distinct s.day)
    from dash.sign_day s
    where s.time >= dash.day_floor(at) - interval '29 days' and s.time <= dash.day_floor(at)
    group by s.district, s.district_name, s.enterprise, s.enterprise_name, s.outlet, s.outlet_name, s.process
$$;

-- Scores as at the newest day on which any sign is judged.
create view dash.sign_score as
select * from dash.sign_score_at(
    (select max(through_at) - interval '1 second' from rule_watermark where rule_id like 'sign.%'));
