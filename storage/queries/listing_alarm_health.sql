-- figures --
-- what the figures rest on, of the city and of each team, and the figures beside what good practice asks for
select h.team, h.team_name, h.alarms, h.peak_at, h.floods, h.standing, h.stale, h.set_aside, h.escalated,
       (select json_agg(json_build_object('figure', r.figure, 'value', r.value, 'acceptable', r.acceptable,
                                          'manageable', r.manageable, 'rating', r.rating, 'source', r.source)
                        order by r.place)
        from dash.alarm_rating_v1(h.per_10min, h.per_hour, h.per_day, h.peak_10min, h.busy_pct, h.flood_pct, h.stale,
                                  h.chattering, h.top10_pct) r) as ratings
from dash.alarm_health_v1(%(from_at)s::timestamptz, %(to_at)s::timestamptz) h
where %(team)s::text is null or h.team = %(team)s::text
order by h.team nulls first

-- response --
-- how soon alarms were acknowledged
select r.severity, r.told, r.acknowledged, r.median_min, r.p90_min, r.late, r.waiting
from dash.alarm_response_v1(%(from_at)s::timestamptz, %(to_at)s::timestamptz, %(late_min)s::int) r
where r.team is not distinct from %(team)s::text

-- priorities --
-- shares of severities
select p.severity, p.alarms, p.share_pct, p.target_pct
from dash.alarm_priority_v1(%(from_at)s::timestamptz, %(to_at)s::timestamptz, %(team)s::text) p

-- top --
-- the most frequent alarms
select t.what, t.place, t.rule_id, t.rule_title, t.subject, t.enterprise_name, t.alarms, t.share_pct
from dash.alarm_top_v1(%(from_at)s::timestamptz, %(to_at)s::timestamptz, %(team)s::text) t
order by t.what, t.place

-- chattering --
-- series that came and went too often
select c.rule_id, c.subject, c.enterprise, c.enterprise_name, c.raised, c.most_in_24h, c.last_at
from dash.alarm_chatter_v1(%(from_at)s::timestamptz, %(to_at)s::timestamptz) c
where c.is_chattering
order by c.most_in_24h desc, c.rule_id, c.subject
limit 50

-- stale --
-- alarms that have stood for more than a day, the oldest first
select s.alert_id, s.rule_id, s.subject, s.severity, s.title, s.enterprise, s.raised_at, s.acknowledged_at, s.age_h
from dash.alarm_standing_v1(%(to_at)s::timestamptz) s
where s.is_stale and s.aside is null and (%(team)s::text is null or %(team)s::text = any(s.teams))
order by s.raised_at, s.alert_id
limit 50

-- decisions --
-- decisions about telling, by what became of them and why
select d.event, d.decision, d.reason, d.decisions, d.alarms
from dash.alarm_decisions_v1(%(from_at)s::timestamptz, %(to_at)s::timestamptz, %(team)s::text) d
order by d.decisions desc, d.event, d.decision, d.reason

-- team --
-- a team by its code
select team from dash.alarm_team where team = %(team)s::text
