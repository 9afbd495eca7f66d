-- marks --
-- one page of marks, newest first, with what has become of each as known at an instant (null: by all that is known)
select m.mark_id, e.code as enterprise, e.name as enterprise_name, o.code as outlet, o.name as outlet_name,
       p.code as point, m.dimension, m.kind, m.start_at, m.end_at, m.origin, m.author, m.reason, m.created_at,
       m.supersedes, d.decision, d.author as decided_by, d.reason as decision_reason, d.decided_at,
       s.mark_id as superseded_by, s.created_at as superseded_at,
       coalesce(d.decision, case when s.mark_id is null then 'effective' else 'superseded' end) as state
from mark m
join enterprise e on e.enterprise_id = m.enterprise_id
join outlet o on o.outlet_id = m.outlet_id
left join point p on p.point_id = m.point_id
left join mark_decision d on d.mark_id = m.mark_id
     and d.decided_at <= coalesce(%(as_known_at)s::timestamptz, 'infinity')
left join mark s on s.supersedes = m.mark_id
     and s.created_at <= coalesce(%(as_known_at)s::timestamptz, 'infinity')
where m.created_at <= coalesce(%(as_known_at)s::timestamptz, 'infinity')
  and (%(mark_ids)s::bigint[] is null or m.mark_id = any(%(mark_ids)s::bigint[]))
  and (%(enterprise_id)s::int is null or m.enterprise_id = %(enterprise_id)s::int)
  and (%(outlet)s::text is null or o.code = %(outlet)s::text)
  and (%(dimension)s::text is null or m.dimension = %(dimension)s::text)
  and (%(kind)s::text is null or m.kind = %(kind)s::text)
  and (%(origin)s::text is null or m.origin = %(origin)s::text)
  and (%(state)s::text is null or %(state)s::text
       = coalesce(d.decision, case when s.mark_id is null then 'effective' else 'superseded' end))
  and (%(from_at)s::timestamptz is null or m.end_at > %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or m.start_at < %(to_at)s::timestamptz)
  and (%(after)s::bigint is null or m.mark_id < %(after)s::bigint)
order by m.mark_id desc
limit %(limit)s::int

-- chain --
-- the marks that a mark superseded, itself, and those that superseded it
with recursive earlier as (
    select m.mark_id, m.supersedes from mark m where m.mark_id = %(mark_id)s::bigint
    union all
    select m.mark_id, m.supersedes from mark m join earlier e on m.mark_id = e.supersedes
), later as (
    select m.mark_id from mark m where m.supersedes = %(mark_id)s::bigint
    union all
    select m.mark_id from mark m join later l on m.supersedes = l.mark_id
)
select mark_id from earlier union all select mark_id from later

-- hours --
-- hourly rows in which an equipment mark made minutes invalid, and how many there are
select h.hour_at, p.code as point, h.marked_minutes, h.valid_minutes, h.reading_count, count(*) over () as total
from mark m
join point p on p.outlet_id = m.outlet_id
join hourly h on h.point_id = p.point_id
     and h.hour_at >= date_trunc('hour', m.start_at, 'UTC') and h.hour_at < m.end_at
where m.mark_id = %(mark_id)s::bigint and m.dimension = 'equipment' and h.mark_ids @> array[m.mark_id]
order by h.hour_at, p.code
limit %(limit)s::int

-- findings --
-- current findings on hours that name a mark among what they used, and how many there are
select f.finding_id, f.rule_id, f.subject, f.period_start, f.period_end, f.verdict, f.reason, count(*) over () as total
from mark m
join enterprise e on e.enterprise_id = m.enterprise_id
join outlet o on o.outlet_id = m.outlet_id
join finding f on f.rule_id in (select r.rule_id from rule r)
     and (f.subject = 'outlet:' || e.code || '/' || o.code
          or f.subject in (select 'pollutant:' || e.code || '/' || o.code || '/' || p.quantity
                           from point p where p.outlet_id = o.outlet_id))
     and f.period_start >= date_trunc('hour', m.start_at, 'UTC') and f.period_start < m.end_at
     and f.superseded_at is null and f.evidence -> 'marks' @> to_jsonb(m.mark_id)
where m.mark_id = %(mark_id)s::bigint
order by f.period_start, f.rule_id, f.subject
limit %(limit)s::int

-- automatic --
-- one page of what instruments and running states said by themselves, by hour, point and flag; no flag for a state
select a.hour_at, e.code as enterprise, o.code as outlet, p.code as point, p.quantity, a.point_id, a.flag, a.readings,
       a.stopped_minutes, a.reading_count
from (
    select h.hour_at, h.point_id, k.key as flag, k.value::int as readings, null::double precision as stopped_minutes,
           h.reading_count
    from hourly h
    cross join jsonb_each_text(h.flag_counts) k
    where h.hour_at >= %(from_at)s::timestamptz and h.hour_at < %(to_at)s::timestamptz and k.key <> 'N'
    union all
    select h.hour_at, h.point_id, '', h.reading_count, 60 * (1 - h.mean), h.reading_count
    from hourly h
    join point s on s.point_id = h.point_id and s.quantity = 'running_state'
    where h.hour_at >= %(from_at)s::timestamptz and h.hour_at < %(to_at)s::timestamptz and h.mean < 1
) a
join point p on p.point_id = a.point_id
join outlet o on o.outlet_id = p.outlet_id
join enterprise e on e.enterprise_id = o.enterprise_id
where p.statistic is null
  and (%(enterprise_id)s::int is null or o.enterprise_id = %(enterprise_id)s::int)
  and (%(outlet)s::text is null or o.code = %(outlet)s::text)
  and (%(after_hour)s::timestamptz is null
       or (a.hour_at, a.point_id, a.flag)
          > (%(after_hour)s::timestamptz, %(after_point)s::int, %(after_flag)s::text))
order by a.hour_at, a.point_id, a.flag
limit %(limit)s::int
