-- maintain --
-- makes partitions ahead of time and drops raw readings past their keeping time; returns how many were dropped
select maintain_v1(%(now)s::timestamptz, make_interval(days => %(keep_days)s::int))
