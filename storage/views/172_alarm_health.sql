-- Health of the alarm system after EEMUA 191 and ISA-18.2 (IEC 62682). This file is the one home of its figures: the board
-- and the API read these functions. All instants are the platform's clock: what people saw, not when it happened.
-- An alarm counts for a team when the team is told of it for the first time; for the city, when anybody is.

-- What good practice asks of one operating position.
create view dash.alarm_target as
select *
from (values
    (1, 'per_10min', 1.0, 2.0, 'EEMUA 191; ISA-18.2 表5'),
    (2, 'per_hour', 6.0, 12.0, 'EEMUA 191; ISA-18.2 表5'),
    (3, 'per_day', 144.0, 288.0, 'EEMUA 191; ISA-18.2 表5'),
    (4, 'peak_10min', 10.0, 10.0, 'EEMUA 191; ISA-18.2'),
    (5, 'busy_pct', 1.0, 1.0, 'ISA-18.2'),
    (6, 'flood_pct', 1.0, 1.0, 'ISA-18.2'),
    (7, 'stale', 5.0, 5.0, 'ISA-18.2'),
    (8, 'chattering', 0.0, 0.0, 'ISA-18.2'),
    (9, 'top10_pct', 1.0, 5.0, 'ISA-18.2')
) t (position, figure, acceptable, manageable, source);
comment on column dash.alarm_target.manageable is 'the most that can be borne; more is too much';

create view dash.alarm_priority_target as
select * from (values (1, 'critical', 5.0), (2, 'warning', 15.0), (3, 'info', 80.0)) t (position, severity, target_pct);
comment on view dash.alarm_priority_target is 'EEMUA 191 and ISA-18.2: of three priorities about 5, 15 and 80 per cent';

create view dash.alarm_team as
select code as team, name as team_name, district from team
union all
select 'duty', '值班', null where not exists (select from team where code = 'duty');
comment on view dash.alarm_team is 'teams, with the built-in one that is told where no route says otherwise';

-- One row each time that an alarm was raised, or ended.
create view dash.alarm_change as
select v.at, v.event_id, v.kind = 'firing' as is_raise, a.alert_id, a.rule_id, a.subject, a.severity, a.condition,
       e.district, e.code as enterprise, e.name as enterprise_name
from alert_event v
join alert a using (alert_id)
left join enterprise e on e.enterprise_id = a.enterprise_id
where v.kind in ('firing', 'resolved') and a.fired_at is not null;

-- One row for each message to a team that an alarm is in for the first time (more where it went over several channels).
create view dash.alarm_message as
select n.queued_at as at, n.notification_id, coalesce(n.team, 'duty') as team, n.channel, n.event as occasion,
       c.alert_id
from notification n
join notification_alert c using (notification_id)
where c.event = 'firing';

-- Alarms that stand, with when they were raised, acknowledged and ended.
create view dash.alarm as
select a.alert_id, a.rule_id, r.title as rule_title, a.subject, a.severity, a.state, a.title, e.district,
       e.code as enterprise, e.name as enterprise_name, a.notified_at, a.acknowledged_at, a.acknowledged_by,
       (select min(v.at) from alert_event v where v.alert_id = a.alert_id and v.kind = 'firing') as raised_at,
       (select min(v.at) from alert_event v where v.alert_id = a.alert_id and v.kind = 'resolved') as ended_at,
       coalesce(d.teams, '{}') as teams, d.state as telling, d.reason as telling_reason
from alert a
left join rule r using (rule_id)
left join enterprise e on e.enterprise_id = a.enterprise_id
left join alert_dispatch d on d.alert_id = a.alert_id
where a.fired_at is not null;

create view dash.alarm_decision as
select d.at, d.decision_id, d.alert_id, d.event, coalesce(d.team, 'duty') as team, d.channel, d.decision, d.reason
from notification_decision d;

create view dash.alarm_flood as
select f.began_at, f.ended_at, f.team, coalesce(t.team_name, f.team) as team_name, f.alerts, f.digests
from flood f
left join dash.alarm_team t using (team);

create view dash.alarm_flapping as
select f.since_at, f.until_at, f.rule_id, r.title as rule_title, f.subject, f.changes, f.alert_id
from flapping f
left join rule r using (rule_id);

