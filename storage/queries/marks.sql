-- lock_outlet --
-- the outlet that a mark speaks of; one mark at a time is added to it or decided, so that two cannot overlap unseen
select o.outlet_id, o.enterprise_id
from outlet o join enterprise e using (enterprise_id)
where e.code = %(enterprise)s::text and o.code = %(outlet)s::text
for no key update of o

-- lock_outlet_of --
-- as lock_outlet, for the outlet of a mark
select o.outlet_id from mark m join outlet o using (outlet_id) where m.mark_id = %(mark_id)s::bigint
for no key update of o

-- analyser --
-- a point at an outlet, and whether it measures there: no counter, no state, no statement about another point
select p.point_id, p.kind = 'instantaneous' and p.statistic is null
from point p where p.outlet_id = %(outlet_id)s::int and p.code = %(point)s::text

-- insert --
-- a mark; rows are never altered
insert into mark (enterprise_id, outlet_id, point_id, dimension, kind, start_at, end_at, origin, author, reason,
                  created_at, supersedes)
values (%(enterprise_id)s::int, %(outlet_id)s::int, %(point_id)s::int, %(dimension)s::text, %(kind)s::text,
        %(start_at)s::timestamptz, %(end_at)s::timestamptz, %(origin)s::text, %(author)s::text, %(reason)s::text,
        %(created_at)s::timestamptz, %(supersedes)s::bigint)
returning mark_id

-- decide --
-- the end of a mark's effect
insert into mark_decision (mark_id, decision, author, reason, decided_at)
values (%(mark_id)s::bigint, %(decision)s::text, %(author)s::text, %(reason)s::text, %(decided_at)s::timestamptz)

-- one --
-- a mark, with what ended its effect
select m.mark_id, e.code || '/' || o.code as outlet, p.code as point, m.dimension, m.kind, m.start_at, m.end_at,
       m.outlet_id, m.point_id, m.author, m.reason, m.origin, m.created_at,
       d.decision, d.author as decided_by, s.mark_id as superseded_by
from mark m
join outlet o using (outlet_id)
join enterprise e on e.enterprise_id = m.enterprise_id
left join point p on p.point_id = m.point_id
left join mark_decision d on d.mark_id = m.mark_id
left join mark s on s.supersedes = m.mark_id
where m.mark_id = %(mark_id)s::bigint

-- effective --
-- marks of some outlets that overlap [from, to) and have effect as known at an instant, null for all that is known.
-- first_at is the earliest start that can reach into the span: no mark is longer than domain.marks.LONGEST
select m.mark_id, e.code || '/' || o.code as outlet, p.code as point, m.dimension, m.kind, m.start_at, m.end_at,
       m.outlet_id, m.point_id, m.author, m.reason, m.origin, m.created_at
from mark m
join outlet o using (outlet_id)
join enterprise e on e.enterprise_id = m.enterprise_id
left join point p on p.point_id = m.point_id
where m.outlet_id = any(%(outlet_ids)s::int[])
  and m.start_at >= %(first_at)s::timestamptz and m.start_at < %(to_at)s::timestamptz
  and m.end_at > %(from_at)s::timestamptz
  and (%(dimension)s::text is null or m.dimension = %(dimension)s::text)
  and m.created_at <= coalesce(%(known_at)s::timestamptz, 'infinity')
  and not exists (select from mark_decision d where d.mark_id = m.mark_id
                  and d.decided_at <= coalesce(%(known_at)s::timestamptz, 'infinity'))
  and not exists (select from mark s where s.supersedes = m.mark_id
                  and s.created_at <= coalesce(%(known_at)s::timestamptz, 'infinity'))
order by m.outlet_id, m.start_at, m.mark_id

-- leave_hours --
-- the hours of a mark's analysers are computed again; those still without readings by whoever brings these
insert into dirty_hour (point_id, hour_at)
select p.point_id, h.hour_at
from point p
cross join generate_series(date_trunc('hour', %(start_at)s::timestamptz, 'UTC'),
                           %(end_at)s::timestamptz - interval '1 microsecond', interval '1 hour') as h (hour_at)
where p.outlet_id = %(outlet_id)s::int and p.kind = 'instantaneous' and p.statistic is null
  and (%(point_id)s::int is null or p.point_id = %(point_id)s::int)

-- leave_judgements --
-- the rules look again at the hours of what is measured at an outlet; hours to come are not judged yet
insert into rule_work (kind, key, at)
select 'hour', p.point_id::bigint, h.hour_at
from point p
cross join generate_series(date_trunc('hour', %(start_at)s::timestamptz, 'UTC'),
                           least(%(end_at)s::timestamptz - interval '1 microsecond', %(at)s::timestamptz),
                           interval '1 hour') as h (hour_at)
where p.outlet_id = %(outlet_id)s::int and p.statistic is null
order by p.point_id, h.hour_at

-- equipment_spans --
-- effective equipment marks on some points that overlap [from, to), in order of start. Only analysers are marked: a
-- counter, a state and what a logger says of another point stay as they are. first_at as in `effective`
select coalesce(array_agg(p.point_id order by m.start_at, m.mark_id), '{}') as point_id,
       coalesce(array_agg(m.mark_id order by m.start_at, m.mark_id), '{}') as mark_id,
       coalesce(array_agg(m.start_at order by m.start_at, m.mark_id), '{}') as start_at,
       coalesce(array_agg(m.end_at order by m.start_at, m.mark_id), '{}') as end_at
from mark m
join point p on p.outlet_id = m.outlet_id and (m.point_id is null or m.point_id = p.point_id)
where p.point_id = any(%(point_id)s::int[]) and p.kind = 'instantaneous' and p.statistic is null
  and m.dimension = 'equipment'
  and m.start_at >= %(first_at)s::timestamptz and m.start_at < %(to_at)s::timestamptz
  and m.end_at > %(from_at)s::timestamptz
  and not exists (select from mark_decision d where d.mark_id = m.mark_id)
  and not exists (select from mark s where s.supersedes = m.mark_id)
