-- rates --
-- of the daily rates of a district, its parks and its enterprises the newest current finding of a month each
with subject (kind, key, name, park) as (
    select 1, 'district:' || d.code, d.name, null from district d where d.code = %(district)s::text
    union all
    select 2, 'park:' || p.code, p.name, p.code from park p where p.district = %(district)s::text
    union all
    select 3, 'enterprise:' || e.code, e.name, e.park from enterprise e where e.district = %(district)s::text
)
select f.finding_id, r.rule_id, f.rule_version, r.title, s.key as subject, s.name, s.park, null as enterprise_name,
       f.verdict, f.reason, f.value, f.limit_value, f.unit, f.evidence, f.period_start, f.period_end, f.computed_at
from rule r
cross join subject s
cross join lateral (
    select f.finding_id, f.rule_version, f.verdict, f.reason, f.value, f.limit_value, f.unit, f.evidence,
           f.period_start, f.period_end, f.computed_at
    from finding f
    where f.rule_id = r.rule_id and f.subject = s.key and f.superseded_at is null
      and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
    order by f.period_start desc limit 1
) f
where r.evaluator = any(%(evaluators)s::text[])
order by r.rule_id, s.kind, s.key

-- months --
-- current findings of a month of a district, its parks, and whatever belongs to its enterprises
select f.finding_id, f.rule_id, f.rule_version, r.title, f.subject,
       coalesce(l.name, n.name, i.name, p.name, d.name, nullif(split_part(f.subject, '/', 2), ''), e.name) as name,
       coalesce(e.park, p.code) as park,
       e.name as enterprise_name, f.verdict, f.reason, f.value, f.limit_value, f.unit, f.evidence, f.period_start,
       f.period_end, f.computed_at
from finding f
join rule r on r.rule_id = f.rule_id
left join enterprise e on e.enterprise_id = f.enterprise_id
left join district d on f.subject = 'district:' || d.code
left join park p on f.subject = 'park:' || p.code
left join metering_place l on l.enterprise_id = f.enterprise_id and f.subject = 'place:' || e.code || '/' || l.code
left join line n on n.enterprise_id = f.enterprise_id and f.subject = 'line:' || e.code || '/' || n.code
left join intake i on i.enterprise_id = f.enterprise_id and f.subject = 'intake:' || e.code || '/' || i.code
where r.evaluator = any(%(evaluators)s::text[])
  and f.period_start = %(from_at)s::timestamptz and f.period_end = %(to_at)s::timestamptz and f.superseded_at is null
  and (e.district = %(district)s::text or d.code = %(district)s::text or p.district = %(district)s::text)
order by f.rule_id,
         array_position(array['district', 'park', 'enterprise'], split_part(f.subject, ':', 1)), f.subject

-- rules --
-- rules by what judges them, with what they say of themselves
select r.rule_id, r.version, r.evaluator, r.title, r.standard, r.clause, r.status, r.document_status, r.confidence, r.enabled,
       r.definition ->> 'document' as document, r.definition ->> 'reading' as reading
from rule r
where r.rule_id = any(%(rule_ids)s::text[])
order by r.rule_id

-- targets --
-- rows of the policy tables that findings name
select t.target_id, t.document, t.document_status, t.indicator, t.quote
from target t
where t.target_id = any(%(target_ids)s::text[])
