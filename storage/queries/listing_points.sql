-- points --
-- one page of points by enterprise and code
select p.point_id, e.code as enterprise, p.code, p.name, p.kind, p.quantity, p.unit, p.interval_s, p.physical_min,
       p.physical_max, o.code as outlet, p.counter_digits, p.counter_scale, p.counter_max_rate_per_h,
       p.in_service_from, p.in_service_to
from point p
join enterprise e on e.enterprise_id = p.enterprise_id
left join outlet o on o.outlet_id = p.outlet_id
where (%(enterprise_id)s::int is null or p.enterprise_id = %(enterprise_id)s::int)
  and (%(quantity)s::text is null or p.quantity = %(quantity)s::text)
  and (%(after_enterprise)s::text is null
       or (e.code, p.code) > (%(after_enterprise)s::text, %(after_code)s::text))
order by e.code, p.code
limit %(limit)s::int

-- point --
-- one point of an enterprise
select p.point_id, e.code as enterprise, p.code, p.name, p.kind, p.quantity, p.unit, p.interval_s, p.physical_min,
       p.physical_max, o.code as outlet, p.counter_digits, p.counter_scale, p.counter_max_rate_per_h,
       p.in_service_from, p.in_service_to
from point p
join enterprise e on e.enterprise_id = p.enterprise_id
left join outlet o on o.outlet_id = p.outlet_id
where p.enterprise_id = %(enterprise_id)s::int and p.code = %(code)s::text

-- outlet_points --
-- codes of the points of an outlet
select p.code
from point p
join outlet o on o.outlet_id = p.outlet_id
join enterprise e on e.enterprise_id = o.enterprise_id
where e.code = %(enterprise)s::text and o.code = %(outlet)s::text
order by p.code
limit %(limit)s::int
