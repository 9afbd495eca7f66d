-- live --
-- one page of the alerts that concern somebody, most urgent first, each row with the numbers by state of all that fit.
-- Live: what lasts, and what was told, is over and has not been confirmed. The numbers need a look at every live alert;
-- titles and figures are fetched for the page alone.
with held as materialized (
    select h.rule_id, h.subject, bool_or(h.kind = 'shelved') as is_shelved,
           bool_or(h.kind = 'out_of_service') as is_out_of_service, max(h.until_at) as until_at
    from alert_hold h
    where h.ended_at is null and h.from_at <= %(now)s::timestamptz
      and (h.until_at is null or h.until_at > %(now)s::timestamptz)
    group by h.rule_id, h.subject
), live as materialized (
    select a.alert_id, a.severity, a.occurred_at, h.until_at, d.reason as dispatch_reason, d.state as dispatch_state,
           dash.alert_display_v1(a.state, a.notified_at is not null,
               a.acknowledged_at is not null and (a.realarmed_at is null or a.realarmed_at <= a.acknowledged_at),
               coalesce(h.is_shelved, false),
               coalesce(d.state = 'held' and d.reason in ('inhibited', 'plant_stopped'), false),
               coalesce(h.is_out_of_service, false)) as display
    from (select alert_id, rule_id, subject, enterprise_id, severity, state, title, occurred_at, notified_at,
                 acknowledged_at, acknowledged_by, realarmed_at, assignee
          from alert where state in ('pending', 'firing')
          union all
          select alert_id, rule_id, subject, enterprise_id, severity, state, title, occurred_at, notified_at,
                 acknowledged_at, acknowledged_by, realarmed_at, assignee
          from alert
          where state = 'resolved' and notified_at is not null
            and (acknowledged_at is null or realarmed_at > acknowledged_at)) a
    left join held h on h.rule_id = a.rule_id and h.subject = a.subject
    left join alert_dispatch d on d.alert_id = a.alert_id
    left join enterprise e on e.enterprise_id = a.enterprise_id
    where (%(enterprise)s::text is null or e.code = %(enterprise)s::text)
      and (%(severities)s::text[] is null or a.severity = any(%(severities)s::text[]))
      and (%(district)s::text is null or e.district = %(district)s::text
           or a.subject = 'district:' || %(district)s::text
           or a.subject in (select 'park:' || k.code from park k where k.district = %(district)s::text))
      and (%(family)s::text is null or split_part(a.rule_id, '.', 1) = %(family)s::text)
      and (%(team)s::text is null or d.teams is null or %(team)s::text = any(d.teams)
           or not exists (select 1 from team t where t.code = any(d.teams))
           or not exists (select 1 from team t where t.code = %(team)s::text))
      and (not %(is_mine)s::boolean or a.assignee = %(person)s::text
           or (a.assignee is null and a.acknowledged_by = any(%(names)s::text[])))
      and (%(words)s::text is null or a.title ilike %(words)s::text or a.subject ilike %(words)s::text
           or a.rule_id ilike %(words)s::text or e.name ilike %(words)s::text)
), ranked as (
    select l.alert_id, l.severity, l.occurred_at, l.display, l.until_at, l.dispatch_state, l.dispatch_reason,
           array_position(%(order)s::text[], l.display) * 10
           + case l.severity when 'critical' then 1 when 'warning' then 2 else 3 end as rank
    from live l
), counted as (
    select coalesce(jsonb_object_agg(c.display, c.count), '{}') as counts,
           coalesce(sum(c.critical) filter (where c.display = 'unacknowledged'), 0)::int as critical
    from (select display, count(*) as count, count(*) filter (where severity = 'critical') as critical
          from ranked group by display) c
), page as (
    select r.alert_id, r.rank, r.display, r.until_at, r.dispatch_state, r.dispatch_reason, r.occurred_at
    from ranked r
    where (%(states)s::text[] is null or r.display = any(%(states)s::text[]))
      and (%(after_rank)s::int is null or r.rank > %(after_rank)s::int
           or (r.rank = %(after_rank)s::int
               and (r.occurred_at, r.alert_id) < (%(after_at)s::timestamptz, %(after_id)s::bigint)))
    order by r.rank, r.occurred_at desc, r.alert_id desc
    limit %(limit)s::int
)
select n.counts, n.critical, p.rank, p.display, p.until_at, p.dispatch_state, p.dispatch_reason, a.alert_id, a.rule_id,
       a.subject, a.severity, a.state, a.condition, left(a.title, 400) as title, a.occurred_at, a.fired_at,
       a.resolved_at, a.no_data_since, a.acknowledged_at, a.acknowledged_by, a.realarmed_at, a.assignee,
       s.name as assignee_name, e.code as enterprise, left(e.name, 80) as enterprise_name, t.name as district_name,
       left(a.details ->> 'enterprise_name', 80) as told_enterprise_name, a.details -> 'value' as value,
       a.details -> 'limit' as limit_value, left(a.details ->> 'unit', 20) as unit
