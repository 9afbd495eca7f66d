-- findings --
-- one page of findings, newest period first: the current ones, or those that were current at an instant
select f.finding_id, f.rule_id, f.rule_version, f.subject, e.code as enterprise, f.period_start, f.period_end,
       f.verdict, f.reason, f.value, f.limit_value, f.unit, f.computed_at, f.superseded_at, f.superseded_by
from finding f
left join enterprise e on e.enterprise_id = f.enterprise_id
where (%(rule_id)s::text is null or f.rule_id = %(rule_id)s::text)
  and (%(subject)s::text is null or f.subject = %(subject)s::text)
  and (%(enterprise_id)s::int is null or f.enterprise_id = %(enterprise_id)s::int)
  and (%(verdict)s::text is null or f.verdict = %(verdict)s::text)
  and (%(reason)s::text is null or f.reason = %(reason)s::text)
  and (%(from_at)s::timestamptz is null or f.period_start >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or f.period_start < %(to_at)s::timestamptz)
  and (case when %(as_known_at)s::timestamptz is null then f.superseded_at is null
            else f.computed_at <= %(as_known_at)s::timestamptz
                 and (f.superseded_at is null or f.superseded_at > %(as_known_at)s::timestamptz) end)
  and (%(after_start)s::timestamptz is null
       or (f.period_start, f.finding_id) < (%(after_start)s::timestamptz, %(after_id)s::bigint))
order by f.period_start desc, f.finding_id desc
limit %(limit)s::int

-- finding --
-- one finding with its evidence
select f.finding_id, f.rule_id, f.rule_version, f.subject, e.code as enterprise, f.period_start, f.period_end,
       f.verdict, f.reason, f.value, f.limit_value, f.unit, f.computed_at, f.superseded_at, f.superseded_by, f.evidence
from finding f
left join enterprise e on e.enterprise_id = f.enterprise_id
where f.finding_id = %(finding_id)s::bigint

-- history --
-- every finding of a rule, subject and period start, newest first
select f.finding_id, f.rule_id, f.rule_version, f.subject, e.code as enterprise, f.period_start, f.period_end,
       f.verdict, f.reason, f.value, f.limit_value, f.unit, f.computed_at, f.superseded_at, f.superseded_by
from finding f
left join enterprise e on e.enterprise_id = f.enterprise_id
where f.rule_id = %(rule_id)s::text and f.subject = %(subject)s::text
  and f.period_start = %(period_start)s::timestamptz
order by f.finding_id desc
limit %(limit)s::int
