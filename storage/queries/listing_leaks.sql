-- leaks --
-- one page of leaks, newest first, each with where it stands in the terms of the standards that call it a leak: by rule
-- the newest current finding of the leak's time
select l.leak_id, e.code as enterprise, e.name as enterprise_name, c.code as component, c.name as component_name,
       c.unit_name, i.code as installation, i.standard, c.tag, c.kind, c.medium, l.found_at, l.net_umol_mol, l.visible,
       l.state, l.attempts, l.first_attempt_at, l.last_repair_at, l.closed_at, l.closed_net_umol_mol, l.delay_ground,
       l.delay_filed_at, l.delay_until, case when l.state = 'removed' then c.in_service_to end as removed_on,
       coalesce(t.terms, '[]'::jsonb) as terms, coalesce(t.overdue, false) as overdue
from leak l
join component c using (component_id)
join enterprise e using (enterprise_id)
left join process_unit u on u.unit_id = c.unit_id
left join installation i on i.installation_id = u.installation_id
left join lateral (
    select jsonb_agg(jsonb_build_object(
               'rule_id', r.rule_id, 'standard', r.standard, 'step', f.evidence ->> 'step', 'finding_id', f.finding_id,
               'verdict', f.verdict, 'status', f.reason, 'due_on', f.evidence ->> 'due_on',
               'definition_umol_mol', f.evidence -> 'definition_umol_mol',
               'key_region', f.evidence -> 'key_region', 'is_leak', f.evidence -> 'is_leak') order by r.rule_id) as terms,
           bool_or(f.reason = 'overdue') as overdue
    from rule r
    cross join lateral (
        select f.finding_id, f.verdict, f.reason, f.evidence
        from finding f
        where f.rule_id = r.rule_id and f.subject = 'component:' || e.code || '/' || c.code and f.superseded_at is null
          and f.period_start >= l.found_at and (l.closed_at is null or f.period_start <= l.closed_at)
        order by f.period_start desc limit 1 offset 0) f
    where r.evaluator = 'leak_repair'
) t on true
where (%(leak_id)s::bigint is null or l.leak_id = %(leak_id)s::bigint)
  and (%(enterprise_id)s::int is null or c.enterprise_id = %(enterprise_id)s::int)
  and (%(component)s::text is null or c.code = %(component)s::text)
  and (%(state)s::text is null or l.state = %(state)s::text)
  and (%(is_open)s::boolean is null or (l.state not in ('closed', 'removed')) = %(is_open)s::boolean)
  and (%(overdue)s::boolean is not true or l.state not in ('closed', 'removed'))
  and (%(overdue)s::boolean is null or coalesce(t.overdue, false) = %(overdue)s::boolean)
  and (%(from_at)s::timestamptz is null or l.found_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or l.found_at < %(to_at)s::timestamptz)
  and (%(after_at)s::timestamptz is null
       or (l.found_at, l.leak_id) < (%(after_at)s::timestamptz, %(after_id)s::bigint))
order by l.found_at desc, l.leak_id desc
limit %(limit)s::int
