-- stack_points --
-- what is measured at each outlet, with what turns it into mass; statements about other points are not measurements
select o.outlet_id, e.enterprise_id, e.code as enterprise, e.registered_from, o.code as outlet, o.process,
       o.in_service_from, o.in_service_to, o.duct_area_m2, o.velocity_factor, o.atmosphere_kpa,
       p.point_id, p.code as point, p.quantity, p.unit, p.basis, p.in_service_from as point_from,
       p.in_service_to as point_to
from outlet o
join enterprise e using (enterprise_id)
join point p on p.outlet_id = o.outlet_id
where p.statistic is null and p.quantity = any(%(quantities)s::text[])
order by e.code, o.code, p.point_id

-- hours --
-- hourly rows of some series, columns in step. Of several points of a series the one with most valid minutes speaks for
-- an hour, as in rules.hours. Hours as whole hours since 1970; NaN for no mean
with best as (
    select distinct on (w.series, h.hour_at) w.series, (extract(epoch from h.hour_at) / 3600)::int as hour, h.point_id,
           coalesce(h.mean, 'NaN'::double precision) as mean, h.valid_minutes, h.reading_count
    from unnest(%(series)s::int[], %(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
        as w (series, point_id, from_at, to_at)
    cross join lateral (
        -- the offset keeps this a look at the key for each of them; joined, the planner may read the whole history
        select h.point_id, h.hour_at, h.mean, h.valid_minutes, h.reading_count
        from hourly h
        where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
        offset 0
    ) h
    order by w.series, h.hour_at, h.valid_minutes desc, h.reading_count desc, h.point_id
)
select coalesce(array_agg(series), '{}') as series, coalesce(array_agg(hour), '{}') as hour,
       coalesce(array_agg(point_id), '{}') as point_id, coalesce(array_agg(mean), '{}') as mean,
       coalesce(array_agg(valid_minutes), '{}') as valid_minutes,
       coalesce(array_agg(reading_count), '{}') as reading_count
from best
