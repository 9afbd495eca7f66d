-- enterprise_id --
-- the identity behind an enterprise's code
select enterprise_id from enterprise where code = %(enterprise)s::text

-- points --
-- what ingest has to know of an enterprise's points
select point_id, code, kind, interval_s, physical_min, physical_max
from point where enterprise_id = %(enterprise_id)s::int

-- components --
-- an enterprise's LDAR components by code
select component_id, code from component where enterprise_id = %(enterprise_id)s::int

-- mechanics --
-- what the roll-up has to know of some points
select p.point_id, p.kind, p.interval_s, p.counter_digits, p.counter_scale, p.counter_max_rate_per_h
from point p where p.point_id = any(%(point_id)s::int[])
order by p.point_id
