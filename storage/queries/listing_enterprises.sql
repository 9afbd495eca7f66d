-- enterprises --
-- one page of enterprises by code
select e.enterprise_id, e.code, e.name, e.district, d.name as district_name, e.industry, e.is_industrial,
       e.registered_from
from enterprise e
join district d on d.code = e.district
where (%(after_code)s::text is null or e.code > %(after_code)s::text)
order by e.code
limit %(limit)s::int

-- enterprise --
-- one enterprise and the size of its registers
select e.enterprise_id, e.code, e.name, e.district, d.name as district_name, e.industry, e.is_industrial,
       e.registered_from,
       (select count(*) from outlet o where o.enterprise_id = e.enterprise_id) as outlets,
       (select count(*) from point p where p.enterprise_id = e.enterprise_id) as points,
       (select count(*) from intake i where i.enterprise_id = e.enterprise_id) as intakes,
       (select count(*) from metering_place m where m.enterprise_id = e.enterprise_id) as metering_places,
       (select count(*) from meter m where m.enterprise_id = e.enterprise_id) as meters,
       (select count(*) from component c where c.enterprise_id = e.enterprise_id) as components
from enterprise e
join district d on d.code = e.district
where e.code = %(code)s::text

-- enterprise_id --
-- the key of an enterprise
select enterprise_id from enterprise where code = %(code)s::text
