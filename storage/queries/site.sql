-- select_city --
-- rows in the shape of the site file
select code, name, key_region_from from city order by code

-- upsert_city --
-- there is one city a database
insert into city (code, name, key_region_from)
values (%(code)s::text, %(name)s::text, %(key_region_from)s::date)
on conflict (code) do update set name = excluded.name, key_region_from = excluded.key_region_from

-- select_district --
-- rows in the shape of the site file
select code, name, longitude, latitude from district order by code

-- upsert_district --
-- by code
insert into district (code, name, longitude, latitude)
values (%(code)s::text, %(name)s::text, %(longitude)s::float8, %(latitude)s::float8)
on conflict (code) do update set name = excluded.name, longitude = excluded.longitude, latitude = excluded.latitude

-- select_park --
-- rows in the shape of the site file
select code, name, district, longitude, latitude from park order by code

-- upsert_park --
-- by code
insert into park (code, name, district, longitude, latitude)
values (%(code)s::text, %(name)s::text, %(district)s::text, %(longitude)s::float8, %(latitude)s::float8)
on conflict (code) do update set name = excluded.name, district = excluded.district, longitude = excluded.longitude,
    latitude = excluded.latitude

-- select_enterprise --
-- rows in the shape of the site file
select code, name, district, park, industry, is_industrial, key_water, key_energy, registered_from
from enterprise order by code

-- upsert_enterprise --
-- by code
insert into enterprise (code, name, district, park, industry, is_industrial, key_water, key_energy, registered_from)
values (%(code)s::text, %(name)s::text, %(district)s::text, %(park)s::text, %(industry)s::text,
        %(is_industrial)s::boolean, %(key_water)s::text, %(key_energy)s::text, %(registered_from)s::date)
on conflict (code) do update set name = excluded.name, district = excluded.district, park = excluded.park,
    industry = excluded.industry, is_industrial = excluded.is_industrial, key_water = excluded.key_water,
    key_energy = excluded.key_energy, registered_from = excluded.registered_from

-- select_outlet --
-- rows in the shape of the site file
select e.code as enterprise, o.code, o.name, o.process, o.duct_area_m2, o.velocity_factor, o.atmosphere_kpa,
       o.makeup_air, o.in_service_from, o.in_service_to
from outlet o join enterprise e using (enterprise_id) order by e.code, o.code

-- upsert_outlet --
-- by enterprise and code
insert into outlet (enterprise_id, code, name, process, duct_area_m2, velocity_factor, atmosphere_kpa, makeup_air,
                    in_service_from, in_service_to)
select enterprise_id, %(code)s::text, %(name)s::text, %(process)s::text, %(duct_area_m2)s::float8,
       %(velocity_factor)s::float8, %(atmosphere_kpa)s::float8, %(makeup_air)s::boolean, %(in_service_from)s::date,
       %(in_service_to)s::date
from enterprise where code = %(enterprise)s::text
on conflict (enterprise_id, code) do update set name = excluded.name, process = excluded.process,
    duct_area_m2 = excluded.duct_area_m2, velocity_factor = excluded.velocity_factor,
    atmosphere_kpa = excluded.atmosphere_kpa, makeup_air = excluded.makeup_air, in_service_from = excluded.in_service_from, in_service_to = excluded.in_service_to

-- select_point --
-- rows in the shape of the site file
select e.code as enterprise, p.code, p.name, p.kind, p.quantity, p.unit, p.interval_s, p.physical_min, p.physical_max,
       o.code as outlet, p.counter_digits, p.counter_scale, p.counter_max_rate_per_h, p.stuck_minutes,
       p.max_step, q.code as of, p.statistic, p.basis, p.range_top, p.in_service_from, p.in_service_to
from point p join enterprise e using (enterprise_id) left join outlet o using (outlet_id)
    left join point q on q.point_id = p.of_point_id
order by e.code, p.statistic nulls first, p.code

-- upsert_point --
-- by enterprise and code
insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, physical_min, physical_max, outlet_id,
                   counter_digits, counter_scale, counter_max_rate_per_h, stuck_minutes, max_step, of_point_id,
                   statistic, basis, range_top, in_service_from, in_service_to)
