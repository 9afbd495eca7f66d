-- gateways --
-- one page of gateways with their last known status
select e.code as enterprise, g.gateway, g.online, g.changed_at,
       (select count(*) from gateway_point p where p.enterprise_id = g.enterprise_id and p.gateway = g.gateway) as points,
       f.silent_since
from gateway_status g
join enterprise e on e.enterprise_id = g.enterprise_id
left join lateral (
    select case when n.verdict = 'violation'
                then coalesce((n.evidence ->> 'silent_from')::timestamptz, n.period_start) end as silent_since
    from finding n
    where n.rule_id = 'data.gateway_offline' and n.subject = 'gateway:' || e.code || '/' || g.gateway
      and n.superseded_at is null
    order by n.period_start desc
    limit 1
) f on true
where (%(enterprise_id)s::int is null or g.enterprise_id = %(enterprise_id)s::int)
  and (%(after_enterprise)s::text is null
       or (e.code, g.gateway) > (%(after_enterprise)s::text, %(after_gateway)s::text))
order by e.code, g.gateway
limit %(limit)s::int