from counted n
left join page p on true
left join alert a on a.alert_id = p.alert_id
left join enterprise e on e.enterprise_id = a.enterprise_id
left join district t on t.code = e.district
left join person s on s.code = a.assignee
order by p.rank, p.occurred_at desc, p.alert_id desc

-- choices --
-- what the list can be narrowed to: districts, enterprises, families of rules
select 'district' as kind, d.code, d.name from district d
union all
select 'enterprise', e.code, left(e.name, 80) from enterprise e
where %(enterprise)s::text is null or e.code = %(enterprise)s::text
union all
select distinct 'family', split_part(r.rule_id, '.', 1), null from rule r
union all
select 'team', t.code, left(t.name, 40) from team t where %(enterprise)s::text is null
order by 1, 3, 2

-- newest_event --
-- number of the newest line of all alerts' histories
select coalesce(max(event_id), 0) as event_id from alert_event

-- watermark --
-- whether anything happened to any alert: how many lines came after one, and the newest. Numbers are given before they
-- are committed, so that a line may appear below the newest that was seen: it changes the count
select count(*) as count, coalesce(max(event_id), 0) as newest from alert_event where event_id > %(base)s::bigint

-- arrivals --
-- alerts that began to fire, or were told anew, after a line of the histories, and are still to be acknowledged; not
-- what is out of people's sight: shelved, out of service, suppressed by design
select v.event_id, v.alert_id, a.severity, left(a.title, 200) as title, e.code as enterprise,
       (select array_agg(t.code) from team t where t.code = any(d.teams)) as teams
from alert_event v
join alert a on a.alert_id = v.alert_id
left join alert_dispatch d on d.alert_id = a.alert_id
left join enterprise e on e.enterprise_id = a.enterprise_id
where v.event_id > %(base)s::bigint and v.kind in ('firing', 'reopened', 'realarmed') and a.state = 'firing'
  and (a.acknowledged_at is null or a.realarmed_at > a.acknowledged_at)
  and not coalesce(d.state = 'held' and d.reason in ('inhibited', 'plant_stopped'), false)
  and not exists (select 1 from alert_hold h
                  where h.rule_id = a.rule_id and h.subject = a.subject and h.ended_at is null
                    and h.from_at <= %(now)s::timestamptz
                    and (h.until_at is null or h.until_at > %(now)s::timestamptz))
order by v.event_id

-- people --
-- whom an alert can be handed over to
select p.code, left(p.name, 40) as name from person p where p.active and p.enterprise_id is null order by p.name, p.code

-- names --
-- names of people and teams, by what messages are addressed to
select 'person:' || p.code as receiver, left(p.name, 40) as name from person p
union all
select 'team:' || t.code, left(t.name, 40) from team t

-- ule_share --
-- share of the hours judged by ultra-low limits that met them, this local month so far; target: what a month demands
select 100.0::float8 * sum(m.compliant_hours) / nullif(sum(m.judged_hours), 0) as value, max(m.target_pct) as target,
       sum(m.judged_hours)::bigint as judged
from dash.emission_month_to_date(%(now)s::timestamptz) m
where m.kind = 'ule'

-- intake_share --
-- the last judged day's share of licensed water that is metered online, of the city, with its target
select f.value, f.limit_value as target, f.verdict, f.period_end
from finding f
where f.rule_id = 'water.intake_online_rate.green_park_plan'
  and f.subject = (select 'city:' || c.code from city c order by c.code limit 1)
  and f.superseded_at is null and f.period_start < %(now)s::timestamptz
order by f.period_start desc
limit 1

-- ldar_share --
-- share of sealing points with a term that are not overdue; as_of: the last local day that every schedule has judged
select 100.0::float8 * sum(l.judged_components - l.overdue_components) / nullif(sum(l.judged_components), 0) as value,
       sum(l.overdue_components)::bigint as overdue, (select min(a.as_of) from dash.ldar_as_of a) as as_of
from dash.ldar_summary l

-- failing_channels --
-- channels that have not taken messages since an instant
select c.channel, c.kind, c.failing_since, left(c.last_error, 200) as last_error
from channel_state c where c.failing_since is not null order by c.channel

-- audit --
-- one page of what people did and were refused, newest first
select u.audit_id, u.at, u.actor, u.role, u.action, u.object, u.detail, u.outcome, u.address
from audit u
where (%(before)s::bigint is null or u.audit_id < %(before)s::bigint)
  and (%(words)s::text is null or u.actor ilike %(words)s::text or u.object ilike %(words)s::text
       or u.action ilike %(words)s::text)
order by u.audit_id desc
limit %(limit)s::int