select e.enterprise_id, %(code)s::text, %(name)s::text, %(kind)s::text, %(quantity)s::text, %(unit)s::text,
       %(interval_s)s::int, %(physical_min)s::float8, %(physical_max)s::float8, o.outlet_id,
       %(counter_digits)s::smallint, %(counter_scale)s::float8, %(counter_max_rate_per_h)s::float8,
       %(stuck_minutes)s::smallint, %(max_step)s::float8, q.point_id, %(statistic)s::text, %(basis)s::text,
       %(range_top)s::float8, %(in_service_from)s::date, %(in_service_to)s::date
from enterprise e left join outlet o on o.enterprise_id = e.enterprise_id and o.code = %(outlet)s::text
    left join point q on q.enterprise_id = e.enterprise_id and q.code = %(of)s::text
where e.code = %(enterprise)s::text
on conflict (enterprise_id, code) do update set name = excluded.name, kind = excluded.kind,
    quantity = excluded.quantity, unit = excluded.unit, interval_s = excluded.interval_s,
    physical_min = excluded.physical_min, physical_max = excluded.physical_max, outlet_id = excluded.outlet_id,
    counter_digits = excluded.counter_digits, counter_scale = excluded.counter_scale,
    counter_max_rate_per_h = excluded.counter_max_rate_per_h, stuck_minutes = excluded.stuck_minutes,
    max_step = excluded.max_step, of_point_id = excluded.of_point_id, statistic = excluded.statistic,
    basis = excluded.basis, range_top = excluded.range_top, in_service_from = excluded.in_service_from,
    in_service_to = excluded.in_service_to

-- select_limit --
-- rows in the shape of the site file: what was last said of each scope, by whomever
select e.code as enterprise, o.code as outlet, l.process, l.quantity, l.kind, l.averaging, l.region, l.value, l.unit,
       l.decimals, l.reference_o2_pct, l.exempt_process, l.standard, l.clause, l.source, l.status, l.enabled,
       l.valid_from, l.valid_to, l.preset, l.reason
from emission_limit l left join outlet o using (outlet_id) left join enterprise e on e.enterprise_id = l.enterprise_id
where l.superseded_at is null and l.origin <> 'preset'
order by e.code, o.code, l.process, l.quantity, l.kind, l.averaging, l.region, l.valid_from

-- upsert_limit --
-- append-only: the present row of the scope and day is superseded
with said as (
    select o.enterprise_id, o.outlet_id
    from (select 1) one left join enterprise e on e.code = %(enterprise)s::text
        left join outlet o on o.enterprise_id = e.enterprise_id and o.code = %(outlet)s::text
), gone as (
    update emission_limit l set superseded_at = %(at)s::timestamptz
    from said
    where l.superseded_at is null and l.origin <> 'preset' and l.outlet_id is not distinct from said.outlet_id
      and l.process is not distinct from %(process)s::text and l.quantity = %(quantity)s::text
      and l.kind = %(kind)s::text and l.averaging = %(averaging)s::text and l.region = %(region)s::text
      and l.valid_from = %(valid_from)s::date and (l.unit = 'kg/h') = (%(unit)s::text = 'kg/h')
    returning l.limit_id
)
insert into emission_limit (origin, preset, enterprise_id, outlet_id, process, quantity, kind, averaging, region, value,
                            unit, decimals, reference_o2_pct, exempt_process, standard, clause, source, confidence,
                            status, enabled, valid_from, valid_to, author, reason, created_at)
select %(origin)s::text, %(preset)s::text, said.enterprise_id, said.outlet_id, %(process)s::text, %(quantity)s::text,
       %(kind)s::text, %(averaging)s::text, %(region)s::text, %(value)s::float8, %(unit)s::text,
       %(decimals)s::smallint, %(reference_o2_pct)s::float8, %(exempt_process)s::text[], %(standard)s::text,
       %(clause)s::text, %(source)s::text, %(confidence)s::text, %(status)s::text, %(enabled)s::boolean,
       %(valid_from)s::date, %(valid_to)s::date, %(author)s::text, %(reason)s::text, %(at)s::timestamptz
