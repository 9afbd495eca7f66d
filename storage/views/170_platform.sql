-- Work that waits between the stages. oldest_at is the time of the data or of the message, never of a clock.
create view dash.pipeline_backlog as
select 1 as position, 'rollup' as stage, count(*) as items, min(hour_at) as oldest_at from dirty_hour
union all
select 2, 'rules', count(*), min(at) from rule_work
union all
select 3, 'alerts', count(*), min(f.period_start) from alert_work w join finding f using (finding_id)
union all
select 4, 'notify', count(*), min(queued_at) from notification where state = 'queued';

create view dash.rule_health as
select r.rule_id, r.version, r.pack, r.title, r.evaluator, r.standard, r.clause, r.status, r.document_status,
       r.confidence, r.enabled, r.severity, r.health, r.last_error, r.last_evaluated_at,
       w.subjects, w.through_at, w.newest_through_at
from rule r
left join (
    select rule_id, count(*) as subjects, min(through_at) as through_at, max(through_at) as newest_through_at
    from rule_watermark group by rule_id
) w using (rule_id);
comment on column dash.rule_health.through_at is 'every subject of the rule is judged up to here';

-- Current findings one by one: a board counts them by day, rule and verdict within its time range.
create view dash.finding as
select f.period_start as time, dash.local_day(f.period_start) as day, f.period_end, f.finding_id, f.rule_id,
       r.title as rule_title, f.rule_version, f.subject, e.district, e.code as enterprise, e.name as enterprise_name,
       f.verdict, dash.verdict_code(f.verdict) as verdict_code, f.reason, f.value, f.limit_value, f.unit, f.evidence,
       f.computed_at
from finding f
left join rule r using (rule_id)
left join enterprise e on e.enterprise_id = f.enterprise_id
where f.superseded_at is null;
