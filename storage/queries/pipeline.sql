-- backlog --
-- what is still on its way through the stages; rules_through is the instant up to which every rule has judged
select (select count(*) from dirty_hour) as dirty_hours,
       (select count(*) from rule_work) as rule_work,
       (select count(*) from alert_work) as alert_work,
       (select count(*) from notification where state = 'queued') as queued_notifications,
       (select case when count(*) = count(last_evaluated_at) then min(last_evaluated_at) end
        from rule where enabled) as rules_through

-- accounting_totals --
-- sums over all enterprises and days
select coalesce(sum(messages), 0)::bigint as messages, coalesce(sum(received), 0)::bigint as received,
       coalesce(sum(stored), 0)::bigint as stored, coalesce(sum(duplicates), 0)::bigint as duplicates,
       coalesce(sum(corrections), 0)::bigint as corrections, coalesce(sum(refused), 0)::bigint as refused
from accounting

-- accounting_by_enterprise --
-- sums over all days
select e.code as enterprise, sum(a.messages)::bigint as messages, sum(a.received)::bigint as received,
       sum(a.stored)::bigint as stored, sum(a.duplicates)::bigint as duplicates,
       sum(a.corrections)::bigint as corrections, sum(a.refused)::bigint as refused
from accounting a join enterprise e using (enterprise_id) group by e.code order by e.code

-- rows_kept --
-- what is really there, to be held against the accounting; figures, tests and leak_facts: those that MQTT brought
with figure as (
    select l.origin, row_number() over (partition by l.enterprise_id, l.line_id, l.item, l.period_kind, l.period_from
                                        order by l.entry_id) as turn
    from ledger_entry l where l.enterprise_id is not null
), leak_fact as (
    select row_number() over (partition by component_id, repaired_at order by repair_id) = 1 as is_first
    from repair where origin = 'mqtt'
    union all
    select row_number() over (partition by component_id, found_at, filed_at order by delay_id) = 1
    from repair_delay where origin = 'mqtt'
    union all
    select row_number() over (partition by instrument_id, done_at, kind, expected order by calibration_id) = 1
    from instrument_calibration where origin = 'mqtt'
    union all
    select row_number() over (partition by kind, component_id, installation_id, happened_at order by event_id) = 1
    from component_event where origin = 'mqtt'
)
select (select count(*) from reading) as readings,
       (select count(*) from correction) as corrections,
       (select count(*) from leak_test where revision = 0 and coalesce(origin, 'mqtt') = 'mqtt') as leak_tests,
       (select count(*) from leak_test where revision > 0 and coalesce(origin, 'mqtt') = 'mqtt') as leak_test_corrections,
       (select count(*) from leak_fact where is_first) as leak_facts,
       (select count(*) from leak_fact where not is_first) as leak_fact_corrections,
       (select count(*) from figure where origin = 'mqtt' and turn = 1) as figures,
       (select count(*) from figure where origin = 'mqtt' and turn > 1) as figure_corrections,
       (select coalesce(sum(items), 0)::bigint from refusal) as refused_items

-- refused_by_reason --
-- items refused, by enterprise and reason
select e.code as enterprise, r.reason, sum(r.items)::bigint as items
from refusal r join refused_message m using (message_id) join enterprise e using (enterprise_id)
group by e.code, r.reason order by e.code, r.reason

-- verdict_counts --
-- current findings by rule and verdict
select rule_id, verdict, count(*) as findings
from finding where superseded_at is null group by rule_id, verdict order by rule_id, verdict

-- current_findings --
-- every current finding in short
select rule_id, subject, period_start, verdict, reason, value
from finding where superseded_at is null

-- month_evidence --
-- what the current findings on months and longer rest on
select rule_id, subject, period_start, evidence
from finding where superseded_at is null and rule_id in ('ule.monthly', 'mass.yearly', 'data.transmission_rate')

-- alert_counts --
-- alerts by state
select state, count(*) as alerts from alert group by state

-- alerts_in_short --
-- every alert that stands; one that late data extended or joined was superseded by another row
select rule_id, subject, occurred_at, state from alert where resolution is distinct from 'superseded' order by alert_id

-- notifications_in_short --
-- every notification with its alert
select n.event, a.rule_id, a.subject, a.occurred_at, n.channel, n.state
from notification n join alert a using (alert_id) order by n.notification_id
