-- audit --
-- one page of what people did and were refused, newest first
select audit_id, at, actor, role, action, object, detail, outcome, address
from audit
where (%(actor)s::text is null or strpos(lower(actor), lower(%(actor)s::text)) > 0)
  and (%(action)s::text is null or action = %(action)s::text)
  and (%(object)s::text is null or object = %(object)s::text)
  and (%(outcome)s::text is null or outcome = %(outcome)s::text)
  and (%(from_at)s::timestamptz is null or at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or at < %(to_at)s::timestamptz)
  and (%(after_id)s::bigint is null or audit_id < %(after_id)s::bigint)
order by audit_id desc
limit %(limit)s::int
