-- set_status --
-- the newest word of each gateway; changed_at stays while the word is the same
insert into gateway_status (enterprise_id, gateway, online, changed_at)
select s.enterprise_id, s.gateway, s.online, s.changed_at
from unnest(%(enterprise_id)s::int[], %(gateway)s::text[], %(online)s::boolean[], %(changed_at)s::timestamptz[])
     as s (enterprise_id, gateway, online, changed_at)
order by s.enterprise_id, s.gateway
on conflict (enterprise_id, gateway) do update
set online = excluded.online, changed_at = excluded.changed_at
where gateway_status.online <> excluded.online and gateway_status.changed_at <= excluded.changed_at

-- known_points --
-- what is known of the gateways of some enterprises
select enterprise_id, gateway, point_id, first_at, last_at
from gateway_point
where enterprise_id = any(%(enterprise_ids)s::int[])

-- note_points --
-- that gateways sent readings of points between two instants
insert into gateway_point (enterprise_id, gateway, point_id, first_at, last_at)
select s.enterprise_id, s.gateway, s.point_id, s.first_at, s.last_at
from unnest(%(enterprise_id)s::int[], %(gateway)s::text[], %(point_id)s::int[], %(first_at)s::timestamptz[],
            %(last_at)s::timestamptz[]) as s (enterprise_id, gateway, point_id, first_at, last_at)
order by s.enterprise_id, s.gateway, s.point_id
on conflict (enterprise_id, gateway, point_id) do update
set first_at = least(gateway_point.first_at, excluded.first_at),
    last_at = greatest(gateway_point.last_at, excluded.last_at)
where excluded.first_at < gateway_point.first_at or excluded.last_at > gateway_point.last_at

-- points_of_gateways --
-- every point of gateways with the dates of its service, of all or of those that have any of some points or are of some
-- enterprises; ends_at: when it became another gateway's, which has sent it since long after this one's last word
select p.point_id, e.enterprise_id, e.code as enterprise, e.registered_from, p.code as point, p.in_service_from,
       p.in_service_to, g.gateway, p.interval_s, g.first_at,
       case when g.last_at + %(forget)s::interval
                 < (select max(o.last_at) from gateway_point o where o.point_id = g.point_id)
            then g.last_at + %(forget)s::interval end as ends_at
from gateway_point g
join point p using (point_id)
join enterprise e on e.enterprise_id = g.enterprise_id
where %(point_ids)s::int[] is null
   or g.enterprise_id = any(%(enterprise_ids)s::int[])
   or (g.enterprise_id, g.gateway) in (
       select t.enterprise_id, t.gateway from gateway_point t where t.point_id = any(%(point_ids)s::int[])
   )
order by e.code, g.gateway, p.code

-- gateway_hours --
-- readings of gateways by hour; hours as whole hours since 1970
select w.number, (extract(epoch from h.hour_at) / 3600)::int as hour, sum(h.reading_count)::bigint as readings
from unnest(%(numbers)s::int[], %(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
     as w (number, point_id, from_at, to_at)
cross join lateral (
    select h.hour_at, h.reading_count
    from hourly h
    where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at and h.reading_count > 0
    offset 0
) h
group by w.number, h.hour_at
