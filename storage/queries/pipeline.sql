-- backlog --
-- what is still on its way through the stages; rules_through is the instant up to which every rule has judged
select (select count(*) from dirty_hour) as dirty_hours,
       (select count(*) from rule_work) as rule_work,
       (select count(*) from alert_work) as alert_work,
       (select count(*) from alert_news) as alert_news,
       (select min(next_at) from alert_dispatch) as dispatch_at,
       (select count(*) from notification where state = 'queued') as queued_notifications,
       (select case when count(*) = count(last_evaluated_at) then min(last_evaluated_at) end
        from rule where enabled) as rules_through

-- dispatch_at --
-- when somebody is to be told something next, if nothing happens
select min(next_at) as dispatch_at from alert_dispatch

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

-- told_in_short --
-- every message with each alert that it tells of and what it tells of it; tests of channels tell of none
select n.notification_id, n.event, n.team, n.channel, n.receiver, n.state, n.queued_at, n.idempotency_key,
       n.in_doubt, a.alert_id, a.rule_id, a.subject, t.event as alert_event
from notification n
join notification_alert t using (notification_id)
join alert a on a.alert_id = t.alert_id
where n.channel <> 'log'
order by n.notification_id

-- withheld_in_short --
-- by rule, subject and reason how many alerts were held, or not told of as firing
select a.rule_id, a.subject, d.reason, count(distinct d.alert_id) as alerts
from notification_decision d join alert a using (alert_id)
where d.event = 'firing' and d.decision in ('hold', 'drop')
group by a.rule_id, a.subject, d.reason

-- decision_counts --
-- decisions to tell or not, by what and why
select decision, reason, count(*) as decisions from notification_decision group by decision, reason

-- undecided_alerts --
-- alerts that fired, and about which there is no decision
select a.rule_id, a.subject from alert a
where a.fired_at is not null
  and not exists (select from notification_decision d where d.alert_id = a.alert_id)
order by a.alert_id

-- deed_counts --
-- what people did about alerts
select kind, count(*) as events from alert_event
where kind in (
  'acknowledged', 'return_confirmed', 'commented', 'handed_over', 'shelved', 'unshelved', 'out_of_service', 'in_service'
)
group by kind order by kind
