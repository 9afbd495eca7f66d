-- next_message_ids --
-- identities for some refused messages
select nextval(pg_get_serial_sequence('refused_message', 'message_id')) from generate_series(1, %(count)s::int)

-- add_volumes --
-- count the bytes of refused messages; what was counted before. The row stays locked until the transaction ends, so that
-- another writer sees the sum
insert into refused_volume (enterprise_id, day, bytes)
select v.enterprise_id, v.day, v.bytes
from unnest(%(enterprise_id)s::int[], %(day)s::date[], %(bytes)s::bigint[]) as v (enterprise_id, day, bytes)
order by v.enterprise_id, v.day
on conflict (enterprise_id, day) do update set bytes = refused_volume.bytes + excluded.bytes
returning enterprise_id, day, bytes

-- insert_messages --
-- keep refused messages with their raw bytes
insert into refused_message
    (message_id, enterprise_id, gateway, client_id, topic, received_at, payload, payload_size)
overriding system value
select m.message_id, m.enterprise_id, m.gateway, m.client_id, m.topic, m.received_at, m.payload, m.payload_size
from unnest(%(message_id)s::bigint[], %(enterprise_id)s::int[], %(gateway)s::text[], %(client_id)s::text[],
            %(topic)s::text[], %(received_at)s::timestamptz[], %(payload)s::bytea[], %(payload_size)s::int[])
     as m (message_id, enterprise_id, gateway, client_id, topic, received_at, payload, payload_size)

-- insert_refusals --
-- why, by reason
insert into refusal (message_id, reason, items, first_item, expected)
select r.message_id, r.reason, r.items, r.first_item, r.expected
from unnest(%(message_id)s::bigint[], %(reason)s::text[], %(items)s::int[], %(first_item)s::text[],
            %(expected)s::text[]) as r (message_id, reason, items, first_item, expected)
