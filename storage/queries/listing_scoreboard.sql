-- board --
-- targets with where they stand, by id; a target may belong to several domains, written a;b
select t.target_id, t.document, t.document_status, t.indicator, t.operator, t.value::float8 as target_value, t.unit,
       t.baseline_year, t.target_year, t.bureau, t.domain, t.check_mode, t.quote, t.note,
       s.indicator_year, coalesce(s.state, 'unknown') as state, s.value, s.as_of, s.gap, s.projected,
       coalesce(s.trend, '[]') as trend, coalesce(s.parts, '[]') as parts, coalesce(s.conflicts, '[]') as conflicts,
       coalesce(s.source, '{}') as source, coalesce(s.why, '尚未计算') as why, s.computed_at
from target t
left join target_status s using (target_id)
where (%(target_id)s::text is null or t.target_id = %(target_id)s::text)
  and (%(document)s::text is null or t.document = %(document)s::text)
  and (%(domain)s::text is null or %(domain)s::text = any(string_to_array(t.domain, ';')))
  and (%(mode)s::text is null or t.check_mode = %(mode)s::text)
  and (%(state)s::text is null or coalesce(s.state, 'unknown') = %(state)s::text)
  and (%(year)s::int is null or t.target_year = %(year)s::int)
order by t.target_id

-- history --
-- figures entered for a target, newest first, superseded ones among them
select value_id, part, as_of, value, author, evidence, origin, created_at, superseded_at
from target_value
where target_id = %(target_id)s::text
order by value_id desc
limit %(limit)s::int
