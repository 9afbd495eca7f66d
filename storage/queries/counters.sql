-- counter_points --
-- every counter, with the meter that was installed last
select p.point_id, e.enterprise_id, e.code as enterprise, p.code as point, p.quantity, p.unit, m.serial,
       greatest(e.registered_from, p.in_service_from) as first_day, p.in_service_to as end_day
from point p
join enterprise e using (enterprise_id)
left join lateral (
    select m.serial from meter m where m.point_id = p.point_id order by m.installed_on desc, m.meter_id desc limit 1
) m on true
where p.kind = 'counter' and p.statistic is null
order by e.code, p.code

-- entry_points --
-- counters of water at places where it enters or leaves an enterprise (用水单位), from when a meter there is connected
select p.point_id, e.enterprise_id, e.code as enterprise, p.code as point, p.quantity, p.unit,
       (array_agg(m.serial order by m.installed_on desc, m.meter_id desc))[1] as serial,
       greatest(e.registered_from, p.in_service_from, min(greatest(m.installed_on, a.in_service_from))) as first_day,
       least(p.in_service_to, nullif(max(coalesce(least(m.removed_on, a.in_service_to), 'infinity')), 'infinity')) as end_day
from point p
join enterprise e using (enterprise_id)
join meter m on m.point_id = p.point_id
join metering_place a on a.place_id = m.place_id and a.level = 'unit' and a.medium = 'water'
where p.kind = 'counter' and p.statistic is null
group by p.point_id, e.enterprise_id
order by e.code, p.code

-- increments --
-- known increments in (point_id, from, to) windows; hours as whole hours since 1970
select h.point_id, (extract(epoch from h.hour_at) / 3600)::int as hour, h.increment
from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (point_id, from_at, to_at)
cross join lateral (
    select h.point_id, h.hour_at, h.increment
    from hourly h
    where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
    offset 0
) h
where h.increment is not null

-- marked --
-- hours with any of some marks in (point_id, from, to) windows, and the last valid value of an hour before each
select h.point_id, (extract(epoch from h.hour_at) / 3600)::int as hour, h.marks, h.first_value, h.last_value, h.increment,
       b.last_value as before, (extract(epoch from b.hour_at) / 3600)::int as before_hour
from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (point_id, from_at, to_at)
cross join lateral (
    select h.point_id, h.hour_at, h.marks, h.first_value, h.last_value, h.increment
    from hourly h
    where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
      and cardinality(h.marks) > 0 and h.marks && %(marks)s::text[]
    offset 0
) h
left join lateral (
    select b.hour_at, b.last_value
    from hourly b
    where b.point_id = h.point_id and b.hour_at < h.hour_at and b.valid_count > 0
    order by b.hour_at desc
    limit 1
) b on true
order by h.point_id, h.hour_at

-- first_dirty --
-- the first hour of a counter in a span that the roll-up has yet to look at
select min(d.hour_at)
from dirty_hour d join point p on p.point_id = d.point_id and p.kind = 'counter'
where d.hour_at >= %(from_at)s::timestamptz and d.hour_at < %(to_at)s::timestamptz

-- corrected --
-- corrected readings in (point_id, from, to] windows, valid before and after their correction: what came first, what
-- counts now, and the last valid value before each, corrections applied
select r.point_id, r.measured_at, r.value as first, c.value as corrected, b.value as before
from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (point_id, from_at, to_at)
cross join lateral (
    select distinct on (c.measured_at) c.measured_at, c.value, c.source_flag, c.qc_flag
    from correction c
    where c.point_id = w.point_id and c.measured_at > w.from_at and c.measured_at <= w.to_at
    order by c.measured_at, c.correction_id desc
) c
join reading r on r.point_id = w.point_id and r.measured_at = c.measured_at
cross join lateral (
    select coalesce(k.value, e.value) as value
    from reading e
    left join lateral (
        select k.value, k.source_flag, k.qc_flag from correction k
        where k.point_id = e.point_id and k.measured_at = e.measured_at
        order by k.correction_id desc limit 1
    ) k on true
    where e.point_id = w.point_id and e.measured_at < c.measured_at
      and coalesce(k.source_flag, e.source_flag) = any(%(valid_flags)s::text[]::"char"[])
      and coalesce(k.qc_flag, e.qc_flag) = %(good)s::smallint
    order by e.measured_at desc
    limit 1
) b
where c.source_flag = any(%(valid_flags)s::text[]::"char"[]) and c.qc_flag = %(good)s::smallint
  and r.source_flag = any(%(valid_flags)s::text[]::"char"[]) and r.qc_flag = %(good)s::smallint
order by r.point_id, r.measured_at
