-- changes --
-- one page of records of replaced meters, newest first
select c.change_id, e.code as enterprise, p.code as point, p.name as point_name, p.unit, c.changed_at, c.old_final,
       c.new_initial, c.old_serial, c.new_serial, c.author, c.reason, c.created_at, c.superseded_at, c.withdrawn_by,
       c.withdrawn_because,
       case when c.withdrawn_by is not null then 'withdrawn' when c.superseded_at is not null then 'superseded'
            else 'effective' end as state
from meter_change c
join point p using (point_id)
join enterprise e using (enterprise_id)
where (%(change_id)s::bigint is null or c.change_id = %(change_id)s::bigint)
  and (%(enterprise_id)s::int is null or e.enterprise_id = %(enterprise_id)s::int)
  and (%(point)s::text is null or p.code = %(point)s::text)
  and (%(state)s::text is null or %(state)s::text
       = case when c.withdrawn_by is not null then 'withdrawn' when c.superseded_at is not null then 'superseded'
              else 'effective' end)
  and (%(from_at)s::timestamptz is null or c.changed_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or c.changed_at < %(to_at)s::timestamptz)
  and (%(after)s::bigint is null or c.change_id < %(after)s::bigint)
order by c.change_id desc
limit %(limit)s::int
