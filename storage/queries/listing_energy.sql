-- latest_month --
-- start of the newest local month of which enterprises' yearly energy was judged; no row when none was
select f.period_start from finding f
where f.rule_id = 'energy.total' and f.superseded_at is null
order by f.period_start desc
limit 1

-- enterprises --
-- one page of enterprises that are on a list of a month, each with its lines against level 3 of their limits
select e.code as enterprise, e.name, e.district, e.park, e.industry, e.key_energy, f.finding_id, f.reason,
       f.value as equivalent_tce, (f.evidence ->> 'equal_value_tce')::float8 as equal_value_tce,
       (f.evidence ->> 'known_tce')::float8 as known_tce, (f.evidence ->> 'unconfirmed_tce')::float8 as unconfirmed_tce,
       f.evidence -> 'lists' as lists, coalesce(f.evidence -> 'warnings', '[]'::jsonb) as warnings, r.reason as retrofit,
       u.lines
from finding f
join enterprise e using (enterprise_id)
left join finding r on r.rule_id = 'energy.retrofit_list' and r.subject = f.subject
     and r.period_start = f.period_start and r.superseded_at is null
cross join lateral (
    select coalesce(jsonb_agg(jsonb_build_object('line', n.code, 'name', n.name, 'product', n.product, 'finding_id',
               l.finding_id, 'verdict', l.verdict, 'reason', l.reason, 'value', l.value, 'limit', l.limit_value)
               order by n.code), '[]'::jsonb) as lines
    from line n
    join finding l on l.rule_id = 'energy.unit' and l.subject = 'line:' || e.code || '/' || n.code
         and l.period_start = f.period_start and l.superseded_at is null
    where n.enterprise_id = e.enterprise_id
) u
where f.rule_id = 'energy.total' and f.superseded_at is null and f.period_start = %(month_start)s::timestamptz
  and (f.evidence -> 'lists' ? %(list)s::text or f.reason = %(list)s::text)
  and (%(enterprise_id)s::int is null or f.enterprise_id = %(enterprise_id)s::int)
  and (%(district)s::text is null or e.district = %(district)s::text)
  and (%(after)s::text is null or e.code > %(after)s::text)
order by e.code
limit %(limit)s::int
