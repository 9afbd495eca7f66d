-- scores --
-- one page of outlets on whose days signs of false data were looked for: the weights of those that were seen, added up
select o.outlet_id, e.code as enterprise, e.name as enterprise_name, o.code as outlet, o.name as outlet_name, o.process,
       coalesce(sum((f.evidence ->> 'weight')::double precision) filter (where f.verdict = 'violation'), 0) as score,
       count(distinct f.period_start) filter (where f.verdict = 'violation') as seen_days,
       count(distinct f.period_start) as judged_days
from outlet o
join enterprise e on e.enterprise_id = o.enterprise_id
join finding f on f.rule_id in (select r.rule_id from rule r where starts_with(r.rule_id, 'sign.'))
     and f.subject = 'outlet:' || e.code || '/' || o.code and f.superseded_at is null
     and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
where (%(enterprise_id)s::int is null or o.enterprise_id = %(enterprise_id)s::int)
  and (%(outlet)s::text is null or o.code = %(outlet)s::text)
  and (%(after_enterprise)s::text is null
       or (e.code, o.code) > (%(after_enterprise)s::text, %(after_outlet)s::text))
group by o.outlet_id, e.code, e.name, o.code, o.name, o.process
order by e.code, o.code
limit %(limit)s::int

-- seen --
-- the signs that were seen on days of some outlets: on how many, and the newest finding of each
select f.subject, f.rule_id, r.title, count(*) as days, max(f.period_start) as last_at,
       (array_agg(f.finding_id order by f.period_start desc))[1] as last_finding_id,
       sum((f.evidence ->> 'weight')::double precision) as weight
from rule r
join finding f on f.rule_id = r.rule_id and f.superseded_at is null and f.verdict = 'violation'
     and f.subject = any(%(subjects)s::text[])
     and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
where starts_with(r.rule_id, 'sign.')
group by f.subject, f.rule_id, r.title
order by f.subject, weight desc, f.rule_id

-- leak_enterprises --
-- one page of enterprises on whose leak tests signs were looked for: findings in all and those with a sign
select e.enterprise_id, e.code as enterprise, e.name as enterprise_name,
       count(*) filter (where f.verdict = 'violation')::int as seen, count(*)::int as judged
from enterprise e
join finding f on f.rule_id in (select r.rule_id from rule r where starts_with(r.rule_id, 'ldar.sign_'))
     and f.subject = 'enterprise:' || e.code and f.superseded_at is null and f.verdict <> 'undetermined'
     and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
where (%(enterprise_id)s::int is null or e.enterprise_id = %(enterprise_id)s::int)
  and (%(after)s::text is null or e.code > %(after)s::text)
group by e.enterprise_id, e.code, e.name
order by e.code
limit %(limit)s::int

-- leak_seen --
-- the signs that were seen in leak tests of some enterprises: how often, and the newest finding of each
select f.subject, f.rule_id, r.title, r.severity, count(*)::int as times, max(f.period_start) as last_at,
       (array_agg(f.finding_id order by f.period_start desc))[1] as last_finding_id,
       (array_agg(f.reason order by f.period_start desc))[1] as last_reason,
       (array_agg(f.evidence ->> 'campaign' order by f.period_start desc))[1] as last_campaign
from rule r
join finding f on f.rule_id = r.rule_id and f.superseded_at is null and f.verdict = 'violation'
     and f.subject = any(%(subjects)s::text[])
     and f.period_start >= %(from_at)s::timestamptz and f.period_start < %(to_at)s::timestamptz
where starts_with(r.rule_id, 'ldar.sign_')
group by f.subject, f.rule_id, r.title, r.severity
order by f.subject, times desc, f.rule_id
