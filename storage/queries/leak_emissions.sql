-- owners --
-- enterprises that have components, with how many
select e.enterprise_id, e.code, e.registered_from, count(*)::int as components
from enterprise e join component c using (enterprise_id)
group by e.enterprise_id order by e.code

-- groups_of --
-- unit and kind of some components, with the enterprise
select component_id, enterprise_id, unit_name, kind from component where component_id = any(%(component_ids)s::int[])

-- components --
-- an enterprise's components with what their emission rests on, in one order
select c.component_id, c.unit_name, c.kind, c.medium, coalesce(i.family, 'socmi') as family,
       greatest(c.in_service_from, i.started_on) as service_from, c.in_service_to as service_to, c.voc_share,
       i.hours_per_year
from component c left join process_unit u using (unit_id) left join installation i using (installation_id)
where c.enterprise_id = %(enterprise_id)s::int
order by c.component_id

-- components_of_groups --
-- the same of some units and kinds
select c.component_id, c.unit_name, c.kind, c.medium, coalesce(i.family, 'socmi') as family,
       greatest(c.in_service_from, i.started_on) as service_from, c.in_service_to as service_to, c.voc_share,
       i.hours_per_year
from (
    select distinct unit_name, kind from unnest(%(units)s::text[], %(kinds)s::text[]) as u (unit_name, kind)
) g
join component c on c.enterprise_id = %(enterprise_id)s::int and c.unit_name = g.unit_name and c.kind = g.kind
left join process_unit u using (unit_id) left join installation i using (installation_id)
order by c.component_id

-- readings --
-- net readings of some components (by position, from 0) that hold in [from, to): the last before, and those within
select coalesce(array_agg(k.position - 1), '{}')::bigint[], coalesce(array_agg(t.tested_at), '{}')::timestamptz[],
       coalesce(array_agg(t.net_umol_mol), '{}')::double precision[]
from unnest(%(component_ids)s::int[]) with ordinality as k (component_id, position)
cross join lateral (
    (select l.tested_at, l.net_umol_mol from current_leak_test l
     where l.component_id = k.component_id and l.net_umol_mol is not null and l.tested_at < %(from_at)s::timestamptz
     order by l.tested_at desc limit 1)
    union all
    (select l.tested_at, l.net_umol_mol from current_leak_test l
     where l.component_id = k.component_id and l.net_umol_mol is not null and l.tested_at >= %(from_at)s::timestamptz
       and l.tested_at < %(to_at)s::timestamptz)
    offset 0
) t

-- repairs --
-- closed leaks of some components (by position, from 0) with a reading at either end, and when the next one was found
select coalesce(array_agg(k.position - 1), '{}')::bigint[], coalesce(array_agg(l.closed_at), '{}')::timestamptz[],
       coalesce(array_agg(l.net_umol_mol), '{}')::double precision[],
       coalesce(array_agg(l.closed_net_umol_mol), '{}')::double precision[],
       coalesce(array_agg(coalesce(l.next_at, timestamptz '9000-01-01')), '{}')::timestamptz[]
from unnest(%(component_ids)s::int[]) with ordinality as k (component_id, position)
cross join lateral (
    select l.closed_at, l.net_umol_mol, l.closed_net_umol_mol,
           (select min(n.found_at) from leak n where n.component_id = l.component_id and n.found_at > l.found_at) as next_at
    from leak l
    where l.component_id = k.component_id and l.state = 'closed' and l.closed_at < %(to_at)s::timestamptz
      and l.net_umol_mol is not null and l.closed_net_umol_mol is not null
    offset 0
) l

-- forget --
-- rows of an enterprise's months, of all units and kinds or of some, that were not computed this time
delete from leak_emission o
where o.enterprise_id = %(enterprise_id)s::int
  and o.month between %(first)s::date and %(last)s::date
  and (%(units)s::text[] is null
       or (o.unit_name, o.kind) in (
           select g.unit_name, g.kind from unnest(%(units)s::text[], %(kinds)s::text[]) as g (unit_name, kind)))
  and (o.month, o.unit_name, o.kind, o.method) not in (
      select r.month, r.unit_name, r.kind, r.method
      from unnest(%(months)s::date[], %(unit_names)s::text[], %(row_kinds)s::text[], %(methods)s::text[])
           as r (month, unit_name, kind, method))

