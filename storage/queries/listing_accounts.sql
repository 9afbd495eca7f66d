-- judged_through --
-- up to where the months of rules are judged
select max(w.through_at) as through_at
from rule_watermark w join rule r using (rule_id)
where r.evaluator = any(%(evaluators)s::text[]) and w.subject = 'month'

-- accounts --
-- one page of the current findings of monthly rules for the month that starts at an instant
select f.finding_id, f.rule_id, r.title, f.subject, split_part(f.subject, ':', 1) as subject_kind,
       e.code as enterprise, coalesce(p.name, l.name, e.name, k.name, d.name, c.name) as name, f.verdict, f.reason,
       f.value, f.limit_value, f.unit, f.evidence, f.computed_at
from rule r
join finding f on f.rule_id = r.rule_id and f.superseded_at is null and f.period_start = %(month_start)s::timestamptz
left join enterprise e on e.enterprise_id = f.enterprise_id
left join district d on f.subject = 'district:' || d.code
left join park k on f.subject = 'park:' || k.code
left join city c on f.subject = 'city:' || c.code
left join metering_place p on starts_with(f.subject, 'place:') and p.enterprise_id = f.enterprise_id
    and p.code = split_part(f.subject, '/', 2)
left join line l on starts_with(f.subject, 'line:') and l.enterprise_id = f.enterprise_id
    and l.code = split_part(f.subject, '/', 2)
where r.evaluator = any(%(evaluators)s::text[])
  and (%(rule_id)s::text is null or r.rule_id = %(rule_id)s::text)
  and (%(enterprise_id)s::int is null or f.enterprise_id = %(enterprise_id)s::int)
  and (%(verdict)s::text is null or f.verdict = %(verdict)s::text)
  and (%(reason)s::text is null or f.reason = %(reason)s::text)
  and (%(after_rule_id)s::text is null
       or (f.rule_id, f.subject) > (%(after_rule_id)s::text, %(after_subject)s::text))
order by f.rule_id, f.subject
limit %(limit)s::int

-- rules --
-- monthly rules as they are in force
select r.rule_id, r.version, r.title, r.standard, r.clause, r.status, r.document_status, r.confidence, r.enabled,
       r.severity, r.definition ->> 'document' as document, r.definition ->> 'reading' as reading,
       r.definition -> 'params' as params, r.health, r.last_evaluated_at
from rule r
where r.evaluator = any(%(evaluators)s::text[])
order by r.rule_id

-- places --
-- an enterprise's places of a medium with the serials of their meters
select m.code, m.name, m.level, m.flow, m.use, l.code as line,
       coalesce(array_agg(t.serial order by t.installed_on) filter (where t.meter_id is not null
           and t.installed_on < %(to_day)s::date and (t.removed_on is null or t.removed_on > %(from_day)s::date)),
           '{}') as meters
from metering_place m
left join line l on l.line_id = m.line_id
left join meter t on t.place_id = m.place_id
where m.enterprise_id = %(enterprise_id)s::int and m.medium = %(medium)s::text
group by m.place_id, l.code
