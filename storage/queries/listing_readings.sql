-- readings --
-- one page of the raw readings of a point, by its key
select measured_at, value, source_flag::text as source_flag, qc_flag, received_at
from reading
where point_id = %(point_id)s::int
  and measured_at >= %(from_at)s::timestamptz and measured_at < %(to_at)s::timestamptz
  and (%(after)s::timestamptz is null or measured_at > %(after)s::timestamptz)
order by measured_at
limit %(limit)s::int

-- corrections --
-- the newest corrections of each reading of one page, newest first, and how many there are
select measured_at, correction_id, value, source_flag, qc_flag, received_at, total
from (select measured_at, correction_id, value, source_flag::text as source_flag, qc_flag, received_at,
             count(*) over (partition by measured_at) as total,
             row_number() over (partition by measured_at order by correction_id desc) as place
      from correction
      where point_id = %(point_id)s::int
        and measured_at between %(first)s::timestamptz and %(last)s::timestamptz) numbered
where place <= %(per_reading)s::int
order by measured_at, correction_id desc
