"""Coverage and balances of a month in one hand-written statement: what the bench sets the platform against."""

from __future__ import annotations

#: Rows (rule, subject, value). It knows the bench's register: one meter a place, no replacement, no agricultural
#: intake, everybody industrial, everything in service all month; the platform knows none of that.
STATEMENT = """
with sums as (
    select h.point_id, sum(h.increment) as total, count(*) filter (where h.reading_count > 0) as hours,
           max(h.hour_at) filter (where h.reading_count > 0) as last_hour,
           count(*) filter (where cardinality(h.marks) > 0 and h.marks && '{reset,jump}') as unknown_steps
    from hourly h
    where h.hour_at >= %(from_at)s::timestamptz and h.hour_at < %(to_at)s::timestamptz
    group by h.point_id
), place as (
    select m.place_id, m.enterprise_id, m.code, m.level, m.medium, m.parent_id, m.intake_id, e.code as enterprise,
           e.park, e.district, s.total, coalesce(s.hours, 0) as hours, %(hours)s::int as expected,
           s.total is not null and s.unknown_steps = 0
               and s.last_hour >= %(to_at)s::timestamptz - interval '25 hours' as complete,
           t.verified_on + t.verification_months * interval '1 month' >= %(day)s::date as fitted
    from metering_place m
    join enterprise e using (enterprise_id)
    join meter t using (place_id)
    left join sums s on s.point_id = t.point_id
), scope as (
    select enterprise_id, 'enterprise:' || code as subject from enterprise
    union all select enterprise_id, 'park:' || park from enterprise where park is not null
    union all select enterprise_id, 'district:' || district from enterprise
    union all select enterprise_id, 'city:bench' from enterprise
), below as (
    select parent_id, sum(total) as subs, bool_and(complete) as complete from place
    where parent_id is not null group by parent_id
), boundary as (
    select p.medium, 'place:' || p.enterprise || '/' || p.code as subject, p.total as entry, b.subs,
           p.complete and b.complete as complete
    from place p join below b on b.parent_id = p.place_id
    union all
    select p.medium, 'enterprise:' || p.enterprise, sum(p.total) filter (where p.level = 'unit'),
           sum(p.total) filter (where p.level = 'secondary'), bool_and(p.complete)
    from place p
    where p.level in ('unit', 'secondary')
    group by p.medium, p.enterprise
    having bool_or(p.level = 'secondary' and p.parent_id is null)
), installed as (
    select enterprise_id, enterprise, bool_and(fitted) as complete,
           100.0 * count(*) filter (where fitted) / count(*) as pct
    from place where level = 'unit' and medium = 'water' group by enterprise_id, enterprise
), online as (
    select p.enterprise_id, i.permitted_m3_a::float8 as permitted, p.fitted and 10 * p.hours >= 9 * p.expected as online
    from place p join intake i on i.intake_id = p.intake_id
)
select case medium when 'water' then 'water.balance' else 'energy.balance.electricity' end as rule, subject,
       case when complete then 100 * abs(entry - subs) / entry end as value
from boundary
union all
select 'data.arrival_rate', s.subject, 100.0 * sum(p.hours) / sum(p.expected)
from place p join scope s using (enterprise_id) group by s.subject
union all
select 'water.meter_installation_rate', 'enterprise:' || enterprise, pct from installed
union all
select 'water.meter_installation_rate', s.subject, 100.0 * count(*) filter (where i.complete) / count(*)
from installed i join scope s using (enterprise_id) where s.subject not like 'enterprise:%%' group by s.subject
union all
select 'water.intake_online_rate.green_park_plan', s.subject,
       100 * coalesce(sum(o.permitted) filter (where o.online), 0) / sum(o.permitted)
from online o join scope s using (enterprise_id) group by s.subject
union all
select 'energy.fit_rate', subject, min(pct - wanted) from (
    select s.subject, p.level, 100.0 * count(*) filter (where p.fitted) / count(*) as pct,
           case p.level when 'equipment' then 95 else 100 end as wanted
    from place p join scope s using (enterprise_id) where p.medium = 'electricity' group by s.subject, p.level
) levels group by subject
"""
