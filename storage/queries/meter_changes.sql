-- lock_point --
-- a point and what kind it is; one record at a time is made of it, so that two cannot overlook each other
select p.point_id, p.kind
from point p join enterprise e using (enterprise_id)
where e.code = %(enterprise)s::text and p.code = %(point)s::text
for no key update of p

-- lock_point_of --
-- as lock_point, for the point of a record
select p.point_id from meter_change c join point p using (point_id) where c.change_id = %(change_id)s::bigint
for no key update of p

-- one --
-- a record, whatever has become of it
select c.change_id, c.point_id, e.code as enterprise, p.code as point, c.changed_at, c.old_final, c.new_initial,
       c.old_serial, c.new_serial, c.author, c.reason, c.created_at, c.superseded_at, c.withdrawn_by, c.withdrawn_because
from meter_change c
join point p using (point_id)
join enterprise e using (enterprise_id)
where c.change_id = %(change_id)s::bigint

-- current_at --
-- the record that counts at an instant of a point
select change_id, old_final, new_initial, old_serial, new_serial
from meter_change
where point_id = %(point_id)s::int and changed_at = %(changed_at)s::timestamptz and superseded_at is null

-- insert --
-- a record; rows are never altered but for the end of their effect
insert into meter_change (point_id, changed_at, old_serial, new_serial, old_final, new_initial, author, reason, created_at)
values (%(point_id)s::int, %(changed_at)s::timestamptz, %(old_serial)s::text, %(new_serial)s::text,
        %(old_final)s::double precision, %(new_initial)s::double precision, %(author)s::text, %(reason)s::text,
        %(created_at)s::timestamptz)
returning change_id

-- end_effect --
-- another record takes this one's place, or somebody withdraws it
update meter_change set superseded_at = %(at)s::timestamptz, withdrawn_by = %(withdrawn_by)s::text,
    withdrawn_because = %(withdrawn_because)s::text
where change_id = %(change_id)s::bigint

-- leave_hour --
-- the hour of a replacement is computed again, and by the roll-up those of the two readings that follow it; not where no
-- reading stands before it: nothing is counted over it then, and what is past its retention must not be counted anew
insert into dirty_hour (point_id, hour_at)
select %(point_id)s::int, date_trunc('hour', %(changed_at)s::timestamptz, 'UTC')
where exists (select from reading r
              where r.point_id = %(point_id)s::int and r.measured_at <= %(changed_at)s::timestamptz)

-- previous --
-- the instant of the record that counts before an instant of a point
select max(changed_at) from meter_change
where point_id = %(point_id)s::int and superseded_at is null and changed_at < %(changed_at)s::timestamptz

-- changes --
-- the records that count of some points
select coalesce(array_agg(c.point_id), '{}') as point_id, coalesce(array_agg(c.changed_at), '{}') as changed_at,
       coalesce(array_agg(c.old_final), '{}') as old_final, coalesce(array_agg(c.new_initial), '{}') as new_initial
from meter_change c
where c.point_id = any(%(point_id)s::int[]) and c.superseded_at is null

-- registers --
-- meters of points of which any meter has a register of its own: from when on each shows, and what it is like. A meter
-- shows from its recorded replacement on: the one that names it, else the one of the day on which it was installed;
-- without a record from the start of that day
select m.point_id, coalesce(c.changed_at, m.installed_on::timestamp at time zone 'Asia/Shanghai') as from_at,
       coalesce(m.counter_digits, p.counter_digits) as digits, coalesce(m.counter_scale, p.counter_scale) as scale,
       case when m.counter_digits is null then p.counter_max_rate_per_h else m.counter_max_rate_per_h end as max_rate
from meter m
join point p on p.point_id = m.point_id and p.kind = 'counter'
left join lateral (
    select c.changed_at
    from meter_change c
    where c.point_id = m.point_id and c.superseded_at is null
      and (c.new_serial = m.serial or (c.changed_at at time zone 'Asia/Shanghai')::date = m.installed_on)
    order by c.new_serial is distinct from m.serial,
             abs((c.changed_at at time zone 'Asia/Shanghai')::date - m.installed_on), c.changed_at
    limit 1
) c on true
where m.point_id = any(%(point_id)s::int[])
  and exists (select from meter o where o.point_id = m.point_id and o.counter_digits is not null)
order by m.point_id, 2, m.installed_on, m.meter_id

-- meter_points --
-- the points of some meters, as they are registered and as they are to be
select p.point_id
from unnest(%(enterprises)s::text[], %(points)s::text[]) as g (enterprise, point)
join enterprise e on e.code = g.enterprise
join point p on p.enterprise_id = e.enterprise_id and p.code = g.point
union
select m.point_id
from unnest(%(enterprises)s::text[], %(serials)s::text[]) as g (enterprise, serial)
join enterprise e on e.code = g.enterprise
join meter m on m.enterprise_id = e.enterprise_id and m.serial = g.serial
where m.point_id is not null

-- leave_hours --
-- hours of some points from an instant on are computed again, but for those that begin before the first reading that is
-- still stored: what they count from is past its retention
insert into dirty_hour (point_id, hour_at)
select h.point_id, h.hour_at
from unnest(%(point_ids)s::int[], %(froms)s::timestamptz[]) as w (point_id, from_at)
cross join lateral (
    select r.measured_at from reading r where r.point_id = w.point_id order by r.measured_at limit 1
) f
cross join lateral (
    select h.point_id, h.hour_at
    from hourly h
    where h.point_id = w.point_id
      and h.hour_at >= greatest(date_trunc('hour', w.from_at, 'UTC'), f.measured_at)
    offset 0
) h
