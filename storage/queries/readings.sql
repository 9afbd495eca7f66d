-- copy_new --
-- the fast road for readings of which none is stored yet; a stored one makes the whole COPY fail
copy reading (point_id, measured_at, value, source_flag, qc_flag, received_at) from stdin (format binary)

-- in_transaction --
-- nothing but the beginning of a transaction
select

-- insert_missing --
-- store what is not there yet; gives the positions (from 1) of the instants that are there already. The order of the
-- insertions is that of the arrays, the same for every writer, so that two writers cannot wait for each other
with arrived as materialized (
    select a.point_id, a.measured_at, a.value, a.source_flag, a.qc_flag, a.received_at, a.position
    from unnest(%(point_id)s::int[], %(measured_at)s::timestamptz[], %(value)s::double precision[],
                %(source_flag)s::"char"[], %(qc_flag)s::smallint[], %(received_at)s::timestamptz[])
         with ordinality as a (point_id, measured_at, value, source_flag, qc_flag, received_at, position)
), stored as (
    insert into reading (point_id, measured_at, value, source_flag, qc_flag, received_at)
    select point_id, measured_at, value, source_flag, qc_flag, received_at from arrived order by position
    on conflict do nothing
    returning point_id, measured_at
)
select coalesce(array_agg(a.position order by a.position), '{}') as positions
from arrived a
where not exists (select from stored s where s.point_id = a.point_id and s.measured_at = a.measured_at)

-- insert_corrections --
-- of values for stored instants, keep those that differ from the stored value and from every stored correction; gives
-- their positions (from 1). The rest are duplicates
with contested as materialized (
    select a.point_id, a.measured_at, a.value, a.source_flag, a.qc_flag, a.received_at, a.position
    from unnest(%(point_id)s::int[], %(measured_at)s::timestamptz[], %(value)s::double precision[],
                %(source_flag)s::"char"[], %(qc_flag)s::smallint[], %(received_at)s::timestamptz[])
         with ordinality as a (point_id, measured_at, value, source_flag, qc_flag, received_at, position)
), different as (
    select distinct on (c.point_id, c.measured_at, c.value, c.source_flag)
           c.point_id, c.measured_at, c.value, c.source_flag, c.qc_flag, c.received_at, c.position
    from contested c
    left join lateral (
        -- the limit keeps this a look at the key for each of them, whatever the planner thinks of the table's size
        select true as same from reading r
        where r.point_id = c.point_id and r.measured_at = c.measured_at
          and r.value = c.value and r.source_flag = c.source_flag
          and r.measured_at between %(first_at)s::timestamptz and %(last_at)s::timestamptz
        limit 1) r on true
    where r.same is null
    order by c.point_id, c.measured_at, c.value, c.source_flag, c.position
), stored as (
    insert into correction (point_id, measured_at, value, source_flag, qc_flag, received_at)
    select point_id, measured_at, value, source_flag, qc_flag, received_at from different order by position
    on conflict do nothing
    returning point_id, measured_at, value, source_flag
)
select coalesce(array_agg(d.position order by d.position), '{}') as positions
from different d
join stored s on s.point_id = d.point_id and s.measured_at = d.measured_at
             and s.value = d.value and s.source_flag = d.source_flag

-- ensure_partition --
-- make room for the readings of one month
select ensure_reading_partitions_v1(%(at)s::timestamptz, %(at)s::timestamptz)

-- select_readings --
-- the readings of some points, each within (from, to]
select coalesce(array_agg(r.point_id), '{}') as point_id, coalesce(array_agg(r.measured_at), '{}') as measured_at,
       coalesce(array_agg(r.value), '{}') as value, coalesce(array_agg(r.source_flag), '{}') as source_flag,
       coalesce(array_agg(r.qc_flag), '{}') as qc_flag, coalesce(array_agg(r.received_at), '{}') as received_at
from unnest(%(point_id)s::int[], %(from_at)s::timestamptz[], %(to_at)s::timestamptz[]) as w (point_id, from_at, to_at)
cross join lateral (
    select r.point_id, r.measured_at, r.value, r.source_flag, r.qc_flag, r.received_at
    from reading r
    where r.point_id = w.point_id and r.measured_at > w.from_at and r.measured_at <= w.to_at
      and r.measured_at > %(first_at)s::timestamptz and r.measured_at <= %(last_at)s::timestamptz
    order by r.measured_at
) r

-- select_corrections --
-- the newest correction of each instant of some points, each within (from, to]
select coalesce(array_agg(c.point_id), '{}') as point_id, coalesce(array_agg(c.measured_at), '{}') as measured_at,
       coalesce(array_agg(c.value), '{}') as value, coalesce(array_agg(c.source_flag), '{}') as source_flag,
       coalesce(array_agg(c.qc_flag), '{}') as qc_flag, coalesce(array_agg(c.received_at), '{}') as received_at
from unnest(%(point_id)s::int[], %(from_at)s::timestamptz[], %(to_at)s::timestamptz[]) as w (point_id, from_at, to_at)
cross join lateral (
    select distinct on (c.measured_at) c.point_id, c.measured_at, c.value, c.source_flag, c.qc_flag, c.received_at
    from correction c
    where c.point_id = w.point_id and c.measured_at > w.from_at and c.measured_at <= w.to_at
    order by c.measured_at, c.correction_id desc
) c

-- select_before --
-- the last two valid readings at or before an instant of each point, corrections applied
select coalesce(array_agg(w.point_id), '{}') as point_id, coalesce(array_agg(e.measured_at), '{}') as measured_at,
       coalesce(array_agg(e.value), '{}') as value, coalesce(array_agg(e.source_flag), '{}') as source_flag,
       coalesce(array_agg(e.qc_flag), '{}') as qc_flag, coalesce(array_agg(e.received_at), '{}') as received_at
from unnest(%(point_id)s::int[], %(at)s::timestamptz[]) as w (point_id, at)
cross join lateral (
    select r.measured_at, coalesce(c.value, r.value) as value, coalesce(c.source_flag, r.source_flag) as source_flag,
           coalesce(c.qc_flag, r.qc_flag) as qc_flag, r.received_at
    from reading r
    left join lateral (
        select c.value, c.source_flag, c.qc_flag from correction c
        where c.point_id = r.point_id and c.measured_at = r.measured_at
        order by c.correction_id desc limit 1
    ) c on true
    where r.point_id = w.point_id and r.measured_at <= w.at
      and coalesce(c.source_flag, r.source_flag) = any(%(valid_flags)s::"char"[])
      and coalesce(c.qc_flag, r.qc_flag) = %(good)s::smallint
    order by r.measured_at desc
    limit 2
) e

-- select_after --
-- times of the first two valid readings after an instant of each point, corrections applied
select coalesce(array_agg(w.point_id), '{}') as point_id, coalesce(array_agg(e.measured_at), '{}') as measured_at
from unnest(%(point_id)s::int[], %(at)s::timestamptz[]) as w (point_id, at)
cross join lateral (
    select r.measured_at
    from reading r
    left join lateral (
        select c.source_flag, c.qc_flag from correction c
        where c.point_id = r.point_id and c.measured_at = r.measured_at
        order by c.correction_id desc limit 1
    ) c on true
    where r.point_id = w.point_id and r.measured_at > w.at
      and coalesce(c.source_flag, r.source_flag) = any(%(valid_flags)s::"char"[])
      and coalesce(c.qc_flag, r.qc_flag) = %(good)s::smallint
    order by r.measured_at
    limit 2
) e
