-- lock_components --
-- one writer at a time of what is known of a component's leaks
select component_id from component where component_id = any(%(component_ids)s::int[])
order by component_id for no key update

-- candidates --
-- which of some components have, or ever had, anything to do with a leak; the index holds leaking tests alone
select distinct t.component_id from leak_test t
where (t.visible or t.net_umol_mol >= 500) and t.component_id = any(%(component_ids)s::int[])
union
select l.component_id from leak l where l.component_id = any(%(component_ids)s::int[])

-- components --
-- what a leak's life rests on in the register
select c.component_id, c.enterprise_id, e.code as enterprise, e.registered_from, c.code, c.name,
       c.unit_name, c.tag, c.kind, c.medium, c.in_service_from, c.in_service_to, i.standard
from unnest(%(component_ids)s::int[]) as g (component_id)
join component c using (component_id)
join enterprise e using (enterprise_id)
left join process_unit u on u.unit_id = c.unit_id
left join installation i on i.installation_id = u.installation_id
order by c.component_id

-- tests --
-- every test of some components by its newest revision
select t.component_id, t.tested_at, t.net_umol_mol, t.visible, t.purpose, t.has_time
from unnest(%(component_ids)s::int[]) as g (component_id)
cross join lateral (
    select distinct on (l.tested_at) l.component_id, l.tested_at, l.net_umol_mol, l.visible, l.purpose, l.has_time
    from leak_test l where l.component_id = g.component_id
    order by l.tested_at, l.revision desc offset 0) t

-- repairs --
-- every current repair of some components
select r.component_id, r.repaired_at
from repair r where r.superseded_at is null and r.component_id = any(%(component_ids)s::int[])

-- delays --
-- every current filing of some components
select d.component_id, d.filed_at, d.found_at, d.ground, d.repair_by, d.document
from repair_delay d where d.superseded_at is null and d.component_id = any(%(component_ids)s::int[])

-- history_repairs --
-- what was ever stored of some repairs, oldest first: the key, then the content
select r.component_id, r.repaired_at, r.measure, r.repaired_by
from (select distinct component_id, repaired_at
      from unnest(%(component_id)s::int[], %(repaired_at)s::timestamptz[]) as u (component_id, repaired_at)) k
join repair r using (component_id, repaired_at)
order by r.repair_id

-- history_delays --
-- what was ever stored of some filings, oldest first: the key, then the content
select d.component_id, d.found_at, d.filed_at, d.ground, d.repair_by, d.document
from (select distinct component_id, found_at, filed_at
      from unnest(%(component_id)s::int[], %(found_at)s::timestamptz[], %(filed_at)s::timestamptz[])
           as u (component_id, found_at, filed_at)) k
join repair_delay d using (component_id, found_at, filed_at)
order by d.delay_id

-- supersede_repairs --
-- what is corrected stays and counts no more
update repair r set superseded_at = k.received_at
from (select component_id, repaired_at, max(received_at) as received_at
      from unnest(%(component_id)s::int[], %(repaired_at)s::timestamptz[], %(received_at)s::timestamptz[])
           as u (component_id, repaired_at, received_at)
      group by component_id, repaired_at) k
where r.component_id = k.component_id and r.repaired_at = k.repaired_at and r.superseded_at is null

-- supersede_delays --
-- what is corrected stays and counts no more
update repair_delay d set superseded_at = k.received_at
from (select component_id, found_at, filed_at, max(received_at) as received_at
      from unnest(%(component_id)s::int[], %(found_at)s::timestamptz[], %(filed_at)s::timestamptz[],
                  %(received_at)s::timestamptz[]) as u (component_id, found_at, filed_at, received_at)
      group by component_id, found_at, filed_at) k
where d.component_id = k.component_id and d.found_at = k.found_at and d.filed_at = k.filed_at
  and d.superseded_at is null

-- add_repairs --
-- keep repairs, and tell the rules of them
with made as (
    insert into repair (component_id, repaired_at, measure, repaired_by, author, origin, received_at, superseded_at)
    select n.component_id, n.repaired_at, n.measure, n.repaired_by, n.author, n.origin, n.received_at,
           case when not n.is_current then n.received_at end
    from unnest(%(component_id)s::int[], %(repaired_at)s::timestamptz[], %(measure)s::text[], %(repaired_by)s::text[],
                %(author)s::text[], %(origin)s::text[], %(received_at)s::timestamptz[], %(is_current)s::boolean[])
         with ordinality as n (component_id, repaired_at, measure, repaired_by, author, origin, received_at,
                               is_current, place)
    order by n.place
    returning component_id, repaired_at
)
insert into rule_work (kind, key, at) select distinct 'leak_test', component_id::bigint, repaired_at from made

