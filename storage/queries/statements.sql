-- stating_points --
-- points that state something of another one, with the days on which both are in service
select s.point_id, s.code as point, s.unit, e.enterprise_id, e.code as enterprise, p.point_id as own_id,
       p.code as own_point, p.unit as own_unit, p.quantity, o.outlet_id, e.code || '/' || o.code as outlet, o.process,
       o.makeup_air,
       greatest(e.registered_from, s.in_service_from, p.in_service_from, o.in_service_from) as first_day,
       least(s.in_service_to, p.in_service_to, o.in_service_to) as end_day
from point s
join enterprise e using (enterprise_id)
join point p on p.point_id = s.of_point_id
left join outlet o on o.outlet_id = p.outlet_id
where s.statistic = %(statistic)s::text
order by e.code, s.code

-- analysers --
-- points that measure at an outlet
select p.point_id, p.code as point, p.quantity, o.process, p.interval_s, e.enterprise_id, e.code as enterprise,
       greatest(e.registered_from, p.in_service_from, o.in_service_from) as first_day,
       least(p.in_service_to, o.in_service_to) as end_day
from point p
join enterprise e using (enterprise_id)
join outlet o on o.outlet_id = p.outlet_id
where p.statistic is null and p.kind = 'instantaneous'
order by e.code, p.code

-- hour_figures --
-- hourly rows beside which statements are laid; hours as whole hours since 1970. `offset 0`: see
-- windows.means
select h.point_id, (extract(epoch from h.hour_at) / 3600)::int as hour, h.mean, h.valid_minutes, h.reading_count,
       h.first_value, h.minimum, h.maximum, coalesce((h.flag_counts ->> 'C')::int, 0) as calibrating
from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (point_id, from_at, to_at)
cross join lateral (
    select h.point_id, h.hour_at, h.mean, h.valid_minutes, h.reading_count, h.first_value, h.minimum, h.maximum,
           h.flag_counts
    from hourly h
    where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
    offset 0
) h
order by h.point_id, h.hour_at

-- points_read_every --
-- points at outlets that are read at least so often
select p.point_id from point p
where p.outlet_id is not null and p.statistic is null and p.kind <> 'counter' and p.interval_s <= %(seconds)s::int
