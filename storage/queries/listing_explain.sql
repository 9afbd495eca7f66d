-- points --
-- points of an enterprise by code
select p.point_id, p.code as point, p.name, p.quantity, p.unit, p.kind, p.interval_s
from point p join enterprise e on e.enterprise_id = p.enterprise_id
where e.code = %(enterprise)s::text and p.code = any(%(codes)s::text[])
order by p.code

-- hours --
-- the present hourly rows of some points for one hour
select h.point_id, h.hour_at, h.mean, h.increment, h.valid_minutes, h.reading_count, h.valid_count, h.minimum,
       h.maximum, h.flag_counts, h.marks as remarks, h.marked_minutes, h.mark_ids, h.computed_at
from hourly h
where h.point_id = any(%(point_ids)s::int[]) and h.hour_at = %(hour_at)s::timestamptz

-- parts --
-- current verdicts on the hours of a period, counted
select f.rule_id, f.verdict, f.reason, count(*) as hours
from finding f
where f.rule_id = any(%(rule_ids)s::text[]) and f.subject = %(subject)s::text and f.superseded_at is null
  and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
group by f.rule_id, f.verdict, f.reason
order by f.rule_id, f.verdict, f.reason