-- keep --
-- what was computed
insert into leak_emission as o (enterprise_id, month, unit_name, kind, method, components, kg, avoided_kg)
select %(enterprise_id)s::int, r.*
from unnest(%(months)s::date[], %(unit_names)s::text[], %(row_kinds)s::text[], %(methods)s::text[],
            %(components)s::int[], %(kg)s::double precision[], %(avoided_kg)s::double precision[])
     as r (month, unit_name, kind, method, components, kg, avoided_kg)
on conflict (enterprise_id, month, unit_name, kind, method) do update
    set components = excluded.components, kg = excluded.kg, avoided_kg = excluded.avoided_kg
where (o.components, o.kg, o.avoided_kg) is distinct from (excluded.components, excluded.kg, excluded.avoided_kg)

-- kept --
-- what is kept of an enterprise's months
select month, unit_name, kind, method, components, kg, avoided_kg from leak_emission
where enterprise_id = %(enterprise_id)s::int and month between %(first)s::date and %(last)s::date
order by month, unit_name, kind, method

-- keep_factors --
-- the figures by which emissions are computed
insert into leak_factor as o (family, kind, medium, coefficient_a, exponent_b, default_zero_kg_h, pegged_kg_h,
                              average_kg_h, correlation_row, average_row, is_borrowed, confidence, source,
                              zero_below_umol_mol, pegged_from_umol_mol)
select f.*, %(zero_below)s::double precision, %(pegged_from)s::double precision
from unnest(
    %(family)s::text[], %(kind)s::text[], %(medium)s::text[], %(coefficient_a)s::double precision[],
    %(exponent_b)s::double precision[], %(default_zero_kg_h)s::double precision[], %(pegged_kg_h)s::double precision[],
    %(average_kg_h)s::double precision[], %(correlation_row)s::text[], %(average_row)s::text[],
    %(is_borrowed)s::boolean[], %(confidence)s::text[], %(source)s::text[]) as f
on conflict (family, kind, medium) do update
    set (coefficient_a, exponent_b, default_zero_kg_h, pegged_kg_h, average_kg_h, zero_below_umol_mol,
         pegged_from_umol_mol, correlation_row, average_row, is_borrowed, confidence, source)
      = (excluded.coefficient_a, excluded.exponent_b, excluded.default_zero_kg_h, excluded.pegged_kg_h,
         excluded.average_kg_h, excluded.zero_below_umol_mol, excluded.pegged_from_umol_mol, excluded.correlation_row,
         excluded.average_row, excluded.is_borrowed, excluded.confidence, excluded.source)
where o is distinct from excluded

-- campaigns --
-- campaigns of enterprises that end on or after a day of each and begin by another, with the enterprise
select g.campaign_id, g.enterprise_id
from unnest(%(enterprise_ids)s::int[], %(ends_from)s::date[], %(begins_by)s::date[]) as a (enterprise_id, ends_from, begins_by)
join campaign g on g.enterprise_id = a.enterprise_id and g.to_day >= a.ends_from and g.from_day <= a.begins_by
order by g.campaign_id

-- unsummed_campaigns --
-- campaigns of an enterprise of which nothing is summed up
select g.campaign_id from campaign g
where g.enterprise_id = %(enterprise_id)s::int
    and not exists (select from campaign_unit s where s.campaign_id = g.campaign_id)
order by g.campaign_id

-- forget_campaigns --
-- what is summed up of enterprises' campaigns
delete from campaign_unit s using campaign g
where g.campaign_id = s.campaign_id and g.enterprise_id = any(%(enterprise_ids)s::int[])

