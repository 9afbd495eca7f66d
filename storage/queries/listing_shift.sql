-- alerts --
-- alerts of a team that fired, ended or were open in a stretch of the platform's clock, as they stood at its end; those
-- that were held back from all teams at once come with their labels, for the routes to say whose they are
with touched as (
    select alert_id from alert_event
    where at >= %(from_at)s::timestamptz and at < %(to_at)s::timestamptz and kind in ('firing', 'resolved')
    union
    select alert_id from alert where state = 'firing'
    union -- open then, ended since
    select alert_id from alert_event where at >= %(to_at)s::timestamptz and kind = 'resolved')
select a.alert_id, a.severity, a.title, e.name as enterprise_name, a.occurred_at,
       story.fired_at, story.ended_at, story.ending, taken.at as taken_at, taken.actor as taken_by,
       coalesce(a.notified_at, a.detected_at) as told_at, coalesce(a.notified_at < %(to_at)s::timestamptz, false) as was_told,
       story.fired_at >= %(from_at)s::timestamptz as is_new, given.person as assignee,
       case when coalesce(d.teams, '{}') = '{}' then jsonb_build_object(
           'rule', a.rule_id, 'severity', a.severity, 'condition', a.condition, 'subject', a.subject,
           'kind', split_part(a.subject, ':', 1), 'enterprise', coalesce(e.code, ''),
           'district', coalesce(e.district, k.district, substring(a.subject from '^district:(.*)'), ''),
           'park', coalesce(e.park, substring(a.subject from '^park:(.*)'), '')) end as labels
from touched
join alert a using (alert_id)
left join alert_dispatch d on d.alert_id = a.alert_id
left join enterprise e on e.enterprise_id = a.enterprise_id
left join park k on a.subject = 'park:' || k.code
cross join lateral (
    select min(v.at) filter (where v.kind = 'firing') as fired_at,
           max(v.at) filter (where v.kind = 'resolved') as ended_at,
           (array_agg(v.comment order by v.event_id desc) filter (where v.kind = 'resolved'))[1] as ending
    from alert_event v
    where v.alert_id = a.alert_id and v.at < %(to_at)s::timestamptz and v.kind in ('firing', 'resolved')) story
left join lateral (
    select v.at, v.actor from alert_event v
    where v.alert_id = a.alert_id and v.at < %(to_at)s::timestamptz and v.kind in ('acknowledged', 'return_confirmed')
      and (a.realarmed_at is null or a.realarmed_at >= %(to_at)s::timestamptz or v.at >= a.realarmed_at)
    order by v.event_id desc
    limit 1) taken on true
left join lateral (
    select v.detail ->> 'name' as person from alert_event v
    where v.alert_id = a.alert_id and v.at < %(to_at)s::timestamptz and v.kind = 'handed_over'
    order by v.event_id desc
    limit 1) given on true
where (coalesce(d.teams, '{}') = '{}' or %(team)s::text = any(d.teams)) 
  -- without history: what a file of past months brought in, which nobody was to be told of
  and (a.notified_at is not null
       or not exists (select from notification_decision n where n.alert_id = a.alert_id and n.reason = 'historical'))
  and story.fired_at is not null and (story.ended_at is null or story.ended_at >= %(from_at)s::timestamptz)
order by array_position(array['critical', 'warning', 'info'], a.severity), story.fired_at, a.alert_id
limit %(limit)s::int

-- actions --
-- what people did about a team's alerts, and wrote of them
select v.at, v.alert_id, a.title, v.kind, v.actor, v.comment, v.detail ->> 'name' as to_name,
       (v.detail ->> 'until_at')::timestamptz as until_at,
       coalesce(%(team)s::text = any(d.teams), false) as is_told
from alert_event v
join alert a using (alert_id)
left join alert_dispatch d using (alert_id)
where v.at >= %(from_at)s::timestamptz and v.at < %(to_at)s::timestamptz
  and v.kind in ('acknowledged', 'return_confirmed', 'commented', 'handed_over', 'shelved', 'unshelved',
                 'out_of_service', 'in_service')
  and (coalesce(d.teams, '{}') = '{}' or %(team)s::text = any(d.teams))
order by v.at, v.event_id
limit %(limit)s::int

-- holds --
-- alarms of a team's alerts that were shelved or out of service in some of a stretch
select h.kind, h.rule_id, h.subject, a.title, h.from_at, h.until_at, h.author, h.reason, h.ended_at
from alert_hold h
left join alert a using (alert_id)
left join alert_dispatch d using (alert_id)
where h.from_at < %(to_at)s::timestamptz
  and coalesce(h.ended_at, h.until_at, 'infinity'::timestamptz) > %(from_at)s::timestamptz
  and (d.alert_id is null or %(team)s::text = any(d.teams))
order by h.from_at, h.hold_id
limit %(limit)s::int

-- silences --
-- silences in some of a stretch, of whatever they fit
select s.matchers, s.starts_at, s.ends_at, s.author, s.comment, s.ended_at
from silence s
where s.starts_at < %(to_at)s::timestamptz and coalesce(s.ended_at, s.ends_at) > %(from_at)s::timestamptz
order by s.starts_at, s.silence_id
limit %(limit)s::int

-- escalations --
-- to whom alerts of a team went because nobody had taken them, or because somebody gave them away
select n.at, n.alert_id, a.title, n.event, n.channel, n.receiver
from notification_decision n
join alert a using (alert_id)
where n.at >= %(from_at)s::timestamptz and n.at < %(to_at)s::timestamptz and n.team = %(team)s::text
  and n.decision = 'send' and n.event in ('escalated', 'realarmed', 'handed_over')
order by n.at, n.decision_id
limit %(limit)s::int

-- deliveries --
-- messages to a team by channel, and what the newest failure was; not those by which somebody tried a channel
select n.channel, count(*) as messages, count(*) filter (where n.state = 'sent') as sent,
       count(*) filter (where n.state = 'failed') as failed,
       count(*) filter (where n.state not in ('sent', 'failed')) as waiting,
       sum(greatest(n.attempts - 1, 0))::int as repeats,
       (array_agg(n.last_error order by n.notification_id desc)
            filter (where n.last_error is not null))[1] as last_error
from notification n
where n.queued_at >= %(from_at)s::timestamptz and n.queued_at < %(to_at)s::timestamptz and n.team = %(team)s::text
  and n.event <> 'test'
group by n.channel
order by n.channel
