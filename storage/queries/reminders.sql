-- enterprises --
-- enterprises with the day from which they are in the register
select enterprise_id, code, registered_from
from enterprise
where %(enterprise_ids)s::int[] is null or enterprise_id = any(%(enterprise_ids)s::int[])
order by code

-- terms --
-- current findings that are terms of enterprises, by when they end; components with the days on which nothing is asked
select f.enterprise_id, f.rule_id, r.title, f.subject, r.evaluator, r.definition #>> '{params,step}' as step,
       (f.period_start at time zone 'Asia/Shanghai')::date as begins,
       coalesce((f.evidence ->> 'due_on')::date, (f.period_end at time zone 'Asia/Shanghai')::date - 1) as due,
       coalesce((f.evidence ->> 'tested_on')::date, (f.evidence ->> 'done_on')::date) as done_on,
       ((f.evidence ->> 'first_attempt_at')::timestamptz at time zone 'Asia/Shanghai')::date as attempted_on,
       case when f.evidence ->> 'state' in ('attempted', 'closed') then
           ((f.evidence ->> 'last_repair_at')::timestamptz at time zone 'Asia/Shanghai')::date end as repaired_on,
       ((f.evidence #>> '{filings,0,filed_at}')::timestamptz at time zone 'Asia/Shanghai')::date as filed_on,
       (f.evidence ->> 'days')::int as days,
       case when f.evidence ->> 'anchor' in ('restart', 'release') then (f.evidence ->> 'anchor_on')::date end as moved_on,
       c.in_service_to,
       case when c.exempt_clause is not null then coalesce(c.exempt_from, c.in_service_from) end as exempt_from,
       c.exempt_to
from unnest(%(enterprise_ids)s::int[], %(from_days)s::date[]) as w (enterprise_id, from_day)
cross join lateral (
    select f.enterprise_id, f.rule_id, f.subject, f.period_start, f.period_end, f.evidence
    from finding f
    where f.enterprise_id = w.enterprise_id and f.superseded_at is null
      and (f.rule_id like 'ldar.%%' or f.rule_id like 'duty.%%')
      and f.period_end > w.from_day::timestamp at time zone 'Asia/Shanghai'
      -- a term ends with its due day; only duties have days of grace
      and (f.period_end <= (%(to_day)s::date + 1)::timestamp at time zone 'Asia/Shanghai' or f.rule_id like 'duty.%%')
      and f.period_end <= (%(to_day)s::date + %(grace_days)s::int)::timestamp at time zone 'Asia/Shanghai'
    offset 0
) f
join rule r on r.rule_id = f.rule_id and r.enabled and r.definition #> '{alert,duty}' = 'true'
left join component c on f.subject like 'component:%%' and c.enterprise_id = f.enterprise_id
    and c.code = substr(f.subject, strpos(f.subject, '/') + 1)

-- before --
-- what the last current finding of enterprises before a day says is due
select w.subject, f.value
from unnest(%(subjects)s::text[], %(ats)s::timestamptz[]) as w (subject, at)
cross join lateral (
    select f.value from finding f
    where f.rule_id = %(rule_id)s::text and f.subject = w.subject and f.superseded_at is null and f.period_start < w.at
    order by f.period_start desc limit 1
) f
where f.value is not null
