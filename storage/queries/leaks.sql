-- lock_components --
-- one writer at a time of what is known of a component's leaks
select component_id from component where component_id = any(%(component_ids)s::int[])
order by component_id for no key update

-- candidates --
-- which of some components have, or ever had, anything to do with a leak; the index holds leaking tests alone
select distinct t.component_id from leak_test t
where (t.visible or t.net_umol_mol > 500) and t.component_id = any(%(component_ids)s::int[])
union
select l.component_id from leak l where l.component_id = any(%(component_ids)s::int[])

-- of_enterprises --
-- components of enterprises that have leaks; only_open: that have open ones
select distinct l.component_id, c.enterprise_id
from leak l join component c using (component_id)
where c.enterprise_id = any(%(enterprise_ids)s::int[])
  and (not %(only_open)s::boolean or l.state not in ('closed', 'removed'))

-- components --
-- what a leak's life rests on in the register
select c.component_id, c.enterprise_id, e.code as enterprise, e.registered_from, c.code, c.kind, c.medium,
       c.in_service_from, c.in_service_to, i.standard
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

-- known_repairs --
-- versions of some repairs, oldest first
select r.component_id, r.repaired_at, r.repair_id, r.superseded_at is null as current, r.measure, r.repaired_by
from unnest(%(component_ids)s::int[], %(repaired_ats)s::timestamptz[]) as k (component_id, repaired_at)
join repair r using (component_id, repaired_at)
order by r.repair_id

-- known_delays --
-- versions of some filings, oldest first
select d.component_id, d.found_at, d.filed_at, d.delay_id, d.superseded_at is null as current, d.ground, d.repair_by,
       d.document
from unnest(%(component_ids)s::int[], %(found_ats)s::timestamptz[], %(filed_ats)s::timestamptz[])
     as k (component_id, found_at, filed_at)
join repair_delay d using (component_id, found_at, filed_at)
order by d.delay_id

-- supersede_repairs --
-- versions that hold no more
update repair r set superseded_at = g.at
from unnest(%(ids)s::bigint[], %(ats)s::timestamptz[]) as g (id, at) where r.repair_id = g.id

-- supersede_delays --
-- versions that hold no more
update repair_delay d set superseded_at = g.at
from unnest(%(ids)s::bigint[], %(ats)s::timestamptz[]) as g (id, at) where d.delay_id = g.id

-- insert_repairs --
-- keep repairs, and tell the rules of them
with made as (
    insert into repair (component_id, repaired_at, measure, repaired_by, author, origin, received_at, superseded_at)
    select component_id, repaired_at, measure, repaired_by, author, origin, received_at, superseded_at
    from unnest(%(component_id)s::int[], %(repaired_at)s::timestamptz[], %(measure)s::text[], %(repaired_by)s::text[],
                %(author)s::text[], %(origin)s::text[], %(received_at)s::timestamptz[],
                %(superseded_at)s::timestamptz[])
         as g (component_id, repaired_at, measure, repaired_by, author, origin, received_at, superseded_at)
    returning component_id, repaired_at
)
insert into rule_work (kind, key, at) select distinct 'leak_test', component_id::bigint, repaired_at from made

-- insert_delays --
-- keep filings, and tell the rules of them
with made as (
    insert into repair_delay (component_id, found_at, filed_at, ground, repair_by, document, author, origin,
                              received_at, superseded_at)
    select component_id, found_at, filed_at, ground, repair_by, document, author, origin, received_at, superseded_at
    from unnest(%(component_id)s::int[], %(found_at)s::timestamptz[], %(filed_at)s::timestamptz[], %(ground)s::text[],
                %(repair_by)s::date[], %(document)s::text[], %(author)s::text[], %(origin)s::text[],
                %(received_at)s::timestamptz[], %(superseded_at)s::timestamptz[])
         as g (component_id, found_at, filed_at, ground, repair_by, document, author, origin, received_at,
               superseded_at)
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
