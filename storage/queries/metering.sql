-- places_of_the_city --
-- codes of the city, its districts and its parks
select 'city' as kind, code from city
union all
select 'district', code from district
union all
select 'park', code from park
order by kind, code

-- users --
-- enterprises as water users
select enterprise_id, code, district, is_industrial, registered_from, park, industry, key_water, key_energy
from enterprise order by code

-- intakes --
-- intakes with the permitted volume
select e.code as enterprise, i.code, i.source, i.permitted_m3_a::float8 as permitted_m3_a, i.is_agricultural,
       i.in_service_from, i.in_service_to, i.permit_number, i.permit_from, i.permit_to
from intake i join enterprise e using (enterprise_id)
where %(enterprise)s::text is null or e.code = %(enterprise)s::text
order by e.code, i.code

-- places --
-- places where a meter is required
select e.code as enterprise, l.code, l.level, i.code as intake, l.in_service_from, l.in_service_to, l.medium, l.flow,
       l.use, a.code as parent, n.code as line
from metering_place l
join enterprise e using (enterprise_id)
left join intake i on i.intake_id = l.intake_id
left join metering_place a on a.place_id = l.parent_id
left join line n on n.line_id = l.line_id
where %(enterprise)s::text is null or e.code = %(enterprise)s::text
order by e.code, l.code

-- meters --
-- installations of meters with their points
select e.code as enterprise, l.code as place, m.serial, m.verified_on, m.verification_months::int as verification_months,
       m.installed_on, m.removed_on, m.point_id, p.code as point, p.in_service_from as point_in_service_from,
       p.in_service_to as point_in_service_to
from meter m
join enterprise e using (enterprise_id)
join metering_place l using (place_id)
left join point p on p.point_id = m.point_id
where %(enterprise)s::text is null or e.code = %(enterprise)s::text
order by e.code, l.code, m.installed_on, m.serial

-- lines --
-- production lines
select e.code as enterprise, l.code, l.product, l.in_service_from, l.in_service_to, l.capacity_t_a, l.charging,
       l.quenching, l.commissioned_on
from line l join enterprise e using (enterprise_id)
where %(enterprise)s::text is null or e.code = %(enterprise)s::text
order by e.code, l.code

-- control_indices --
-- water that enterprises may use in a year
select e.code as enterprise, c.year, c.water_m3::float8 as water_m3
from control_index c join enterprise e using (enterprise_id)
where %(enterprise)s::text is null or e.code = %(enterprise)s::text
order by e.code, c.year

-- quotas --
-- water quotas as loaded
select product, region, edition, class as grade, value, unit, source, confidence, valid_from, valid_to
from quota order by product, region, edition, class, valid_from

-- hours_by_day --
-- hours with a reading, by point and day; days begin where `origin` does
select w.point_id, h.day_at, h.hours
from unnest(%(point_ids)s::int[]) as w (point_id)
cross join lateral (
    -- one look at the key for each of them
    select date_bin(interval '1 day', h.hour_at, %(origin)s::timestamptz) as day_at, count(*) as hours
    from hourly h
    where h.point_id = w.point_id and h.reading_count > 0
        and h.hour_at >= %(from_at)s::timestamptz and h.hour_at < %(to_at)s::timestamptz
    group by day_at
    offset 0
) h
