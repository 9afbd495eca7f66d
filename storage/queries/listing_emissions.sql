-- subjects --
-- one page of pollutants of outlets that have verdicts on hours of a month, by subject
select s.subject, s.enterprise, s.enterprise_name, s.outlet, s.outlet_name, s.process, s.pollutant
from (
    select 'pollutant:' || e.code || '/' || o.code || '/' || q.code as subject, e.code as enterprise,
           e.name as enterprise_name, o.code as outlet, o.name as outlet_name, o.process, q.code as pollutant
    from outlet o
    join enterprise e on e.enterprise_id = o.enterprise_id
    cross join unnest(%(quantities)s::text[]) as q (code)
    where (%(enterprise_id)s::int is null or o.enterprise_id = %(enterprise_id)s::int)
      and (%(outlet)s::text is null or o.code = %(outlet)s::text)
) s
where (%(after)s::text is null or s.subject > %(after)s::text)
  and exists (
      select from unnest(%(rule_ids)s::text[]) as r (rule_id)
      join finding f on f.rule_id = r.rule_id and f.subject = s.subject
           and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
      where f.computed_at <= coalesce(%(as_known_at)s::timestamptz, 'infinity')
        and (f.superseded_at is null or f.superseded_at > %(as_known_at)s::timestamptz))
order by s.subject
limit %(limit)s::int

-- hours --
-- verdicts on hours of a month counted by reason and rule version; the digest tells whether anything was judged anew
select f.subject, f.rule_id, f.rule_version, f.verdict, f.reason, count(*) as hours,
       md5(string_agg(f.finding_id::text, ',' order by f.finding_id)) as digest
from finding f
where f.rule_id = any(%(rule_ids)s::text[]) and f.subject = any(%(subjects)s::text[])
  and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
  and f.computed_at <= coalesce(%(as_known_at)s::timestamptz, 'infinity')
  and (f.superseded_at is null or f.superseded_at > %(as_known_at)s::timestamptz)
group by f.subject, f.rule_id, f.rule_version, f.verdict, f.reason
order by f.subject, f.rule_id, f.rule_version, f.verdict, f.reason

-- periods --
-- verdicts on the month, or on the quarter that holds it, of some rules
select f.finding_id, f.rule_id, f.rule_version, f.subject, f.period_start, f.period_end, f.verdict, f.reason, f.value,
       f.limit_value, f.unit, f.evidence
from finding f
where f.rule_id = any(%(rule_ids)s::text[]) and f.subject = any(%(subjects)s::text[])
  and f.period_start in (%(month_at)s::timestamptz, %(quarter_at)s::timestamptz)
  and f.period_end >= %(month_end)s::timestamptz
  and f.computed_at <= coalesce(%(as_known_at)s::timestamptz, 'infinity')
  and (f.superseded_at is null or f.superseded_at > %(as_known_at)s::timestamptz)
order by f.rule_id, f.subject, f.period_start
