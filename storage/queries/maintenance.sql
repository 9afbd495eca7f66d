-- lock_partitions --
-- one session at a time looks which partitions are there: a session that looked before it waited would not see those
-- that another one made meanwhile (PostgreSQL remembers that a name was free until it locks a table)
select pg_advisory_xact_lock(hashtext('reading_partition'))

-- maintain --
-- makes partitions ahead of time and drops raw readings past their keeping time; returns how many were dropped
select maintain_v1(%(now)s::timestamptz, make_interval(days => %(keep_days)s::int))

-- drop_refused_messages --
-- drops some of the refused messages past their keeping time, with their reasons. They are looked for among the oldest
-- numbers, which come in about the order of time, so that nothing is read that stays
delete from refused_message m
using (select message_id from refused_message order by message_id limit %(limit)s::int for update skip locked) as o
where m.message_id = o.message_id and m.received_at < %(before)s::timestamptz

-- drop_stray_messages --
-- drops some of the messages of nobody past their keeping time
delete from stray_message
where stray_id in (
    select stray_id from stray_message where received_at < %(before)s::timestamptz
    order by received_at limit %(limit)s::int for update skip locked
)

-- drop_quirks --
-- drops the oldest counts of tolerated deviations
delete from tolerated_quirk
where ctid = any(array(
    select ctid from tolerated_quirk where day < %(before)s::date limit %(limit)s::int for update skip locked
))

-- drop_refused_volumes --
-- drops the counts of refused bytes of days that are over
delete from refused_volume
where ctid = any(array(
    select ctid from refused_volume where day < %(before)s::date limit %(limit)s::int for update skip locked
))
