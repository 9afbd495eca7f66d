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

-- One row each time that an alarm was raised, or ended (is_withdrawn: by late data that took the violation away). Without
-- history: a file of past months brings in an hour what nobody was to be told of.
create view dash.alarm_change as
select v.at, v.event_id, v.kind = 'firing' as is_raise, v.comment = 'superseded' as is_withdrawn, a.alert_id, a.rule_id,
       a.subject, a.severity, a.condition, e.district, e.code as enterprise, e.name as enterprise_name
from alert_event v
join alert a using (alert_id)
left join enterprise e on e.enterprise_id = a.enterprise_id
where v.kind in ('firing', 'resolved') and a.fired_at is not null
  and (a.notified_at is not null
       or not exists (select from notification_decision n where n.alert_id = a.alert_id and n.reason = 'historical'));

-- One row for each message to a team that an alarm is in for the first time (more where it went over several channels).
create view dash.alarm_message as
select n.queued_at as at, n.notification_id, coalesce(n.team, 'duty') as team, n.channel, n.event as occasion,
       c.alert_id
from notification n
join notification_alert c using (notification_id)
where c.event = 'firing';

-- Alarms, with when they were raised, first acknowledged (while they stood or afterwards) and ended.
create view dash.alarm as
select a.alert_id, a.rule_id, r.title as rule_title, a.subject, a.severity, a.state, a.title, e.district,
       e.code as enterprise, e.name as enterprise_name, a.notified_at, a.acknowledged_at, a.acknowledged_by,
       (select min(v.at) from alert_event v
        where v.alert_id = a.alert_id and v.kind in ('acknowledged', 'return_confirmed')) as answered_at,
       (select min(v.at) from alert_event v where v.alert_id = a.alert_id and v.kind = 'firing') as raised_at,
       (select min(v.at) from alert_event v where v.alert_id = a.alert_id and v.kind = 'resolved') as ended_at,
       coalesce(d.teams, '{}') as teams, d.state as telling, d.reason as telling_reason, d.since_at as telling_since
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
select f.since_at, f.until_at, f.rule_id, r.title as rule_title, f.subject, f.changes, f.alert_id, e.code as enterprise,
       e.name as enterprise_name
from flapping f
left join rule r using (rule_id)
left join alert a on a.alert_id = f.alert_id
left join enterprise e on e.enterprise_id = a.enterprise_id;

create view dash.alarm_end as
select v.at, v.alert_id from alert_event v where v.kind = 'resolved';

-- What people took off their list: shelved for a time, or out of service.
create view dash.alarm_hold as
select h.kind, h.rule_id, h.subject, h.from_at, least(h.until_at, h.ended_at) as over_at from alert_hold h;

-- Alarms first told in [from_at, to_at), once for each team and once for the city (team null). What was told before is
-- not told again: the alarms of two periods add up to those of both together.
create function dash.alarm_told_v1(from_at timestamptz, to_at timestamptz)
returns table (team text, alert_id bigint, at timestamptz)
stable parallel safe language sql as $$
    with touched as materialized (
        select distinct m.alert_id from dash.alarm_message m where m.at >= from_at and m.at < to_at
    )
    select f.team, f.alert_id, f.at
    from (
        select m.team, m.alert_id, min(m.at) as at
        from touched
        join dash.alarm_message m using (alert_id)
        group by grouping sets ((m.team, m.alert_id), (m.alert_id))
    ) f
    where f.at >= from_at and f.at < to_at
$$;

