-- What is registered. Keys as in findings: an outlet, point or component is {enterprise}/{code}.
create view dash.city as
select code as city, name as city_name from city;

create view dash.district as
select code as district, name as district_name from district;

create view dash.enterprise as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       e.industry, e.is_industrial, e.registered_from
from enterprise e join district d on d.code = e.district;

create view dash.outlet as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || o.code as outlet, o.name as outlet_name, o.process, o.in_service_from, o.in_service_to
from outlet o
join enterprise e using (enterprise_id)
join district d on d.code = e.district;

create view dash.point as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || p.code as point, p.name as point_name, p.kind, p.quantity, p.unit, p.interval_s,
       e.code || '/' || o.code as outlet, e.code || '/' || s.code as of_point, p.statistic, p.basis, p.range_top,
       p.in_service_from, p.in_service_to
from point p
join enterprise e using (enterprise_id)
join district d on d.code = e.district
left join outlet o on o.outlet_id = p.outlet_id
left join point s on s.point_id = p.of_point_id;
comment on column dash.point.statistic is 'what its values say of of_point: a statement of the logger, judged by no limit; null: a measurement';

create view dash.target as
select target_id, document, document_status, indicator, operator, value::double precision as value, unit,
       baseline_year, target_year, bureau, domain, check_mode, quote, note
from target;
