create view dash.alert_history as
select a.occurred_at as time, a.alert_id, a.rule_id, r.title as rule_title, a.severity, a.state, a.title, a.summary,
       coalesce(e.district, case when a.subject like 'district:%' then substr(a.subject, 10) end) as district,
       e.code as enterprise, e.name as enterprise_name, a.subject, a.occurred_at, a.detected_at, a.fired_at,
       a.last_seen_at, a.resolved_at, a.resolution, a.acknowledged_at, a.acknowledged_by, a.acknowledge_comment,
       a.condition, a.no_data_since, a.notified_at, a.realarmed_at, a.assignee,
       a.acknowledged_at is not null and (a.realarmed_at is null or a.realarmed_at <= a.acknowledged_at)
           as is_acknowledged,
       coalesce(d.state = 'held' and d.reason in ('inhibited', 'plant_stopped'), false) as is_suppressed,
       -- holds that nobody has ended: whether one still lasts, and so the state to show, depends on the clock
       h.shelved_until, h.out_of_service_from, h.out_of_service_until
from alert a
left join rule r using (rule_id)
left join enterprise e on e.enterprise_id = a.enterprise_id
left join alert_dispatch d on d.alert_id = a.alert_id
left join lateral (
    select max(o.until_at) filter (where o.kind = 'shelved') as shelved_until,
           min(o.from_at) filter (where o.kind = 'out_of_service') as out_of_service_from,
           -- without a given end: for ever
           max(coalesce(o.until_at, 'infinity')) filter (where o.kind = 'out_of_service') as out_of_service_until
    from alert_hold o
    where o.rule_id = a.rule_id and o.subject = a.subject and o.ended_at is null
) h on true;

-- The state to show (ISA-18.2) at an instant of the platform's clock; the same as domain.alarmstate.
create function dash.alert_display_at(at timestamptz)
returns table (alert_id bigint, display text)
language sql stable
as $$
    select v.alert_id,
           dash.alert_display_v1(
               v.state, v.notified_at is not null, v.is_acknowledged, coalesce(v.shelved_until > $1, false),
               v.is_suppressed, coalesce(v.out_of_service_from <= $1 and v.out_of_service_until > $1, false))
    from dash.alert_history v
$$;

create view dash.open_alert as
select * from dash.alert_history where state in ('pending', 'firing');

-- The outbox without the receiver: whom a message went to is no matter of a dashboard.
create view dash.notification as
select n.queued_at as time, dash.local_day(n.queued_at) as day, n.notification_id, n.alert_id, a.rule_id, a.severity,
       n.event, n.channel, n.state, n.attempts, n.sent_at, n.next_attempt_at, n.last_error,
       extract(epoch from n.sent_at - n.queued_at)::double precision as delay_s
from notification n
join alert a using (alert_id);
