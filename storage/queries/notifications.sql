-- queue --
-- put a message into the outbox; no row when this alert's event was already queued for the receiver
insert into notification (alert_id, event, channel, receiver, idempotency_key, body, state, queued_at, next_attempt_at)
values (%(alert_id)s::bigint, %(event)s::text, %(channel)s::text, %(receiver)s::text, %(idempotency_key)s::text,
        %(body)s::jsonb, 'queued', %(at)s::timestamptz, %(at)s::timestamptz)
on conflict (idempotency_key) do nothing
returning notification_id

-- claim --
-- lease due messages of the channels at hand; one attempt each. A message waits for earlier ones of the same alert
update notification
set attempts = attempts + 1, next_attempt_at = %(lease_until)s::timestamptz
where notification_id in (
    select n.notification_id
    from notification n
    join unnest(%(channels)s::text[], %(receivers)s::text[]) as served (channel, receiver)
      on served.channel = n.channel and served.receiver = n.receiver
    where n.state = 'queued' and (n.attempts = 0 or n.next_attempt_at <= %(wall)s::timestamptz)
      and not exists (
          select 1 from notification earlier
          where earlier.alert_id = n.alert_id and earlier.channel = n.channel and earlier.receiver = n.receiver
            and earlier.state = 'queued' and earlier.notification_id < n.notification_id)
    order by n.notification_id
    limit %(limit)s::int
    for update of n skip locked)
returning notification_id, alert_id, event, channel, receiver, idempotency_key, body, attempts

-- mark_sent --
-- the receiver has it
update notification
set state = 'sent', sent_at = %(at)s::timestamptz, last_error = null
where notification_id = %(notification_id)s::bigint and state = 'queued'
returning alert_id

-- mark_retry --
-- not taken; again later, unless another worker has it in hand by now
update notification
set next_attempt_at = %(next_attempt_at)s::timestamptz, last_error = %(error)s::text
where notification_id = %(notification_id)s::bigint and state = 'queued' and attempts = %(attempts)s::int

-- mark_failed --
-- given up
update notification
set state = 'failed', last_error = %(error)s::text
where notification_id = %(notification_id)s::bigint and state = 'queued' and attempts = %(attempts)s::int
returning alert_id

-- queued_counts --
-- waiting messages by channel
select channel, count(*) as messages from notification where state = 'queued' group by channel

-- oldest_queued --
-- since when the longest waiting message waits
select min(queued_at) from notification where state = 'queued'