-- refresh_campaigns --
-- sums up some campaigns by unit: all units, or those that are named
with found as (
    select g.campaign_id, s.*
    from unnest(%(campaign_ids)s::int[]) as w (campaign_id)
    join campaign g using (campaign_id)
    cross join lateral (
        select c.unit_name, count(*)::int as components, count(t.tests) filter (where t.tests > 0)::int as tested,
               count(*) filter (where k.leaks > 0)::int as leaking,
               count(*) filter (where k.leaks > 0 and k.is_closed)::int as closed,
               coalesce(sum(coalesce(c.voc_share, 1) * dash.leak_kg_h(
                   t.net_umol_mol, f.coefficient_a, f.exponent_b, f.default_zero_kg_h, f.pegged_kg_h, f.average_kg_h,
                   f.zero_below_umol_mol, f.pegged_from_umol_mol)) filter (where t.tests > 0), 0) as found_kg_h,
               coalesce(sum(coalesce(c.voc_share, 1) * dash.leak_kg_h(
                   coalesce(k.closed_net_umol_mol, t.net_umol_mol), f.coefficient_a, f.exponent_b, f.default_zero_kg_h,
                   f.pegged_kg_h, f.average_kg_h, f.zero_below_umol_mol, f.pegged_from_umol_mol))
                   filter (where t.tests > 0), 0) as after_kg_h,
               coalesce(sum(coalesce(c.voc_share, 1) * f.average_kg_h) filter (where t.tests = 0), 0) as untested_kg_h
        from component c
        left join process_unit u using (unit_id)
        left join installation i using (installation_id)
        left join leak_factor f on f.family = coalesce(i.family, 'socmi') and f.kind = c.kind and f.medium = c.medium
        cross join lateral (
            select count(*) as tests, max(l.net_umol_mol) as net_umol_mol
            from current_leak_test l
            where l.component_id = c.component_id
                and l.tested_at >= g.from_day::timestamp at time zone 'Asia/Shanghai'
                and l.tested_at < (g.to_day + 1)::timestamp at time zone 'Asia/Shanghai'
                and l.purpose in ('routine', 'recheck') and (l.method = 'instrument' or not c.reachable)
                and (l.campaign is null or l.campaign = g.code)
            offset 0
        ) t
        cross join lateral (
            -- what the bureau's spot check found is not the campaign's
            select count(*) as leaks, bool_and(o.state = 'closed') as is_closed,
                   max(o.closed_net_umol_mol) filter (where o.state = 'closed') as closed_net_umol_mol
            from leak o
            where t.tests > 0 and o.component_id = c.component_id
                and o.found_at >= g.from_day::timestamp at time zone 'Asia/Shanghai'
                and o.found_at < (g.to_day + 1)::timestamp at time zone 'Asia/Shanghai'
                and exists (select from leak_test n where n.component_id = o.component_id and n.tested_at = o.found_at
                            and n.purpose in ('routine', 'recheck'))
            offset 0
        ) k
        where c.enterprise_id = g.enterprise_id and c.in_service_from <= g.to_day
            and (%(units)s::text[] is null or c.unit_name = any(%(units)s::text[]))
            and (c.in_service_to is null or c.in_service_to > g.to_day)
            and not (c.exempt_clause is not null and coalesce(c.exempt_from, c.in_service_from) <= g.to_day
                     and (c.exempt_to is null or c.exempt_to > g.to_day))
            and (g.installations is null or i.code = any(g.installations))
        group by c.unit_name
        offset 0
    ) s
), gone as (
    delete from campaign_unit o
    where o.campaign_id = any(%(campaign_ids)s::int[])
        and (%(units)s::text[] is null or o.unit_name = any(%(units)s::text[]))
        and not exists (select from found n where n.campaign_id = o.campaign_id and n.unit_name = o.unit_name)
)
insert into campaign_unit as o (campaign_id, unit_name, components, tested, leaking, closed, found_kg_h, after_kg_h,
                                untested_kg_h)
select campaign_id, unit_name, components, tested, leaking, closed, found_kg_h, after_kg_h, untested_kg_h from found
on conflict (campaign_id, unit_name) do update
    set components = excluded.components, tested = excluded.tested, leaking = excluded.leaking,
        closed = excluded.closed, found_kg_h = excluded.found_kg_h, after_kg_h = excluded.after_kg_h,
        untested_kg_h = excluded.untested_kg_h
where o is distinct from excluded
