-- states --
-- where each subject of each duty stands: its newest term, how many earlier ones are overdue since it was last done, and
-- since when. The subjects of a duty are those that it has findings of
with latest as (
    select distinct on (f.rule_id, f.subject)
           f.rule_id, f.subject, f.enterprise_id, f.finding_id, f.period_start, f.period_end, f.verdict, f.reason,
           f.evidence
    from rule r
    join finding f on f.rule_id = r.rule_id and f.superseded_at is null
    where r.evaluator = 'duty'
      and (%(rule_id)s::text is null or f.rule_id = %(rule_id)s::text)
      and (%(enterprise_id)s::int is null or f.enterprise_id = %(enterprise_id)s::int)
      and (%(after_rule)s::text is null or (f.rule_id, f.subject) > (%(after_rule)s::text, %(after_subject)s::text))
    order by f.rule_id, f.subject, f.period_start desc
)
select l.rule_id, r.title, r.standard, r.clause, l.subject, e.code as enterprise, e.name as enterprise_name, l.finding_id,
       l.period_start, l.verdict, l.reason, l.evidence, o.overdue_terms, o.overdue_since
from latest l
join rule r using (rule_id)
left join enterprise e using (enterprise_id)
cross join lateral (
    select count(*)::int as overdue_terms, min(f.period_end) as overdue_since
    from finding f
    where f.rule_id = l.rule_id and f.subject = l.subject and f.superseded_at is null and f.reason = 'overdue'
      and f.period_start > coalesce((select max(d.period_start) from finding d
                                     where d.rule_id = l.rule_id and d.subject = l.subject and d.superseded_at is null
                                       and d.reason in ('done_in_time', 'done_late', 'ended')), '-infinity'::timestamptz)
) o
where %(reason)s::text is null or l.reason = %(reason)s::text
   or (%(reason)s::text = 'overdue' and o.overdue_terms > 0)
order by l.rule_id, l.subject
limit %(limit)s::int

-- records --
-- one page of records, newest first; those that do not stand only where asked for
select d.record_id, d.rule_id, r.title, d.subject, e.code as enterprise, d.done_on, d.documents, d.note, d.author,
       d.origin, d.received_at, d.superseded_at, d.withdrawn_by, d.withdrawn_because,
       case when d.withdrawn_by is not null then 'withdrawn' when d.superseded_at is not null then 'superseded'
            else 'effective' end as state,
       (select count(*)::int from attachment a where a.record_id = d.record_id) as attachment_count
from duty_record d
left join rule r using (rule_id)
left join enterprise e using (enterprise_id)
where (%(history)s::boolean or d.superseded_at is null)
  and (%(record_id)s::bigint is null or d.record_id = %(record_id)s::bigint)
  and (%(enterprise_id)s::int is null or d.enterprise_id = %(enterprise_id)s::int)
  and (%(rule_id)s::text is null or d.rule_id = %(rule_id)s::text)
  and (%(subject)s::text is null or d.subject = %(subject)s::text)
  and (%(from_day)s::date is null or d.done_on >= %(from_day)s::date)
  and (%(to_day)s::date is null or d.done_on <= %(to_day)s::date)
  and (%(after)s::bigint is null or d.record_id < %(after)s::bigint)
order by d.record_id desc
limit %(limit)s::int

-- attachments --
-- what is attached to a record, and to those that it has corrected, without the content
select a.attachment_id, a.record_id, a.kind, a.name, a.media_type, a.sha256, octet_length(a.content) as size_bytes,
       a.author, a.received_at
from duty_record d
join duty_record o on o.rule_id = d.rule_id and o.subject = d.subject and o.done_on = d.done_on
    and (o.record_id = d.record_id or o.withdrawn_by is null)
join attachment a on a.record_id = o.record_id
where d.record_id = %(record_id)s::bigint
order by a.attachment_id

-- duties_of --
-- terms of the duties of an enterprise, or of the city and the parks (null), whose last day or day of doing lies in
-- [from, to]; by the keys of findings
select f.finding_id, f.rule_id, r.title, r.standard, r.clause, f.subject, f.period_start, f.verdict, f.reason, f.evidence,
       (r.definition #>> '{params,due_soon_days}')::int as due_soon_days
from rule r
cross join lateral (
    select 'enterprise:' || e.code as subject from enterprise e where e.enterprise_id = %(enterprise_id)s::int
    union all
    select 'place:' || e.code || '/' || p.code from metering_place p join enterprise e using (enterprise_id)
    where e.enterprise_id = %(enterprise_id)s::int
    union all
    select 'point:' || e.code || '/' || p.code from point p join enterprise e using (enterprise_id)
    where e.enterprise_id = %(enterprise_id)s::int and p.outlet_id is not null
    union all
    select 'city:' || c.code from city c where %(enterprise_id)s::int is null
    union all
    select 'park:' || p.code from park p where %(enterprise_id)s::int is null
) s
join finding f on f.rule_id = r.rule_id and f.subject = s.subject and f.superseded_at is null
where r.evaluator = 'duty' and f.reason <> 'ended'
  and (f.evidence ->> 'due_on')::date between %(from_day)s::date and %(to_day)s::date
order by f.evidence ->> 'due_on', f.rule_id, f.subject

-- tests_due --
-- how many sealing points of an enterprise are due on which day: of several schedules the strictest
select d.due_on, count(*)::int as components, array_agg(distinct d.rule_id order by d.rule_id) as rule_ids
from (select distinct on (u.component_id) u.component_id, u.due_on, u.rule_id
      from component_due u
      where u.enterprise_id = %(enterprise_id)s::int
      order by u.component_id, u.due_on, u.rule_id) d
where d.due_on between %(from_day)s::date and %(to_day)s::date
group by d.due_on
order by d.due_on

-- leak_terms --
-- terms of the open leaks of an enterprise: how many are to be attempted, or repaired, by which day; as the rules have it
select f.rule_id, r.title, r.standard, r.clause, f.period_end, count(*)::int as leaks, min(c.code) as component
from component c
join enterprise e using (enterprise_id)
join leak l using (component_id)
join rule r on r.evaluator = 'leak_repair'
join finding f on f.rule_id = r.rule_id and f.subject = 'component:' || e.code || '/' || c.code
    and f.period_start = l.found_at and f.superseded_at is null
where c.enterprise_id = %(enterprise_id)s::int and l.state not in ('closed', 'removed')
  and f.reason in ('scheduled', 'due_soon', 'overdue', 'delayed')
  and f.period_end > %(from_at)s::timestamptz and f.period_end <= %(to_at)s::timestamptz
group by f.rule_id, r.title, r.standard, r.clause, f.period_end
order by f.period_end, f.rule_id
