-- alerts --
-- one page of alerts, newest first
select a.alert_id, a.rule_id, a.subject, e.code as enterprise, a.severity, a.state, a.title, a.summary, a.occurred_at,
       a.detected_at, a.fired_at, a.last_seen_at, a.resolved_at, a.resolution, a.finding_id, a.acknowledged_at,
       a.acknowledged_by, a.acknowledge_comment
from alert a
left join enterprise e on e.enterprise_id = a.enterprise_id
where (%(state)s::text is null or a.state = %(state)s::text)
  and (%(enterprise_id)s::int is null or a.enterprise_id = %(enterprise_id)s::int)
  and (%(rule_id)s::text is null or a.rule_id = %(rule_id)s::text)
  and (%(from_at)s::timestamptz is null or a.occurred_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or a.occurred_at < %(to_at)s::timestamptz)
  and (%(after_id)s::bigint is null or a.alert_id < %(after_id)s::bigint)
order by a.alert_id desc
limit %(limit)s::int

-- alert --
-- one alert with its details
select a.alert_id, a.rule_id, a.subject, e.code as enterprise, a.severity, a.state, a.title, a.summary, a.occurred_at,
       a.detected_at, a.fired_at, a.last_seen_at, a.resolved_at, a.resolution, a.finding_id, a.acknowledged_at,
       a.acknowledged_by, a.acknowledge_comment, a.details
from alert a
left join enterprise e on e.enterprise_id = a.enterprise_id
where a.alert_id = %(alert_id)s::bigint

-- events --
-- the newest events of an alert, in order
select event_id, at, kind, actor, comment, finding_id
from (select event_id, at, kind, actor, comment, finding_id
      from alert_event
      where alert_id = %(alert_id)s::bigint
      order by event_id desc
      limit %(limit)s::int) newest
order by event_id

-- notifications --
-- the notifications of an alert, in order
select notification_id, event, channel, receiver, state, attempts, queued_at, sent_at, last_error
from notification
where alert_id = %(alert_id)s::bigint
order by notification_id
limit %(limit)s::int