-- Periods of ten minutes of [from_at, to_at), those without alarms too; the first and the last may be shorter. A flood
-- begins with more than 10 alarms in one and is over with the first of fewer than 5; one that came over the edge goes on.
create function dash.alarm_slots_v1(from_at timestamptz, to_at timestamptz)
returns table (team text, slot timestamptz, alarms bigint, is_busy boolean, is_flood boolean)
stable parallel safe language sql as $$
    with bounds as (
        -- floods are looked for from a day before on
        select date_bin('10 minutes', from_at, 'epoch') as first_slot,
               date_bin('10 minutes', from_at, 'epoch') - interval '1 day' as since
    ),
    slots as (
        select generate_series(b.since, to_at - interval '1 microsecond', '10 minutes') as slot from bounds b
    ),
    counts as (
        select t.team, date_bin('10 minutes', t.at, 'epoch') as slot, count(*) as alarms,
               count(*) filter (where t.at >= from_at) as within
        from bounds b
        cross join lateral dash.alarm_told_v1(b.since, to_at) t
        group by 1, 2
    ),
    filled as (
        select g.team, s.slot, coalesce(c.alarms, 0) as alarms, coalesce(c.within, 0) as within
        from (select a.team from dash.alarm_team a union select c.team from counts c union select null) g
        cross join slots s
        left join counts c on c.slot = s.slot and c.team is not distinct from g.team
    ),
    marked as (
        -- what decides: the slots in between go on as before
        select f.*, count(*) filter (where f.alarms > 10 or f.alarms < 5) over w as stretch
        from filled f
        window w as (partition by f.team order by f.slot)
    ),
    floods as (
        select m.*,
               coalesce(first_value(m.alarms) over (partition by m.team, m.stretch order by m.slot) > 10, false) as is_flood
        from marked m
    )
    select f.team, f.slot, f.within, f.within > 10, f.is_flood
    from floods f
    cross join bounds b
    where f.slot >= b.first_slot
$$;

-- Alarms that stood at an instant. aside: by whom or what it was taken off people's list then (ISA-18.2: out_of_service,
-- suppressed by design, shelved); null: it was on it. is_stale: for more than 24 hours.
create function dash.alarm_standing_v1(at timestamptz)
returns table (alert_id bigint, rule_id text, rule_title text, subject text, severity text, title text, enterprise text,
               enterprise_name text, teams text[], raised_at timestamptz, acknowledged_at timestamptz, telling text,
               telling_reason text, age_h double precision, is_stale boolean, aside text)
stable parallel safe language sql as $$
    with held as materialized (
        select h.rule_id, h.subject, bool_or(h.kind = 'out_of_service') as is_out_of_service
        from dash.alarm_hold h
        where h.from_at <= $1 and coalesce(h.over_at, 'infinity') > $1
        group by h.rule_id, h.subject
    )
    select a.alert_id, a.rule_id, a.rule_title, a.subject, a.severity, a.title, a.enterprise, a.enterprise_name, a.teams,
           a.raised_at, case when a.answered_at <= $1 then a.answered_at end, a.telling, a.telling_reason,
           (extract(epoch from $1 - a.raised_at) / 3600)::double precision, $1 - a.raised_at > interval '24 hours',
           case when h.is_out_of_service then 'out_of_service'
                when case when a.telling_since <= $1
                          then a.telling = 'held' and a.telling_reason in ('inhibited', 'plant_stopped')
                          else (select n.decision = 'hold' and n.reason in ('inhibited', 'plant_stopped')
                                from dash.alarm_decision n
                                where n.alert_id = a.alert_id and n.at <= $1
                                order by n.decision_id desc limit 1) end then 'suppressed'
                when h.rule_id is not null then 'shelved' end
    from (
        select o.* from dash.alarm o where o.state = 'firing'
        union all
        select o.*
        from dash.alarm o
        where o.alert_id in (select c.alert_id from dash.alarm_end c where c.at > $1)
          and o.state = 'resolved'
    ) a
    left join held h on h.rule_id = a.rule_id and h.subject = a.subject
    where a.raised_at <= $1
$$;

