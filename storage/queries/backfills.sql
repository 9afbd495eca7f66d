-- start --
-- how far a file of history is; a file that is new, or is to be taken in again, is at its beginning
insert into backfill (enterprise_id, sha256, file_name, rows_done, started_at, changed_at)
values (%(enterprise_id)s::int, %(sha256)s::text, %(file_name)s::text, 0, %(now)s::timestamptz, %(now)s::timestamptz)
on conflict (enterprise_id, sha256) do update
set rows_done = case when %(again)s::boolean then 0 else backfill.rows_done end,
    finished_at = case when %(again)s::boolean then null else backfill.finished_at end,
    started_at = case when %(again)s::boolean then excluded.started_at else backfill.started_at end
returning rows_done, finished_at

-- find --
-- how far a file of history is
select rows_done, finished_at from backfill
where enterprise_id = %(enterprise_id)s::int and sha256 = %(sha256)s::text

-- note --
-- so many rows of the file are committed
update backfill
set rows_done = %(rows_done)s::bigint, changed_at = %(now)s::timestamptz,
    finished_at = case when %(finished)s::boolean then %(now)s::timestamptz end
where enterprise_id = %(enterprise_id)s::int and sha256 = %(sha256)s::text