-- add_delays --
-- keep filings, and tell the rules of them
with made as (
    insert into repair_delay (component_id, found_at, filed_at, ground, repair_by, document, author, origin,
                              received_at, superseded_at)
    select n.component_id, n.found_at, n.filed_at, n.ground, n.repair_by, n.document, n.author, n.origin,
           n.received_at, case when not n.is_current then n.received_at end
    from unnest(%(component_id)s::int[], %(found_at)s::timestamptz[], %(filed_at)s::timestamptz[], %(ground)s::text[],
                %(repair_by)s::date[], %(document)s::text[], %(author)s::text[], %(origin)s::text[],
                %(received_at)s::timestamptz[], %(is_current)s::boolean[])
         with ordinality as n (component_id, found_at, filed_at, ground, repair_by, document, author, origin,
                               received_at, is_current, place)
    order by n.place
    returning component_id, filed_at
)
insert into rule_work (kind, key, at) select distinct 'leak_test', component_id::bigint, filed_at from made

-- write_leaks --
-- the leaks of some components as they are now: others of theirs go, those that differ are rewritten
with given as (
    select component_id, found_at, net_umol_mol, visible, state, attempts, first_attempt_at, last_repair_at,
           closed_at, closed_net_umol_mol, delay_ground, delay_filed_at, delay_until
    from unnest(%(component_id)s::int[], %(found_at)s::timestamptz[], %(net_umol_mol)s::float8[],
                %(visible)s::boolean[], %(state)s::text[], %(attempts)s::smallint[],
                %(first_attempt_at)s::timestamptz[], %(last_repair_at)s::timestamptz[], %(closed_at)s::timestamptz[],
                %(closed_net_umol_mol)s::float8[], %(delay_ground)s::text[], %(delay_filed_at)s::timestamptz[],
                %(delay_until)s::date[])
        as g (component_id, found_at, net_umol_mol, visible, state, attempts, first_attempt_at, last_repair_at,
              closed_at, closed_net_umol_mol, delay_ground, delay_filed_at, delay_until)
), gone as (
    delete from leak l
    where l.component_id = any(%(component_ids)s::int[])
      and not exists (select from given g where g.component_id = l.component_id and g.found_at = l.found_at)
)
insert into leak as l (component_id, found_at, net_umol_mol, visible, state, attempts, first_attempt_at,
                       last_repair_at, closed_at, closed_net_umol_mol, delay_ground, delay_filed_at, delay_until)
select component_id, found_at, net_umol_mol, visible, state, attempts, first_attempt_at, last_repair_at, closed_at,
       closed_net_umol_mol, delay_ground, delay_filed_at, delay_until
from given
on conflict (component_id, found_at) do update set
    net_umol_mol = excluded.net_umol_mol, visible = excluded.visible, state = excluded.state,
    attempts = excluded.attempts, first_attempt_at = excluded.first_attempt_at,
    last_repair_at = excluded.last_repair_at, closed_at = excluded.closed_at,
    closed_net_umol_mol = excluded.closed_net_umol_mol, delay_ground = excluded.delay_ground,
    delay_filed_at = excluded.delay_filed_at, delay_until = excluded.delay_until
where (l.net_umol_mol, l.visible, l.state, l.attempts, l.first_attempt_at, l.last_repair_at, l.closed_at,
       l.closed_net_umol_mol, l.delay_ground, l.delay_filed_at, l.delay_until)
    is distinct from (excluded.net_umol_mol, excluded.visible, excluded.state, excluded.attempts,
       excluded.first_attempt_at, excluded.last_repair_at, excluded.closed_at, excluded.closed_net_umol_mol,
       excluded.delay_ground, excluded.delay_filed_at, excluded.delay_until)

-- retire --
-- open leaks of components that are out of service by a day
update leak l set state = 'removed'
from component c
where l.state not in ('closed', 'removed') and c.component_id = l.component_id and c.in_service_to <= %(day)s::date
