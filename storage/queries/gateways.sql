-- set_status --
-- the newest word of each gateway; changed_at stays while the word is the same
insert into gateway_status (enterprise_id, gateway, online, changed_at)
select s.enterprise_id, s.gateway, s.online, s.changed_at
from unnest(%(enterprise_id)s::int[], %(gateway)s::text[], %(online)s::boolean[], %(changed_at)s::timestamptz[])
     as s (enterprise_id, gateway, online, changed_at)
order by s.enterprise_id, s.gateway
on conflict (enterprise_id, gateway) do update
set online = excluded.online, changed_at = excluded.changed_at
where gateway_status.online <> excluded.online and gateway_status.changed_at <= excluded.changed_at
