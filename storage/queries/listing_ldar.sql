-- components --
-- one page of LDAR components with the newest current finding of each schedule, and their open duties
select e.code as enterprise, c.code, c.name, c.unit_name, c.kind, c.medium, c.in_service_from, c.in_service_to,
       c.exempt_clause, s.finding_id, s.reason as status, s.verdict, s.period_end,
       y.finding_id as yearly_finding_id, y.reason as yearly_status, y.verdict as yearly_verdict,
       y.period_end as yearly_period_end,
       p.finding_id as petro_finding_id, p.reason as petro_status, p.verdict as petro_verdict,
       p.period_end as petro_period_end,
       (select jsonb_agg(jsonb_build_object('rule_id', d.rule_id, 'title', r.title, 'due_day', d.due_on,
                                            'anchor', d.anchor, 'anchor_on', d.anchor_on) order by d.due_on, d.rule_id)
        from component_due d join rule r on r.rule_id = d.rule_id and r.enabled
        where d.component_id = c.component_id) as duties,
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
left join lateral (
    select f.finding_id, f.reason, f.verdict, f.period_end
    from finding f
    where f.rule_id = 'ldar.gb31571' and f.subject = 'component:' || e.code || '/' || c.code
      and f.superseded_at is null
    order by f.period_start desc
    limit 1) p on true
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

-- due_groups --
-- components by what they are counted by, the strictest due day, and the rules that ask for tests of them
select d.enterprise, d.unit_name, d.kind, d.medium, d.due_on, d.rules, count(*)::int as components
from (
    select e.code as enterprise, case when %(detailed)s::boolean then c.unit_name end as unit_name, c.kind,
           c.medium, min(d.due_on) as due_on, array_agg(d.rule_id order by d.rule_id) as rules
    from component_due d
    join rule r on r.rule_id = d.rule_id and r.enabled
    join component c on c.component_id = d.component_id
    join enterprise e on e.enterprise_id = d.enterprise_id
    where %(enterprise_id)s::int is null or d.enterprise_id = %(enterprise_id)s::int
    group by e.code, c.component_id
) d
group by 1, 2, 3, 4, 5, 6

-- schedules --
-- what the rules in force on tests of components ask for
select rule_id, title, evaluator, definition #> '{params,months}' as months
from rule where enabled and evaluator in ('leak_schedule', 'yearly_campaign')
order by rule_id

-- due_components --
-- components of an enterprise that are due up to a day, each with its strictest duty and those of all regimes
select e.code as enterprise, c.code, c.name, i.name as installation, c.unit_name, c.kind, c.medium, c.tag, c.reachable,
       s.due_on, s.duties,
       (select max(t.tested_at) from leak_test t where t.component_id = c.component_id) as last_tested_at
from (
    select d.component_id, min(d.due_on) as due_on,
           jsonb_agg(jsonb_build_object('rule_id', d.rule_id, 'title', r.title, 'standard', r.standard,
                                        'due_day', d.due_on, 'anchor', d.anchor, 'anchor_on', d.anchor_on)
                     order by d.due_on, d.rule_id) as duties
    from component_due d
    join rule r on r.rule_id = d.rule_id and r.enabled
    where d.enterprise_id = %(enterprise_id)s::int
    group by d.component_id
    having min(d.due_on) <= %(to_day)s::date
) s
join component c on c.component_id = s.component_id
join enterprise e on e.enterprise_id = c.enterprise_id
left join process_unit u on u.unit_id = c.unit_id
left join installation i on i.installation_id = u.installation_id
order by s.due_on, c.unit_name, c.code

-- open_leaks --
-- leaks of an enterprise that are not over, each with the earliest terms that the rules keep of it
select e.code as enterprise, c.code, c.name, i.name as installation, c.unit_name, c.kind, c.medium, c.tag,
       l.found_at, l.net_umol_mol, l.visible, l.state, l.attempts, l.last_repair_at, l.delay_ground, l.delay_until,
       a.due_on as attempt_due_on, t.due_on as repair_due_on
from leak l
join component c on c.component_id = l.component_id
join enterprise e on e.enterprise_id = c.enterprise_id
left join process_unit u on u.unit_id = c.unit_id
left join installation i on i.installation_id = u.installation_id
left join lateral (
    select min((f.evidence ->> 'due_on')::date) as due_on
    from finding f
    join rule r on r.rule_id = f.rule_id and r.enabled and r.evaluator = 'leak_repair'
        and r.definition #>> '{params,step}' = 'attempt'
    where f.subject = 'component:' || e.code || '/' || c.code and f.superseded_at is null
      and f.rule_id = any(%(repair_rules)s::text[]) and f.period_start >= l.found_at
) a on l.attempts = 0
left join lateral (
    select min((f.evidence ->> 'due_on')::date) as due_on
    from finding f
    join rule r on r.rule_id = f.rule_id and r.enabled and r.evaluator = 'leak_repair'
        and r.definition #>> '{params,step}' = 'repair'
    where f.subject = 'component:' || e.code || '/' || c.code and f.superseded_at is null
      and f.rule_id = any(%(repair_rules)s::text[]) and f.period_start >= l.found_at
) t on true
where c.enterprise_id = %(enterprise_id)s::int and l.state not in ('closed', 'removed')
order by coalesce(least(a.due_on, t.due_on), 'infinity'), l.found_at, c.code

-- repair_rules --
-- the rules on the repair of leaks
select rule_id from rule where enabled and evaluator = 'leak_repair'