from said
where (select count(*) from gone) >= 0 -- the update goes first

-- select_intake --
-- rows in the shape of the site file
select e.code as enterprise, i.code, i.name, i.source, i.permitted_m3_a::float8 as permitted_m3_a, i.is_agricultural,
       i.permit_number, i.permit_from, i.permit_to, i.in_service_from, i.in_service_to
from intake i join enterprise e using (enterprise_id) order by e.code, i.code

-- upsert_intake --
-- by enterprise and code
insert into intake (enterprise_id, code, name, source, permitted_m3_a, is_agricultural, permit_number, permit_from,
                    permit_to, in_service_from, in_service_to)
select enterprise_id, %(code)s::text, %(name)s::text, %(source)s::text, %(permitted_m3_a)s::numeric,
       %(is_agricultural)s::boolean, %(permit_number)s::text, %(permit_from)s::date, %(permit_to)s::date,
       %(in_service_from)s::date, %(in_service_to)s::date
from enterprise where code = %(enterprise)s::text
on conflict (enterprise_id, code) do update set name = excluded.name, source = excluded.source,
    permitted_m3_a = excluded.permitted_m3_a, is_agricultural = excluded.is_agricultural,
    permit_number = excluded.permit_number, permit_from = excluded.permit_from, permit_to = excluded.permit_to,
    in_service_from = excluded.in_service_from, in_service_to = excluded.in_service_to

-- select_control_index --
-- rows in the shape of the site file
select e.code as enterprise, c.year, c.water_m3::float8 as water_m3, c.source
from control_index c join enterprise e using (enterprise_id) order by e.code, c.year

-- upsert_control_index --
-- by enterprise and year
insert into control_index (enterprise_id, year, water_m3, source)
select enterprise_id, %(year)s::int, %(water_m3)s::numeric, %(source)s::text
from enterprise where code = %(enterprise)s::text
on conflict (enterprise_id, year) do update set water_m3 = excluded.water_m3, source = excluded.source

-- select_line --
-- rows in the shape of the site file
select e.code as enterprise, l.code, l.name, l.product, l.capacity_t_a, l.charging, l.quenching, l.commissioned_on,
       l.in_service_from, l.in_service_to
from line l join enterprise e using (enterprise_id) order by e.code, l.code

-- upsert_line --
-- by enterprise and code
insert into line (enterprise_id, code, name, product, capacity_t_a, charging, quenching, commissioned_on,
                  in_service_from, in_service_to)
select enterprise_id, %(code)s::text, %(name)s::text, %(product)s::text, %(capacity_t_a)s::float8, %(charging)s::text,
       %(quenching)s::text, %(commissioned_on)s::date, %(in_service_from)s::date, %(in_service_to)s::date
from enterprise where code = %(enterprise)s::text
on conflict (enterprise_id, code) do update set name = excluded.name, product = excluded.product,
    capacity_t_a = excluded.capacity_t_a, charging = excluded.charging, quenching = excluded.quenching,
    commissioned_on = excluded.commissioned_on, in_service_from = excluded.in_service_from,
    in_service_to = excluded.in_service_to

-- select_quota --
-- rows in the shape of the site file
select product, region, edition, class as grade, value, unit, source, confidence, valid_from, valid_to
from quota order by product, region, edition, class, valid_from

-- upsert_quota --
-- by product, region, edition, grade and first day
insert into quota (product, region, edition, class, value, unit, source, confidence, valid_from, valid_to)
values (%(product)s::text, %(region)s::text, %(edition)s::text, %(grade)s::text, %(value)s::float8, %(unit)s::text,
        %(source)s::text, %(confidence)s::text, %(valid_from)s::date, %(valid_to)s::date)
on conflict (product, region, edition, class, valid_from) do update set value = excluded.value, unit = excluded.unit,
    source = excluded.source, confidence = excluded.confidence, valid_to = excluded.valid_to

-- select_metering_place --
-- rows in the shape of the site file
select e.code as enterprise, m.code, m.name, m.level, m.medium, m.flow, m.use, i.code as intake, p.code as parent,
       l.code as line, m.in_service_from, m.in_service_to
