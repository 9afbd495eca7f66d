-- tests --
-- one page of leak tests, newest first; corrected revisions only where asked for
select e.code as enterprise, c.code as component, t.component_id, t.tested_at, t.has_time, t.purpose, t.method,
       t.net_umol_mol, t.reading_umol_mol, t.background_umol_mol, t.response_factor, t.dwell_s, t.visible, t.campaign,
       t.instrument, t.tester, t.video, t.revision, t.author, t.origin, t.received_at,
       not exists (select from leak_test n where n.component_id = t.component_id and n.tested_at = t.tested_at
                   and n.revision > t.revision) as current
from leak_test t
join component c using (component_id)
join enterprise e using (enterprise_id)
where (%(enterprise_id)s::int is null or c.enterprise_id = %(enterprise_id)s::int)
  and (%(component)s::text is null or c.code = %(component)s::text)
  and (%(campaign)s::text is null or t.campaign = %(campaign)s::text)
  and (%(purpose)s::text is null or t.purpose = %(purpose)s::text)
  and (%(from_at)s::timestamptz is null or t.tested_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or t.tested_at < %(to_at)s::timestamptz)
  and (%(history)s::boolean
       or not exists (select from leak_test n where n.component_id = t.component_id and n.tested_at = t.tested_at
                      and n.revision > t.revision))
  and (%(after_at)s::timestamptz is null or (t.tested_at, t.component_id, t.revision)
       < (%(after_at)s::timestamptz, %(after_component)s::int, %(after_revision)s::smallint))
order by t.tested_at desc, t.component_id desc, t.revision desc
limit %(limit)s::int

-- repairs --
-- one page of repairs, the one reported last first; superseded ones only where asked for
select r.repair_id, e.code as enterprise, c.code as component, r.repaired_at, r.measure, r.repaired_by, r.author,
       r.origin, r.received_at, r.superseded_at
from repair r
join component c using (component_id)
join enterprise e using (enterprise_id)
where (%(history)s::boolean or r.superseded_at is null)
  and (%(enterprise_id)s::int is null or c.enterprise_id = %(enterprise_id)s::int)
  and (%(component)s::text is null or c.code = %(component)s::text)
  and (%(from_at)s::timestamptz is null or r.repaired_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or r.repaired_at < %(to_at)s::timestamptz)
  and (%(after_id)s::bigint is null or r.repair_id < %(after_id)s::bigint)
order by r.repair_id desc
limit %(limit)s::int

-- delays --
-- one page of filings that put repairs off, the one reported last first
select d.delay_id, e.code as enterprise, c.code as component, d.found_at, d.filed_at, d.ground, d.repair_by, d.document,
       d.author, d.origin, d.received_at, d.superseded_at
from repair_delay d
join component c using (component_id)
join enterprise e using (enterprise_id)
where (%(history)s::boolean or d.superseded_at is null)
  and (%(enterprise_id)s::int is null or c.enterprise_id = %(enterprise_id)s::int)
  and (%(component)s::text is null or c.code = %(component)s::text)
  and (%(from_at)s::timestamptz is null or d.filed_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or d.filed_at < %(to_at)s::timestamptz)
  and (%(after_id)s::bigint is null or d.delay_id < %(after_id)s::bigint)
order by d.delay_id desc
limit %(limit)s::int

-- events --
-- one page of events, the one reported last first
select v.event_id, e.code as enterprise, v.kind, c.code as component, i.code as installation, v.happened_at, v.note,
       v.author, v.origin, v.received_at, v.superseded_at
from component_event v
join enterprise e using (enterprise_id)
left join component c on c.component_id = v.component_id
left join installation i on i.installation_id = v.installation_id
where (%(history)s::boolean or v.superseded_at is null)
  and (%(enterprise_id)s::int is null or v.enterprise_id = %(enterprise_id)s::int)
  and (%(component)s::text is null or c.code = %(component)s::text)
  and (%(from_at)s::timestamptz is null or v.happened_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or v.happened_at < %(to_at)s::timestamptz)
  and (%(after_id)s::bigint is null or v.event_id < %(after_id)s::bigint)
order by v.event_id desc
limit %(limit)s::int

-- calibrations --
-- one page of calibrations, the one reported last first
select k.calibration_id, e.code as enterprise, i.serial as instrument, k.done_at, k.kind, k.expected, k.shown, k.author,
       k.origin, k.received_at, k.superseded_at
from instrument_calibration k
join instrument i using (instrument_id)
join enterprise e using (enterprise_id)
where (%(history)s::boolean or k.superseded_at is null)
  and (%(enterprise_id)s::int is null or i.enterprise_id = %(enterprise_id)s::int)
  and (%(instrument)s::text is null or i.serial = %(instrument)s::text)
  and (%(from_at)s::timestamptz is null or k.done_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or k.done_at < %(to_at)s::timestamptz)
  and (%(after_id)s::bigint is null or k.calibration_id < %(after_id)s::bigint)
order by k.calibration_id desc
limit %(limit)s::int

-- instruments --
-- one page of declared instruments by enterprise and serial number, each with its newest calibration
select e.code as enterprise, i.serial, i.model, i.owner, i.response_time_s, i.verified_until, i.in_use_from, i.in_use_to,
       (select max(k.done_at) from instrument_calibration k
        where k.instrument_id = i.instrument_id and k.superseded_at is null) as last_calibrated_at
from instrument i
join enterprise e using (enterprise_id)
where (%(enterprise_id)s::int is null or i.enterprise_id = %(enterprise_id)s::int)
  and (%(after_enterprise)s::text is null
       or (e.code, i.serial) > (%(after_enterprise)s::text, %(after_name)s::text))
order by e.code, i.serial
limit %(limit)s::int

-- testers --
-- one page of declared testers by enterprise and name
select e.code as enterprise, t.name, t.company, t.in_service_from, t.in_service_to
from leak_tester t
join enterprise e using (enterprise_id)
where (%(enterprise_id)s::int is null or t.enterprise_id = %(enterprise_id)s::int)
  and (%(after_enterprise)s::text is null
       or (e.code, t.name) > (%(after_enterprise)s::text, %(after_name)s::text))
order by e.code, t.name
limit %(limit)s::int

-- enterprises --
-- keys of enterprises by code
select code, enterprise_id from enterprise where code = any(%(codes)s::text[])
