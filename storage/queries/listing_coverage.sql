-- latest_day --
-- start of the newest day that a daily rate has judged: city and districts have a finding for every judged day
select max(n.period_start) as period_start
from rule r
cross join (select 'city:' || c.code as subject from city c
            union all select 'district:' || d.code from district d) s
cross join lateral (
    select f.period_start from finding f
    where f.rule_id = r.rule_id and f.subject = s.subject and f.superseded_at is null
    order by f.period_start desc
    limit 1) n
where r.evaluator in ('installation_rate', 'online_rate', 'fit_rate')

-- coverage --
-- one page of the current findings of the daily rates of a local day, and of arrival rates of the month closed by then
select f.finding_id, f.rule_id, f.subject, split_part(f.subject, ':', 1) as subject_kind,
       coalesce(e.name, p.name, d.name, c.name) as name, f.verdict, f.reason, f.value, f.limit_value, f.unit,
       f.evidence, f.period_start, f.period_end
from finding f
join rule r on r.rule_id = f.rule_id
left join enterprise e on e.enterprise_id = f.enterprise_id
left join park p on f.subject = 'park:' || p.code
left join district d on f.subject = 'district:' || d.code
left join city c on f.subject = 'city:' || c.code
where f.superseded_at is null
  and (f.period_start = %(day_start)s::timestamptz and r.evaluator in ('installation_rate', 'online_rate', 'fit_rate')
       or f.period_start = %(month_start)s::timestamptz and r.evaluator = 'arrival_rate')
  and (%(after_rule_id)s::text is null
       or (f.rule_id, f.subject) > (%(after_rule_id)s::text, %(after_subject)s::text))
order by f.rule_id, f.subject
limit %(limit)s::int

-- gaps_day --
-- as of which local day gaps are listed when nobody says: the newest that a daily rate of the city is judged of
select dash.coverage_day() as day

-- gaps --
-- one page of what is missing as of a local day
select g.enterprise, g.enterprise_name, g.district, g.park, g.kind, g.item, g.item_name, g.level, g.medium, g.intake,
       g.permitted_m3_a, g.must_be_online, g.reason, g.detail, g.meter_serial, g.verification_due, g.arrival_pct,
       g.since, g.as_of
from dash.coverage_gaps_on(%(day)s::date) g
where (%(enterprise)s::text is null or g.enterprise = %(enterprise)s::text)
  and (%(district)s::text is null or g.district = %(district)s::text)
  and (%(park)s::text is null or g.park = %(park)s::text)
  and (%(medium)s::text is null or g.medium = %(medium)s::text)
  and (%(level)s::text is null or g.level = %(level)s::text)
  and (%(reason)s::text is null or g.reason = %(reason)s::text)
  and (%(after_enterprise)s::text is null
       or (g.enterprise >= %(after_enterprise)s::text  -- said apart, so that the enterprises before it cost nothing
           and (g.enterprise, g.kind, g.item, g.reason)
               > (%(after_enterprise)s::text, %(after_kind)s::text, %(after_item)s::text, %(after_reason)s::text)))
order by g.enterprise, g.kind, g.item, g.reason
limit %(limit)s::int

-- district --
-- a district by its code, with what it is called
select d.code, d.name from district d where d.code = %(code)s::text

-- park --
-- a park by its code
select p.code, p.name from park p where p.code = %(code)s::text
