-- due --
-- alerts that are to be looked at: their time has come, or their cause has changed
select d.alert_id from (
    (select alert_id from alert_dispatch
     where next_at <= %(now)s::timestamptz
     order by next_at limit %(limit)s::int)
    union
    (select alert_id from alert_dispatch
     where cause_alert_id = any(%(changed)s::bigint[]) and state = 'held')
) d

-- ahead --
-- alerts that wait for a time to come, by number
select alert_id from alert_dispatch
where next_at > %(now)s::timestamptz and alert_id > %(after)s::bigint
order by alert_id limit %(limit)s::int

-- waiting --
-- alerts that wait for a digest of these teams
select d.alert_id
from alert_dispatch d
where d.next_at is not null
  and exists (select from unnest(%(teams)s::text[]) t where d.progress -> t ->> 'held' = 'flood')

-- facts --
-- alerts as they stand, with what is read of the register
select a.alert_id, a.rule_id, a.subject, a.severity, a.condition, a.state, a.resolution, a.occurred_at, a.acknowledged_at,
       a.realarmed_at, a.assignee, a.finding_id, e.code as enterprise,
       coalesce(e.district, k.district, case when a.subject like 'district:%%' then substr(a.subject, 10) end) as district,
       coalesce(e.park, k.code) as park,
       case when a.subject like 'point:%%' then e.code || '/' || o.code end as point_outlet,
       d.state as dispatch_state, d.reason as dispatch_reason, d.since_at, d.cause_alert_id, d.next_at, d.progress
from alert a
left join enterprise e using (enterprise_id)
left join park k on a.subject = 'park:' || k.code
left join point p on a.subject like 'point:%%' and p.enterprise_id = a.enterprise_id
                 and p.code = substr(a.subject, strpos(a.subject, '/') + 1)
left join outlet o on o.outlet_id = p.outlet_id
left join alert_dispatch d on d.alert_id = a.alert_id
where a.alert_id = any(%(alert_ids)s::bigint[])

-- lateness --
-- how alerts came to be known, and, where they may be the platform's own lateness, whether findings of their series wait
-- for the alert stage: while history is taken in that list is long
with waiting as materialized (
    select distinct f.rule_id, f.subject, f.enterprise_id
    from alert_work w
    cross join lateral (select l.rule_id, l.subject, l.enterprise_id
                        from finding l where l.finding_id = w.finding_id offset 0) f
)
select a.alert_id, a.last_seen_at as established_at, f.computed_at, r.last_evaluated_at as evaluated_at, r.missed_from,
       r.missed_to,
       case when f.computed_at <= r.last_evaluated_at
             and (f.computed_at <= a.last_seen_at + %(within)s::interval
                  or (a.last_seen_at > r.missed_from and a.last_seen_at <= r.missed_to))
            then exists (select from waiting w
                         where w.rule_id = a.rule_id
                           and (w.subject = a.subject
                                or (a.subject like 'enterprise:%%' and w.enterprise_id = a.enterprise_id)))
            else false end as is_waiting
from alert a
left join finding f on f.finding_id = a.finding_id
left join rule r on r.rule_id = a.rule_id
where a.alert_id = any(%(alert_ids)s::bigint[])

-- changes --
-- when alerts of the series of some alerts fired or were resolved of late; not those that were only corrected.
-- Each step by the index of its own: on tables without statistics the planner would walk all late events for each alert
select i.alert_id, array_agg(e.at) as ats
from unnest(%(alert_ids)s::bigint[]) i (alert_id)
cross join lateral (select a.rule_id, a.subject from alert a where a.alert_id = i.alert_id offset 0) c
cross join lateral (
    select a.alert_id from alert a where a.rule_id = c.rule_id and a.subject = c.subject
    order by a.occurred_at desc limit 20
) a
cross join lateral (select e.at, e.kind, e.comment from alert_event e where e.alert_id = a.alert_id offset 0) e
where e.kind in ('firing', 'resolved') and e.comment <> 'superseded'
  and e.at > %(since)s::timestamptz and e.at <= %(now)s::timestamptz
group by i.alert_id

-- holds --
-- what people have taken off some alerts' series, as it stands
select h.kind, h.rule_id, h.subject, h.until_at, h.author
from alert a
join alert_hold h on h.rule_id = a.rule_id and h.subject = a.subject
where a.alert_id = any(%(alert_ids)s::bigint[]) and h.ended_at is null and h.from_at <= %(now)s::timestamptz
  and (h.until_at is null or h.until_at > %(now)s::timestamptz)
order by h.hold_id

-- stopped --
-- outlets that stand still by a mark that has effect, and until when. No mark is longer than domain.marks.LONGEST
select e.code || '/' || o.code as outlet, max(m.end_at) as until_at
from mark m
join outlet o using (outlet_id)
join enterprise e on e.enterprise_id = m.enterprise_id
where m.dimension = 'process' and m.kind = %(kind)s::text
  and m.start_at > %(now)s::timestamptz - %(longest)s::interval and m.start_at <= %(now)s::timestamptz
  and m.end_at > %(now)s::timestamptz
  and not exists (select from mark_decision d where d.mark_id = m.mark_id)
  and not exists (select from mark s where s.supersedes = m.mark_id)
