-- end_soon_when_cut --
-- the server notices within about 15 s that the other end has lost power, and others may have its slots
select set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '3', false),
       set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '15000', false)

-- take_slot --
-- a slot for this session, until it is given back or the session ends
select pg_try_advisory_lock(%(slots)s::int, %(slot)s::int)

-- give_slot_back --
select pg_advisory_unlock(%(slots)s::int, %(slot)s::int)

-- start_waiting --
-- any number of sessions may wait; those that hold more than one slot see it
select pg_try_advisory_lock_shared(%(waiting)s::int, 0)

-- stop_waiting --
select pg_advisory_unlock_shared(%(waiting)s::int, 0)

-- list_leases --
-- slots that sessions of this database hold, and whether another session waits for one
select coalesce(array_agg(l.objid::bigint) filter (where l.classid = %(slots)s::bigint::oid), '{}') as taken,
       coalesce(array_agg(l.objid::bigint) filter (where l.classid = %(slots)s::bigint::oid
                                                     and l.pid = pg_backend_pid()), '{}') as mine,
       coalesce(bool_or(l.classid = %(waiting)s::bigint::oid and l.pid <> pg_backend_pid()), false) as waiting
from pg_locks l
where l.locktype = 'advisory' and l.granted and l.objsubid = 2
  and l.database = (select d.oid from pg_database d where d.datname = current_database())
