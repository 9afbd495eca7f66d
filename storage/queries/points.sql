-- enterprise_id --
-- the identity behind an enterprise's code
select enterprise_id from enterprise where code = %(enterprise)s::text

-- points --
-- what ingest has to know of an enterprise's points
select point_id, code, kind, interval_s, physical_min, physical_max
from point where enterprise_id = %(enterprise_id)s::int

-- lines --
-- an enterprise's production lines by code
select code from line where enterprise_id = %(enterprise_id)s::int

-- mechanics --
-- what the roll-up has to know of some points
select p.point_id, p.kind, p.interval_s, p.counter_digits, p.counter_scale, p.counter_max_rate_per_h,
       p.stuck_minutes, p.max_step
from point p where p.point_id = any(%(point_id)s::int[])
order by p.point_id

-- stations --
-- an enterprise's HJ 212 stations with what opens their frames
select s.mn, s.gateway, s.edition, s.profile, s.crc, s.missing_flag, s.ignored, c.sm4_key
from station s left join station_secret c using (station_id)
where s.enterprise_id = %(enterprise_id)s::int

-- tags --
-- what names on the wire mean for an enterprise
select t.protocol, t.device, t.name, p.code, t.scale, t.zero
from tag t join point p using (point_id)
where t.enterprise_id = %(enterprise_id)s::int