-- Alarms first told in [from_at, to_at), once for each team and once for the city (team null).
create function dash.alarm_told_v1(from_at timestamptz, to_at timestamptz)
returns table (team text, alert_id bigint, at timestamptz)
stable parallel safe language sql as $$
    select m.team, m.alert_id, min(m.at)
    from dash.alarm_message m
    where m.at >= from_at and m.at < to_at
    group by grouping sets ((m.team, m.alert_id), (m.alert_id))
$$;

-- Periods of ten minutes of [from_at, to_at), those without alarms too. A flood begins with more than 10 alarms in one
-- and is over with the first of fewer than 5.
create function dash.alarm_slots_v1(from_at timestamptz, to_at timestamptz)
returns table (team text, slot timestamptz, alarms bigint, is_busy boolean, is_flood boolean)
stable parallel safe language sql as $$
    with slots as (
        select generate_series(date_bin('10 minutes', from_at, 'epoch'), to_at - interval '1 microsecond', '10 minutes')
               as slot
    ),
    counts as (
        select t.team, date_bin('10 minutes', t.at, 'epoch') as slot, count(*) as alarms
        from dash.alarm_told_v1(from_at, to_at) t
        group by 1, 2
    ),
    filled as (
        select g.team, s.slot, coalesce(c.alarms, 0) as alarms
        from (select a.team from dash.alarm_team a union select c.team from counts c union select null) g
        cross join slots s
        left join counts c on c.slot = s.slot and c.team is not distinct from g.team
    ),
    marked as (
        -- what decides: the slots in between go on as before
        select f.*, count(*) filter (where f.alarms > 10 or f.alarms < 5) over w as stretch
        from filled f
        window w as (partition by f.team order by f.slot)
    )
    select m.team, m.slot, m.alarms, m.alarms > 10,
           coalesce(first_value(m.alarms) over (partition by m.team, m.stretch order by m.slot) > 10, false)
    from marked m
$$;

-- Alarms that stood at an instant. is_stale: for more than 24 hours.
create function dash.alarm_standing_v1(at timestamptz)
returns table (alert_id bigint, rule_id text, rule_title text, subject text, severity text, title text, enterprise text,
               enterprise_name text, teams text[], raised_at timestamptz, acknowledged_at timestamptz, telling text,
               telling_reason text, age_h double precision, is_stale boolean)
stable parallel safe language sql as $$
    select a.alert_id, a.rule_id, a.rule_title, a.subject, a.severity, a.title, a.enterprise, a.enterprise_name, a.teams,
           a.raised_at, case when a.acknowledged_at <= $1 then a.acknowledged_at end, a.telling, a.telling_reason,
           (extract(epoch from $1 - a.raised_at) / 3600)::double precision, $1 - a.raised_at > interval '24 hours'
    from (
        select o.* from dash.alarm o where o.state = 'firing'
        union all
        select o.*
        from dash.alarm o
        where o.alert_id in (select c.alert_id from dash.alarm_change c where not c.is_raise and c.at > $1)
          and o.state = 'resolved'
    ) a
    where a.raised_at <= $1
$$;

-- Series that came and went, by how often within 24 hours at most; is_chattering: at least `changes` times, or held for
-- flapping in the time range.
create function dash.alarm_chatter_v1(from_at timestamptz, to_at timestamptz, least_changes int default 6)
returns table (rule_id text, subject text, enterprise text, enterprise_name text, raised bigint, most_in_24h bigint,
               last_at timestamptz, is_chattering boolean)
stable parallel safe language sql as $$
    select c.rule_id, c.subject, min(c.enterprise), min(c.enterprise_name), count(*) filter (where c.is_raise),
           max(c.within), max(c.at),
           max(c.within) >= least_changes
               or exists (select from dash.alarm_flapping f
                          where f.rule_id = c.rule_id and f.subject = c.subject
                            and f.since_at < to_at and f.until_at > from_at)
    from (
        select g.*, count(*) over (partition by g.rule_id, g.subject order by g.at
                                   range between interval '24 hours' preceding and current row) as within
        from dash.alarm_change g
        where g.at >= from_at and g.at < to_at
    ) c
    group by c.rule_id, c.subject
    having count(*) > 2
$$;

