-- test_times --
-- when an enterprise's components were tested in a window, epoch seconds, each instant with its number of tests
select extract(epoch from t.tested_at)::bigint as tested_s, count(*)
from leak_test t
join component c using (component_id)
where c.enterprise_id = %(enterprise_id)s::int and t.revision = 0
  and t.tested_at >= %(from_at)s::timestamptz and t.tested_at < %(to_at)s::timestamptz
group by t.tested_at
order by t.tested_at

-- rows --
-- tests of an enterprise in a window, each by its newest revision, with what the ledger says of their components; spot
-- checks are the bureau's own
select c.code as component, c.kind, c.medium,
       case when u.unit_id is null then c.unit_name else i.code || '/' || u.name end as unit,
       coalesce(i.standard, 'GB37822') as standard, c.reachable, c.size_mm, c.elevation_m, u.x_m, u.y_m,
       round(extract(epoch from t.tested_at) * 1000)::bigint as tested_ms, t.has_time, t.net_umol_mol,
       t.reading_umol_mol, t.background_umol_mol, t.response_factor, t.dwell_s, t.method, t.purpose, t.visible,
       t.campaign, t.instrument, t.tester, t.video
from current_leak_test t
join component c using (component_id)
left join process_unit u on u.unit_id = c.unit_id
left join installation i on i.installation_id = u.installation_id
where c.enterprise_id = %(enterprise_id)s::int
  and t.tested_at >= %(from_at)s::timestamptz and t.tested_at < %(to_at)s::timestamptz
  and t.purpose <> 'spot_check'

-- instruments --
-- instruments that an enterprise has declared
select serial, model, response_time_s, verified_until, in_use_from, in_use_to
from instrument where enterprise_id = %(enterprise_id)s::int order by serial

-- testers --
-- testers that an enterprise has declared
select name, in_service_from, in_service_to
from leak_tester where enterprise_id = %(enterprise_id)s::int order by name

-- calibrations --
-- calibrations of an enterprise's instruments that stand, in a window
select n.serial as instrument, round(extract(epoch from k.done_at) * 1000)::bigint as done_ms, k.kind, k.expected,
       k.shown
from instrument n
join instrument_calibration k using (instrument_id)
where n.enterprise_id = %(enterprise_id)s::int and k.superseded_at is null
  and k.done_at >= %(from_at)s::timestamptz and k.done_at < %(to_at)s::timestamptz
order by k.done_at, n.serial, k.kind, k.expected

-- elsewhere --
-- tests at other enterprises in a window with instruments of numbers that this enterprise used in it; case and blanks
-- of numbers say nothing
with used as (
    select distinct upper(regexp_replace(t.instrument, '\s', '', 'g')) as key
    from leak_test t
    join component c using (component_id)
    where c.enterprise_id = %(enterprise_id)s::int and t.instrument is not null
      and t.tested_at >= %(from_at)s::timestamptz and t.tested_at < %(to_at)s::timestamptz
)
select e.code as enterprise, t.instrument, n.model, round(extract(epoch from t.tested_at) * 1000)::bigint as tested_ms
from current_leak_test t
join component c using (component_id)
join enterprise e on e.enterprise_id = c.enterprise_id
left join instrument n on n.enterprise_id = c.enterprise_id and n.serial = t.instrument
where c.enterprise_id <> %(enterprise_id)s::int and t.has_time and t.purpose <> 'spot_check'
  and t.tested_at >= %(from_at)s::timestamptz and t.tested_at < %(to_at)s::timestamptz
  and upper(regexp_replace(t.instrument, '\s', '', 'g')) in (select key from used)
order by t.tested_at, e.code

-- sharers --
-- other enterprises that used instruments of the same numbers in a window as one did, by any revision
with used as (
    select distinct upper(regexp_replace(t.instrument, '\s', '', 'g')) as key
    from leak_test t
    join component c using (component_id)
    where c.enterprise_id = %(enterprise_id)s::int and t.instrument is not null
      and t.tested_at >= %(from_at)s::timestamptz and t.tested_at < %(to_at)s::timestamptz
)
select distinct c.enterprise_id
from leak_test t
join component c using (component_id)
where c.enterprise_id <> %(enterprise_id)s::int
  and t.tested_at >= %(from_at)s::timestamptz and t.tested_at < %(to_at)s::timestamptz
  and upper(regexp_replace(t.instrument, '\s', '', 'g')) in (select key from used)
order by c.enterprise_id
