-- hourly --
-- one page of the hourly rows of a point, by its key
select hour_at, mean, increment, valid_minutes, reading_count, valid_count, minimum, maximum, first_value, last_value,
       flag_counts, marks, gap_from, computed_at
from hourly
where point_id = %(point_id)s::int
  and hour_at >= %(from_at)s::timestamptz and hour_at < %(to_at)s::timestamptz
  and (%(after)s::timestamptz is null or hour_at > %(after)s::timestamptz)
order by hour_at
limit %(limit)s::int