-- The most frequent alarms of [from_at, to_at), whether anybody was told or not: ten rules and ten series.
create function dash.alarm_top_v1(from_at timestamptz, to_at timestamptz, of_team text default null)
returns table (what text, place bigint, rule_id text, rule_title text, subject text, enterprise_name text,
               alarms bigint, share_pct double precision)
stable parallel safe language sql as $$
    with raised as materialized (
        select c.rule_id, c.subject, c.enterprise_name
        from dash.alarm_change c
        where c.is_raise and c.at >= from_at and c.at < to_at
          and (of_team is null or c.alert_id in (select m.alert_id from dash.alarm m where of_team = any(m.teams)))
    ),
    counted as (
        select case when grouping(r.subject) = 1 then 'rule' else 'series' end as what, r.rule_id, r.subject,
               min(r.enterprise_name) as enterprise_name, count(*) as alarms,
               row_number() over (partition by grouping(r.subject) order by count(*) desc, r.rule_id, r.subject) as place
        from raised r
        group by grouping sets ((r.rule_id), (r.rule_id, r.subject))
    )
    select c.what, c.place, c.rule_id, h.title, c.subject, case when c.what = 'series' then c.enterprise_name end,
           c.alarms, 100.0 * c.alarms / (select count(*) from raised)
    from counted c
    left join dash.rule_health h on h.rule_id = c.rule_id
    where c.place <= 10
$$;

-- Priorities of the alarms of [from_at, to_at), told or not.
create function dash.alarm_priority_v1(from_at timestamptz, to_at timestamptz, of_team text default null)
returns table (severity text, alarms bigint, share_pct double precision, target_pct double precision)
stable parallel safe language sql as $$
    select t.severity, count(c.alert_id),
           100.0 * count(c.alert_id) / nullif(sum(count(c.alert_id)) over (), 0), t.target_pct::double precision
    from dash.alarm_priority_target t
    left join (
        select g.alert_id, g.severity
        from dash.alarm_change g
        where g.is_raise and g.at >= from_at and g.at < to_at
          and (of_team is null or g.alert_id in (select m.alert_id from dash.alarm m where of_team = any(m.teams)))
    ) c using (severity)
    group by t.position, t.severity, t.target_pct
    order by t.position
$$;

-- How soon alarms first told in [from_at, to_at) were acknowledged, by severity, for each team and for the city (team
-- null). late: not within late_min, nor over by then; waiting: firing at the end and not acknowledged for longer than that.
create function dash.alarm_response_v1(from_at timestamptz, to_at timestamptz, late_min int default 30)
returns table (team text, severity text, told bigint, acknowledged bigint, median_min double precision,
               p90_min double precision, late bigint, waiting bigint)
stable parallel safe language sql as $$
    select g.team, p.severity, count(t.at), count(t.answered_at),
           percentile_cont(0.5) within group (order by extract(epoch from t.answered_at - t.at) / 60),
           percentile_cont(0.9) within group (order by extract(epoch from t.answered_at - t.at) / 60),
           count(*) filter (where coalesce(t.answered_at, least(t.ended_at, to_at)) - t.at > late_min * interval '1 minute'),
           count(*) filter (where t.answered_at is null and (t.ended_at is null or t.ended_at >= to_at)
                              and to_at - t.at > late_min * interval '1 minute')
    from (select a.team from dash.alarm_team a union select null) g
    cross join dash.alarm_priority_target p
    left join (
        select w.team, a.severity, a.ended_at, w.at, case when a.acknowledged_at < to_at then a.acknowledged_at end as answered_at
        from dash.alarm_told_v1(from_at, to_at) w
        join dash.alarm a using (alert_id)
    ) t on coalesce(t.team, '') = coalesce(g.team, '') and t.severity = p.severity
    group by g.team, p.position, p.severity
    order by g.team nulls first, p.position
$$;

-- Decisions about telling in [from_at, to_at), by what became of them and why.
create function dash.alarm_decisions_v1(from_at timestamptz, to_at timestamptz, of_team text default null)
returns table (event text, decision text, reason text, decisions bigint, alarms bigint)
stable parallel safe language sql as $$
    select d.event, d.decision, d.reason, count(*), count(distinct d.alert_id)
    from dash.alarm_decision d
    where d.at >= from_at and d.at < to_at and (of_team is null or d.team = of_team)
    group by d.event, d.decision, d.reason
$$;

