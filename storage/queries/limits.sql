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

-- has_presets --
-- whether any limit was ever shipped to this database
select exists(select from emission_limit where origin = 'preset')

-- supersede_presets --
-- shipped limits that the packs do not have, or not like this, are true no more
update emission_limit l set superseded_at = %(at)s::timestamptz
where l.origin = 'preset' and l.superseded_at is null and not exists (
    select
    from jsonb_to_recordset(%(presets)s::jsonb) as w (
        preset text, process text, quantity text, kind text, averaging text, region text,
        value double precision, unit text, decimals smallint, reference_o2_pct double precision, exempt_process text[],
        standard text, clause text, source text, confidence text, status text, enabled boolean, valid_from date,
        valid_to date, reason text)
    where w.preset = l.preset
      and (w.process, w.quantity, w.kind, w.averaging, w.region, w.value, w.unit, w.decimals, w.reference_o2_pct,
           w.exempt_process, w.standard, w.clause, w.source, w.confidence, w.status, w.enabled, w.valid_from,
           w.valid_to, w.reason)
          is not distinct from
          (l.process, l.quantity, l.kind, l.averaging, l.region, l.value, l.unit, l.decimals, l.reference_o2_pct,
           l.exempt_process, l.standard, l.clause, l.source, l.confidence, l.status, l.enabled, l.valid_from,
           l.valid_to, l.reason))
returning l.process, l.valid_from

-- add_presets --
-- shipped limits that the packs have and the table does not
insert into emission_limit (origin, preset, process, quantity, kind, averaging, region, value, unit, decimals,
                            reference_o2_pct, exempt_process, standard, clause, source, confidence, status, enabled,
                            valid_from, valid_to, reason, author, created_at)
select 'preset', w.preset, w.process, w.quantity, w.kind, w.averaging, w.region, w.value, w.unit, w.decimals,
       w.reference_o2_pct, w.exempt_process, w.standard, w.clause, w.source, w.confidence, w.status, w.enabled,
       w.valid_from, w.valid_to, w.reason, 'pack', %(at)s::timestamptz
from jsonb_to_recordset(%(presets)s::jsonb) as w (
        preset text, process text, quantity text, kind text, averaging text, region text,
        value double precision, unit text, decimals smallint, reference_o2_pct double precision, exempt_process text[],
        standard text, clause text, source text, confidence text, status text, enabled boolean, valid_from date,
        valid_to date, reason text)
where not exists (select from emission_limit l
                  where l.origin = 'preset' and l.superseded_at is null and l.preset = w.preset)
returning process, valid_from

-- note_presets --
-- work for the rules: limits of processes changed from local days on, for the enterprises that have such outlets
insert into rule_work (kind, key, at)
select 'register', o.enterprise_id, min(c.from_day::timestamp at time zone 'Asia/Shanghai')
from unnest(%(processes)s::text[], %(days)s::date[]) as c (process, from_day)
join outlet o on o.process = c.process
group by o.enterprise_id

