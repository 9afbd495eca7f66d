-- overrides --
-- what was changed by hand and counts, or did until it was cancelled, of all teams; with from_at: in some of a period
select o.override_id, t.code as team, o.from_at, o.until_at, o.person, o.replaces, o.author, o.reason, o.created_at,
       o.cancelled_at, o.cancelled_by
from duty_override o join team t using (team_id)
where (o.cancelled_at is null or o.cancelled_at > o.from_at)
  and (%(from_at)s::timestamptz is null
       or o.from_at < %(until_at)s::timestamptz and o.until_at > %(from_at)s::timestamptz)
order by o.override_id

-- overrides_of --
-- what was changed by hand in some of a period, of a team, cancelled or not, by number
select o.override_id, t.code as team, o.from_at, o.until_at, o.person, o.replaces, o.author, o.reason, o.created_at,
       o.cancelled_at, o.cancelled_by
from duty_override o join team t using (team_id)
where t.code = %(team)s::text and o.from_at < %(until_at)s::timestamptz and o.until_at > %(from_at)s::timestamptz
order by o.override_id

-- lock_team --
-- one at a time changes a team's roster
select team_id from team where code = %(team)s::text for update

-- insert_override --
-- a person takes somebody's turns, or comes in addition
insert into duty_override (team_id, from_at, until_at, person, replaces, author, reason, created_at)
select team_id, %(from_at)s::timestamptz, %(until_at)s::timestamptz, %(person)s::text, %(replaces)s::text,
       %(author)s::text, %(reason)s::text, %(at)s::timestamptz
from team where code = %(team)s::text
returning override_id

-- lock_override --
-- one change by hand, held until the transaction ends
select o.override_id, t.code as team, o.from_at, o.until_at, o.person, o.replaces, o.author, o.reason, o.created_at,
       o.cancelled_at, o.cancelled_by
from duty_override o join team t using (team_id)
where o.override_id = %(override_id)s::bigint
for update of o

-- cancel_override --
-- somebody takes a change back
update duty_override set cancelled_at = %(at)s::timestamptz, cancelled_by = %(actor)s::text
where override_id = %(override_id)s::bigint

-- insert_handover --
-- what one shift tells the next
insert into handover (team_id, from_at, until_at, at, author, giver, taker, note, snapshot)
select team_id, %(from_at)s::timestamptz, %(until_at)s::timestamptz, %(at)s::timestamptz, %(author)s::text,
       %(giver)s::text, %(taker)s::text, %(note)s::text, %(snapshot)s::jsonb
from team where code = %(team)s::text
returning handover_id

-- handovers --
-- one page of a team's hand-over notes on shifts that end in a period, newest first
select h.handover_id, t.code as team, h.from_at, h.until_at, h.at, h.author, h.giver, h.taker, h.note, h.snapshot
from handover h join team t using (team_id)
where t.code = %(team)s::text
  and (%(from_at)s::timestamptz is null or h.until_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or h.until_at < %(to_at)s::timestamptz)
  and (%(handover_id)s::bigint is null or h.handover_id = %(handover_id)s::bigint)
  and (%(after)s::bigint is null or h.handover_id < %(after)s::bigint)
order by h.handover_id desc
limit %(limit)s::int

-- standing --
-- what stands at an instant when a shift hands over: open alerts, the most severe and newest first, and how many
select a.alert_id, a.severity, a.title, a.acknowledged_by, count(*) over () as total
from alert a
where a.state = 'firing'
order by array_position(array['critical', 'warning', 'info'], a.severity), a.alert_id desc
limit %(limit)s::int

-- holds --
-- shelved alarms, alarms out of service and silences that cover an instant
select (select count(*) from alert_hold where kind = 'shelved' and ended_at is null and from_at <= %(at)s::timestamptz
            and until_at > %(at)s::timestamptz) as shelved,
       (select count(*) from alert_hold where kind = 'out_of_service' and ended_at is null
            and from_at <= %(at)s::timestamptz
            and (until_at is null or until_at > %(at)s::timestamptz)) as out_of_service,
       (select count(*) from silence where ended_at is null and starts_at <= %(at)s::timestamptz
            and ends_at > %(at)s::timestamptz) as silences