-- Series that came and went, by how often within 24 hours at most, reckoned from the day before on; is_chattering: at
-- least `changes` times, or held for flapping in the time range. What late data withdrew is no change, as for the
-- dispatcher.
create function dash.alarm_chatter_v1(from_at timestamptz, to_at timestamptz, least_changes int default 6)
returns table (rule_id text, subject text, enterprise text, enterprise_name text, raised bigint, most_in_24h bigint,
               last_at timestamptz, is_chattering boolean)
stable parallel safe language sql as $$
    with changed as (
        select c.rule_id, c.subject, min(c.enterprise) as enterprise, min(c.enterprise_name) as enterprise_name,
               count(*) filter (where c.is_raise) as raised, max(c.within) as within, max(c.at) as last_at,
               count(*) as changes
        from (
            select g.*, count(*) over (partition by g.rule_id, g.subject order by g.at
                                       range between interval '23:59:59.999999' preceding and current row) as within
            from dash.alarm_change g
            where g.at >= from_at - interval '24 hours' and g.at < to_at and not g.is_withdrawn
        ) c
        where c.at >= from_at
        group by c.rule_id, c.subject
    ),
    held as (
        select f.rule_id, f.subject, min(f.enterprise) as enterprise, min(f.enterprise_name) as enterprise_name,
               max(f.changes) as changes, max(f.since_at) as since_at
        from dash.alarm_flapping f
        where f.since_at < to_at and f.until_at > from_at
        group by f.rule_id, f.subject
    )
    select rule_id, subject, coalesce(c.enterprise, h.enterprise), coalesce(c.enterprise_name, h.enterprise_name),
           coalesce(c.raised, 0), coalesce(c.within, h.changes), coalesce(c.last_at, h.since_at),
           coalesce(c.within >= least_changes, false) or h.rule_id is not null
    from changed c
    full join held h using (rule_id, subject)
    where c.changes > 2 or c.within >= least_changes or h.rule_id is not null
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
-- null); the first time counts, whatever became of them. late: not within late_min, nor over by then; waiting: firing at the end and not acknowledged for longer than that.
create function dash.alarm_response_v1(from_at timestamptz, to_at timestamptz, late_min int default 30)
returns table (team text, severity text, told bigint, acknowledged bigint, median_min double precision,
               p90_min double precision, late bigint, waiting bigint)
stable parallel safe language sql as $$
    select g.team, p.severity, count(t.at), count(t.answered_at),
           percentile_cont(0.5) within group (order by t.minutes),
           percentile_cont(0.9) within group (order by t.minutes),
           count(*) filter (where least(t.answered_at, t.ended_at, to_at) - t.at > late_min * interval '1 minute'),
           count(*) filter (where t.answered_at is null and (t.ended_at is null or t.ended_at >= to_at)
                              and to_at - t.at > late_min * interval '1 minute')
    from (select a.team from dash.alarm_team a union select null) g
    cross join dash.alarm_priority_target p
    left join (
        select w.team, a.severity, a.ended_at, w.at, case when a.answered_at < to_at then a.answered_at end as answered_at,
               case when a.answered_at < to_at then greatest(extract(epoch from a.answered_at - w.at) / 60, 0) end as minutes
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
-- standing and stale are as at the end, set_aside what stood then but was taken off people's list. floods: those of which
-- some was in the time range.
create function dash.alarm_health_v1(from_at timestamptz, to_at timestamptz, least_changes int default 6)
returns table (team text, team_name text, alarms bigint, per_10min double precision, per_hour double precision,
               per_day double precision, peak_10min bigint, peak_at timestamptz, busy_pct double precision,
               flood_pct double precision, floods bigint, standing bigint, stale bigint, set_aside bigint,
               chattering bigint, top10_pct double precision, escalated bigint)
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
           (select count(*) from standing g where g.aside is null and (s.team is null or s.team = any(g.teams))),
           (select count(*) from standing g
            where g.aside is null and g.is_stale and (s.team is null or s.team = any(g.teams))),
           (select count(*) from standing g where g.aside is not null and (s.team is null or s.team = any(g.teams))),
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