from metering_place m join enterprise e using (enterprise_id) left join intake i using (intake_id)
    left join metering_place p on p.place_id = m.parent_id left join line l on l.line_id = m.line_id
order by e.code, m.code

-- upsert_metering_place --
-- by enterprise and code; a parent comes before its children
insert into metering_place (enterprise_id, code, name, level, medium, flow, use, intake_id, parent_id, line_id,
                            in_service_from, in_service_to)
select e.enterprise_id, %(code)s::text, %(name)s::text, %(level)s::text, %(medium)s::text, %(flow)s::text,
       %(use)s::text, i.intake_id, p.place_id, l.line_id, %(in_service_from)s::date, %(in_service_to)s::date
from enterprise e left join intake i on i.enterprise_id = e.enterprise_id and i.code = %(intake)s::text
    left join metering_place p on p.enterprise_id = e.enterprise_id and p.code = %(parent)s::text
    left join line l on l.enterprise_id = e.enterprise_id and l.code = %(line)s::text
where e.code = %(enterprise)s::text
on conflict (enterprise_id, code) do update set name = excluded.name, level = excluded.level, medium = excluded.medium,
    flow = excluded.flow, use = excluded.use, intake_id = excluded.intake_id, parent_id = excluded.parent_id,
    line_id = excluded.line_id, in_service_from = excluded.in_service_from, in_service_to = excluded.in_service_to

-- select_meter --
-- rows in the shape of the site file
select e.code as enterprise, l.code as place, m.serial, m.accuracy_class, m.verified_on, m.verification_months,
       m.installed_on, m.removed_on, p.code as point, m.counter_digits, m.counter_scale, m.counter_max_rate_per_h
from meter m join enterprise e using (enterprise_id) join metering_place l using (place_id)
    left join point p using (point_id)
order by e.code, m.serial, m.installed_on

-- upsert_meter --
-- by enterprise, serial and installation: a meter that comes back is a new segment
insert into meter (enterprise_id, place_id, serial, accuracy_class, verified_on, verification_months, installed_on,
                   removed_on, point_id, counter_digits, counter_scale, counter_max_rate_per_h)
select e.enterprise_id, l.place_id, %(serial)s::text, %(accuracy_class)s::text, %(verified_on)s::date,
       %(verification_months)s::smallint, %(installed_on)s::date, %(removed_on)s::date, p.point_id,
       %(counter_digits)s::smallint, %(counter_scale)s::float8, %(counter_max_rate_per_h)s::float8
from enterprise e
    join metering_place l on l.enterprise_id = e.enterprise_id and l.code = %(place)s::text
    left join point p on p.enterprise_id = e.enterprise_id and p.code = %(point)s::text
where e.code = %(enterprise)s::text
on conflict (enterprise_id, serial, installed_on) do update set place_id = excluded.place_id,
    accuracy_class = excluded.accuracy_class, verified_on = excluded.verified_on,
    verification_months = excluded.verification_months, removed_on = excluded.removed_on, point_id = excluded.point_id,
    counter_digits = excluded.counter_digits, counter_scale = excluded.counter_scale,
    counter_max_rate_per_h = excluded.counter_max_rate_per_h

-- select_installation --
-- rows in the shape of the site file
select e.code as enterprise, i.code, i.name, i.family, i.standard, i.started_on, i.hours_per_year, i.in_service_from,
       i.in_service_to
from installation i join enterprise e using (enterprise_id) order by e.code, i.code

-- upsert_installation --
-- by enterprise and code
insert into installation (enterprise_id, code, name, family, standard, started_on, hours_per_year, in_service_from,
                          in_service_to)
select enterprise_id, %(code)s::text, %(name)s::text, %(family)s::text, %(standard)s::text, %(started_on)s::date,
       %(hours_per_year)s::float8, %(in_service_from)s::date, %(in_service_to)s::date
from enterprise where code = %(enterprise)s::text
on conflict (enterprise_id, code) do update set name = excluded.name, family = excluded.family,
    standard = excluded.standard, started_on = excluded.started_on, hours_per_year = excluded.hours_per_year,
    in_service_from = excluded.in_service_from, in_service_to = excluded.in_service_to

