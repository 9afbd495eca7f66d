-- current --
-- rows that nobody has superseded, shipped and registered
select l.limit_id, l.origin, e.code || '/' || o.code as outlet, l.process, l.quantity, l.kind, l.averaging, l.region,
       l.value, l.unit, l.decimals, l.reference_o2_pct, l.exempt_process, l.status, l.enabled, l.valid_from, l.valid_to
from emission_limit l left join outlet o using (outlet_id) left join enterprise e on e.enterprise_id = l.enterprise_id
where l.superseded_at is null
order by l.limit_id

-- key_region_from --
-- local day from which limits of key regions hold in the city
select key_region_from from city
