-- enterprises --
-- enterprises that have campaigns
select e.enterprise_id, e.code, e.registered_from
from enterprise e
where exists (select from campaign c where c.enterprise_id = e.enterprise_id)
order by e.code

-- campaigns --
-- an enterprise's campaigns
select code, from_day, to_day, installations, declared_components, declared_unreachable, declared_leaks
from campaign where enterprise_id = %(enterprise_id)s::int order by from_day, code

-- rows --
-- tests of a campaign, each by its newest revision: those that name it, whenever they were made, and those of its days
-- and installations that name none
select c.code as component, c.kind, c.medium,
       case when u.unit_id is null then c.unit_name else i.code || '/' || u.name end as unit,
       coalesce(i.standard, 'GB37822') as standard, c.reachable, c.size_mm, c.elevation_m, u.x_m, u.y_m,
       round(extract(epoch from t.tested_at) * 1000)::bigint as tested_ms, t.has_time, t.net_umol_mol,
       t.reading_umol_mol, t.background_umol_mol, t.response_factor, t.dwell_s, t.method, t.purpose, t.visible,
       t.campaign, t.instrument, t.tester, t.video
from component c
cross join lateral (
    select l.* from current_leak_test l
    where l.component_id = c.component_id and l.purpose <> 'spot_check'
      and (l.campaign = %(campaign)s::text
           or l.campaign is null and l.tested_at >= %(from_at)s::timestamptz and l.tested_at < %(to_at)s::timestamptz)
    offset 0) t
left join process_unit u on u.unit_id = c.unit_id
left join installation i on i.installation_id = u.installation_id
where c.enterprise_id = %(enterprise_id)s::int
  and (t.campaign is not null or %(installations)s::text[] is null or i.code = any(%(installations)s::text[]))

-- in_service --
-- components of some installations in service on a day and not exempt on it, by unit and kind
select case when u.unit_id is null then c.unit_name else i.code || '/' || u.name end as unit, c.kind,
       count(*)::int as components
from component c
left join process_unit u on u.unit_id = c.unit_id
left join installation i on i.installation_id = u.installation_id
where c.enterprise_id = %(enterprise_id)s::int
  and c.in_service_from <= %(day)s::date and (c.in_service_to is null or c.in_service_to > %(day)s::date)
  and not (c.exempt_clause is not null and coalesce(c.exempt_from, c.in_service_from) <= %(day)s::date
           and (c.exempt_to is null or c.exempt_to > %(day)s::date))
  and (%(installations)s::text[] is null or i.code = any(%(installations)s::text[]))
group by 1, 2
order by 1, 2

-- leaks --
-- leaks that were found in a window at components of some installations, with their repairs until the next leak
select c.component_id, c.code as component, c.medium, coalesce(i.standard, 'GB37822') as standard, l.found_at,
       l.net_umol_mol, l.visible, l.delay_filed_at is not null as is_filed,
       l.state in ('closed', 'removed') as is_settled,
       array(select round(extract(epoch from r.repaired_at) * 1000)::bigint from repair r
             where r.component_id = l.component_id and r.superseded_at is null and r.repaired_at >= l.found_at
               and not exists (select from leak n where n.component_id = l.component_id and n.found_at > l.found_at
                               and n.found_at <= r.repaired_at)
             order by r.repaired_at) as repairs_ms
from leak l
join component c using (component_id)
left join process_unit u on u.unit_id = c.unit_id
left join installation i on i.installation_id = u.installation_id
where c.enterprise_id = %(enterprise_id)s::int
  and l.found_at >= %(from_at)s::timestamptz and l.found_at < %(to_at)s::timestamptz
  and (%(installations)s::text[] is null or i.code = any(%(installations)s::text[]))
order by l.found_at, c.code

-- retests --
-- retests of some components from an instant on, each by its newest revision
select c.code as component, c.kind, c.medium, c.unit_name as unit, 'GB37822' as standard, c.reachable, c.size_mm,
       c.elevation_m, null::double precision as x_m, null::double precision as y_m,
       round(extract(epoch from t.tested_at) * 1000)::bigint as tested_ms, t.has_time, t.net_umol_mol,
       t.reading_umol_mol, t.background_umol_mol, t.response_factor, t.dwell_s, t.method, t.purpose, t.visible,
       t.campaign, t.instrument, t.tester, t.video
from component c
cross join lateral (
    select l.* from current_leak_test l
    where l.component_id = c.component_id and l.purpose = 'retest' and l.tested_at >= %(from_at)s::timestamptz
    offset 0) t
where c.component_id = any(%(component_ids)s::int[])

-- counted --
-- points and leaks of a campaign by the lowest published definition: tests of the schedule within its days
select count(distinct t.component_id)::int as points,
       count(distinct t.component_id) filter (
           where t.visible or t.net_umol_mol >= case c.medium when 'heavy_liquid' then %(heavy)s::double precision
                                                            else %(other)s::double precision end)::int as leaks
from component c
cross join lateral (
    select l.* from current_leak_test l
    where l.component_id = c.component_id and l.purpose in ('routine', 'recheck')
      and l.tested_at >= %(from_at)s::timestamptz and l.tested_at < %(to_at)s::timestamptz
      and (l.campaign = %(campaign)s::text or l.campaign is null)
    offset 0) t
left join process_unit u on u.unit_id = c.unit_id
left join installation i on i.installation_id = u.installation_id
where c.enterprise_id = %(enterprise_id)s::int
  and (t.campaign is not null or %(installations)s::text[] is null or i.code = any(%(installations)s::text[]))

-- touched --
-- campaigns that records of components on local days concern: those of the day, those that any revision of a test of
-- the day names, and those in which a leak was found that the day may have settled
select distinct c.enterprise_id, k.code
from unnest(%(component_ids)s::int[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[], %(days)s::date[])
     as d (component_id, from_at, to_at, day)
join component c using (component_id)
join campaign k on k.enterprise_id = c.enterprise_id
where d.day between k.from_day and k.to_day
   or exists (select from leak_test t where t.component_id = d.component_id and t.tested_at >= d.from_at
              and t.tested_at < d.to_at and t.campaign = k.code)
   or exists (select from leak l where l.component_id = d.component_id and l.found_at < d.to_at
              and (l.closed_at is null or l.closed_at >= d.from_at)
              and (l.found_at at time zone 'Asia/Shanghai')::date between k.from_day and k.to_day)
order by c.enterprise_id, k.code
