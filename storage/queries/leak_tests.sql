-- select_revisions --
-- all revisions of some tests, oldest first; the columns after the key are the content of a test
select l.component_id, l.tested_at, l.net_umol_mol, l.background_umol_mol, l.instrument, l.tester, l.purpose, l.method,
       l.reading_umol_mol, l.response_factor, l.dwell_s, l.visible, l.has_time, l.campaign, l.video
from unnest(%(component_id)s::int[], %(tested_at)s::timestamptz[]) as k (component_id, tested_at)
join leak_test l using (component_id, tested_at)
order by l.component_id, l.tested_at, l.revision

-- insert_leak_tests --
-- keep tests, and tell the rules of them
with stored as (
    insert into leak_test (component_id, tested_at, revision, net_umol_mol, background_umol_mol, instrument, tester,
                           received_at, purpose, method, reading_umol_mol, response_factor, dwell_s, visible, has_time,
                           campaign, video, author, origin)
    select t.component_id, t.tested_at, t.revision, t.net_umol_mol, t.background_umol_mol, t.instrument, t.tester,
           t.received_at, t.purpose, t.method, t.reading_umol_mol, t.response_factor, t.dwell_s, t.visible, t.has_time,
           t.campaign, t.video, t.author, t.origin
    from unnest(%(component_id)s::int[], %(tested_at)s::timestamptz[], %(revision)s::smallint[],
                %(net_umol_mol)s::double precision[], %(background_umol_mol)s::double precision[],
                %(instrument)s::text[], %(tester)s::text[], %(received_at)s::timestamptz[], %(purpose)s::text[],
                %(method)s::text[], %(reading_umol_mol)s::double precision[], %(response_factor)s::double precision[],
                %(dwell_s)s::double precision[], %(visible)s::boolean[], %(has_time)s::boolean[], %(campaign)s::text[],
                %(video)s::text[], %(author)s::text[], %(origin)s::text[])
         as t (component_id, tested_at, revision, net_umol_mol, background_umol_mol, instrument, tester, received_at,
               purpose, method, reading_umol_mol, response_factor, dwell_s, visible, has_time, campaign, video,
               author, origin)
    returning component_id, tested_at
)
insert into rule_work (kind, key, at)
select distinct 'leak_test', component_id::bigint, tested_at from stored