-- select_process_unit --
-- rows in the shape of the site file
select e.code as enterprise, i.code as installation, u.code, u.name, u.x_m, u.y_m
from process_unit u join installation i using (installation_id) join enterprise e using (enterprise_id)
order by e.code, i.code, u.code

-- upsert_process_unit --
-- by installation and code; what its components are shown by is its name
with unit as (
    insert into process_unit (installation_id, code, name, x_m, y_m)
    select i.installation_id, %(code)s::text, %(name)s::text, %(x_m)s::float8, %(y_m)s::float8
    from installation i join enterprise e using (enterprise_id)
    where e.code = %(enterprise)s::text and i.code = %(installation)s::text
    on conflict (installation_id, code) do update set name = excluded.name, x_m = excluded.x_m, y_m = excluded.y_m
    returning unit_id, name
)
update component c set unit_name = unit.name from unit where c.unit_id = unit.unit_id and c.unit_name <> unit.name

-- select_component --
-- rows in the shape of the site file: a unit has the name
select e.code as enterprise, c.code, c.name, i.code || '/' || u.code as unit,
       case when c.unit_id is null then c.unit_name end as unit_name, c.kind, c.medium, c.service, c.tag, c.size_mm,
       c.reachable, c.elevation_m, c.voc_share, c.exempt_clause, c.exempt_from, c.exempt_to, c.in_service_from,
       c.in_service_to
from component c join enterprise e using (enterprise_id) left join process_unit u using (unit_id)
    left join installation i using (installation_id)
order by e.code, c.code

-- upsert_component --
-- by enterprise and code, by columns
insert into component (enterprise_id, code, name, unit_id, unit_name, kind, medium, service, tag, size_mm, reachable,
                       elevation_m, voc_share, exempt_clause, exempt_from, exempt_to, in_service_from, in_service_to)
select e.enterprise_id, c.code, c.name, u.unit_id, coalesce(u.name, c.unit_name), c.kind, c.medium, c.service, c.tag,
       c.size_mm, c.reachable, c.elevation_m, c.voc_share, c.exempt_clause, c.exempt_from, c.exempt_to,
       c.in_service_from, c.in_service_to
from unnest(%(enterprise)s::text[], %(code)s::text[], %(name)s::text[], %(unit)s::text[], %(unit_name)s::text[],
            %(kind)s::text[], %(medium)s::text[], %(service)s::text[], %(tag)s::text[], %(size_mm)s::float8[],
            %(reachable)s::boolean[], %(elevation_m)s::float8[], %(voc_share)s::float8[], %(exempt_clause)s::text[],
            %(exempt_from)s::date[], %(exempt_to)s::date[], %(in_service_from)s::date[], %(in_service_to)s::date[])
     as c (enterprise, code, name, unit, unit_name, kind, medium, service, tag, size_mm, reachable, elevation_m,
           voc_share, exempt_clause, exempt_from, exempt_to, in_service_from, in_service_to)
join enterprise e on e.code = c.enterprise
left join installation i on i.enterprise_id = e.enterprise_id and i.code = split_part(c.unit, '/', 1)
left join process_unit u on u.installation_id = i.installation_id and u.code = split_part(c.unit, '/', 2)
on conflict (enterprise_id, code) do update set name = excluded.name, unit_id = excluded.unit_id,
    unit_name = excluded.unit_name, kind = excluded.kind, medium = excluded.medium, service = excluded.service,
    tag = excluded.tag, size_mm = excluded.size_mm, reachable = excluded.reachable,
    elevation_m = excluded.elevation_m, voc_share = excluded.voc_share, exempt_clause = excluded.exempt_clause,
    exempt_from = excluded.exempt_from, exempt_to = excluded.exempt_to, in_service_from = excluded.in_service_from,
    in_service_to = excluded.in_service_to
returning component_id, xmax <> 0 as was_there -- only a row that an update took has an xmax

-- select_instrument --
-- rows in the shape of the site file
select e.code as enterprise, i.serial, i.model, i.owner, i.response_time_s, i.verified_until, i.in_use_from, i.in_use_to
from instrument i join enterprise e using (enterprise_id) order by e.code, i.serial

