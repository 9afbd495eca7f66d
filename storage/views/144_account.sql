-- What accounts of a month are judged of, and their findings. A board names rule and kind of subject; each look is then
-- by the key (rule_id, subject, period_start) of current findings, whatever else there is of findings.
create view dash.account_subject as
select subject_kind, subject, subject_name, district, enterprise, null::text as enterprise_name
from dash.metering_subject where subject_kind <> 'enterprise'
union all
select 'enterprise', 'enterprise:' || enterprise, enterprise_name, district, enterprise, enterprise_name
from dash.enterprise
union all
select 'line', 'line:' || line, line_name, district, enterprise, enterprise_name from dash.line
union all
select 'place', 'place:' || place, place_name, district, enterprise, enterprise_name
from dash.place where has_children;
comment on view dash.account_subject is 'places: only those with others below, the sides of a balance';

-- The finding of each rule and subject in the last month that the rule has judged. A subject that is not judged any more,
-- a line that is gone or a boundary without sub-meters, has none: its last verdict would stand for ever. The family of
-- accounts keeps one watermark a rule, `month`: the start of the first month that is not judged.
create view dash.account_latest as
select f.period_start as time, to_char(dash.local_day(f.period_start), 'YYYY-MM') as month, r.rule_id,
       r.title as indicator, r.standard, r.clause, r.status as rule_status, r.document_status, r.confidence, r.enabled,
       s.subject_kind, s.subject, s.subject_name, s.district, s.enterprise, s.enterprise_name,
       f.value, f.limit_value, f.unit, f.verdict, f.reason, f.evidence, f.finding_id, f.computed_at
from rule r
cross join dash.account_subject s
cross join lateral (
    select f.* from finding f
    where f.rule_id = r.rule_id and f.subject = s.subject and f.superseded_at is null
    order by f.period_start desc limit 1
) f
left join rule_watermark w on w.rule_id = r.rule_id and w.subject = 'month'
where w.through_at is null or f.period_start >= w.through_at - interval '32 days';

-- Every month's finding of each rule and subject.
create view dash.account_month as
select f.period_start as time, to_char(dash.local_day(f.period_start), 'YYYY-MM') as month, r.rule_id,
       r.title as indicator, s.subject_kind, s.subject, s.subject_name, s.district, s.enterprise, s.enterprise_name,
       f.value, f.limit_value, f.unit, f.verdict, f.reason, f.evidence, f.finding_id
from rule r
cross join dash.account_subject s
join finding f on f.rule_id = r.rule_id and f.subject = s.subject and f.superseded_at is null;

-- Arrival rate of each subject's newest closed month. below, unconnected: places that report too little, and that have an
-- instrument but no source of data.
create view dash.arrival_latest as
select a.time, a.month, a.subject_kind, a.subject, a.subject_name, a.district, a.enterprise, a.value as arrival_pct,
       a.limit_value as min_arrival_pct, a.verdict, a.reason, (a.evidence ->> 'hours')::int as hours,
       (a.evidence ->> 'expected_hours')::int as expected_hours,
       coalesce(jsonb_array_length(a.evidence -> 'below'), n.below, 0) as below,
       coalesce(jsonb_array_length(a.evidence -> 'unconnected'), n.unconnected, 0) as unconnected, a.finding_id
from dash.account_latest a
cross join lateral (
    select sum((e ->> 'below')::int)::int as below, sum((e ->> 'unconnected')::int)::int as unconnected
    from jsonb_array_elements(coalesce(a.evidence -> 'enterprises', '[]')) e
) n
where a.rule_id = 'data.arrival_rate';
