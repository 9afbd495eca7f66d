-- history --
-- what was ever stored of some events, oldest first: the key, then the content
select e.kind, e.component_id, e.installation_id, e.happened_at, e.note
from unnest(%(kind)s::text[], %(component_id)s::int[], %(installation_id)s::int[], %(happened_at)s::timestamptz[])
     as k (kind, component_id, installation_id, happened_at)
join component_event e on e.kind = k.kind and e.component_id is not distinct from k.component_id
    and e.installation_id is not distinct from k.installation_id and e.happened_at = k.happened_at
order by e.event_id

-- supersede --
-- what is corrected stays and counts no more
update component_event e set superseded_at = k.received_at
from (select kind, component_id, installation_id, happened_at, max(received_at) as received_at
      from unnest(%(kind)s::text[], %(component_id)s::int[], %(installation_id)s::int[],
                  %(happened_at)s::timestamptz[], %(received_at)s::timestamptz[])
           as u (kind, component_id, installation_id, happened_at, received_at)
      group by kind, component_id, installation_id, happened_at) k
where e.kind = k.kind and e.component_id is not distinct from k.component_id
  and e.installation_id is not distinct from k.installation_id and e.happened_at = k.happened_at
  and e.superseded_at is null

-- add --
-- keep events, and tell the rules of every component concerned
with stored as (
    insert into component_event (enterprise_id, kind, component_id, installation_id, happened_at, note, author, origin,
                                 received_at, superseded_at)
    select n.enterprise_id, n.kind, n.component_id, n.installation_id, n.happened_at, n.note, n.author, n.origin,
           n.received_at, case when not n.is_current then n.received_at end
    from unnest(%(enterprise_id)s::int[], %(kind)s::text[], %(component_id)s::int[], %(installation_id)s::int[],
                %(happened_at)s::timestamptz[], %(note)s::text[], %(author)s::text[], %(origin)s::text[],
                %(received_at)s::timestamptz[], %(is_current)s::boolean[]) with ordinality
         as n (enterprise_id, kind, component_id, installation_id, happened_at, note, author, origin, received_at,
               is_current, place)
    order by n.place
    returning component_id, installation_id, happened_at
)
insert into rule_work (kind, key, at)
select distinct 'leak_test', c.component_id::bigint, s.happened_at
from stored s
cross join lateral (
    select s.component_id where s.component_id is not null
    union all
    select c.component_id from process_unit u join component c using (unit_id)
    where u.installation_id = s.installation_id
) c
