-- maintain --
-- makes partitions ahead of time and drops raw readings past their keeping time; returns how many were dropped
select maintain_v1(%(now)s::timestamptz, make_interval(days => %(keep_days)s::int))

-- set_password --
-- gives an enterprise a new password; no row when there is no such enterprise
insert into credential (enterprise_id, password_hash, set_at)
select enterprise_id, %(password_hash)s::text, %(at)s::timestamptz from enterprise where code = %(enterprise)s::text
on conflict (enterprise_id) do update set password_hash = excluded.password_hash, set_at = excluded.set_at
returning enterprise_id

-- engine --
-- native or timescale
select value from schema_info where name = 'engine'
