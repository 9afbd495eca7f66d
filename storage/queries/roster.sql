-- overrides --
-- what was changed by hand and not cancelled, of all teams
select o.override_id, t.code as team, o.from_at, o.until_at, o.person, o.replaces, o.author, o.reason, o.created_at
from duty_override o join team t using (team_id)
where o.cancelled_at is null
order by o.override_id