group by 1

-- causes --
-- alerts of some rules and enterprises that fire and are not out of service
select a.alert_id, a.rule_id, a.subject, e.code as enterprise,
       (select e.code || '/' || o.code from point p join outlet o using (outlet_id)
        where a.subject like 'point:%%' and p.enterprise_id = a.enterprise_id
          and p.code = substr(a.subject, strpos(a.subject, '/') + 1)) as point_outlet
from alert a
left join enterprise e using (enterprise_id)
where a.rule_id = any(%(rules)s::text[]) and a.state = 'firing'
  and (e.code is null or e.code = any(%(enterprises)s::text[]))
  and not exists (select from alert_hold h
                  where h.rule_id = a.rule_id and h.subject = a.subject and h.kind = 'out_of_service'
                    and h.ended_at is null and h.from_at <= %(now)s::timestamptz)
order by a.alert_id

-- dark --
-- points that only gateways among these have sent of late; a pair that another gateway has outlived is no more
select e.code as enterprise, p.code as point, o.code as outlet,
       array_agg('gateway:' || e.code || '/' || g.gateway) as gateways
from gateway_point g
join enterprise e using (enterprise_id)
join point p using (point_id)
left join outlet o on o.outlet_id = p.outlet_id
where e.code = any(%(enterprises)s::text[])
  and g.last_at + %(forget)s::interval >= (select max(other.last_at) from gateway_point other
                                           where other.point_id = g.point_id)
group by e.code, p.code, o.code
having bool_and('gateway:' || e.code || '/' || g.gateway = any(%(offline)s::text[]))

-- behind --
-- the outlets that gateways serve, of gateways that serve nothing else; pairs that another gateway has outlived left out
select 'gateway:' || e.code || '/' || g.gateway as gateway, array_agg(distinct e.code || '/' || o.code) as outlets
from gateway_point g
join enterprise e using (enterprise_id)
join point p using (point_id)
left join outlet o on o.outlet_id = p.outlet_id
where 'gateway:' || e.code || '/' || g.gateway = any(%(gateways)s::text[])
  and g.last_at + %(forget)s::interval >= (select max(other.last_at) from gateway_point other
                                           where other.point_id = g.point_id)
group by 1
having bool_and(o.code is not null)

-- notices --
-- old alerts that somebody has asked to be told of
select e.code as enterprise, h.from_at, h.to_at
from history_notice h
left join enterprise e using (enterprise_id)
where h.until_at > %(now)s::timestamptz

-- flaps --
-- series that flap, of some alerts
select f.rule_id, f.subject, f.since_at, f.until_at, f.changes, f.alert_id
from alert a
join flapping f on f.rule_id = a.rule_id and f.subject = a.subject
where a.alert_id = any(%(alert_ids)s::bigint[]) and f.until_at > %(now)s::timestamptz
order by f.since_at

-- floods --
-- floods that are not over
select flood_id, team, began_at, alerts, digests, last_digest_at from flood where ended_at is null

-- came --
-- how many alerts each team was told of, or was to be, since an instant, and how many critical ones of these outside of
-- digests; those that waited for a digest came before it
select d.team, count(distinct d.alert_id)::int as alerts,
       count(distinct d.alert_id) filter (where a.severity = 'critical' and d.decision = 'send' and d.reason <> 'flood'
                                                and d.event = 'firing')::int as critical
from notification_decision d
join alert a using (alert_id)
join unnest(%(teams)s::text[], %(sinces)s::timestamptz[]) as t (team, since) on t.team = d.team
where d.at > %(earliest)s::timestamptz and d.at > t.since and d.at <= %(now)s::timestamptz
  and d.event in ('firing', 'repeated', 'realarmed')
  and (d.decision = 'send' and not (d.reason = 'flood' and d.detail like 'waited%%')
       or d.decision = 'hold' and d.reason = 'flood')
group by d.team

-- group_last --
-- when groups of alerts were last told of a new one
select team, group_key, max(queued_at) as at
from notification
where team is not null and group_key is not null and event = 'firing'
  and queued_at > %(since)s::timestamptz and queued_at <= %(now)s::timestamptz
group by team, group_key

-- silences --
-- silences that stand
select silence_id, matchers, ends_at from silence
where ended_at is null and starts_at <= %(now)s::timestamptz and ends_at > %(now)s::timestamptz
order by silence_id

-- held_counts --
-- alerts that are held, by reason
select reason, count(*)::int from alert_dispatch where state = 'held' group by reason

-- flood_count --
-- floods that are not over
select count(*)::int from flood where ended_at is null
