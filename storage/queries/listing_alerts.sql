-- alerts --
-- one page of alerts, newest first; what can be said of an alert by itself is asked before its holds are looked up
select a.alert_id, a.rule_id, a.subject, e.code as enterprise, a.severity, a.state, v.display, a.condition, a.title,
       a.summary, a.occurred_at, a.detected_at, a.fired_at, a.notified_at, a.last_seen_at, a.no_data_since, a.resolved_at,
       a.resolution, a.finding_id, a.acknowledged_at, a.acknowledged_by, a.acknowledge_comment, a.realarmed_at,
       a.assignee
from alert a
left join enterprise e on e.enterprise_id = a.enterprise_id
left join alert_dispatch d on d.alert_id = a.alert_id
cross join lateral (
    select coalesce(bool_or(h.kind = 'shelved'), false) as is_shelved,
           coalesce(bool_or(h.kind = 'out_of_service'), false) as is_out_of_service
    from alert_hold h
    where h.rule_id = a.rule_id and h.subject = a.subject and h.ended_at is null
      and h.from_at <= %(now)s::timestamptz and (h.until_at is null or h.until_at > %(now)s::timestamptz) offset 0) h
cross join lateral (
    select dash.alert_display_v1(a.state, a.notified_at is not null,
               a.acknowledged_at is not null and (a.realarmed_at is null or a.realarmed_at <= a.acknowledged_at),
               h.is_shelved, coalesce(d.state = 'held' and d.reason in ('inhibited', 'plant_stopped'), false),
               h.is_out_of_service) as display) v
where (%(state)s::text is null or a.state = %(state)s::text)
  and (%(display)s::text is null or v.display = %(display)s::text)
  and (%(display)s::text is null
       or (%(display)s::text in ('normal', 'returned_unacknowledged')) = (a.state = 'resolved'))
  and (not %(is_live)s::boolean or a.state in ('pending', 'firing')
       or (a.notified_at is not null and (a.acknowledged_at is null or a.realarmed_at > a.acknowledged_at)))
  and (%(severity)s::text is null or a.severity = %(severity)s::text)
  and (%(enterprise_id)s::int is null or a.enterprise_id = %(enterprise_id)s::int)
  and (%(district)s::text is null or e.district = %(district)s::text or a.subject = 'district:' || %(district)s::text
       or a.subject in (select 'park:' || k.code from park k where k.district = %(district)s::text))
  and (%(rule_id)s::text is null or a.rule_id = %(rule_id)s::text)
  and (%(team)s::text is null or %(team)s::text = any(d.teams))
  and (%(assignee)s::text is null or a.assignee = %(assignee)s::text)
  and (%(words)s::text is null
       or strpos(lower(concat_ws(e'\n', a.title, a.summary, a.subject, a.rule_id, e.name)), lower(%(words)s::text)) > 0)
  and (%(from_at)s::timestamptz is null or a.occurred_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or a.occurred_at < %(to_at)s::timestamptz)
  and (%(after_id)s::bigint is null or a.alert_id < %(after_id)s::bigint)
order by a.alert_id desc
limit %(limit)s::int

-- alert --
-- one alert with its details
select a.alert_id, a.rule_id, a.subject, e.code as enterprise, a.severity, a.state, v.display, a.condition, a.title,
       a.summary, a.occurred_at, a.detected_at, a.fired_at, a.notified_at, a.last_seen_at, a.no_data_since, a.resolved_at,
       a.resolution, a.finding_id, a.acknowledged_at, a.acknowledged_by, a.acknowledge_comment, a.realarmed_at,
       a.assignee, a.details
from alert a
left join enterprise e on e.enterprise_id = a.enterprise_id
left join alert_dispatch d on d.alert_id = a.alert_id
cross join lateral (
    select coalesce(bool_or(h.kind = 'shelved'), false) as is_shelved,
           coalesce(bool_or(h.kind = 'out_of_service'), false) as is_out_of_service
    from alert_hold h
    where h.rule_id = a.rule_id and h.subject = a.subject and h.ended_at is null
      and h.from_at <= %(now)s::timestamptz and (h.until_at is null or h.until_at > %(now)s::timestamptz) offset 0) h
cross join lateral (
    select dash.alert_display_v1(a.state, a.notified_at is not null,
               a.acknowledged_at is not null and (a.realarmed_at is null or a.realarmed_at <= a.acknowledged_at),
               h.is_shelved, coalesce(d.state = 'held' and d.reason in ('inhibited', 'plant_stopped'), false),
               h.is_out_of_service) as display) v
where a.alert_id = %(alert_id)s::bigint

-- events --
-- the newest events of an alert, in order
select event_id, at, kind, actor, comment, finding_id, detail
from (select event_id, at, kind, actor, comment, finding_id, detail
      from alert_event
      where alert_id = %(alert_id)s::bigint
      order by event_id desc
      limit %(limit)s::int) newest
order by event_id

-- notifications --
-- the notifications that an alert is in, alone or with others, in order
select n.notification_id, n.event, n.channel, n.receiver, n.team, n.state, n.attempts, n.queued_at, n.sent_at,
       n.last_error
from notification n
where n.notification_id in (select o.notification_id from notification o where o.alert_id = %(alert_id)s::bigint
                            union select m.notification_id from notification_alert m
                                  where m.alert_id = %(alert_id)s::bigint)
order by n.notification_id
limit %(limit)s::int

-- decisions --
-- the newest decisions to tell of an alert or not, in order
select decision_id, at, event, team, channel, receiver, decision, reason, detail, notification_id
from (select decision_id, at, event, team, channel, receiver, decision, reason, detail, notification_id
      from notification_decision
      where alert_id = %(alert_id)s::bigint
      order by decision_id desc
      limit %(limit)s::int) newest
order by decision_id

-- holds_of --
-- what takes the alarm of a (rule, subject) away from people at an instant
select hold_id, kind, from_at, until_at, author, reason
from alert_hold
where rule_id = %(rule_id)s::text and subject = %(subject)s::text and ended_at is null
  and from_at <= %(now)s::timestamptz and (until_at is null or until_at > %(now)s::timestamptz)
order by hold_id
