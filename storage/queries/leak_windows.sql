-- owners --
-- enterprises that have components, or installations of a standard
select e.enterprise_id, e.code, e.registered_from
from enterprise e
where case when %(standard)s::text is null
           then exists (select from component c where c.enterprise_id = e.enterprise_id)
           else exists (select from installation i where i.enterprise_id = e.enterprise_id
                          and i.standard = %(standard)s::text) end
order by e.code

-- ever_leaking --
-- components of enterprises of which any version of any test leaked; the index holds no others
select distinct c.enterprise_id, t.component_id
from leak_test t join component c using (component_id)
where (t.visible or t.net_umol_mol >= 500) and c.enterprise_id = any(%(enterprise_ids)s::int[])
order by t.component_id

-- open_since --
-- components of enterprises with an open leak, or one that was removed with its component since a day
select distinct c.enterprise_id, l.component_id
from leak l join component c using (component_id)
where l.state not in ('closed', 'removed') and c.enterprise_id = any(%(enterprise_ids)s::int[])
union
select c.enterprise_id, l.component_id
from component c join leak l using (component_id)
where l.state = 'removed' and c.enterprise_id = any(%(enterprise_ids)s::int[]) and c.in_service_to >= %(since)s::date
order by component_id

-- spot_days --
-- days on which the bureau checked at enterprises, from an instant on to another
select distinct c.enterprise_id, (t.tested_at at time zone 'Asia/Shanghai')::date
from leak_test t join component c using (component_id)
where t.purpose = 'spot_check' and t.tested_at >= %(from_at)s::timestamptz and t.tested_at < %(to_at)s::timestamptz
  and c.enterprise_id = any(%(enterprise_ids)s::int[])

-- spot_days_of --
-- days on which the bureau checked some components
select distinct c.enterprise_id, (t.tested_at at time zone 'Asia/Shanghai')::date
from leak_test t join component c using (component_id)
where t.purpose = 'spot_check' and t.component_id = any(%(component_ids)s::int[])

-- judged_days --
-- which of some enterprises' days have a current finding of a rule
select g.enterprise_id, g.day
from unnest(%(enterprise_ids)s::int[], %(days)s::date[]) as g (enterprise_id, day)
join enterprise e using (enterprise_id)
join finding f on f.rule_id = %(rule_id)s::text and f.subject = 'enterprise:' || e.code and f.superseded_at is null
    and f.period_start = g.day::timestamp at time zone 'Asia/Shanghai'

-- checked --
-- components that the bureau checked at enterprises on days
select g.enterprise_id, g.day, t.component_id
from unnest(%(enterprise_ids)s::int[], %(days)s::date[]) as g (enterprise_id, day)
cross join lateral (
    select distinct l.component_id
    from leak_test l join component c using (component_id)
    where l.purpose = 'spot_check' and c.enterprise_id = g.enterprise_id
      and l.tested_at >= g.day::timestamp at time zone 'Asia/Shanghai'
      and l.tested_at < (g.day + 1)::timestamp at time zone 'Asia/Shanghai' offset 0) t
order by t.component_id

-- in_service_counts --
-- how many components enterprises had in service on days, counted no further than is needed
select g.enterprise_id, g.day,
       (select count(*) from (select from component c
                              where c.enterprise_id = g.enterprise_id and c.in_service_from <= g.day
                                and (c.in_service_to is null or c.in_service_to > g.day)
                              limit %(needed)s::int) counted)
from unnest(%(enterprise_ids)s::int[], %(days)s::date[]) as g (enterprise_id, day)
