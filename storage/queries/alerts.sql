-- next_alert_ids --
-- reserve numbers, so that an alert's own text may contain its address
select nextval(pg_get_serial_sequence('alert', 'alert_id')) from generate_series(1, %(count)s::int)

-- insert_alerts --
-- new alerts; no row for one of a series of which another one is open. Rows are a JSON array: arrays of their own for the
-- columns take longer to write and to read
insert into alert (alert_id, rule_id, subject, enterprise_id, severity, state, title, summary, details, occurred_at,
                   detected_at, fired_at, last_seen_at, resolved_at, resolution, finding_id, condition, no_data_since)
overriding system value
select g.alert_id, g.rule_id, g.subject, g.enterprise_id, g.severity, g.state, g.title, g.summary, g.details,
       g.occurred_at, %(detected_at)s::timestamptz, g.fired_at, g.last_seen_at, g.resolved_at, g.resolution,
       g.finding_id, g.condition, g.no_data_since
from json_to_recordset(%(rows)s::json)
    as g (alert_id bigint, severity text, state text, title text, summary text, details jsonb,
                       occurred_at timestamptz, fired_at timestamptz, last_seen_at timestamptz,
                       resolved_at timestamptz, resolution text, finding_id bigint, condition text,
                       no_data_since timestamptz,
          rule_id text, subject text, enterprise_id int)
order by g.alert_id
on conflict (rule_id, subject) where state in ('pending', 'firing') do nothing
returning alert_id

-- update_alerts --
-- bring stored alerts to what the findings say now. The rows are locked by number, as whoever else changes several does
with held as (
    select h.alert_id from alert h where h.alert_id = any(%(alert_ids)s::bigint[]) order by h.alert_id for update
)
update alert a
set severity = g.severity, state = g.state, title = g.title, summary = g.summary, details = g.details,
    occurred_at = g.occurred_at, fired_at = g.fired_at, last_seen_at = g.last_seen_at, resolved_at = g.resolved_at,
    resolution = g.resolution, finding_id = g.finding_id, no_data_since = g.no_data_since
from json_to_recordset(%(rows)s::json)
    as g (alert_id bigint, severity text, state text, title text, summary text, details jsonb,
                       occurred_at timestamptz, fired_at timestamptz, last_seen_at timestamptz,
                       resolved_at timestamptz, resolution text, finding_id bigint, condition text,
                       no_data_since timestamptz), held
where a.alert_id = g.alert_id and held.alert_id = g.alert_id

-- supersede_alerts --
-- alerts whose violation does not stand any more; one that was open ends where it was last seen
with held as (
    select h.alert_id from alert h where h.alert_id = any(%(alert_ids)s::bigint[]) order by h.alert_id for update
)
update alert a
set state = 'resolved', resolution = 'superseded', resolved_at = coalesce(a.resolved_at, a.last_seen_at),
    summary = g.summary
from unnest(%(alert_ids)s::bigint[], %(summaries)s::text[]) as g (alert_id, summary), held
where a.alert_id = g.alert_id and held.alert_id = g.alert_id

-- retire_alerts --
-- open alerts that nobody will judge any more; they end where they were last seen
with held as (
    select h.alert_id from alert h
    where h.alert_id = any(%(alert_ids)s::bigint[]) and h.state in ('pending', 'firing')
    order by h.alert_id for update
)
update alert a
set state = 'resolved', resolution = 'retired', summary = g.summary, no_data_since = null,
    resolved_at = greatest(a.last_seen_at, a.fired_at)
from unnest(%(alert_ids)s::bigint[], %(summaries)s::text[]) as g (alert_id, summary), held
where a.alert_id = g.alert_id and held.alert_id = g.alert_id
returning a.alert_id

-- append_events --
-- lines of alerts' histories, in order
insert into alert_event (alert_id, at, kind, actor, comment, finding_id, detail)
select g.alert_id, g.at, g.kind, g.actor, g.comment, g.finding_id, g.detail
from json_to_recordset(%(rows)s::json)
    as g (position int, alert_id bigint, at timestamptz, kind text, actor text, comment text, finding_id bigint,
          detail jsonb)
order by g.position

-- open_counts --
-- open alerts by severity and state
select severity, state, count(*) as alerts from alert where state in ('pending', 'firing') group by severity, state

-- work_count --
-- findings that the alert stage has not looked at
select count(*) from alert_work

-- listen --
-- be told of new work; a hint only
listen plantwatch_alerts
