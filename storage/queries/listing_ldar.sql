-- components --
-- one page of LDAR components with the newest current finding of both schedules
select e.code as enterprise, c.code, c.name, c.unit_name, c.kind, c.medium, c.in_service_from, c.in_service_to,
       c.exempt_clause, s.finding_id, s.reason as status, s.verdict, s.period_end,
       y.finding_id as yearly_finding_id, y.reason as yearly_status, y.verdict as yearly_verdict,
       y.period_end as yearly_period_end,
       (select t.tested_at from leak_test t where t.component_id = c.component_id
        order by t.tested_at desc, t.revision desc limit 1) as last_tested_at
from component c
join enterprise e on e.enterprise_id = c.enterprise_id
left join lateral (
    select f.finding_id, f.reason, f.verdict, f.period_end
    from finding f
    where f.rule_id = 'ldar.gb37822' and f.subject = 'component:' || e.code || '/' || c.code
      and f.superseded_at is null
    order by f.period_start desc
    limit 1) s on true
left join lateral (
    select f.finding_id, f.reason, f.verdict, f.period_end
    from finding f
    where f.rule_id = 'ldar.wuhai_yearly' and f.subject = 'component:' || e.code || '/' || c.code
      and f.superseded_at is null
    order by f.period_start desc
    limit 1) y on true
where (%(enterprise_id)s::int is null or c.enterprise_id = %(enterprise_id)s::int)
  and (%(status)s::text is null or coalesce(s.reason, 'not_judged') = %(status)s::text)
  and (%(after_enterprise)s::text is null
       or (e.code, c.code) > (%(after_enterprise)s::text, %(after_code)s::text))
order by e.code, c.code
limit %(limit)s::int

-- summary --
-- how many components stand where, by the newest current finding of the GB 37822 schedule
select coalesce(s.reason, 'not_judged') as status, count(*) as components
from component c
join enterprise e on e.enterprise_id = c.enterprise_id
left join lateral (
    select f.reason
    from finding f
    where f.rule_id = 'ldar.gb37822' and f.subject = 'component:' || e.code || '/' || c.code
      and f.superseded_at is null
    order by f.period_start desc
    limit 1) s on true
where (%(enterprise_id)s::int is null or c.enterprise_id = %(enterprise_id)s::int)
group by 1
order by 1
