-- open --
-- somebody asks that alerts on an enterprise's old periods be told
insert into history_notice (enterprise_id, from_at, to_at, until_at, author, created_at)
values (%(enterprise_id)s::int, %(from_at)s::timestamptz, %(to_at)s::timestamptz, %(until_at)s::timestamptz,
        %(author)s::text, %(now)s::timestamptz)
returning notice_id

-- widen --
-- more of the past is asked for, and for longer
update history_notice
set from_at = least(from_at, %(from_at)s::timestamptz), to_at = greatest(to_at, %(to_at)s::timestamptz),
    until_at = greatest(until_at, %(until_at)s::timestamptz)
where notice_id = %(notice_id)s::bigint