-- upsert_instrument --
-- by enterprise and serial number
insert into instrument (enterprise_id, serial, model, owner, response_time_s, verified_until, in_use_from, in_use_to)
select enterprise_id, %(serial)s::text, %(model)s::text, %(owner)s::text, %(response_time_s)s::float8,
       %(verified_until)s::date, %(in_use_from)s::date, %(in_use_to)s::date
from enterprise where code = %(enterprise)s::text
on conflict (enterprise_id, serial) do update set model = excluded.model, owner = excluded.owner,
    response_time_s = excluded.response_time_s, verified_until = excluded.verified_until,
    in_use_from = excluded.in_use_from, in_use_to = excluded.in_use_to

-- select_leak_tester --
-- rows in the shape of the site file
select e.code as enterprise, t.name, t.company, t.in_service_from, t.in_service_to
from leak_tester t join enterprise e using (enterprise_id) order by e.code, t.name

-- upsert_leak_tester --
-- by enterprise and name
insert into leak_tester (enterprise_id, name, company, in_service_from, in_service_to)
select enterprise_id, %(name)s::text, %(company)s::text, %(in_service_from)s::date, %(in_service_to)s::date
from enterprise where code = %(enterprise)s::text
on conflict (enterprise_id, name) do update set company = excluded.company,
    in_service_from = excluded.in_service_from, in_service_to = excluded.in_service_to

-- select_campaign --
-- rows in the shape of the site file
select e.code as enterprise, c.code, c.name, c.from_day, c.to_day, c.contractor,
       coalesce(c.installations, '{}') as installations, c.declared_components, c.declared_unreachable, c.declared_leaks
from campaign c join enterprise e using (enterprise_id) order by e.code, c.code

-- upsert_campaign --
-- by enterprise and code
insert into campaign (enterprise_id, code, name, from_day, to_day, contractor, installations, declared_components,
                      declared_unreachable, declared_leaks)
select enterprise_id, %(code)s::text, %(name)s::text, %(from_day)s::date, %(to_day)s::date, %(contractor)s::text,
       nullif(%(installations)s::text[], '{}'), %(declared_components)s::int, %(declared_unreachable)s::int,
       %(declared_leaks)s::int
from enterprise where code = %(enterprise)s::text
on conflict (enterprise_id, code) do update set name = excluded.name, from_day = excluded.from_day,
    to_day = excluded.to_day, contractor = excluded.contractor, installations = excluded.installations,
    declared_components = excluded.declared_components, declared_unreachable = excluded.declared_unreachable,
    declared_leaks = excluded.declared_leaks

-- select_enterprise_list --
-- rows in the shape of the site file
select e.code as enterprise, l.list, l.listed_from, l.listed_to, l.source
from enterprise_list l join enterprise e using (enterprise_id) order by e.code, l.list, l.listed_from

-- upsert_enterprise_list --
-- by enterprise, list and first day
insert into enterprise_list (enterprise_id, list, listed_from, listed_to, source)
select enterprise_id, %(list)s::text, %(listed_from)s::date, %(listed_to)s::date, %(source)s::text
from enterprise where code = %(enterprise)s::text
on conflict (enterprise_id, list, listed_from) do update set listed_to = excluded.listed_to, source = excluded.source

-- select_station --
-- rows in the shape of the site file
select e.code as enterprise, s.mn, s.name, s.gateway, s.edition, s.profile, s.crc, s.missing_flag, s.ignored,
       s.in_service_from, s.in_service_to
from station s join enterprise e using (enterprise_id) order by s.mn

-- upsert_station --
-- by MN: a logger that moved to another enterprise takes its secret along
insert into station (enterprise_id, mn, name, gateway, edition, profile, crc, missing_flag, ignored, in_service_from,
                     in_service_to)
select enterprise_id, %(mn)s::text, %(name)s::text, %(gateway)s::text, %(edition)s::text, %(profile)s::text,
       %(crc)s::text, %(missing_flag)s::text, %(ignored)s::text[], %(in_service_from)s::date, %(in_service_to)s::date
