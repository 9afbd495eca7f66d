-- city --
-- the city whose findings speak of targets
select code from city order by code limit 1

-- city_findings --
-- the last current finding of each rule on a subject in each of some months, with one figure of its evidence
select w.number, m.first, f.finding_id, f.period_start, f.period_end, f.verdict, f.reason,
       case when w.path = '' then f.value else (f.evidence #>> string_to_array(w.path, '.'))::float8 end as value,
       f.evidence #>> '{target,target_id}' as judged_target
from unnest(%(rules)s::text[], %(paths)s::text[]) with ordinality as w (rule_id, path, number)
cross join unnest(%(firsts)s::date[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as m (first, from_at, to_at)
cross join lateral (
    select f.finding_id, f.period_start, f.period_end, f.verdict, f.reason, f.value, f.evidence
    from finding f
    where f.rule_id = w.rule_id and f.subject = %(subject)s::text and f.superseded_at is null
        and f.period_start >= m.from_at and f.period_start < m.to_at
    order by f.period_start desc
    limit 1
) f
order by w.number, m.first

-- enterprise_counts --
-- how many enterprises a rule found what of, in months that it judges as a whole
select m.first, e.industry, f.verdict, f.reason, count(*)
from enterprise e
cross join unnest(%(firsts)s::date[], %(froms)s::timestamptz[]) as m (first, from_at)
cross join lateral (
    select f.verdict, f.reason from finding f
    where f.rule_id = %(rule)s::text and f.subject = 'enterprise:' || e.code and f.period_start = m.from_at
        and f.superseded_at is null
    offset 0
) f
group by 1, 2, 3, 4

-- line_counts --
-- how many lines a rule found what of, with the grade that its evidence names
select m.first, e.industry, f.verdict, f.reason, f.grade, count(*)
from line n
join enterprise e using (enterprise_id)
cross join unnest(%(firsts)s::date[], %(froms)s::timestamptz[]) as m (first, from_at)
cross join lateral (
    select f.verdict, f.reason, f.evidence ->> 'grade' as grade from finding f
    where f.rule_id = %(rule)s::text and f.subject = 'line:' || e.code || '/' || n.code
        and f.period_start = m.from_at and f.superseded_at is null
    offset 0
) f
group by 1, 2, 3, 4, 5

-- connected --
-- enterprises registered in each of some months, and those of them from which anything was stored then
select m.first, e.industry, count(*), count(*) filter (where d.has_data)
from unnest(%(firsts)s::date[], %(nexts)s::date[]) as m (first, next)
join enterprise e on e.registered_from < m.next and e.is_industrial
cross join lateral (
    select exists (
        select from accounting a
        where a.enterprise_id = e.enterprise_id and a.day >= m.first and a.day < m.next and a.stored > 0
    ) as has_data
    offset 0
) d
group by 1, 2

-- ldar_rounds --
-- per enterprise with components: how many the yearly rule has judged in the year from an instant on, and how many of
-- them were tested in it
select e.code, count(f.reason)::int, count(*) filter (where f.reason = 'tested')::int
from component c
join enterprise e using (enterprise_id)
left join lateral (
    select f.reason from finding f
    where f.rule_id = 'ldar.wuhai_yearly' and f.subject = 'component:' || e.code || '/' || c.code
        and f.superseded_at is null and f.period_start >= %(from_at)s::timestamptz
    order by f.period_start desc
    limit 1
) f on true
group by 1

-- duty_terms --
-- current terms of some duties that began at or after an instant
select f.rule_id, f.subject, (f.evidence ->> 'anchor_on')::date as first, (f.evidence ->> 'due_on')::date as due,
       f.reason, (f.evidence ->> 'done_on')::date as done_on, f.finding_id
from unnest(%(rules)s::text[]) as w (rule_id)
join finding f on f.rule_id = w.rule_id and f.superseded_at is null and f.period_start >= %(from_at)s::timestamptz
where f.evidence ? 'due_on'
order by f.rule_id, f.subject, f.period_start

-- city_entries --
-- the city's own figures of some items
select null::text as enterprise, null::text as line, l.item, l.period_kind, l.period_from as first, l.value
from ledger_entry l
where coalesce(l.enterprise_id, 0) = 0 and coalesce(l.line_id, 0) = 0 and l.item = any(%(items)s::text[])
    and l.superseded_at is null

-- enterprise_sums --
-- an item summed over enterprises by period; months of an enterprise that reported the whole year are not added to it
select w.item, l.period_kind, w.first, sum(l.value), count(*)::int
from unnest(%(items)s::text[], %(firsts)s::date[]) as w (item, first)
cross join lateral (
    select l.period_kind, l.value from ledger_entry l
    where l.period_from = w.first and l.item = w.item and l.superseded_at is null and l.enterprise_id is not null
        and (l.period_kind = 'year' or not exists (
            select from ledger_entry y
            where coalesce(y.enterprise_id, 0) = coalesce(l.enterprise_id, 0)
                and coalesce(y.line_id, 0) = coalesce(l.line_id, 0) and y.item = l.item and y.period_kind = 'year'
                and y.period_from = date_trunc('year', w.first)::date and y.superseded_at is null))
    offset 0
) l
group by 1, 2, 3

-- values --
-- the newest current figures that bureaus entered, of every target
select v.target_id, v.part, v.as_of, v.value, v.author, v.evidence, v.value_id
from target t
cross join lateral (
    select v.target_id, v.part, v.as_of, v.value, v.author, v.evidence, v.value_id
    from target_value v
    where v.target_id = t.target_id and v.superseded_at is null
    order by v.as_of desc, v.part
    limit 120
) v
order by v.target_id, v.part, v.as_of

-- newest_figures --
-- up to where figures have been entered, to see whether any has come
select coalesce((select max(value_id) from target_value), 0), coalesce((select max(entry_id) from ledger_entry), 0)

-- statuses --
-- where every target stands, as last written
select target_id, indicator_year, state, value, unit, as_of, gap, projected, trend, parts, conflicts, source, why
from target_status

-- write --
-- where a target stands now
insert into target_status (target_id, indicator_year, state, value, unit, as_of, gap, projected, trend, parts,
                           conflicts, source, why, computed_at)
values (%(target_id)s::text, %(indicator_year)s::int, %(state)s::text, %(value)s::float8, %(unit)s::text,
        %(as_of)s::date, %(gap)s::float8, %(projected)s::float8, %(trend)s::jsonb, %(parts)s::jsonb,
        %(conflicts)s::jsonb, %(source)s::jsonb, %(why)s::text, %(at)s::timestamptz)
on conflict (target_id) do update set
    indicator_year = excluded.indicator_year, state = excluded.state, value = excluded.value, unit = excluded.unit,
    as_of = excluded.as_of, gap = excluded.gap, projected = excluded.projected, trend = excluded.trend,
    parts = excluded.parts, conflicts = excluded.conflicts, source = excluded.source, why = excluded.why,
    computed_at = excluded.computed_at

-- delete_others --
-- targets that the policy tables do not have any more
delete from target_status where target_id <> all(%(target_ids)s::text[])

-- add_values --
-- writes figures that differ from the current ones and supersedes those: how many were new, corrected and equal
with given as (
    select g.target_id, g.part, g.as_of, g.value, g.evidence
    from unnest(%(target_ids)s::text[], %(parts)s::text[], %(as_ofs)s::date[], %(values)s::float8[],
                %(evidences)s::text[]) as g (target_id, part, as_of, value, evidence)
), compared as (
    select g.target_id, g.part, g.as_of, g.value, g.evidence, v.value_id,
           v.value is not distinct from g.value and v.evidence is not distinct from g.evidence as same
    from given g
    left join target_value v on v.target_id = g.target_id and v.part = g.part and v.as_of = g.as_of
        and v.superseded_at is null
), gone as (
    update target_value v set superseded_at = %(at)s::timestamptz
    from compared c where c.value_id = v.value_id and not c.same
    returning v.value_id
), made as (
    insert into target_value (target_id, part, as_of, value, author, evidence, origin, created_at)
    select c.target_id, c.part, c.as_of, c.value, %(author)s::text, c.evidence, %(origin)s::text, %(at)s::timestamptz
    from compared c
    where (c.value_id is null or not c.same) and (select count(*) from gone) >= 0 -- the update goes first
    returning value_id
)
select (select count(*) from made)::int - (select count(*) from gone)::int, (select count(*) from gone)::int,
       (select count(*) from compared where same and value_id is not null)::int

-- hint --
-- wakes the rules, that they look at what was entered
select pg_notify('plantwatch_rules', '')
