-- accounting --
-- the accounting law per enterprise, over all days
select e.code as enterprise, sum(a.received)::bigint as received, sum(a.stored)::bigint as stored,
       sum(a.duplicates)::bigint as duplicates, sum(a.corrections)::bigint as corrections,
       sum(a.refused)::bigint as refused
from accounting a
join enterprise e on e.enterprise_id = a.enterprise_id
group by e.code
order by e.code

-- findings --
-- subjects by the verdict of their newest current finding; walks ux_finding_current instead of counting history
with recursive subject as (
    (select f.rule_id, f.subject from finding f where f.superseded_at is null
     order by f.rule_id, f.subject limit 1)
    union all
    select n.rule_id, n.subject
    from subject s
    cross join lateral (
        select f.rule_id, f.subject from finding f
        where f.superseded_at is null and (f.rule_id, f.subject) > (s.rule_id, s.subject)
        order by f.rule_id, f.subject limit 1) n
)
select s.rule_id, n.verdict, count(*) as subjects
from subject s
cross join lateral (
    select f.verdict from finding f
    where f.superseded_at is null and f.rule_id = s.rule_id and f.subject = s.subject
    order by f.period_start desc limit 1) n
group by s.rule_id, n.verdict
order by s.rule_id, n.verdict

-- open_alerts --
-- open alerts by severity
select severity, count(*) as alerts from alert where state in ('pending', 'firing') group by severity

-- backlog --
-- rows that wait, by queue
select 'dirty_hour' as queue, count(*) as waiting from dirty_hour
union all select 'rule_work', count(*) from rule_work
union all select 'alert_work', count(*) from alert_work
union all select 'notification', count(*) from notification where state = 'queued'

-- newest_reading --
-- the newest reading of each enterprise that has points in service, null when none since the given instant
select e.code as enterprise, max(r.measured_at) as measured_at
from enterprise e
join point p on p.enterprise_id = e.enterprise_id
     and p.in_service_from <= %(today)s::date
     and (p.in_service_to is null or p.in_service_to > %(today)s::date)
left join lateral (
    select reading.measured_at from reading
    where reading.point_id = p.point_id and reading.measured_at >= %(since)s::timestamptz
    order by reading.measured_at desc
    limit 1) r on true
group by e.code
order by e.code
