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

-- The newest finding of each rule and subject.
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
) f;

-- Every month's finding of each rule and subject.
create view dash.account_month as
select f.period_start as time, to_char(dash.local_day(f.period_start), 'YYYY-MM') as month, r.rule_id,
       r.title as indicator, s.subject_kind, s.subject, s.subject_name, s.district, s.enterprise, s.enterprise_name,
       f.value, f.limit_value, f.unit, f.verdict, f.reason, f.evidence, f.finding_id
from rule r
cross join dash.account_subject s
join finding f on f.rule_id = r.rule_id and f.subject = s.subject and f.superseded_at is null;
