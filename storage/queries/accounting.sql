-- add_accounting --
-- add to the books of some enterprises and days. A transaction takes the first shard that no other one holds, until it
-- ends, so that writers never wait for each other's row; the lock class is the caller's
with shard as materialized (
    select n from generate_series(0, 63) as s (n)
    where pg_try_advisory_xact_lock(%(lock_class)s::int, n) limit 1
)
insert into accounting (enterprise_id, day, shard, messages, received, stored, duplicates, corrections, refused)
select a.enterprise_id, a.day, coalesce((select n from shard), 0),
       a.messages, a.received, a.stored, a.duplicates, a.corrections, a.refused
from unnest(%(enterprise_id)s::int[], %(day)s::date[], %(messages)s::bigint[], %(received)s::bigint[],
            %(stored)s::bigint[], %(duplicates)s::bigint[], %(corrections)s::bigint[], %(refused)s::bigint[])
     as a (enterprise_id, day, messages, received, stored, duplicates, corrections, refused)
order by a.enterprise_id, a.day
on conflict (enterprise_id, day, shard) do update
set messages = accounting.messages + excluded.messages, received = accounting.received + excluded.received,
    stored = accounting.stored + excluded.stored, duplicates = accounting.duplicates + excluded.duplicates,
    corrections = accounting.corrections + excluded.corrections, refused = accounting.refused + excluded.refused
