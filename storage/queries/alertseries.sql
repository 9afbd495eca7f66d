-- take_work --
-- take the oldest new findings off the alert stage's work list, and all others of the same series with them, which the
-- same evaluation covers; other workers pass them over.
-- A finding replaces one of the same period, but a record found late may also move the periods of a duty.
-- `offset 0` looks each finding up by its key: the list is short, whatever the planner remembers of it
with oldest as (
    select w.seq, f.rule_id, f.subject, f.enterprise_id
    from (select seq, finding_id from alert_work order by seq limit %(limit)s::int for update skip locked) w
    cross join lateral (select l.rule_id, l.subject, l.enterprise_id
                        from finding l where l.finding_id = w.finding_id offset 0) f
), same as (
    select w.seq
    from alert_work w
    cross join lateral (select l.rule_id, l.subject, l.enterprise_id
                        from finding l where l.finding_id = w.finding_id offset 0) f
    where (f.rule_id, f.subject) in (select o.rule_id, o.subject from oldest o)
       or (f.rule_id, f.enterprise_id) in (select o.rule_id, o.enterprise_id from oldest o join rule r using (rule_id)
                                           where r.definition #>> '{alert,per}' = 'enterprise')
    for update of w skip locked
), taken as (
    delete from alert_work
    where seq in (select seq from oldest union all select seq from same)
    returning finding_id
)
select f.finding_id, f.rule_id, f.subject, f.enterprise_id,
       case when coalesce((r.definition #>> '{alert,duty}')::boolean, f.subject like 'component:%%') then
           least(f.period_start, (select min(old.period_start) from finding old
                                  where old.rule_id = f.rule_id and old.subject = f.subject
                                    and old.superseded_by = f.finding_id))
       else f.period_start end as changed_from
from taken t
cross join lateral (select l.finding_id, l.rule_id, l.subject, l.enterprise_id, l.period_start
                    from finding l where l.finding_id = t.finding_id offset 0) f
left join rule r on r.rule_id = f.rule_id
order by f.finding_id

-- put_back --
-- findings whose evaluation failed go to the end of the work list
insert into alert_work (finding_id) select unnest(%(finding_ids)s::bigint[])

-- rules --
-- what the alert stage needs to know about some rules
select rule_id, title, standard, clause, definition -> 'alert' as alert, definition ? 'retired' as is_retired,
       not enabled as is_off
from rule where rule_id = any(%(rule_ids)s::text[])

-- open_of --
-- open alerts that some findings are the newest of
select 0 as position, a.alert_id, a.state, a.severity, a.title, a.summary, a.details, a.occurred_at, a.last_seen_at,
       a.fired_at, a.resolved_at, a.resolution, a.condition, a.no_data_since, a.finding_id,
       a.notified_at is not null as was_notified, a.rule_id, a.subject
from alert a
where a.state in ('pending', 'firing') and a.finding_id = any(%(finding_ids)s::bigint[])
order by a.rule_id, a.subject, a.alert_id

-- lock --
-- one worker at a time for each (rule, alert subject), in the order given; released at the end of the transaction
select count(pg_advisory_xact_lock(hashtext('alert'), hashtext(s.rule_id || ' ' || s.subject)))
from (select g.rule_id, g.subject
      from unnest(%(rule_ids)s::text[], %(subjects)s::text[]) with ordinality as g (rule_id, subject, position)
      order by g.position) s

-- loud --
-- positions, from 0, of the series that have anything to do with an alert from an instant on: one that is open or ended
-- since, a violation, or want of data before which nothing was known for as long as the rule's `no_data_for`.
-- `offset 0` reads each series' findings by their key, never all violations of a rule
with s as materialized (
    select g.rule_id, g.subject, g.from_at, g.no_data_for, (g.position - 1)::int as position
    from unnest(%(rule_ids)s::text[], %(subjects)s::text[], %(from_ats)s::timestamptz[], %(no_data_fors)s::interval[])
        with ordinality as g (rule_id, subject, from_at, no_data_for, position)
)
select s.position
from s
cross join lateral (
    select 1
    from alert a
    where a.rule_id = s.rule_id and a.subject = s.subject and a.resolution is distinct from 'superseded'
      and (a.resolved_at is null or a.resolved_at >= s.from_at)
    limit 1
) standing
union
select s.position
from s
cross join lateral (
    select f.period_start, f.period_end, f.verdict, f.reason
    from finding f
    where f.rule_id = s.rule_id and f.subject = s.subject and f.superseded_at is null and f.period_start >= s.from_at
    offset 0
) f
where f.verdict = 'violation'
   or (f.verdict = 'undetermined' and f.reason = any(%(no_data_reasons)s::text[])
       and not exists (select 1 from finding k
                       where k.rule_id = s.rule_id and k.subject = s.subject and k.superseded_at is null
                         and k.period_start >= f.period_end - s.no_data_for
                         and k.period_start < f.period_start and k.verdict <> 'undetermined')
       -- null where the rule has no such word
       and exists (select 1 from finding b
                   where b.rule_id = s.rule_id and b.subject = s.subject and b.superseded_at is null
                     and b.period_start <= f.period_end - s.no_data_for))

-- stored --
-- alerts of series that are open or ended at or after an instant, without the superseded ones; position from 0
select (s.position - 1)::int as position, a.*
from unnest(%(rule_ids)s::text[], %(subjects)s::text[], %(from_ats)s::timestamptz[])
    with ordinality as s (rule_id, subject, from_at, position)
cross join lateral (
    select a.alert_id, a.state, a.severity, a.title, a.summary, a.details, a.occurred_at, a.last_seen_at, a.fired_at,
           a.resolved_at, a.resolution, a.condition, a.no_data_since, a.finding_id,
           a.notified_at is not null as was_notified
    from alert a
    where a.rule_id = s.rule_id and a.subject = s.subject
      and (a.resolved_at is null or a.resolved_at >= s.from_at)
      and a.resolution is distinct from 'superseded'
    offset 0
) a
order by s.position, a.occurred_at, a.alert_id

-- subject_findings --
-- current findings of subjects from the last compliant one before an instant, where surely nothing was going on. The
-- evidence is looked into where it may matter: it is the greater part of a finding
select (s.position - 1)::int as position, f.*
from unnest(%(rule_ids)s::text[], %(subjects)s::text[], %(from_ats)s::timestamptz[])
    with ordinality as s (rule_id, subject, from_at, position)
cross join lateral (
    select coalesce(max(c.period_start), '-infinity'::timestamptz) as start
    from finding c
    where c.rule_id = s.rule_id and c.subject = s.subject and c.superseded_at is null
      and c.verdict = 'compliant' and c.period_start < s.from_at
    offset 0
) known
cross join lateral (
    select f.finding_id, f.subject, f.period_start, f.period_end, f.verdict, f.reason, f.value, f.limit_value, f.unit,
           null as met_at,
           case when f.verdict = 'undetermined' then f.evidence @? '$.marks[*]' else false end as is_marked
    from finding f
    where f.rule_id = s.rule_id and f.subject = s.subject and f.superseded_at is null
      and f.period_start >= known.start
    offset 0
) f
order by s.position, f.period_start

-- duty_findings --
-- current findings of subjects' duties from the first violation on that may still have been going on at an instant;
-- what follows a broken duty may be compliant (the next year's is scheduled) without it being met
select (s.position - 1)::int as position, f.*
from unnest(%(rule_ids)s::text[], %(subjects)s::text[], %(from_ats)s::timestamptz[])
    with ordinality as s (rule_id, subject, from_at, position)
cross join lateral (
    select f.finding_id, f.subject, f.period_start, f.period_end, f.verdict, f.reason, f.value, f.limit_value, f.unit,
           f.evidence ->> 'met_at' as met_at, false as is_marked
    from finding f
    where f.rule_id = s.rule_id and f.subject = s.subject and f.superseded_at is null
      and f.period_start >= (
          select min(v.period_start)
          from finding v
          left join lateral (
              select n.period_start from finding n
              where n.rule_id = v.rule_id and n.subject = v.subject and n.superseded_at is null
                and n.verdict <> 'undetermined' and n.period_start > v.period_start
              order by n.period_start limit 1
          ) later on true
          where v.rule_id = s.rule_id and v.subject = s.subject and v.verdict = 'violation'
            and v.superseded_at is null
            and (later.period_start is null or greatest(later.period_start, v.period_end) >= s.from_at))
    offset 0
) f
order by s.position, f.period_start

-- enterprise_findings --
-- current findings of enterprises' subjects from their first violation on that was still going on at an instant
select (s.position - 1)::int as position, f.*
from unnest(%(rule_ids)s::text[], %(enterprise_ids)s::int[], %(from_ats)s::timestamptz[])
    with ordinality as s (rule_id, enterprise_id, from_at, position)
cross join lateral (
    select v.subject, min(v.period_start) as since
    from finding v
    left join lateral (
        select n.period_start from finding n
        where n.rule_id = v.rule_id and n.subject = v.subject and n.superseded_at is null
          and n.verdict <> 'undetermined' and n.period_start > v.period_start
        order by n.period_start limit 1
    ) later on true
    where v.rule_id = s.rule_id and v.enterprise_id = s.enterprise_id and v.verdict = 'violation'
      and v.superseded_at is null
      and (later.period_start is null or greatest(later.period_start, v.period_end) >= s.from_at)
    group by v.subject
    offset 0
) broken
cross join lateral (
    select f.finding_id, f.subject, f.period_start, f.period_end, f.verdict, f.reason, f.value, f.limit_value, f.unit,
           f.evidence ->> 'met_at' as met_at, false as is_marked
    from finding f
    where f.rule_id = s.rule_id and f.subject = broken.subject and f.superseded_at is null
      and f.period_start >= broken.since
    offset 0
) f
order by s.position, f.subject, f.period_start

-- evidences --
-- what findings rest on
select finding_id, evidence from finding where finding_id = any(%(finding_ids)s::bigint[])

-- component_groups --
-- components that the findings of several texts are about, counted by unit and kind; position: of the text
select w.position, c.unit_name, c.kind, count(*)::int
from unnest(%(positions)s::int[], %(finding_ids)s::bigint[]) as w (position, finding_id)
cross join lateral (select l.enterprise_id, l.subject from finding l where l.finding_id = w.finding_id offset 0) f
cross join lateral (
    select k.unit_name, k.kind from component k
    where k.enterprise_id = f.enterprise_id and k.code = substr(f.subject, strpos(f.subject, '/') + 1)
    offset 0
) c
group by w.position, c.unit_name, c.kind
order by 1, 4 desc, 2, 3

-- subject_names --
-- how people call subjects and their enterprises; null where the register does not know them; position from 0
select (s.position - 1)::int as position,
       (select e.name from enterprise e where e.code = s.enterprise) as enterprise,
       case s.kind
           when 'city' then (select c.name from city c where c.code = s.key)
           when 'district' then (select d.name from district d where d.code = s.key)
           when 'park' then (select p.name from park p where p.code = s.key)
           when 'enterprise' then (select e.name from enterprise e where e.code = s.key)
           when 'rule' then (select r.title from rule r where r.rule_id = s.key)
           when 'outlet' then (select o.name from outlet o join enterprise e using (enterprise_id)
                               where e.code = s.enterprise and o.code = s.code)
           when 'pollutant' then (select o.name from outlet o join enterprise e using (enterprise_id)
                                  where e.code = s.enterprise and o.code = s.code)
           when 'line' then (select n.name from line n join enterprise e using (enterprise_id)
                             where e.code = s.enterprise and n.code = s.code)
           when 'place' then (select m.name from metering_place m join enterprise e using (enterprise_id)
                              where e.code = s.enterprise and m.code = s.code)
           when 'intake' then (select i.name from intake i join enterprise e using (enterprise_id)
                               where e.code = s.enterprise and i.code = s.code)
           when 'point' then (select p.name from point p join enterprise e using (enterprise_id)
                              where e.code = s.enterprise and p.code = s.code)
           when 'component' then (select c.name from component c join enterprise e using (enterprise_id)
                                  where e.code = s.enterprise and c.code = s.code)
       end as subject
from unnest(%(enterprises)s::text[], %(kinds)s::text[], %(keys)s::text[], %(codes)s::text[])
    with ordinality as s (enterprise, kind, key, code, position)

-- limit_bases --
-- what limits rest on
select limit_id, kind, averaging, standard, clause from emission_limit where limit_id = any(%(limit_ids)s::bigint[])
