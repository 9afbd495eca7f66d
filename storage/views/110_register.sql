-- What is registered. Keys as in findings: an outlet, point or component is {enterprise}/{code}.
create view dash.city as
select code as city, name as city_name from city;

create view dash.district as
select code as district, name as district_name, longitude, latitude from district;

create view dash.park as
select d.code as district, d.name as district_name, p.code as park, p.name as park_name, p.longitude, p.latitude
from park p join district d on d.code = p.district;

create view dash.enterprise as
select d.code as district, d.name as district_name, e.park, p.name as park_name, e.code as enterprise,
       e.name as enterprise_name, e.industry, e.is_industrial, e.key_water, e.key_energy, e.registered_from
from enterprise e
join district d on d.code = e.district
left join park p on p.code = e.park;
comment on column dash.enterprise.key_water is 'by whose list it is a 重点用水单位: national, region, city; null: none';

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

create view dash.line as
select d.code as district, e.code as enterprise, e.name as enterprise_name, e.code || '/' || l.code as line,
       l.name as line_name, l.product, l.capacity_t_a, l.charging, l.quenching, l.commissioned_on, l.in_service_from,
       l.in_service_to
from line l
join enterprise e using (enterprise_id)
join district d on d.code = e.district;

create view dash.intake as
select d.code as district, e.code as enterprise, e.name as enterprise_name, e.code || '/' || i.code as intake,
       i.name as intake_name, i.source, i.permitted_m3_a::double precision as permitted_m3_a, i.is_agricultural,
       i.permit_number, i.permit_from, i.permit_to, i.in_service_from, i.in_service_to
from intake i
join enterprise e using (enterprise_id)
join district d on d.code = e.district;

-- Where a meter is required, with the one installed last; a place that another one's meter measures too is its child.
create view dash.place as
select d.code as district, e.code as enterprise, e.name as enterprise_name, e.code || '/' || l.code as place,
       l.code as place_code, l.name as place_name, l.level, l.medium, l.flow, l.use,
       e.code || '/' || u.code as parent, e.code || '/' || n.code as line, i.code as intake_code,
       exists (select from metering_place c where c.parent_id = l.place_id) as has_children,
       m.serial as meter_serial, m.accuracy_class, m.installed_on, m.verified_on, m.verification_due,
       e.code || '/' || m.point as point, l.in_service_from, l.in_service_to
from metering_place l
join enterprise e using (enterprise_id)
join district d on d.code = e.district
left join metering_place u on u.place_id = l.parent_id
left join line n on n.line_id = l.line_id
left join intake i on i.intake_id = l.intake_id
left join lateral (
    select m.serial, m.accuracy_class, m.installed_on, m.verified_on, p.code as point,
           (m.verified_on + m.verification_months * interval '1 month')::date as verification_due
    from meter m left join point p using (point_id)
    where m.place_id = l.place_id and m.removed_on is null
    order by m.installed_on desc, m.serial desc limit 1
) m on true;
