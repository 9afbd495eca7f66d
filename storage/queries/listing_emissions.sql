-- emissions --
-- one page of outlets and pollutants: the hourly verdicts of a month counted, beside the month's own verdict
with hours as (
    select f.subject, f.rule_id, f.enterprise_id,
           count(*) filter (where f.verdict = 'compliant') as compliant_hours,
           count(*) filter (where f.verdict = 'violation') as violation_hours,
           count(*) filter (where f.verdict = 'undetermined') as undetermined_hours
    from finding f
    where f.rule_id in (select r.rule_id from rule r
                        where starts_with(r.rule_id, 'ule.') and right(r.rule_id, 7) = '.hourly')
      and f.superseded_at is null
      and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
      and (%(after_subject)s::text is null
           or (f.subject, f.rule_id) > (%(after_subject)s::text, %(after_rule_id)s::text))
    group by f.subject, f.rule_id, f.enterprise_id
    order by f.subject, f.rule_id
    limit %(limit)s::int
)
select h.subject, h.rule_id, e.code as enterprise, o.name as outlet_name, h.compliant_hours,
       h.violation_hours, h.undetermined_hours,
       m.finding_id as monthly_finding_id, m.rule_id as monthly_rule_id, m.verdict as monthly_verdict,
       m.reason as monthly_reason, m.value as monthly_value, m.limit_value as monthly_limit
from hours h
left join enterprise e on e.enterprise_id = h.enterprise_id
left join outlet o on o.enterprise_id = h.enterprise_id and o.code = substr(h.subject, strpos(h.subject, '/') + 1)
left join finding m on m.rule_id = regexp_replace(h.rule_id, 'hourly$', 'monthly') and m.subject = h.subject
     and m.period_start = %(from_at)s::timestamptz and m.superseded_at is null
order by h.subject, h.rule_id

-- undetermined --
-- why hours of a month could not be judged, for the outlets of one page
select f.subject, f.rule_id, f.reason, count(*) as hours
from finding f
where f.rule_id = any(%(rule_ids)s::text[]) and f.subject = any(%(subjects)s::text[])
  and f.superseded_at is null and f.verdict = 'undetermined'
  and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
group by f.subject, f.rule_id, f.reason
order by f.subject, f.rule_id, f.reason