from enterprise where code = %(enterprise)s::text
on conflict (mn) do update set enterprise_id = excluded.enterprise_id, name = excluded.name,
    gateway = excluded.gateway, edition = excluded.edition, profile = excluded.profile, crc = excluded.crc,
    missing_flag = excluded.missing_flag, ignored = excluded.ignored, in_service_from = excluded.in_service_from,
    in_service_to = excluded.in_service_to

-- select_tag --
-- rows in the shape of the site file
select e.code as enterprise, t.protocol, t.device, t.name, p.code as point, t.unit, t.scale, t.zero
from tag t join enterprise e using (enterprise_id) join point p using (point_id)
order by e.code, t.protocol, t.device, t.name

-- upsert_tag --
-- by enterprise, protocol, device and name
insert into tag (enterprise_id, protocol, device, name, point_id, unit, scale, zero)
select e.enterprise_id, %(protocol)s::text, %(device)s::text, %(name)s::text, p.point_id, %(unit)s::text,
       %(scale)s::float8, %(zero)s::float8
from enterprise e join point p on p.enterprise_id = e.enterprise_id and p.code = %(point)s::text
where e.code = %(enterprise)s::text
on conflict (enterprise_id, protocol, device, name) do update set point_id = excluded.point_id, unit = excluded.unit,
    scale = excluded.scale, zero = excluded.zero

-- delete_tag --
-- by enterprise, protocol, device and name
delete from tag t using enterprise e
where e.enterprise_id = t.enterprise_id and e.code = %(enterprise)s::text and t.protocol = %(protocol)s::text
  and t.device = %(device)s::text and t.name = %(name)s::text

-- select_person --
-- rows in the shape of the site file
select p.code, p.name, e.code as enterprise, p.contacts, p.active
from person p left join enterprise e using (enterprise_id) order by p.code

-- upsert_person --
-- by code
insert into person (code, name, enterprise_id, contacts, active)
values (%(code)s::text, %(name)s::text, (select enterprise_id from enterprise where code = %(enterprise)s::text),
        %(contacts)s::jsonb, %(active)s::boolean)
on conflict (code) do update set name = excluded.name, enterprise_id = excluded.enterprise_id,
    contacts = excluded.contacts, active = excluded.active

-- select_team --
-- rows in the shape of the site file
select t.code, t.name, t.district, e.code as enterprise, t.lead, t.channels, t.escalation, t.policy
from team t left join enterprise e using (enterprise_id) order by t.code

-- upsert_team --
-- by code
insert into team (code, name, district, enterprise_id, lead, channels, escalation, policy)
values (%(code)s::text, %(name)s::text, %(district)s::text,
        (select enterprise_id from enterprise where code = %(enterprise)s::text), %(lead)s::text,
        %(channels)s::text[], %(escalation)s::jsonb, %(policy)s::jsonb)
on conflict (code) do update set name = excluded.name, district = excluded.district,
    enterprise_id = excluded.enterprise_id, lead = excluded.lead, channels = excluded.channels,
    escalation = excluded.escalation, policy = excluded.policy

-- select_shift --
-- rows in the shape of the site file
select t.code as team, s.code, s.name, s.starts_at, s.hours, s.days, s.members, s.seats, s.turn, s.every, s.anchor_on,
       s.valid_from, s.valid_to
from duty_shift s join team t using (team_id) order by t.code, s.code, s.valid_from

-- upsert_shift --
-- by team, code and first day
insert into duty_shift (team_id, code, name, starts_at, hours, days, members, seats, turn, every, anchor_on, valid_from,
                        valid_to)
select team_id, %(code)s::text, %(name)s::text, %(starts_at)s::text, %(hours)s::float8, %(days)s::text,
       %(members)s::text[], %(seats)s::int, %(turn)s::text, %(every)s::int, %(anchor_on)s::date, %(valid_from)s::date,
       %(valid_to)s::date
from team where code = %(team)s::text
on conflict (team_id, code, valid_from) do update set name = excluded.name, starts_at = excluded.starts_at,
    hours = excluded.hours, days = excluded.days, members = excluded.members, seats = excluded.seats,
    turn = excluded.turn, every = excluded.every, anchor_on = excluded.anchor_on, valid_to = excluded.valid_to

