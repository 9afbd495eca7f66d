-- announce --
-- tell the dispatcher what has become of alerts
insert into alert_news (alert_id, kind, established_at, at)
select unnest(%(alert_ids)s::bigint[]), unnest(%(kinds)s::text[]), unnest(%(established_ats)s::timestamptz[]),
       unnest(%(ats)s::timestamptz[])

-- hint --
-- say that there may be work for the dispatcher; polling is the truth
notify plantwatch_alerts, 'news'

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
select a.alert_id, a.rule_id, a.subject, a.severity, a.condition, a.resolution, a.title, a.summary, a.details,
       a.occurred_at, a.detected_at, a.fired_at, a.last_seen_at, a.resolved_at, a.finding_id, a.acknowledged_at,
       a.acknowledged_by
from alert a
where a.alert_id = any(%(alert_ids)s::bigint[])

-- told_to --
-- whom alerts were told to, in any way
select distinct na.alert_id, n.team, n.channel, n.receiver
from notification_alert na
join notification n using (notification_id)
where na.alert_id = any(%(alert_ids)s::bigint[])
order by na.alert_id, n.team, n.channel, n.receiver

-- put_progress --
-- write how far telling has come (JSON values as one array: as elements of a text[] every quote is escaped again)
insert into alert_dispatch (alert_id, state, reason, since_at, cause_alert_id, teams, step, told_at, told_count, next_at,
                            progress)
select g.alert_id, g.state, g.reason, g.since_at, g.cause_alert_id,
       string_to_array(g.teams, ' '),
       g.step, g.told_at, g.told_count, g.next_at, g.progress
