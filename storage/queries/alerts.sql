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
select rule_id, title, standard, clause, definition -> 'alert' as alert
from rule where rule_id = any(%(rule_ids)s::text[])

-- lock_series --
-- one worker at a time for a (rule, alert subject); released at the end of the transaction
select pg_advisory_xact_lock(hashtext('alert'), hashtext(%(rule_id)s::text || ' ' || %(subject)s::text))

-- lock_many_series --
-- the same for several, in the order given
select count(pg_advisory_xact_lock(hashtext('alert'), hashtext(s.rule_id || ' ' || s.subject)))
from (select g.rule_id, g.subject
      from unnest(%(rule_ids)s::text[], %(subjects)s::text[]) with ordinality as g (rule_id, subject, position)
      order by g.position) s

-- loud_series --
-- positions, from 0, of the series that have anything to do with an alert from an instant on: one that is open or ended
-- since, a violation, or want of data before which nothing was known for as long as the rule's `no_data_for`
select s.position - 1 as position
from unnest(%(rule_ids)s::text[], %(subjects)s::text[], %(from_ats)s::timestamptz[], %(no_data_fors)s::interval[])
    with ordinality as s (rule_id, subject, from_at, no_data_for, position)
where exists (select 1 from alert a
              where a.rule_id = s.rule_id and a.subject = s.subject and a.resolution is distinct from 'superseded'
                and (a.resolved_at is null or a.resolved_at >= s.from_at))
   or exists (select 1 from finding f
              where f.rule_id = s.rule_id and f.subject = s.subject and f.superseded_at is null
                and f.period_start >= s.from_at and f.verdict = 'violation')
   or exists (select 1 from finding f
              where f.rule_id = s.rule_id and f.subject = s.subject and f.superseded_at is null
                and f.period_start >= s.from_at and f.verdict = 'undetermined'
                and f.reason = any(%(no_data_reasons)s::text[])
                and not exists (select 1 from finding k
                                where k.rule_id = s.rule_id and k.subject = s.subject and k.superseded_at is null
                                  and k.period_start >= f.period_end - s.no_data_for
                                  and k.period_start < f.period_start and k.verdict <> 'undetermined')
                -- null where the rule has no such word
                and exists (select 1 from finding b
                            where b.rule_id = s.rule_id and b.subject = s.subject and b.superseded_at is null
                              and b.period_start <= f.period_end - s.no_data_for))

-- stored --
-- alerts of a series that are open or ended at or after an instant, without the superseded ones
select a.alert_id, a.state, a.severity, a.title, a.summary, a.details, a.occurred_at, a.detected_at, a.last_seen_at,
       a.fired_at, a.resolved_at, a.resolution, a.condition, a.no_data_since, a.finding_id,
       a.notified_at is not null as was_notified
from alert a
where a.rule_id = %(rule_id)s::text and a.subject = %(subject)s::text
  and (a.resolved_at is null or a.resolved_at >= %(from_at)s::timestamptz)
  and a.resolution is distinct from 'superseded'
order by a.occurred_at, a.alert_id

-- subject_findings --
-- current findings of one subject from the last compliant one before an instant, where surely no violation was going on
select f.finding_id, f.subject, f.period_start, f.period_end, f.verdict, f.reason, f.value, f.limit_value, f.unit,
       f.evidence ->> 'met_at' as met_at, f.evidence @? '$.marks[*]' as is_marked
from finding f
where f.rule_id = %(rule_id)s::text and f.subject = %(subject)s::text and f.superseded_at is null
  and f.period_start >= coalesce(
      (select max(c.period_start) from finding c
       where c.rule_id = %(rule_id)s::text and c.subject = %(subject)s::text and c.superseded_at is null
         and c.verdict = 'compliant' and c.period_start < %(from_at)s::timestamptz),
      '-infinity'::timestamptz)
order by f.period_start

