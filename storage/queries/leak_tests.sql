-- lock_components --
-- one writer at a time gives out the revisions of a component's tests
select component_id from component where component_id = any(%(component_id)s::int[])
order by component_id for no key update

-- select_revisions --
-- all revisions of some tests
select l.component_id, l.tested_at, l.revision, l.net_umol_mol, l.background_umol_mol, l.instrument, l.tester
from unnest(%(component_id)s::int[], %(tested_at)s::timestamptz[]) as k (component_id, tested_at)
join leak_test l using (component_id, tested_at)

-- insert_leak_tests --
-- keep tests, and tell the rules of them
with stored as (
    insert into leak_test (component_id, tested_at, revision, net_umol_mol, background_umol_mol, instrument, tester,
                           received_at)
    select t.component_id, t.tested_at, t.revision, t.net_umol_mol, t.background_umol_mol, t.instrument, t.tester,
           t.received_at
    from unnest(%(component_id)s::int[], %(tested_at)s::timestamptz[], %(revision)s::smallint[],
                %(net_umol_mol)s::double precision[], %(background_umol_mol)s::double precision[],
                %(instrument)s::text[], %(tester)s::text[], %(received_at)s::timestamptz[])
         as t (component_id, tested_at, revision, net_umol_mol, background_umol_mol, instrument, tester, received_at)
    returning component_id, tested_at
)
insert into rule_work (kind, key, at)
select distinct 'leak_test', component_id::bigint, tested_at from stored
