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

-- add_entries --
-- writes figures that differ from the current ones, supersedes those, and leaves work for the rules: how many were new,
-- corrected, equal, and of unknown enterprises or lines
with given as (
    select g.*, e.enterprise_id, n.line_id,
           (g.enterprise is null or e.enterprise_id is not null) and (g.line is null or n.line_id is not null) as known
    from unnest(%(enterprises)s::text[], %(lines)s::text[], %(items)s::text[], %(kinds)s::text[], %(firsts)s::date[],
                %(values)s::float8[], %(units)s::text[], %(evidences)s::text[])
         as g (enterprise, line, item, period_kind, first, value, unit, evidence)
    left join enterprise e on e.code = g.enterprise
    left join line n on n.enterprise_id = e.enterprise_id and n.code = g.line
), compared as (
    select g.*, l.entry_id, l.value is not distinct from g.value as same
    from given g
    left join ledger_entry l on l.superseded_at is null and coalesce(l.enterprise_id, 0) = coalesce(g.enterprise_id, 0)
        and coalesce(l.line_id, 0) = coalesce(g.line_id, 0) and l.item = g.item and l.period_kind = g.period_kind
        and l.period_from = g.first
    where g.known
), gone as (
    update ledger_entry l set superseded_at = %(at)s::timestamptz
    from compared c where c.entry_id = l.entry_id and not c.same
    returning l.entry_id
), made as (
    insert into ledger_entry (enterprise_id, line_id, item, period_kind, period_from, value, unit, author, evidence,
                              origin, created_at)
    select c.enterprise_id, c.line_id, c.item, c.period_kind, c.first, c.value, c.unit, %(author)s::text, c.evidence,
           %(origin)s::text, %(at)s::timestamptz
    from compared c
    where (c.entry_id is null or not c.same) and (select count(*) from gone) >= 0 -- the update goes first
    returning enterprise_id, period_from
), noted as (
    insert into rule_work (kind, key, at)
    select distinct 'ledger', coalesce(enterprise_id, 0)::bigint, period_from::timestamp at time zone 'Asia/Shanghai'
    from made
    returning seq
)
select (select count(*) from made)::int - (select count(*) from gone)::int, (select count(*) from gone)::int,
       (select count(*) from compared where same and entry_id is not null)::int,
       (select count(*) from given where not known)::int, (select count(*) from noted)::int