-- duty_findings --
-- current findings of one subject's duty from the first violation on that may still have been going on at an instant;
-- what follows a broken duty may be compliant (the next year's is scheduled) without it being met
select f.finding_id, f.subject, f.period_start, f.period_end, f.verdict, f.reason, f.value, f.limit_value, f.unit,
       f.evidence ->> 'met_at' as met_at, f.evidence @? '$.marks[*]' as is_marked
from finding f
where f.rule_id = %(rule_id)s::text and f.subject = %(subject)s::text and f.superseded_at is null
  and f.period_start >= (
      select min(v.period_start)
      from finding v
      left join lateral (
          select n.period_start from finding n
          where n.rule_id = v.rule_id and n.subject = v.subject and n.superseded_at is null
            and n.verdict <> 'undetermined' and n.period_start > v.period_start
          order by n.period_start limit 1
      ) later on true
      where v.rule_id = %(rule_id)s::text and v.subject = %(subject)s::text and v.verdict = 'violation'
        and v.superseded_at is null
        and (later.period_start is null or greatest(later.period_start, v.period_end) >= %(from_at)s::timestamptz))
order by f.period_start

-- enterprise_findings --
-- current findings of an enterprise's subjects from their first violation on that was still going on at an instant
with broken as (
    select v.subject, min(v.period_start) as since
    from finding v
    left join lateral (
        select n.period_start from finding n
        where n.rule_id = v.rule_id and n.subject = v.subject and n.superseded_at is null
          and n.verdict <> 'undetermined' and n.period_start > v.period_start
        order by n.period_start limit 1
    ) later on true
    where v.rule_id = %(rule_id)s::text and v.enterprise_id = %(enterprise_id)s::int and v.verdict = 'violation'
      and v.superseded_at is null
      and (later.period_start is null or greatest(later.period_start, v.period_end) >= %(from_at)s::timestamptz)
    group by v.subject
)
select f.finding_id, f.subject, f.period_start, f.period_end, f.verdict, f.reason, f.value, f.limit_value, f.unit,
       f.evidence ->> 'met_at' as met_at, f.evidence @? '$.marks[*]' as is_marked
from broken b
join finding f on f.rule_id = %(rule_id)s::text and f.subject = b.subject and f.superseded_at is null
             and f.period_start >= b.since
order by f.subject, f.period_start

-- evidence --
-- what a finding rests on
select evidence from finding where finding_id = %(finding_id)s::bigint

-- evidences --
-- what findings rest on
select finding_id, evidence from finding where finding_id = any(%(finding_ids)s::bigint[])

-- component_groups --
-- components that findings are about, counted by unit and kind
select c.unit_name, c.kind, count(*)::int
from unnest(%(finding_ids)s::bigint[]) as w (finding_id)
join finding f on f.finding_id = w.finding_id
join component c on c.enterprise_id = f.enterprise_id and c.code = substr(f.subject, strpos(f.subject, '/') + 1)
group by c.unit_name, c.kind
order by 3 desc, 1, 2

-- subject_name --
-- how people call a subject and its enterprise; null where the register does not know it
select (select e.name from enterprise e where e.code = %(enterprise)s::text) as enterprise,
       case %(kind)s::text
           when 'city' then (select c.name from city c where c.code = %(key)s::text)
           when 'district' then (select d.name from district d where d.code = %(key)s::text)
           when 'park' then (select p.name from park p where p.code = %(key)s::text)
           when 'enterprise' then (select e.name from enterprise e where e.code = %(key)s::text)
           when 'rule' then (select r.title from rule r where r.rule_id = %(key)s::text)
           when 'outlet' then (select o.name from outlet o join enterprise e using (enterprise_id)
                               where e.code = %(enterprise)s::text and o.code = %(code)s::text)
           when 'pollutant' then (select o.name from outlet o join enterprise e using (enterprise_id)
                                  where e.code = %(enterprise)s::text and o.code = %(code)s::text)
           when 'line' then (select n.name from line n join enterprise e using (enterprise_id)
                             where e.code = %(enterprise)s::text and n.code = %(code)s::text)
           when 'place' then (select m.name from metering_place m join enterprise e using (enterprise_id)
                              where e.code = %(enterprise)s::text and m.code = %(code)s::text)
           when 'intake' then (select i.name from intake i join enterprise e using (enterprise_id)
                               where e.code = %(enterprise)s::text and i.code = %(code)s::text)
           when 'point' then (select p.name from point p join enterprise e using (enterprise_id)
                              where e.code = %(enterprise)s::text and p.code = %(code)s::text)
           when 'component' then (select c.name from component c join enterprise e using (enterprise_id)
                                  where e.code = %(enterprise)s::text and c.code = %(code)s::text)
       end as subject

-- next_alert_id --
-- reserve a number, so that an alert's own text may contain its address
select nextval(pg_get_serial_sequence('alert', 'alert_id'))

-- insert_alert --
-- a new alert; no row when another one of the series is open
insert into alert (alert_id, rule_id, subject, enterprise_id, severity, state, title, summary, details, occurred_at,
                   detected_at, fired_at, last_seen_at, resolved_at, resolution, finding_id, condition, no_data_since)
overriding system value
values (%(alert_id)s::bigint, %(rule_id)s::text, %(subject)s::text, %(enterprise_id)s::int, %(severity)s::text,
        %(state)s::text, %(title)s::text, %(summary)s::text, %(details)s::jsonb, %(occurred_at)s::timestamptz,
        %(detected_at)s::timestamptz, %(fired_at)s::timestamptz, %(last_seen_at)s::timestamptz,
        %(resolved_at)s::timestamptz, %(resolution)s::text, %(finding_id)s::bigint, %(condition)s::text,
        %(no_data_since)s::timestamptz)
on conflict (rule_id, subject) where state in ('pending', 'firing') do nothing
returning alert_id

-- update_alert --
-- bring a stored alert to what the findings say now
update alert
set severity = %(severity)s::text, state = %(state)s::text, title = %(title)s::text, summary = %(summary)s::text,
    details = %(details)s::jsonb, occurred_at = %(occurred_at)s::timestamptz, fired_at = %(fired_at)s::timestamptz,
    last_seen_at = %(last_seen_at)s::timestamptz, resolved_at = %(resolved_at)s::timestamptz,
    resolution = %(resolution)s::text, finding_id = %(finding_id)s::bigint,
    no_data_since = %(no_data_since)s::timestamptz
where alert_id = %(alert_id)s::bigint

-- supersede_alert --
-- an alert whose violation does not stand any more; one that was open ends where it was last seen
update alert
set state = 'resolved', resolution = 'superseded', resolved_at = coalesce(resolved_at, last_seen_at),
    summary = %(summary)s::text
where alert_id = %(alert_id)s::bigint

-- append_event --
-- one line of an alert's history
insert into alert_event (alert_id, at, kind, actor, comment, finding_id)
values (%(alert_id)s::bigint, %(at)s::timestamptz, %(kind)s::text, %(actor)s::text, %(comment)s::text,
        %(finding_id)s::bigint)

-- open_counts --
-- open alerts by severity and state
select severity, state, count(*) as alerts from alert where state in ('pending', 'firing') group by severity, state

-- work_count --
-- findings that the alert stage has not looked at
select count(*) from alert_work

-- listen --
-- be told of new work; a hint only
listen plantwatch_alerts
