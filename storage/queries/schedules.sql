-- enterprises --
-- enterprises that have components
select e.enterprise_id, e.code, e.registered_from
from enterprise e
where exists (select from component c where c.enterprise_id = e.enterprise_id)
order by e.code

-- in_service_counts --
-- components in service of enterprises, each on a day; exempt ones count
select (select coalesce(sum(k.change), 0) from component_change k
        where k.enterprise_id = w.enterprise_id and k.day <= w.day)
from unnest(%(enterprise_ids)s::int[], %(days)s::date[]) with ordinality as w (enterprise_id, day, number)
order by w.number

-- components --
-- an enterprise's components with what their installations add; an exemption without a first day holds since service began
select c.component_id, c.code, c.kind, c.medium, c.in_service_from, c.in_service_to, i.started_on, i.standard,
       case when c.exempt_clause is not null then coalesce(c.exempt_from, c.in_service_from) end as exempt_from,
       c.exempt_to
from component c
left join process_unit u on u.unit_id = c.unit_id
left join installation i on i.installation_id = u.installation_id
where c.enterprise_id = %(enterprise_id)s::int
  and (%(component_ids)s::int[] is null or c.component_id = any(%(component_ids)s::int[]))
order by c.code

-- leak_tests_of_all --
-- when the components of an enterprise were tested for a schedule, up to an instant
select t.component_id, extract(epoch from t.tested_at)::bigint as tested_s
from component c
join current_leak_test t using (component_id)
where c.enterprise_id = %(enterprise_id)s::int and t.tested_at <= %(through)s::timestamptz
  and t.purpose = any(%(purposes)s::text[]) and (t.method = 'instrument' or not c.reachable)

-- leak_tests_of_some --
-- the same of some components
select t.component_id, extract(epoch from t.tested_at)::bigint as tested_s
from component c
cross join lateral (
    select t.component_id, t.tested_at, t.purpose, t.method
    from leak_test t
    where t.component_id = c.component_id and t.tested_at <= %(through)s::timestamptz
      and not exists (select from leak_test n where n.component_id = t.component_id and n.tested_at = t.tested_at
                      and n.revision > t.revision)
    offset 0
) t
where c.component_id = any(%(component_ids)s::int[]) and c.enterprise_id = %(enterprise_id)s::int
  and t.purpose = any(%(purposes)s::text[]) and (t.method = 'instrument' or not c.reachable)

-- component_events --
-- restarts and releases of components, those of their installations too
select c.component_id, v.kind = 'release' as is_release, extract(epoch from v.happened_at)::bigint as happened_s
from component_event v
join component c on c.component_id = v.component_id
where v.superseded_at is null and v.happened_at <= %(through)s::timestamptz
  and c.enterprise_id = %(enterprise_id)s::int
  and (%(component_ids)s::int[] is null or v.component_id = any(%(component_ids)s::int[]))
union all
select c.component_id, false, extract(epoch from v.happened_at)::bigint
from component_event v
join process_unit u on u.installation_id = v.installation_id
join component c on c.unit_id = u.unit_id
where v.superseded_at is null and v.kind = 'restart' and v.happened_at <= %(through)s::timestamptz
  and v.enterprise_id = %(enterprise_id)s::int
  and (%(component_ids)s::int[] is null or c.component_id = any(%(component_ids)s::int[]))

-- owners --
-- which enterprises some components belong to
select component_id, enterprise_id from component where component_id = any(%(component_ids)s::int[])

-- changed --
-- components of enterprises whose state in a schedule may have changed between the ends of two days
select distinct w.enterprise_id, f.component_id
from unnest(%(enterprise_ids)s::int[], %(from_days)s::date[], %(to_days)s::date[]) as w (enterprise_id, from_day, to_day)
cross join lateral (
    select d.component_id from component_due d
    where d.enterprise_id = w.enterprise_id and d.rule_id = %(rule_id)s::text
      and d.due_on between w.from_day and w.to_day
    union all
    select d.component_id from component_due d
    where d.enterprise_id = w.enterprise_id and d.rule_id = %(rule_id)s::text
      and d.due_on > w.from_day + %(due_soon_days)s::int and d.due_on <= w.to_day + %(due_soon_days)s::int
    union all
    select c.component_id from component c
    where c.enterprise_id = w.enterprise_id and c.in_service_from > w.from_day and c.in_service_from <= w.to_day
    union all
    select c.component_id from component c
    where c.enterprise_id = w.enterprise_id and c.in_service_to > w.from_day and c.in_service_to <= w.to_day
    union all
    select c.component_id from component c
    where c.enterprise_id = w.enterprise_id and c.exempt_from > w.from_day and c.exempt_from <= w.to_day
    union all
    select c.component_id from component c
    where c.enterprise_id = w.enterprise_id and c.exempt_to > w.from_day and c.exempt_to <= w.to_day
    union all
    select c.component_id from installation i
    join process_unit u on u.installation_id = i.installation_id
    join component c on c.unit_id = u.unit_id
    where i.enterprise_id = w.enterprise_id and i.started_on > w.from_day and i.started_on <= w.to_day
    offset 0
) f

-- delete_dues --
-- duties that are not open any more
delete from component_due d
where d.enterprise_id = %(enterprise_id)s::int and d.rule_id = %(rule_id)s::text
  and (%(component_ids)s::int[] is null or d.component_id = any(%(component_ids)s::int[]))
  and not exists (select from unnest(%(due_ids)s::int[]) as n (component_id) where n.component_id = d.component_id)

-- upsert_dues --
-- open duties that are new or have moved
insert into component_due as d (component_id, rule_id, enterprise_id, anchor, anchor_on, due_on)
select n.component_id, %(rule_id)s::text, %(enterprise_id)s::int, n.anchor, n.anchor_on, n.due_on
from unnest(%(due_ids)s::int[], %(anchors)s::text[], %(anchor_days)s::date[], %(due_days)s::date[])
    as n (component_id, anchor, anchor_on, due_on)
on conflict (component_id, rule_id) do update
set anchor = excluded.anchor, anchor_on = excluded.anchor_on, due_on = excluded.due_on
where (d.anchor, d.anchor_on, d.due_on) is distinct from (excluded.anchor, excluded.anchor_on, excluded.due_on)

-- versions --
-- with which version of a rule each of its subjects was judged last
select subject, rule_version from rule_watermark where rule_id = %(rule_id)s::text
