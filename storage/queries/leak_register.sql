-- lock --
-- one writer at a time of an enterprise's records of leak detection and repair, always in the same order
select count(pg_advisory_xact_lock(hashtext('leak_records'), o.enterprise_id))
from (select enterprise_id from unnest(%(enterprise_ids)s::int[]) as g (enterprise_id) order by enterprise_id) o
