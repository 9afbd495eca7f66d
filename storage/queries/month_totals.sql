-- sum_up --
-- what every counter passed in a local month; a statement of its own, because one that writes may not use several cores
create temp table summed on commit drop as
with plain as (
    select h.point_id, sum(h.increment) as total, count(*) as hours, min(h.hour_at) as first_hour,
           max(h.hour_at) as last_hour
    from hourly h
    -- counters have no mean; who is one is asked of the sums, not of every hour
    where h.mean is null and h.reading_count > 0
        and h.hour_at >= %(from_at)s::timestamptz and h.hour_at < %(to_at)s::timestamptz
    group by h.point_id
), marked as (
    -- few hours are marked, and an index leads to them: a look into every hour's marks costs more than all the rest
    select h.point_id,
           sum(h.increment) filter (where h.gap_from is not null) as bridged,
           sum(h.increment) filter (where h.gap_from < %(from_at)s::timestamptz) as carried,
           min(h.gap_from) filter (where h.gap_from < %(from_at)s::timestamptz) as carried_from,
           -- a spike takes off the jump before it, but one that begins the month takes off none of its own
           count(*) filter (where 'reset' = any(h.marks))
               + greatest(0, sum(('jump' = any(h.marks))::int - ('spike' = any(h.marks))::int)
                             + coalesce(min(h.hour_at) filter (where 'spike' = any(h.marks) and not 'jump' = any(h.marks))
                                        < min(h.hour_at) filter (where 'jump' = any(h.marks)), false)::int)
               as unknown_steps
    from hourly h
    where h.marks <> '{}' and h.mean is null
        and h.hour_at >= %(from_at)s::timestamptz and h.hour_at < %(to_at)s::timestamptz
    group by h.point_id
)
select p.point_id, p.total, coalesce(m.bridged, 0) as bridged, coalesce(m.carried, 0) as carried, p.hours,
       coalesce(m.unknown_steps, 0) as unknown_steps, p.first_hour, p.last_hour, m.carried_from
from plain p left join marked m using (point_id)

-- keep_sums --
-- keeps what was summed up
insert into point_month (point_id, month, total, bridged, carried, hours, unknown_steps, first_hour, last_hour,
                         carried_from)
select point_id, %(month)s::date, total, bridged, carried, hours, unknown_steps, first_hour, last_hour, carried_from
from summed join point p using (point_id)
where p.kind = 'counter'
on conflict (point_id, month) do update set total = excluded.total, bridged = excluded.bridged,
    carried = excluded.carried, hours = excluded.hours, unknown_steps = excluded.unknown_steps,
    first_hour = excluded.first_hour, last_hour = excluded.last_hour, carried_from = excluded.carried_from

-- forget_sums --
-- several months may be summed up in one transaction
drop table summed

-- refresh --
-- the same for some counters and months, one look at the key each; the months of which something differs
with asked as (
    select distinct w.point_id, w.month, w.month::timestamp at time zone 'Asia/Shanghai' as from_at,
           (w.month + interval '1 month')::timestamp at time zone 'Asia/Shanghai' as to_at
    from unnest(%(point_ids)s::int[], %(months)s::date[]) as w (point_id, month)
    join point p on p.point_id = w.point_id and p.kind = 'counter'
), found as (
    select a.point_id, a.month, t.*
    from asked a
    cross join lateral (
        select sum(h.increment) as total,
               coalesce(sum(h.increment) filter (where h.gap_from is not null), 0) as bridged,
               coalesce(sum(h.increment) filter (where h.gap_from < a.from_at), 0) as carried,
               (count(*) filter (where h.reading_count > 0))::int as hours,
               -- a spike takes off the jump before it, but one that begins the month takes off none of its own. Few hours are
               -- marked, and a look into an array costs more than all the rest
               (count(*) filter (where cardinality(h.marks) > 0 and 'reset' = any(h.marks))
                   + greatest(0, coalesce(sum(('jump' = any(h.marks))::int - ('spike' = any(h.marks))::int)
                                              filter (where cardinality(h.marks) > 0), 0)
                                 + coalesce(min(h.hour_at) filter (where cardinality(h.marks) > 0 and 'spike' = any(h.marks)
                                                                   and not 'jump' = any(h.marks))
                                            < min(h.hour_at) filter (where cardinality(h.marks) > 0 and 'jump' = any(h.marks)),
                                            false)::int))::int as unknown_steps,
               min(h.hour_at) filter (where h.reading_count > 0) as first_hour,
               max(h.hour_at) filter (where h.reading_count > 0) as last_hour,
               min(h.gap_from) filter (where h.gap_from < a.from_at) as carried_from
        from hourly h
        where h.point_id = a.point_id and h.hour_at >= a.from_at and h.hour_at < a.to_at
        offset 0
    ) t
), changed as (
    insert into point_month as m (point_id, month, total, bridged, carried, hours, unknown_steps, first_hour, last_hour,
                                  carried_from)
    select point_id, month, total, bridged, carried, hours, unknown_steps, first_hour, last_hour, carried_from from found
    on conflict (point_id, month) do update set total = excluded.total, bridged = excluded.bridged,
        carried = excluded.carried, hours = excluded.hours, unknown_steps = excluded.unknown_steps,
        first_hour = excluded.first_hour, last_hour = excluded.last_hour, carried_from = excluded.carried_from
    where (m.total, m.bridged, m.carried, m.hours, m.unknown_steps, m.first_hour, m.last_hour, m.carried_from)
        is distinct from (excluded.total, excluded.bridged, excluded.carried, excluded.hours, excluded.unknown_steps,
                          excluded.first_hour, excluded.last_hour, excluded.carried_from)
    returning m.month
)
select distinct month from changed order by month

-- totals --
-- of months that begin in [from, to]
select point_id, month, total, bridged, carried, hours, unknown_steps, first_hour, last_hour, carried_from
from point_month where month between %(from_day)s::date and %(to_day)s::date

-- totals_of --
-- the same for one enterprise
select t.point_id, t.month, t.total, t.bridged, t.carried, t.hours, t.unknown_steps, t.first_hour, t.last_hour,
       t.carried_from
from enterprise e
join point p on p.enterprise_id = e.enterprise_id
join point_month t on t.point_id = p.point_id
where e.code = %(enterprise)s::text and t.month between %(from_day)s::date and %(to_day)s::date

-- is_unsettled --
-- whether the roll-up has yet to look at an hour of a counter in a period
select exists (
    select from dirty_hour d join point p on p.point_id = d.point_id and p.kind = 'counter'
    where d.hour_at >= %(from_at)s::timestamptz and d.hour_at < %(to_at)s::timestamptz)

-- first_day --
-- first local day on which anybody is registered
select min(registered_from) from enterprise
