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
