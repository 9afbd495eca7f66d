-- outlet_points --
-- every point at an outlet, with the dates that bound what is judged
select o.outlet_id, e.enterprise_id, e.code as enterprise, e.registered_from, o.code as outlet, o.process,
       o.makeup_air, o.in_service_from, o.in_service_to, p.point_id, p.code as point, p.quantity, p.unit, p.basis,
       p.statistic, p.in_service_from as point_from, p.in_service_to as point_to
from outlet o
join enterprise e using (enterprise_id)
join point p on p.outlet_id = o.outlet_id
order by e.code, o.code, p.point_id

-- points_of_quantity --
-- every point that measures a quantity
select p.point_id, e.enterprise_id, e.code as enterprise, e.registered_from, p.code as point, p.in_service_from,
       p.in_service_to
from point p
join enterprise e using (enterprise_id)
where p.quantity = %(quantity)s::text and p.statistic is null
order by e.code, p.code

-- dirty_hours --
-- hours of some points that the roll-up has yet to look at
select d.point_id, d.hour_at
from dirty_hour d
where d.point_id = any(%(point_ids)s::int[]) and d.hour_at < %(before)s::timestamptz
group by d.point_id, d.hour_at

-- means --
-- hourly rows as the evaluators of means see them; hours as whole hours since 1970
select h.point_id, (extract(epoch from h.hour_at) / 3600)::int as hour, h.mean, h.valid_minutes, h.reading_count,
       h.maximum, h.marked_minutes, h.flag_counts, h.mark_ids
from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (point_id, from_at, to_at)
cross join lateral (
    -- the offset keeps this a look at the key for each of them; joined, the planner may read the whole history
    select h.point_id, h.hour_at, h.mean, h.valid_minutes, h.reading_count, h.maximum, h.marked_minutes, h.flag_counts,
           h.mark_ids
    from hourly h
    where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
    offset 0
) h

-- reading_counts --
-- readings by hour; hours as whole hours since 1970
select h.point_id, (extract(epoch from h.hour_at) / 3600)::int as hour, h.reading_count
from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (point_id, from_at, to_at)
cross join lateral (
    select h.point_id, h.hour_at, h.reading_count
    from hourly h
    where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
    offset 0
) h
where h.reading_count > 0
