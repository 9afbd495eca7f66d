-- entries --
-- current figures of months that begin in [from, to], and of the years that these lie in
select e.code as enterprise, n.code as line, l.item, l.period_kind, l.period_from as first, l.value
from ledger_entry l
left join enterprise e on e.enterprise_id = l.enterprise_id
left join line n on n.line_id = l.line_id
where l.superseded_at is null
  and ((l.period_kind = 'month' and l.period_from between %(from_day)s::date and %(to_day)s::date)
    or (l.period_kind = 'year' and l.period_from between date_trunc('year', %(from_day)s::date)::date and %(to_day)s::date))
order by e.code, n.code, l.item, l.period_from

-- lock --
-- one writer at a time of an enterprise's figures (0: the city's), always in the same order
select count(pg_advisory_xact_lock(hashtext('ledger'), o.owner))
from (select distinct coalesce(e.enterprise_id, 0) as owner
      from unnest(%(enterprises)s::text[]) as g (code)
      left join enterprise e on e.code = g.code
      order by owner) o

-- compare --
-- what figures would be beside the current ones, in the order given
select case when g.enterprise is not null and e.enterprise_id is null or g.line is not null and n.line_id is null
                 then 'unknown'
            when l.entry_id is null then 'new' when l.value = g.value then 'same' else 'corrected' end, l.value
from unnest(%(enterprises)s::text[], %(lines)s::text[], %(items)s::text[], %(kinds)s::text[], %(firsts)s::date[],
            %(values)s::float8[], %(units)s::text[], %(evidences)s::text[]) with ordinality
     as g (enterprise, line, item, period_kind, first, value, unit, evidence, number)
left join enterprise e on e.code = g.enterprise
left join line n on n.enterprise_id = e.enterprise_id and n.code = g.line
left join ledger_entry l on l.superseded_at is null and coalesce(l.enterprise_id, 0) = coalesce(e.enterprise_id, 0)
    and coalesce(l.line_id, 0) = coalesce(n.line_id, 0) and l.item = g.item and l.period_kind = g.period_kind
    and l.period_from = g.first and (g.enterprise is null or e.enterprise_id is not null)
    and (g.line is null or n.line_id is not null)
order by g.number

-- known_lines --
-- lines of some enterprises, by code
select e.code, array_remove(array_agg(n.code), null)
from enterprise e left join line n using (enterprise_id)
where e.code = any(%(enterprises)s::text[])
group by e.code

-- add_entries --
-- writes figures that differ from the current ones, supersedes those, and leaves work for the rules: what became of
-- each, by its number, and what was current before. No period twice
with given as (
    select g.*, e.enterprise_id, n.line_id,
           (g.enterprise is null or e.enterprise_id is not null) and (g.line is null or n.line_id is not null) as known
    from unnest(%(enterprises)s::text[], %(lines)s::text[], %(items)s::text[], %(kinds)s::text[], %(firsts)s::date[],
                %(values)s::float8[], %(units)s::text[], %(evidences)s::text[], %(authors)s::text[]) with ordinality
         as g (enterprise, line, item, period_kind, first, value, unit, evidence, author, number)
    left join enterprise e on e.code = g.enterprise
    left join line n on n.enterprise_id = e.enterprise_id and n.code = g.line
), compared as (
    select g.*, l.entry_id, l.value as before,
           case when not g.known then 'unknown' when l.entry_id is null then 'new'
                when l.value = g.value then 'same' else 'corrected' end as fate
    from given g
    left join ledger_entry l on g.known and l.superseded_at is null
        and coalesce(l.enterprise_id, 0) = coalesce(g.enterprise_id, 0)
        and coalesce(l.line_id, 0) = coalesce(g.line_id, 0) and l.item = g.item and l.period_kind = g.period_kind
        and l.period_from = g.first
), gone as (
    update ledger_entry l set superseded_at = %(at)s::timestamptz
    from compared c where c.entry_id = l.entry_id and c.fate = 'corrected'
    returning l.entry_id
), made as (
    insert into ledger_entry (enterprise_id, line_id, item, period_kind, period_from, value, unit, author, evidence,
                              origin, created_at)
    select c.enterprise_id, c.line_id, c.item, c.period_kind, c.first, c.value, c.unit, c.author, c.evidence,
           %(origin)s::text, %(at)s::timestamptz
    from compared c
    where c.fate in ('new', 'corrected') and (select count(*) from gone) >= 0 -- the update goes first
    order by c.number
    returning enterprise_id, period_from
), noted as (
    insert into rule_work (kind, key, at)
    select distinct 'ledger', coalesce(enterprise_id, 0)::bigint, period_from::timestamp at time zone 'Asia/Shanghai'
    from made
)
select number::int, fate, before from compared order by number
