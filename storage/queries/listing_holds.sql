-- silences --
-- one page of silences, newest first, with how each stands at an instant
select s.silence_id, v.state, s.matchers, s.starts_at, s.ends_at, s.author, s.comment, s.created_at, s.ended_at,
       s.ended_by
from silence s
cross join lateral (select case when s.ended_at is not null or s.ends_at <= %(now)s::timestamptz then 'over'
                                when s.starts_at > %(now)s::timestamptz then 'scheduled'
                                else 'active' end as state) v
where (%(state)s::text is null or v.state = %(state)s::text)
  and (%(silence_id)s::bigint is null or s.silence_id = %(silence_id)s::bigint)
  and (%(after_id)s::bigint is null or s.silence_id < %(after_id)s::bigint)
order by s.silence_id desc
limit %(limit)s::int

-- holds --
-- one page of the alarms that are shelved or out of service at an instant, newest first
select h.hold_id, h.kind, h.rule_id, h.subject, e.code as enterprise, h.alert_id, a.alert_id as open_alert_id,
       h.from_at, h.until_at, h.author, h.reason
from alert_hold h
left join enterprise e on e.enterprise_id = h.enterprise_id
left join alert a on a.rule_id = h.rule_id and a.subject = h.subject and a.state in ('pending', 'firing')
where h.ended_at is null and h.from_at <= %(now)s::timestamptz
  and (h.until_at is null or h.until_at > %(now)s::timestamptz)
  and (%(kind)s::text is null or h.kind = %(kind)s::text)
  and (%(enterprise_id)s::int is null or h.enterprise_id = %(enterprise_id)s::int)
  and (%(after_id)s::bigint is null or h.hold_id < %(after_id)s::bigint)
order by h.hold_id desc
limit %(limit)s::int
