-- alert --
-- one alert with all that its page says of it
select a.alert_id, a.rule_id, a.subject, a.severity, a.state, a.condition, a.title, a.summary, a.details, a.occurred_at,
       a.detected_at, a.last_seen_at, a.resolved_at, a.resolution, a.no_data_since, a.notified_at,
       a.realarmed_at, a.acknowledged_at, a.acknowledged_by, a.assignee, s.name as assignee_name,
       a.finding_id, e.code as enterprise, e.name as enterprise_name, t.name as district_name,
       r.title as rule_title, r.standard, r.clause, r.definition #>> '{alert,per}' as per,
       d.reason as dispatch_reason, d.cause_alert_id,
       h.kind as hold, h.from_at as hold_from, h.until_at as hold_until, h.author as hold_author, h.reason as hold_reason,
       dash.alert_display_v1(a.state, a.notified_at is not null,
           a.acknowledged_at is not null and (a.realarmed_at is null or a.realarmed_at <= a.acknowledged_at),
           coalesce(h.is_shelved, false),
           coalesce(d.state = 'held' and d.reason in ('inhibited', 'plant_stopped'), false),
           coalesce(h.is_out_of_service, false)) as display
from alert a
left join enterprise e on e.enterprise_id = a.enterprise_id
left join district t on t.code = e.district
left join rule r on r.rule_id = a.rule_id
left join person s on s.code = a.assignee
left join alert_dispatch d on d.alert_id = a.alert_id
left join lateral (
    select o.kind, o.from_at, o.until_at, o.author, o.reason, bool_or(o.kind = 'shelved') over () as is_shelved,
           bool_or(o.kind = 'out_of_service') over () as is_out_of_service
    from alert_hold o
    where o.rule_id = a.rule_id and o.subject = a.subject and o.ended_at is null and o.from_at <= %(now)s::timestamptz
      and (o.until_at is null or o.until_at > %(now)s::timestamptz)
    order by o.kind, o.hold_id desc
    limit 1
) h on true
where a.alert_id = %(alert_id)s::bigint

-- mark --
-- whether anything was added to an alert's story: numbers of its newest lines
select (select max(v.event_id) from alert_event v where v.alert_id = %(alert_id)s::bigint) as event_id,
       (select max(c.decision_id) from notification_decision c where c.alert_id = %(alert_id)s::bigint) as decision_id,
       (select count(*) from notification_alert l join notification n using (notification_id)
        where l.alert_id = %(alert_id)s::bigint and n.state <> 'queued') as settled

-- history --
-- an alert's history, newest first: what was told, or not told, at one instant and on one occasion is one row with all
-- its lines
select h.at, h.kind, h.actor, h.comments
from (select v.at, v.kind, v.actor, max(v.event_id) as newest, array_agg(v.comment order by v.event_id) as comments
      from alert_event v
      where v.alert_id = %(alert_id)s::bigint
      group by v.at, v.kind, v.actor,
               case when v.kind in ('notify', 'notify_failed') then split_part(v.comment, ' ', 1)
                    when v.kind = 'not_notified' then ''
                    else v.event_id::text end) h
order by h.newest desc
limit %(limit)s::int

-- decisions --
-- whom it was decided to tell, or not, of an alert, and what became of the message; the newest, in order
select c.decision_id, c.at, c.event, c.team, t.name as team_name, c.channel, c.receiver, c.decision, c.reason, c.detail,
       n.state, n.sent_at, n.attempts, n.last_error,
       (select count(*) from notification_alert l where l.notification_id = n.notification_id)::int as together
from (select decision_id, at, event, team, channel, receiver, decision, reason, detail, notification_id
      from notification_decision
      where alert_id = %(alert_id)s::bigint
      order by decision_id desc
      limit %(limit)s::int) c
left join team t on t.code = c.team
left join notification n on n.notification_id = c.notification_id
order by c.decision_id

-- findings --
-- current findings of a rule on a subject in a stretch of time, the newest, in order
select finding_id, subject, period_start, period_end, verdict, reason, value, limit_value, unit
from (select finding_id, subject, period_start, period_end, verdict, reason, value, limit_value, unit
      from finding
      where rule_id = %(rule_id)s::text and subject = %(subject)s::text and superseded_at is null
        and period_start >= %(from_at)s::timestamptz and period_start < %(to_at)s::timestamptz
      order by period_start desc
      limit %(limit)s::int) newest
order by period_start

-- enterprise_findings --
-- violations of a rule at an enterprise that stand, whatever their subject, the newest first
select finding_id, subject, period_start, period_end, verdict, reason, value, limit_value, unit
from finding
where rule_id = %(rule_id)s::text and superseded_at is null and verdict = 'violation'
  and enterprise_id = (select enterprise_id from enterprise where code = %(enterprise)s::text)
  and period_start >= %(from_at)s::timestamptz and period_start < %(to_at)s::timestamptz
order by period_start desc, finding_id desc
limit %(limit)s::int

-- hours --
-- hourly rows of some points of an enterprise in a stretch of time
select p.code as point, p.name, p.kind, p.unit, h.hour_at, h.mean, h.increment, h.reading_count
from point p
join enterprise e on e.enterprise_id = p.enterprise_id
cross join lateral (
    select l.hour_at, l.mean, l.increment, l.reading_count from hourly l
    where l.point_id = p.point_id and l.hour_at >= %(from_at)s::timestamptz and l.hour_at < %(to_at)s::timestamptz
    offset 0
) h
where e.code = %(enterprise)s::text and p.code = any(%(codes)s::text[])
order by p.code, h.hour_at

-- gateway_hours --
-- readings of a gateway's points, counted by the hour
select h.hour_at, sum(h.reading_count)::int as reading_count
from gateway_point g
join enterprise e on e.enterprise_id = g.enterprise_id
cross join lateral (
    select l.hour_at, l.reading_count from hourly l
    where l.point_id = g.point_id and l.hour_at >= %(from_at)s::timestamptz and l.hour_at < %(to_at)s::timestamptz
    offset 0
) h
where e.code = %(enterprise)s::text and g.gateway = %(gateway)s::text
group by h.hour_at
order by h.hour_at
