-- lock --
-- one writer at a time of an enterprise's records of leak detection and repair, always in the same order
select count(pg_advisory_xact_lock(hashtext('leak_records'), o.enterprise_id))
from (select enterprise_id from unnest(%(enterprise_ids)s::int[]) as g (enterprise_id) order by enterprise_id) o

-- components --
-- sealing points by enterprise and code
select c.enterprise_id, c.code, c.component_id, c.in_service_from, c.in_service_to, c.kind
from unnest(%(enterprise_id)s::int[], %(code)s::text[]) as k (enterprise_id, code)
join component c on c.enterprise_id = k.enterprise_id and c.code = k.code

-- installations --
-- installations by enterprise and code
select i.enterprise_id, i.code, i.installation_id, i.in_service_from, i.in_service_to
from unnest(%(enterprise_id)s::int[], %(code)s::text[]) as k (enterprise_id, code)
join installation i on i.enterprise_id = k.enterprise_id and i.code = k.code

-- campaigns --
-- which campaigns there are, by enterprise and code
select c.enterprise_id, c.code
from unnest(%(enterprise_id)s::int[], %(code)s::text[]) as k (enterprise_id, code)
join campaign c on c.enterprise_id = k.enterprise_id and c.code = k.code

-- instruments --
-- instruments by enterprise and serial number
select i.enterprise_id, i.serial, i.instrument_id
from unnest(%(enterprise_id)s::int[], %(code)s::text[]) as k (enterprise_id, serial)
join instrument i on i.enterprise_id = k.enterprise_id and i.serial = k.serial
