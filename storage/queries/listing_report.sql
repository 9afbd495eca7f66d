-- exceedances --
-- verdicts of violation on hours of a month, with their evidence
select f.finding_id, f.rule_id, f.subject, f.period_start, f.value, f.limit_value, f.unit, f.evidence
from finding f
where f.rule_id = any(%(rule_ids)s::text[]) and f.subject = any(%(subjects)s::text[])
  and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
  and f.computed_at <= %(as_known_at)s::timestamptz
  and (f.superseded_at is null or f.superseded_at > %(as_known_at)s::timestamptz)
  and f.verdict = 'violation'
order by f.subject, f.rule_id, f.period_start

-- used_limits --
-- rows of the register of limits that hours of a month were judged by, and how many hours
select f.subject, f.rule_id, (f.evidence ->> 'limit_id')::bigint as limit_id, count(*) as hours
from finding f
where f.rule_id = any(%(rule_ids)s::text[]) and f.subject = any(%(subjects)s::text[])
  and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
  and f.computed_at <= %(as_known_at)s::timestamptz
  and (f.superseded_at is null or f.superseded_at > %(as_known_at)s::timestamptz)
  and f.evidence ? 'limit_id'
group by f.subject, f.rule_id, limit_id
order by f.subject, f.rule_id, limit_id

-- used_marks --
-- marks that verdicts on hours of a month name, and how many hours
select f.subject, f.rule_id, m.mark_id::bigint as mark_id, count(*) as hours
from finding f
cross join jsonb_array_elements_text(f.evidence -> 'marks') as m (mark_id)
where f.rule_id = any(%(rule_ids)s::text[]) and f.subject = any(%(subjects)s::text[])
  and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
  and f.computed_at <= %(as_known_at)s::timestamptz
  and (f.superseded_at is null or f.superseded_at > %(as_known_at)s::timestamptz)
  and jsonb_typeof(f.evidence -> 'marks') = 'array'
group by f.subject, f.rule_id, m.mark_id
order by f.subject, f.rule_id, m.mark_id::bigint

-- city --
-- the city's name, and an enterprise's when one is asked for
select (select c.name from city c limit 1) as city,
       (select e.name from enterprise e where e.enterprise_id = %(enterprise_id)s::int) as enterprise

-- rules --
-- what rules are called at present
select r.rule_id, r.title, r.standard, r.clause from rule r where r.rule_id = any(%(rule_ids)s::text[]) order by r.rule_id
