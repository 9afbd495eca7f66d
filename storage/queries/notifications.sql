-- claim --
-- due messages of a channel that nobody else has in hand, each under a lock of this session; the most severe first. A
-- message waits for earlier ones on one of its alerts to the same receiver. Times so far ahead that no pause explains
-- them were written by a clock that has been set back. Limits within and without make the locks be asked for one by one
select c.notification_id
from (
    select n.notification_id, coalesce(a.severity = 'critical', false) as is_critical
    from notification n
    left join alert a on a.alert_id = n.alert_id
    where n.state = 'queued' and n.channel = %(channel)s::text
      and (n.in_hand or n.attempts = 0 or n.next_attempt_at <= %(wall)s::timestamptz
           or n.next_attempt_at > %(latest_pause)s::timestamptz)
      and (n.deferred_until is null or n.deferred_until <= %(wall)s::timestamptz
           or n.deferred_until > %(wall)s::timestamptz + interval '1 minute')
      and not exists (
          select 1 from notification earlier
          where earlier.alert_id = n.alert_id and earlier.channel = n.channel and earlier.receiver = n.receiver
            and earlier.state = 'queued' and earlier.notification_id < n.notification_id)
      and not exists (
          select 1 from notification_alert mine
          join notification_alert other on other.alert_id = mine.alert_id and other.notification_id < n.notification_id
          join notification earlier on earlier.notification_id = other.notification_id
          where mine.notification_id = n.notification_id and earlier.state = 'queued'
            and earlier.channel = n.channel and earlier.receiver = n.receiver)
    order by is_critical desc, n.notification_id
    limit %(look)s::int
) c
where pg_try_advisory_lock(%(lock_space)s::bigint + c.notification_id)
limit %(limit)s::int

-- release --
-- give the locks of messages back
select count(pg_advisory_unlock(%(lock_space)s::bigint + m.notification_id))
from unnest(%(notification_ids)s::bigint[]) as m (notification_id)

-- lock_rate --
-- one worker at a time starts messages of a channel; released at the end of the transaction
select pg_advisory_xact_lock(hashtext('channel rate'), hashtext(%(channel)s::text))

-- recently_started --
-- when the attempts of a channel's last minute began. One that lies ahead was noted by a clock that was set back
select started_at from notification
where channel = %(channel)s::text and started_at > %(wall)s::timestamptz - interval '1 minute'
  and started_at <= %(wall)s::timestamptz + interval '5 seconds'
order by started_at

-- start --
-- an attempt begins: noted before anything is sent. Of those claimed, the ones that are still due, as they stand under
-- the lock; one that is in hand all the same was left by a worker that died, and may have been sent
update notification n
set attempts = n.attempts + 1, started_at = %(wall)s::timestamptz, deferred_until = null, in_hand = true,
    in_doubt = n.in_doubt or n.in_hand
from unnest(%(notification_ids)s::bigint[]) as c (notification_id)
where n.notification_id = c.notification_id and n.state = 'queued'
  and (n.in_hand or n.attempts = 0 or n.next_attempt_at <= %(wall)s::timestamptz
       or n.next_attempt_at > %(latest_pause)s::timestamptz)
returning n.notification_id, n.alert_id, n.event, n.team, n.channel, n.receiver, n.idempotency_key, n.body, n.attempts,
          n.in_doubt

-- defer --
-- messages that the channel's rate does not allow yet; those that were not deferred before are decisions
with old as (
    select n.notification_id, n.alert_id, n.event, n.team, n.channel, n.receiver, n.deferred_until
    from notification n
    where n.notification_id = any(%(notification_ids)s::bigint[]) and n.state = 'queued'
), deferred as (
    update notification n set deferred_until = %(until)s::timestamptz
    from old where n.notification_id = old.notification_id
)
insert into notification_decision (at, alert_id, event, team, channel, receiver, decision, reason, detail, notification_id)
select %(at)s::timestamptz, old.alert_id, old.event, old.team, old.channel, old.receiver, 'hold', 'rate_limited',
       %(detail)s::text, old.notification_id
from old
where old.deferred_until is null and old.alert_id is not null

-- contacts --
-- how people are reached; who has left is not
select code, contacts from person where code = any(%(codes)s::text[]) and active

-- mark_sent --
-- the receiver has it
update notification
set state = 'sent', in_hand = false, sent_at = %(at)s::timestamptz, last_error = null
where notification_id = %(notification_id)s::bigint and state = 'queued'
returning notification_id

-- mark_retry --
-- not taken; again later, unless another worker has it in hand by now
update notification
set next_attempt_at = %(next_attempt_at)s::timestamptz, last_error = %(error)s::text, in_hand = false,
    in_doubt = in_doubt or %(in_doubt)s::boolean
where notification_id = %(notification_id)s::bigint and state = 'queued' and attempts = %(attempts)s::int

-- mark_failed --
-- given up
update notification
set state = 'failed', in_hand = false, failed_at = %(at)s::timestamptz, last_error = %(error)s::text,
    in_doubt = in_doubt or %(in_doubt)s::boolean
where notification_id = %(notification_id)s::bigint and state = 'queued' and attempts = %(attempts)s::int
returning notification_id

-- alerts_of --
-- the alerts that a message is about
select alert_id from notification_alert where notification_id = %(notification_id)s::bigint
union
select alert_id from notification where notification_id = %(notification_id)s::bigint and alert_id is not null
order by alert_id

-- alerts_of_many --
-- the alerts that messages are about
select notification_id, alert_id from notification_alert where notification_id = any(%(notification_ids)s::bigint[])
union
select notification_id, alert_id from notification
where notification_id = any(%(notification_ids)s::bigint[]) and alert_id is not null
order by 1, 2

-- serve --
-- somebody has these channels, for as long as the session lasts
select count(pg_advisory_lock_shared(hashtext('channel served'), hashtext(c.channel)))
from unnest(%(channels)s::text[]) as c (channel)

-- unserved --
-- channels that messages wait for, or that fail, and that nobody has; released at the end of the transaction
select c.channel
from (select n.channel from notification n where n.state = 'queued'
      union
      select s.channel from channel_state s where s.failing_since is not null
      offset 0) c
where pg_try_advisory_xact_lock(hashtext('channel served'), hashtext(c.channel))
order by c.channel

-- abandon --
-- messages for channels that nobody has
update notification
set state = 'failed', in_hand = false, failed_at = %(at)s::timestamptz, last_error = %(error)s::text
where state = 'queued' and channel = any(%(channels)s::text[])
returning notification_id, event, channel, receiver

-- queued_counts --
-- waiting messages by channel
select channel, count(*) as messages from notification where state = 'queued' group by channel

-- oldest_queued --
-- since when the longest waiting message waits
select min(queued_at) from notification where state = 'queued'
