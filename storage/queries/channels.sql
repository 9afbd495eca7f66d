-- configure --
-- a channel that the alert stage has, as it starts
insert into channel_state (channel, kind, is_group, rate_per_min, configured_at)
values (%(channel)s::text, %(kind)s::text, %(is_group)s::boolean, %(rate_per_min)s::int, %(at)s::timestamptz)
on conflict (channel) do update
set kind = excluded.kind, is_group = excluded.is_group, rate_per_min = excluded.rate_per_min,
    configured_at = excluded.configured_at

-- answered --
-- the channel took a message
insert into channel_state (channel, last_ok_at) values (%(channel)s::text, %(at)s::timestamptz)
on conflict (channel) do update
set last_ok_at = excluded.last_ok_at, failures = 0, failing_since = null, gave_up_at = null, last_error = null

-- failed --
-- the channel did not take a message
insert into channel_state (channel, last_failure_at, failures, last_error, failing_since, gave_up_at)
values (%(channel)s::text, %(at)s::timestamptz, 1, %(error)s::text, %(at)s::timestamptz,
        case when %(gave_up)s::boolean then %(at)s::timestamptz end)
on conflict (channel) do update
set last_failure_at = excluded.last_failure_at, failures = channel_state.failures + 1, last_error = excluded.last_error,
    failing_since = coalesce(channel_state.failing_since, excluded.failing_since),
    gave_up_at = coalesce(excluded.gave_up_at, channel_state.gave_up_at)

-- states --
-- how every channel stands
select channel, kind, is_group, rate_per_min, configured_at, last_ok_at, last_failure_at, failures, last_error,
       failing_since, gave_up_at
from channel_state order by channel

-- forget --
-- channels that nobody has any more
delete from channel_state where channel = any(%(channels)s::text[])

-- lock_watch --
-- one worker at a time judges channels; released at the end of the transaction
select pg_try_advisory_xact_lock(hashtext('plantwatch'), hashtext('channel watch'))

-- rule --
-- version and parameters of the rule that judges channels, where it is in force
select version, definition -> 'params' as params from rule where rule_id = %(rule_id)s::text and enabled

-- last_findings --
-- the newest current finding of the rule on each channel
select distinct on (f.subject) f.subject, f.verdict, f.period_start
from finding f
where f.rule_id = %(rule_id)s::text and f.subject = any(%(subjects)s::text[]) and f.superseded_at is null
order by f.subject, f.period_start desc
