-- birth_numbers --
-- which births an enterprise's nodes and devices stand at
select node, device, birth_number from sparkplug_birth where enterprise_id = %(enterprise_id)s::int

-- births --
-- the births of an enterprise with what their aliases mean
select node, device, birth_number, bd_seq, metrics from sparkplug_birth where enterprise_id = %(enterprise_id)s::int

-- set_births --
-- the newest birth of each node and device
insert into sparkplug_birth (enterprise_id, node, device, bd_seq, born_at, metrics)
select %(enterprise_id)s::int, b.node, b.device, nullif(b.bd_seq, -1), %(born_at)s::timestamptz, b.metrics::jsonb
from unnest(%(node)s::text[], %(device)s::text[], %(bd_seq)s::smallint[], %(metrics)s::text[])
     as b (node, device, bd_seq, metrics)
order by b.node, b.device
on conflict (enterprise_id, node, device) do update
set bd_seq = excluded.bd_seq, born_at = excluded.born_at, metrics = excluded.metrics,
    birth_number = nextval('sparkplug_birth_number')
