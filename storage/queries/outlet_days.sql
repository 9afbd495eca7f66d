-- points --
-- points at outlets, measured ones and those that state something of another point, with what signs must know of them
select o.outlet_id, e.enterprise_id, e.code as enterprise, e.registered_from, o.code as outlet, o.process, o.makeup_air,
       o.in_service_from, o.in_service_to, p.point_id, p.code as point, p.quantity, p.unit, p.interval_s, p.statistic,
       q.code as of, p.range_top, p.in_service_from as point_from, p.in_service_to as point_to
from outlet o
join enterprise e using (enterprise_id)
join point p on p.outlet_id = o.outlet_id
left join point q on q.point_id = p.of_point_id
where p.kind <> 'counter'
order by e.code, o.code, p.point_id

-- hours --
-- hourly rows of some windows as columns; hours as whole hours since 1970, NaN for null. Flags are counted only where
-- they are asked for: taking them out of their JSON costs as much as all the rest. Here and below, `offset 0` keeps a
-- window a look at the key: joined to a list of unknown length, the planner may read the whole history
select coalesce(array_agg(h.point_id), '{}'), coalesce(array_agg((extract(epoch from h.hour_at) / 3600)::int), '{}'),
       coalesce(array_agg(coalesce(h.mean, 'NaN'::double precision)), '{}'),
       coalesce(array_agg(h.valid_minutes), '{}'), coalesce(array_agg(h.reading_count), '{}'),
       coalesce(array_agg(h.valid_count), '{}'),
       coalesce(array_agg(coalesce(h.minimum, 'NaN'::double precision)), '{}'),
       coalesce(array_agg(coalesce(h.maximum, 'NaN'::double precision)), '{}'),
       coalesce(array_agg(coalesce(h.first_value, 'NaN'::double precision)), '{}'),
       coalesce(array_agg(coalesce(h.last_value, 'NaN'::double precision)), '{}'),
       coalesce(array_agg(coalesce(h.deviation, 'NaN'::double precision)), '{}'),
       coalesce(array_agg(h.marked_minutes), '{}'), coalesce(array_agg(h.flat_head_s), '{}'),
       coalesce(array_agg(h.flat_tail_s), '{}'), coalesce(array_agg(h.flat_longest_s), '{}'),
       coalesce(array_agg(h.zero_minutes), '{}'), coalesce(array_agg(h.negative_minutes), '{}'),
       coalesce(array_agg(h.maximum_count), '{}'), coalesce(array_agg(h.late_count), '{}'),
       coalesce(array_agg(case when %(flags)s::boolean then
           coalesce((h.flag_counts ->> 'C')::int, 0) + coalesce((h.flag_counts ->> 'M')::int, 0)
           + coalesce((h.flag_counts ->> 'D')::int, 0) else 0 end), '{}'),
       coalesce(array_agg(case when %(flags)s::boolean then coalesce((h.flag_counts ->> 'C')::int, 0) else 0 end), '{}'),
       coalesce(array_agg(case when %(flags)s::boolean then
           coalesce((h.flag_counts ->> 'F')::int, 0) + coalesce((h.flag_counts ->> 'f')::int, 0) else 0 end), '{}'),
       coalesce(array_agg(('corrected' = any(h.marks))::int), '{}')
from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (point_id, from_at, to_at)
cross join lateral (
    select h.point_id, h.hour_at, h.mean, h.valid_minutes, h.reading_count, h.valid_count, h.minimum, h.maximum,
           h.first_value, h.last_value, h.deviation, h.marked_minutes, h.flat_head_s, h.flat_tail_s, h.flat_longest_s,
           h.zero_minutes, h.negative_minutes, h.maximum_count, h.late_count, h.flag_counts, h.marks
    from hourly h
    where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
    offset 0
) h

-- days --
-- local days of some windows: hours with enough valid minutes, and sums from which mean and variance of the day follow
with day as (
    select h.point_id, floor((extract(epoch from h.hour_at) / 3600 + 8) / 24)::int as day,
           count(*)::int as good_hours, sum(h.mean) as means, sum(h.mean * h.mean) as mean_squares,
           sum(h.deviation * h.deviation) as deviation_squares, count(h.deviation) as deviations
    from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
         as w (point_id, from_at, to_at)
    cross join lateral (
        select h.point_id, h.hour_at, h.mean, h.deviation, h.valid_minutes
        from hourly h
        where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
        offset 0
    ) h
    where h.valid_minutes >= %(min_valid_minutes)s::int and h.mean is not null
    group by h.point_id, day
)
select coalesce(array_agg(point_id), '{}'), coalesce(array_agg(day), '{}'), coalesce(array_agg(good_hours), '{}'),
       coalesce(array_agg(means), '{}'), coalesce(array_agg(mean_squares), '{}'),
       coalesce(array_agg(case when deviations = good_hours then deviation_squares else 'NaN' end), '{}')
from day

-- flagged_days --
-- minutes of local days that flags C, M, D or equipment marks took out, and hours with a reading
with day as (
    select h.point_id, floor((extract(epoch from h.hour_at) / 3600 + 8) / 24)::int as day,
           sum(least(60.0, h.marked_minutes + 60.0 * (coalesce((h.flag_counts ->> 'C')::int, 0)
               + coalesce((h.flag_counts ->> 'M')::int, 0) + coalesce((h.flag_counts ->> 'D')::int, 0))
               / h.reading_count))::double precision as minutes,
           count(*)::int as hours
    from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
         as w (point_id, from_at, to_at)
    cross join lateral (
        select h.point_id, h.hour_at, h.reading_count, h.marked_minutes, h.flag_counts
        from hourly h
        where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
        offset 0
    ) h
    where h.reading_count > 0
    group by h.point_id, day
)
select coalesce(array_agg(point_id), '{}'), coalesce(array_agg(day), '{}'), coalesce(array_agg(minutes), '{}'),
       coalesce(array_agg(hours), '{}')
