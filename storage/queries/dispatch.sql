-- announce --
-- tell the dispatcher what has become of alerts
insert into alert_news (alert_id, kind, established_at, at)
select unnest(%(alert_ids)s::bigint[]), unnest(%(kinds)s::text[]), unnest(%(established_ats)s::timestamptz[]),
       unnest(%(ats)s::timestamptz[])

-- hint --
-- say that there may be work; polling is the truth
notify plantwatch_alerts

-- try_lock --
-- one dispatcher at a time, until the end of the transaction
select pg_try_advisory_xact_lock(hashtext('plantwatch'), hashtext('dispatch'))

-- take_news --
-- take the oldest news off the work list
delete from alert_news
where news_id in (select news_id from alert_news order by news_id limit %(limit)s::int)
returning news_id, alert_id, kind, established_at, at

-- contents --
-- what a message says of alerts
select a.alert_id, a.rule_id, a.subject, a.severity, a.condition, a.state, a.resolution, a.title, a.summary, a.details,
       a.occurred_at, a.detected_at, a.fired_at, a.last_seen_at, a.resolved_at, a.finding_id, a.acknowledged_at,
       a.acknowledged_by, a.realarmed_at, a.assignee, a.notified_at
from alert a
where a.alert_id = any(%(alert_ids)s::bigint[])

-- told_to --
-- whom alerts were told to, in any way
select distinct na.alert_id, n.team, n.channel, n.receiver
from notification_alert na
join notification n using (notification_id)
where na.alert_id = any(%(alert_ids)s::bigint[])
order by na.alert_id, n.team, n.channel, n.receiver

-- progress --
-- how far telling about alerts has come
select alert_id, state, reason from alert_dispatch where alert_id = any(%(alert_ids)s::bigint[])

-- put_progress --
-- write how far telling has come
insert into alert_dispatch (alert_id, state, reason, since_at, teams, told_at, told_count)
select unnest(%(alert_ids)s::bigint[]), unnest(%(states)s::text[]), unnest(%(reasons)s::text[]),
       unnest(%(since_ats)s::timestamptz[]), %(teams)s::text[], null, 0
on conflict (alert_id) do update
set state = excluded.state, reason = excluded.reason,
    since_at = case when alert_dispatch.state = excluded.state then alert_dispatch.since_at else excluded.since_at end

-- mark_told --
-- the first message about these alerts is in the outbox
update alert set notified_at = %(at)s::timestamptz
where alert_id = any(%(alert_ids)s::bigint[]) and notified_at is null

-- queue --
-- put messages into the outbox; no row for one that is already there
insert into notification (alert_id, event, team, channel, receiver, idempotency_key, group_key, body, state, queued_at,
                          next_attempt_at)
select g.alert_id, g.event, g.team, g.channel, g.receiver, g.idempotency_key, g.group_key, g.body, 'queued',
       %(at)s::timestamptz, %(at)s::timestamptz
from unnest(%(alert_ids)s::bigint[], %(events)s::text[], %(teams)s::text[], %(channels)s::text[], %(receivers)s::text[],
            %(keys)s::text[], %(group_keys)s::text[], %(bodies)s::jsonb[]) with ordinality
     as g (alert_id, event, team, channel, receiver, idempotency_key, group_key, body, position)
order by g.position
on conflict (idempotency_key) do nothing
returning notification_id, idempotency_key

-- put_contents --
-- which alerts messages are about
insert into notification_alert (notification_id, alert_id, event)
select unnest(%(notification_ids)s::bigint[]), unnest(%(alert_ids)s::bigint[]), unnest(%(events)s::text[])

-- put_decisions --
-- what was decided
insert into notification_decision (at, alert_id, event, team, channel, receiver, decision, reason, detail,
                                   notification_id)
select %(at)s::timestamptz, unnest(%(alert_ids)s::bigint[]), unnest(%(events)s::text[]), unnest(%(teams)s::text[]),
       unnest(%(channels)s::text[]), unnest(%(receivers)s::text[]), unnest(%(decisions)s::text[]),
       unnest(%(reasons)s::text[]), unnest(%(details)s::text[]), unnest(%(notification_ids)s::bigint[])
