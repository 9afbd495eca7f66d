-- lock_alert --
-- where an alert stands, held until the transaction ends
select alert_id, rule_id, subject, enterprise_id, state, notified_at, acknowledged_at, acknowledged_by, realarmed_at,
       assignee
from alert
where alert_id = %(alert_id)s::bigint
for update

-- acknowledge --
-- somebody takes charge of an alert, or has seen that it is over
update alert
set acknowledged_at = %(at)s::timestamptz, acknowledged_by = %(actor)s::text, acknowledge_comment = %(comment)s::text
where alert_id = %(alert_id)s::bigint

-- assign --
-- an alert is handed over to a person
update alert set assignee = %(person)s::text where alert_id = %(alert_id)s::bigint

-- person_name --
-- how a person of the roster is called, and whether active
select name, active from person where code = %(code)s::text
