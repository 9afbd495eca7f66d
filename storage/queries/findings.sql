-- current_in_windows --
-- current findings of a rule, by subject within [from, to)
select f.finding_id, f.subject, f.period_start, f.period_end, f.verdict, f.reason, f.value, f.limit_value, f.unit,
       f.evidence
from unnest(%(subjects)s::text[], %(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (subject, from_at, to_at)
join finding f on f.rule_id = %(rule_id)s::text and f.subject = w.subject and f.superseded_at is null
    and f.period_start >= w.from_at and f.period_start < w.to_at

-- last_before --
-- the last current finding of each subject that began before an instant
select w.subject, f.verdict, f.reason
from unnest(%(subjects)s::text[], %(ats)s::timestamptz[]) as w (subject, at)
cross join lateral (
    select f.verdict, f.reason
    from finding f
    where f.rule_id = %(rule_id)s::text and f.subject = w.subject and f.superseded_at is null
        and f.period_start < w.at
    order by f.period_start desc
    limit 1
) f

-- verdict_counts --
-- current findings of a rule counted by verdict and reason; one window a subject and month
select w.number, f.verdict, f.reason, count(*)
from unnest(%(subjects)s::text[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
    with ordinality as w (subject, from_at, to_at, number)
join finding f on f.rule_id = %(rule_id)s::text and f.subject = w.subject and f.superseded_at is null
    and f.period_start >= w.from_at and f.period_start < w.to_at
group by w.number, f.verdict, f.reason

-- next_ids --
-- ids for findings to be written by COPY
select nextval(pg_get_serial_sequence('finding', 'finding_id')) from generate_series(1, %(count)s::int)

-- supersede --
-- findings that are true no more; their successors are named afterwards, when they exist
update finding set superseded_at = %(at)s::timestamptz
where finding_id = any(%(ids)s::bigint[]) and superseded_at is null

-- name_successors --
-- which finding took the place of which
update finding f set superseded_by = n.successor
from unnest(%(ids)s::bigint[], %(successors)s::bigint[]) as n (finding_id, successor)
where f.finding_id = n.finding_id

-- copy_findings --
-- bulk input of findings with their ids
copy finding (finding_id, rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason,
              value, limit_value, unit, evidence, computed_at) from stdin

-- add_alert_work --
-- work for the alerts: each of these findings is new, or is gone without a successor
insert into alert_work (finding_id) select unnest(%(ids)s::bigint[])

-- hint --
-- wakes whoever waits for alert work; polling finds it as well
select pg_notify('plantwatch_alerts', '')

-- subjects_at --
-- whose current findings of a rule there are for the period that starts at an instant
select subject from finding
where rule_id = %(rule_id)s::text and period_start = %(period_start)s::timestamptz and superseded_at is null

-- subjects_between --
-- whose current findings of a rule there are for periods that start in [from, to)
select distinct subject from finding
where rule_id = %(rule_id)s::text and superseded_at is null
  and period_start >= %(from_at)s::timestamptz and period_start < %(to_at)s::timestamptz
