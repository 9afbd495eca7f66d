create view dash.alert_history as
select a.occurred_at as time, a.alert_id, a.rule_id, r.title as rule_title, a.severity, a.state, a.title, a.summary,
       coalesce(e.district, case when a.subject like 'district:%' then substr(a.subject, 10) end) as district,
       e.code as enterprise, e.name as enterprise_name, a.subject, a.occurred_at, a.detected_at, a.fired_at,
       a.last_seen_at, a.resolved_at, a.resolution, a.acknowledged_at, a.acknowledged_by, a.acknowledge_comment
from alert a
left join rule r using (rule_id)
left join enterprise e on e.enterprise_id = a.enterprise_id;

create view dash.open_alert as
select * from dash.alert_history where state in ('pending', 'firing');

-- The outbox without the receiver: whom a message went to is no matter of a dashboard.
create view dash.notification as
select n.queued_at as time, dash.local_day(n.queued_at) as day, n.notification_id, n.alert_id, a.rule_id, a.severity,
       n.event, n.channel, n.state, n.attempts, n.sent_at, n.next_attempt_at, n.last_error,
       extract(epoch from n.sent_at - n.queued_at)::double precision as delay_s
from notification n
join alert a using (alert_id);