from day

-- twins --
-- hours of some windows whose digest an earlier hour of the same point within some hours before has: the last such one
with twin as (
    select h.point_id, (extract(epoch from h.hour_at) / 3600)::int as hour,
           (extract(epoch from t.hour_at) / 3600)::int as earlier
    from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
         as w (point_id, from_at, to_at)
    cross join lateral (
        select h.point_id, h.hour_at, h.digest
        from hourly h
        where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
        offset 0
    ) h
    cross join lateral (
        select max(t.hour_at) as hour_at from hourly t
        where t.point_id = h.point_id and t.digest = h.digest and t.hour_at < h.hour_at
          and t.hour_at >= h.hour_at - %(back_h)s::int * interval '1 hour'
    ) t
    where h.digest is not null and t.hour_at is not null
)
select coalesce(array_agg(point_id), '{}'), coalesce(array_agg(hour), '{}'), coalesce(array_agg(earlier), '{}')
from twin

-- calibrations --
-- hours with a calibration by flag or by mark in some windows, and the two hours on either side of each, in order
with event as (
    select h.point_id, h.hour_at, w.from_at, w.to_at
    from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
         as w (point_id, from_at, to_at)
    cross join lateral (
        select h.point_id, h.hour_at, h.flag_counts, h.mark_ids
        from hourly h
        where h.point_id = w.point_id and h.hour_at >= w.from_at and h.hour_at < w.to_at
        offset 0
    ) h
    where h.flag_counts ? 'C' or h.mark_ids <> '{}' and exists (
        select from mark m where m.mark_id = any(h.mark_ids) and m.kind = 'calibration')
),
beside as (
    select h.point_id, h.hour_at, max((h.hour_at = e.hour_at)::int) as calibrating
    from event e
    cross join lateral (
        select h.point_id, h.hour_at from hourly h
        where h.point_id = e.point_id and h.hour_at >= e.hour_at - interval '2 hours'
          and h.hour_at <= e.hour_at + interval '2 hours' and h.hour_at >= e.from_at and h.hour_at < e.to_at
        offset 0
    ) h
    group by h.point_id, h.hour_at
),
near as (
    select b.point_id, (extract(epoch from b.hour_at) / 3600)::int as hour, h.mean, h.valid_minutes, b.calibrating
    from beside b
    cross join lateral (
        select h.mean, h.valid_minutes from hourly h where h.point_id = b.point_id and h.hour_at = b.hour_at offset 0
    ) h
)
select coalesce(array_agg(n.point_id order by n.point_id, n.hour), '{}'),
       coalesce(array_agg(n.hour order by n.point_id, n.hour), '{}'),
       coalesce(array_agg(coalesce(n.mean, 'NaN'::double precision) order by n.point_id, n.hour), '{}'),
       coalesce(array_agg(n.valid_minutes order by n.point_id, n.hour), '{}'),
       coalesce(array_agg(n.calibrating order by n.point_id, n.hour), '{}')
from near n

-- judged_hours --
-- hours of some subjects that the hourly rules have judged: number, value, limit and whether it is over
select f.rule_id, f.subject, (extract(epoch from f.period_start) / 3600)::int as hour, f.value, f.limit_value,
       f.verdict = 'violation'
from unnest(%(subjects)s::text[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (subject, from_at, to_at)
cross join unnest(%(rule_ids)s::text[]) as r (rule_id)
join finding f on f.rule_id = r.rule_id and f.subject = w.subject and f.superseded_at is null
              and f.period_start >= w.from_at and f.period_start < w.to_at
where f.verdict <> 'undetermined' and f.value is not null and f.limit_value is not null
order by f.rule_id, f.subject, f.period_start

-- limit_shares --
-- hours of some subjects that the hourly rules have judged, by local day: all, from a share of the limit up to it, over it
select f.rule_id, f.subject, floor((extract(epoch from f.period_start) / 3600 + 8) / 24)::int as day, count(*),
       count(*) filter (where f.verdict = 'compliant' and f.value >= f.limit_value * %(near_from)s::double precision),
       count(*) filter (where f.verdict = 'violation')
from unnest(%(subjects)s::text[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (subject, from_at, to_at)
cross join unnest(%(rule_ids)s::text[]) as r (rule_id)
join finding f on f.rule_id = r.rule_id and f.subject = w.subject and f.superseded_at is null
              and f.period_start >= w.from_at and f.period_start < w.to_at
where f.verdict <> 'undetermined' and f.value is not null and f.limit_value is not null
group by f.rule_id, f.subject, day

-- quirks --
-- deviations that stations were forgiven, by local day and by outlet to whose points their tags lead; quirk null: none
select s.outlet_id, s.device, q.day, q.quirk, coalesce(q.frames, 0)
from (select distinct t.enterprise_id, t.device, p.outlet_id
      from tag t join point p using (point_id)
      where t.protocol = 'hj212' and p.outlet_id = any(%(outlet_ids)s::int[])) as s
left join tolerated_quirk q on q.enterprise_id = s.enterprise_id and q.device = s.device
    and q.day between %(first_day)s::date and %(last_day)s::date and q.quirk = any(%(quirks)s::text[])
order by s.outlet_id, s.device, q.day, q.quirk