-- The figures of [from_at, to_at) that good practice knows, one row for each team and one for the city (team null).
-- standing and stale are as at the end.
create function dash.alarm_health_v1(from_at timestamptz, to_at timestamptz, least_changes int default 6)
returns table (team text, team_name text, alarms bigint, per_10min double precision, per_hour double precision,
               per_day double precision, peak_10min bigint, peak_at timestamptz, busy_pct double precision,
               flood_pct double precision, floods bigint, standing bigint, stale bigint, chattering bigint,
               top10_pct double precision, escalated bigint)
stable parallel safe language sql as $$
    with slots as materialized (
        select s.*, s.is_flood and not coalesce(lag(s.is_flood) over (partition by s.team order by s.slot), false) as begins
        from dash.alarm_slots_v1(from_at, to_at) s
    ),
    -- by the time asked for, not by whole slots
    span as (select extract(epoch from to_at - from_at)::double precision / 600 as slots),
    standing as materialized (select * from dash.alarm_standing_v1(to_at)),
    chatter as materialized (
        select c.* from dash.alarm_chatter_v1(from_at, to_at, least_changes) c where c.is_chattering
    ),
    escalated as materialized (
        select distinct d.team, d.alert_id from dash.alarm_decision d
        where d.at >= from_at and d.at < to_at and d.event = 'escalated' and d.decision = 'send'
    )
    select s.team, min(t.team_name), sum(s.alarms)::bigint, sum(s.alarms) / min(n.slots), 6 * sum(s.alarms) / min(n.slots),
           144 * sum(s.alarms) / min(n.slots), max(s.alarms),
           (array_agg(s.slot order by s.alarms desc, s.slot))[1],
           100.0 * count(*) filter (where s.is_busy) / count(*), 100.0 * count(*) filter (where s.is_flood) / count(*),
           count(*) filter (where s.begins),
           (select count(*) from standing g where s.team is null or s.team = any(g.teams)),
           (select count(*) from standing g where g.is_stale and (s.team is null or s.team = any(g.teams))),
           case when s.team is null then (select count(*) from chatter) end,
           case when s.team is null
                then (select sum(x.share_pct) from dash.alarm_top_v1(from_at, to_at) x where x.what = 'series') end,
           (select count(distinct x.alert_id) from escalated x where s.team is null or x.team = s.team)
    from slots s
    cross join span n
    left join dash.alarm_team t on t.team = s.team
    group by s.team
    order by s.team nulls first
$$;

-- Figures of `alarm_health_v1` beside what good practice asks for; rating null where there is no such figure.
create function dash.alarm_rating_v1(per_10min double precision, per_hour double precision, per_day double precision,
                                     peak_10min bigint, busy_pct double precision, flood_pct double precision,
                                     stale bigint, chattering bigint, top10_pct double precision)
returns table (place int, figure text, value double precision, acceptable double precision, manageable double precision,
               rating text, source text)
stable parallel safe language sql as $$
    select t.position, t.figure, v.value, t.acceptable::double precision, t.manageable::double precision,
           case when v.value <= t.acceptable then 'good' when v.value <= t.manageable then 'manageable'
                when v.value is not null then 'over' end,
           t.source
    from (values
        ('per_10min', per_10min), ('per_hour', per_hour), ('per_day', per_day), ('peak_10min', peak_10min),
        ('busy_pct', busy_pct), ('flood_pct', flood_pct), ('stale', stale), ('chattering', chattering),
        ('top10_pct', top10_pct)
    ) v (figure, value)
    join dash.alarm_target t using (figure)
$$;

-- The figures of `alarm_health_v1` one by one, rated; null where a team has no such figure.
create function dash.alarm_ratings_v1(from_at timestamptz, to_at timestamptz, least_changes int default 6)
returns table (team text, team_name text, place int, figure text, value double precision, acceptable double precision,
               manageable double precision, rating text, source text)
stable parallel safe language sql as $$
    select h.team, h.team_name, r.place, r.figure, r.value, r.acceptable, r.manageable, r.rating, r.source
    from dash.alarm_health_v1(from_at, to_at, least_changes) h
    cross join lateral dash.alarm_rating_v1(h.per_10min, h.per_hour, h.per_day, h.peak_10min, h.busy_pct, h.flood_pct,
                                            h.stale, h.chattering, h.top10_pct) r
    order by h.team nulls first, r.place
$$;