from rows from (unnest(%(alert_ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(since_ats)s::timestamptz[],
                       %(causes)s::bigint[], %(steps)s::int[], %(told_ats)s::timestamptz[], %(told_counts)s::int[],
                       %(next_ats)s::timestamptz[]),
                jsonb_array_elements(%(progresses)s::jsonb),
                unnest(%(teams)s::text[]))
     as g (alert_id, state, reason, since_at, cause_alert_id, step, told_at, told_count, next_at, progress, teams)
on conflict (alert_id) do update
set state = excluded.state, reason = excluded.reason, since_at = excluded.since_at,
    cause_alert_id = excluded.cause_alert_id, teams = excluded.teams, step = excluded.step, told_at = excluded.told_at,
    told_count = excluded.told_count, next_at = excluded.next_at, progress = excluded.progress

-- mark_told --
-- the first message about these alerts is in the outbox
update alert set notified_at = %(at)s::timestamptz
where alert_id = any(%(alert_ids)s::bigint[]) and notified_at is null

-- forget_untold --
-- alerts that last and of which every message was given up reached nobody: they are to be looked at at once
update alert_dispatch d
set state = 'silent', reason = 'no_receiver', since_at = %(at)s::timestamptz, cause_alert_id = null, teams = '{}',
    step = 0, told_at = null, told_count = 0, progress = '{}', next_at = %(at)s::timestamptz
from alert a
where a.alert_id = d.alert_id and d.alert_id = any(%(alert_ids)s::bigint[]) and a.state = 'firing'
  and a.acknowledged_at is null
  and not exists (select from notification_alert c join notification n using (notification_id)
                  where c.alert_id = a.alert_id and n.state <> 'failed')

-- mark_realarmed --
-- told anew although acknowledged
update alert set realarmed_at = %(at)s::timestamptz where alert_id = any(%(alert_ids)s::bigint[])

-- put_flaps --
-- series that flap, and until when they are held
insert into flapping (rule_id, subject, since_at, until_at, changes, alert_id)
select unnest(%(rules)s::text[]), unnest(%(subjects)s::text[]), unnest(%(since_ats)s::timestamptz[]),
       unnest(%(until_ats)s::timestamptz[]), unnest(%(changes)s::int[]), unnest(%(alert_ids)s::bigint[])
on conflict (rule_id, subject, since_at) do update set until_at = excluded.until_at, changes = excluded.changes

-- begin_flood --
-- a team's flood begins
insert into flood (team, began_at, alerts, digests, last_digest_at)
values (%(team)s::text, %(began_at)s::timestamptz, %(alerts)s::int, %(digests)s::int, %(last_digest_at)s::timestamptz)

-- update_flood --
-- how a flood goes on, or that it is over
update flood
set alerts = %(alerts)s::int, digests = %(digests)s::int, last_digest_at = %(last_digest_at)s::timestamptz,
    ended_at = %(ended_at)s::timestamptz
where flood_id = %(flood_id)s::bigint

-- queue --
-- put messages into the outbox; no row for one that is already there
insert into notification (alert_id, event, team, channel, receiver, idempotency_key, group_key, body, state, queued_at,
                          next_attempt_at)
select g.alert_id, g.event, g.team, g.channel, g.receiver, g.idempotency_key, g.group_key, g.body, 'queued',
       %(at)s::timestamptz, %(at)s::timestamptz
from rows from (unnest(%(alert_ids)s::bigint[], %(events)s::text[], %(teams)s::text[], %(channels)s::text[],
                       %(receivers)s::text[], %(keys)s::text[], %(group_keys)s::text[]),
                jsonb_array_elements(%(bodies)s::jsonb)) with ordinality
     as g (alert_id, event, team, channel, receiver, idempotency_key, group_key, body, position)
order by g.position
on conflict (idempotency_key) do nothing
returning notification_id, idempotency_key

-- put_contents --
-- which alerts messages are about
insert into notification_alert (notification_id, alert_id, event, value)
select unnest(%(notification_ids)s::bigint[]), unnest(%(alert_ids)s::bigint[]), unnest(%(events)s::text[]),
       unnest(%(values)s::double precision[])

-- told_before --
-- how often, from when to when, and last of how much, teams were told that alerts last
select na.alert_id, coalesce(n.team, 'duty') as team, count(distinct n.queued_at)::int as count,
       min(n.queued_at) as first_at, max(n.queued_at) as last_at,
       (array_agg(na.value order by n.queued_at desc, n.notification_id desc))[1] as last_value
from notification_alert na
join notification n using (notification_id)
where na.alert_id = any(%(alert_ids)s::bigint[])
  and na.event in ('firing', 'repeated', 'realarmed', 'escalated')
group by na.alert_id, coalesce(n.team, 'duty')

-- received_by --
-- whom the message of an instant about an alert told by name
select q.position::int, f.receivers
from unnest(%(alert_ids)s::bigint[], %(teams)s::text[], %(ats)s::timestamptz[]) with ordinality
     as q (alert_id, team, at, position)
cross join lateral (
    select n.body -> 'to' as receivers
    from notification_alert na
    join notification n using (notification_id)
    where na.alert_id = q.alert_id and coalesce(n.team, 'duty') = q.team and n.queued_at = q.at
    order by n.notification_id limit 1
) f

-- handed_over --
-- who handed alerts over last, when, and what they wrote
select distinct on (e.alert_id) e.alert_id, e.at, e.actor, e.comment
from alert_event e
where e.alert_id = any(%(alert_ids)s::bigint[]) and e.kind = 'handed_over'
order by e.alert_id, e.event_id desc

-- put_decisions --
-- what was decided
insert into notification_decision (at, alert_id, event, team, channel, receiver, decision, reason, detail,
                                   notification_id)
select %(at)s::timestamptz, unnest(%(alert_ids)s::bigint[]), unnest(%(events)s::text[]), unnest(%(teams)s::text[]),
       unnest(%(channels)s::text[]), unnest(%(receivers)s::text[]), unnest(%(decisions)s::text[]),
       unnest(%(reasons)s::text[]), unnest(%(details)s::text[]), unnest(%(notification_ids)s::bigint[])
