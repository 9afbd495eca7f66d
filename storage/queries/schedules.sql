-- enterprises --
-- enterprises that have components
select e.enterprise_id, e.code, e.registered_from
from enterprise e
where exists (select from component c where c.enterprise_id = e.enterprise_id)
order by e.code

-- components --
-- an enterprise's components
select component_id, code, kind, in_service_from, in_service_to, exempt_clause is not null as exempt
from component where enterprise_id = %(enterprise_id)s::int
order by code

-- leak_tests --
-- when the components of an enterprise were tested, up to an instant; of a corrected test the newest revision counts
select t.component_id, extract(epoch from t.tested_at)::bigint as tested_s
from current_leak_test t
join component c using (component_id)
where c.enterprise_id = %(enterprise_id)s::int and t.tested_at <= %(through)s::timestamptz
    and (%(component_ids)s::int[] is null or t.component_id = any(%(component_ids)s::int[]))

-- owners --
-- which enterprises some components belong to
select component_id, enterprise_id from component where component_id = any(%(component_ids)s::int[])