-- delete_shift --
-- one that has not begun yet, by team, code and first day
delete from duty_shift s using team t
where t.team_id = s.team_id and t.code = %(team)s::text and s.code = %(code)s::text
  and s.valid_from = %(valid_from)s::date

-- select_route --
-- rows in the shape of the site file
select r.code, r.position, r.matchers, t.code as team, r.goes_on
from alert_route r join team t using (team_id) order by r.position, r.code

-- upsert_route --
-- by code
insert into alert_route (code, position, matchers, team_id, goes_on)
select %(code)s::text, %(position)s::int, %(matchers)s::jsonb, team_id, %(goes_on)s::boolean
from team where code = %(team)s::text
on conflict (code) do update set position = excluded.position, matchers = excluded.matchers,
    team_id = excluded.team_id, goes_on = excluded.goes_on

-- delete_route --
-- by code
delete from alert_route where code = %(code)s::text

-- note_changes --
-- work for the rules: these enterprises' registers changed
insert into rule_work (kind, key, at)
select 'register', enterprise_id, %(at)s::timestamptz from enterprise where code = any(%(codes)s::text[])

-- note_metering --
-- work for the rules: what metering rates and accounts of these enterprises rest on changed from a local day on
insert into rule_work (kind, key, at)
select 'metering', e.enterprise_id, c.from_day::timestamp at time zone 'Asia/Shanghai'
from unnest(%(codes)s::text[], %(days)s::date[]) as c (code, from_day)
join enterprise e on e.code = c.code

-- note_ldar --
-- work for the rules: instruments, testers or campaigns of these enterprises changed from a local day on
insert into rule_work (kind, key, at)
select 'ldar', e.enterprise_id, c.from_day::timestamp at time zone 'Asia/Shanghai'
from unnest(%(codes)s::text[], %(days)s::date[]) as c (code, from_day)
join enterprise e on e.code = c.code

-- note_limits --
-- work for the rules: limits of these enterprises changed from a local day on; of all of them for a process's limit
insert into rule_work (kind, key, at)
select 'register', e.enterprise_id, min(c.from_day::timestamp at time zone 'Asia/Shanghai')
from unnest(%(codes)s::text[], %(days)s::date[]) as c (code, from_day)
join enterprise e on c.code is null or e.code = c.code
group by e.enterprise_id

-- lock_register --
-- one change of the register at a time
select pg_advisory_xact_lock(hashtext('register'))

-- enterprise_ids --
-- numbers of enterprises by code
select code, enterprise_id from enterprise where code = any(%(codes)s::text[])

-- tests_outside --
-- the first test of each component outside the days of service that are said of it
select k.enterprise, k.code, (t.tested_at at time zone 'Asia/Shanghai')::date as day
from unnest(%(enterprise)s::text[], %(code)s::text[], %(in_service_from)s::date[], %(in_service_to)s::date[])
     as k (enterprise, code, in_service_from, in_service_to)
join enterprise e on e.code = k.enterprise
join component c on c.enterprise_id = e.enterprise_id and c.code = k.code
cross join lateral (
    select l.tested_at from leak_test l
    where l.component_id = c.component_id
      and (l.tested_at < k.in_service_from::timestamp at time zone 'Asia/Shanghai'
           or l.tested_at >= k.in_service_to::timestamp at time zone 'Asia/Shanghai')
    order by l.tested_at limit 1) t
order by k.enterprise, k.code

-- last_values --
-- what some counters showed last, corrections and flags heeded, with the hour of it
select c.enterprise, c.code, h.hour_at, h.last_value
from unnest(%(enterprises)s::text[], %(codes)s::text[]) as c (enterprise, code)
join enterprise e on e.code = c.enterprise
join point p on p.enterprise_id = e.enterprise_id and p.code = c.code
cross join lateral (
    select hourly.hour_at, hourly.last_value from hourly
    where hourly.point_id = p.point_id and hourly.last_value is not null
    order by hourly.hour_at desc
    limit 1) h
order by c.enterprise, c.code
