-- gateways --
-- one page of gateways with their last known status
select e.code as enterprise, g.gateway, g.online, g.changed_at
from gateway_status g
join enterprise e on e.enterprise_id = g.enterprise_id
where (%(enterprise_id)s::int is null or g.enterprise_id = %(enterprise_id)s::int)
  and (%(after_enterprise)s::text is null
       or (e.code, g.gateway) > (%(after_enterprise)s::text, %(after_gateway)s::text))
order by e.code, g.gateway
limit %(limit)s::int
