-- entries --
-- one page of the ledger, newest first; superseded ones only where asked for
select l.entry_id, e.code as enterprise, n.code as line, l.item, l.period_kind, l.period_from, l.value, l.unit, l.author,
       l.evidence, l.origin, l.created_at, l.superseded_at
from ledger_entry l
left join enterprise e using (enterprise_id)
left join line n using (line_id)
where (%(history)s::boolean or l.superseded_at is null)
  and (%(enterprise_id)s::int is null or l.enterprise_id = %(enterprise_id)s::int)
  and (%(of)s::text is null or %(of)s::text
       = case when l.line_id is not null then 'line' when l.enterprise_id is not null then 'enterprise' else 'city' end)
  and (%(line)s::text is null or n.code = %(line)s::text)
  and (%(item)s::text is null or l.item = %(item)s::text)
  and (%(from_day)s::date is null or l.period_from >= %(from_day)s::date)
  and (%(to_day)s::date is null or l.period_from <= %(to_day)s::date)
  and (%(after)s::bigint is null or l.entry_id < %(after)s::bigint)
order by l.entry_id desc
limit %(limit)s::int
