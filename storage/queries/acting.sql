-- lock_alert --
-- where an alert stands, held until the transaction ends
select a.alert_id, a.rule_id, a.subject, a.enterprise_id, e.code as enterprise, a.state, a.resolution, a.notified_at,
       a.acknowledged_at, a.acknowledged_by, a.realarmed_at, a.assignee
from alert a
left join enterprise e on e.enterprise_id = a.enterprise_id
where a.alert_id = %(alert_id)s::bigint
for update of a

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
