-- enterprises --
-- one page of enterprises by code, with the permits of their intakes and their coke ovens
with chosen as (
    select enterprise_id from enterprise
    where %(after_code)s::text is null or code > %(after_code)s::text
    order by code
    limit %(limit)s::int
)
select e.enterprise_id, e.code, e.name, e.district, d.name as district_name, e.park, k.name as park_name, e.industry,
       e.is_industrial, e.key_water, e.key_energy, e.registered_from, w.permits, c.coke_lines
from chosen
join enterprise e using (enterprise_id)
join district d on d.code = e.district
left join park k on k.code = e.park
left join lateral (
    select coalesce(jsonb_agg(jsonb_build_object(
               'intake', i.code, 'name', i.name, 'source', i.source, 'permit_number', i.permit_number,
               'permitted_m3_a', i.permitted_m3_a, 'permit_from', i.permit_from, 'permit_to', i.permit_to,
               'in_service_to', i.in_service_to) order by i.code), '[]') as permits
    from intake i where i.enterprise_id = e.enterprise_id) w on true
left join lateral (
    select coalesce(jsonb_agg(jsonb_build_object(
               'line', l.code, 'name', l.name, 'charging', l.charging, 'quenching', l.quenching,
               'in_service_to', l.in_service_to) order by l.code), '[]') as coke_lines
    from line l where l.enterprise_id = e.enterprise_id and l.product = 'coke') c on true
order by e.code

-- enterprise --
-- one enterprise and the size of its registers
select e.enterprise_id, e.code, e.name, e.district, d.name as district_name, e.park, k.name as park_name, e.industry,
       e.is_industrial, e.key_water, e.key_energy, e.registered_from, w.permits, c.coke_lines,
       (select count(*) from outlet o where o.enterprise_id = e.enterprise_id) as outlets,
       (select count(*) from point p where p.enterprise_id = e.enterprise_id) as points,
       (select count(*) from intake i where i.enterprise_id = e.enterprise_id) as intakes,
       (select count(*) from line l where l.enterprise_id = e.enterprise_id) as lines,
       (select count(*) from metering_place m where m.enterprise_id = e.enterprise_id) as metering_places,
       (select count(*) from meter m where m.enterprise_id = e.enterprise_id) as meters,
       (select count(*) from component c where c.enterprise_id = e.enterprise_id) as components
from enterprise e
join district d on d.code = e.district
left join park k on k.code = e.park
left join lateral (
    select coalesce(jsonb_agg(jsonb_build_object(
               'intake', i.code, 'name', i.name, 'source', i.source, 'permit_number', i.permit_number,
               'permitted_m3_a', i.permitted_m3_a, 'permit_from', i.permit_from, 'permit_to', i.permit_to,
               'in_service_to', i.in_service_to) order by i.code), '[]') as permits
    from intake i where i.enterprise_id = e.enterprise_id) w on true
left join lateral (
    select coalesce(jsonb_agg(jsonb_build_object(
               'line', l.code, 'name', l.name, 'charging', l.charging, 'quenching', l.quenching,
               'in_service_to', l.in_service_to) order by l.code), '[]') as coke_lines
    from line l where l.enterprise_id = e.enterprise_id and l.product = 'coke') c on true
where e.code = %(code)s::text

-- enterprise_id --
-- the key of an enterprise
select enterprise_id from enterprise where code = %(code)s::text

-- enterprise_name --
-- what an enterprise is called
select name from enterprise where enterprise_id = %(enterprise_id)s::int
