-- queue --
-- put a test into the outbox; it is about no alert
insert into notification (alert_id, event, team, channel, receiver, idempotency_key, body, state, queued_at,
                          next_attempt_at)
values (null, 'test', %(team)s::text, %(channel)s::text, %(receiver)s::text, %(key)s::text, %(body)s::jsonb, 'queued',
        %(at)s::timestamptz, %(at)s::timestamptz)
returning notification_id

-- lock --
-- one at a time tries a channel; released at the end of the transaction
select pg_advisory_xact_lock(hashtext('channel test'), hashtext(%(channel)s::text))

-- tests --
-- the newest tests of a channel, of some, or of all, newest first
select n.notification_id, n.channel, n.receiver, n.team, n.state, n.queued_at, n.sent_at, n.failed_at, n.last_error,
       n.attempts, n.body ->> 'author' as author
from notification n
where n.event = 'test' and (%(channel)s::text is null or n.channel = %(channel)s::text)
  and (%(ids)s::bigint[] is null or n.notification_id = any(%(ids)s::bigint[]))
order by n.notification_id desc
limit %(limit)s::int
