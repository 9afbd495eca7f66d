-- latest_day --
-- start of the newest day that a daily water rule has judged: city and districts have a finding for every judged day;
-- balances and permits are judged by month and are no coverage
select max(n.period_start) as period_start
from rule r
cross join (select 'city:' || c.code as subject from city c
            union all select 'district:' || d.code from district d) s
cross join lateral (
    select f.period_start from finding f
    where f.rule_id = r.rule_id and f.subject = s.subject and f.superseded_at is null
      and f.period_end = f.period_start + interval '1 day'
    order by f.period_start desc
    limit 1) n
where starts_with(r.rule_id, 'water.')

-- coverage --
-- one page of the daily water rules' current findings of one local day
select f.finding_id, f.rule_id, f.subject, split_part(f.subject, ':', 1) as subject_kind,
       coalesce(e.name, d.name, c.name) as name, f.verdict, f.reason, f.value, f.limit_value, f.unit, f.evidence
from finding f
left join enterprise e on e.enterprise_id = f.enterprise_id
left join district d on f.subject = 'district:' || d.code
left join city c on f.subject = 'city:' || c.code
where starts_with(f.rule_id, 'water.') and f.superseded_at is null
  and f.period_start = %(day_start)s::timestamptz and f.period_end = f.period_start + interval '1 day'
  and (%(after_rule_id)s::text is null
       or (f.rule_id, f.subject) > (%(after_rule_id)s::text, %(after_subject)s::text))
order by f.rule_id, f.subject
limit %(limit)s::int
