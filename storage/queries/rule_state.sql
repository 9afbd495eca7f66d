-- reconsider --
-- before rules become these: the alert stage looks again at what is open of those that are not in force, or alert in
-- another way than they did
insert into alert_work (finding_id)
select a.finding_id
from json_to_recordset(%(rows)s::json) as n (rule_id text, enabled boolean, definition jsonb)
join rule r on r.rule_id = n.rule_id
join alert a on a.rule_id = n.rule_id and a.state in ('pending', 'firing')
where not n.enabled or r.definition -> 'alert' is distinct from n.definition -> 'alert'
order by a.alert_id

-- upsert_rule --
-- a rule as its pack defines it; health belongs to the engine and stays, unless the rule is a new version
insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status, confidence,
                  enabled, severity, definition)
values (%(rule_id)s::text, %(version)s::int, %(pack)s::text, %(title)s::text, %(evaluator)s::text,
        %(standard)s::text, %(clause)s::text, %(status)s::text, %(document_status)s::text, %(confidence)s::text,
        %(enabled)s::boolean, %(severity)s::text, %(definition)s::jsonb)
on conflict (rule_id) do update set
    version = excluded.version, pack = excluded.pack, title = excluded.title, evaluator = excluded.evaluator,
    standard = excluded.standard, clause = excluded.clause, status = excluded.status,
    document_status = excluded.document_status, confidence = excluded.confidence, enabled = excluded.enabled,
    severity = excluded.severity, definition = excluded.definition

-- disable_others --
-- rules that no pack knows any more keep their findings and are not judged; the alert stage ends what lasts of them
with others as (
    update rule set enabled = false, definition = definition || '{"retired": true}'
    where rule_id <> all(%(rule_ids)s::text[]) and (enabled or not definition ? 'retired')
    returning rule_id
)
insert into alert_work (finding_id)
select a.finding_id from alert a join others using (rule_id) where a.state in ('pending', 'firing')

-- upsert_target --
-- a row of the policy tables
insert into target (target_id, document, document_status, indicator, operator, value, unit, baseline_year,
                    target_year, bureau, domain, check_mode, quote, note)
values (%(target_id)s::text, %(document)s::text, %(document_status)s::text, %(indicator)s::text, %(operator)s::text,
        %(value)s::numeric, %(unit)s::text, %(baseline_year)s::int, %(target_year)s::int, %(bureau)s::text,
        %(domain)s::text, %(check_mode)s::text, %(quote)s::text, %(note)s::text)
on conflict (target_id) do update set
    document = excluded.document, document_status = excluded.document_status, indicator = excluded.indicator,
    operator = excluded.operator, value = excluded.value, unit = excluded.unit,
    baseline_year = excluded.baseline_year, target_year = excluded.target_year, bureau = excluded.bureau,
    domain = excluded.domain, check_mode = excluded.check_mode, quote = excluded.quote, note = excluded.note

-- delete_other_targets --
-- targets that the policy tables do not have any more
delete from target where target_id <> all(%(target_ids)s::text[])

-- try_lock_rule --
-- for this transaction: nobody else judges this rule, and nobody consumes rule_work meanwhile
select pg_try_advisory_xact_lock_shared(%(engine)s::bigint)
   and pg_try_advisory_xact_lock(%(engine)s::int, hashtext(%(rule_id)s::text))

-- lock_rule --
-- as try_lock_rule, but waits
select pg_advisory_xact_lock_shared(%(engine)s::bigint),
       pg_advisory_xact_lock(%(engine)s::int, hashtext(%(rule_id)s::text))

-- lock_work --
-- for this transaction: nobody else judges anything
select pg_advisory_xact_lock(%(engine)s::bigint)

-- has_work --
-- whether there is rule_work at all
select exists(select from rule_work)

-- take_work --
-- takes the oldest rows of the work list, each thing once
with taken as (
    delete from rule_work
    where seq in (select w.seq from rule_work w order by w.seq limit %(limit)s::int)
    returning kind, key, at
)
select kind, key, at, count(*) from taken group by kind, key, at

-- watermarks --
-- up to where a rule has judged each of its subjects
select subject, through_at from rule_watermark where rule_id = %(rule_id)s::text

-- enterprises_of --
-- whose subjects some are: kind:enterprise or kind:enterprise/code
select s.subject, e.enterprise_id
from unnest(%(subjects)s::text[]) as s (subject)
join enterprise e on e.code = split_part(split_part(s.subject, ':', 2), '/', 1)
order by s.subject

-- judged_through --
-- the furthest that each rule has judged any of its subjects
select rule_id, max(through_at) from rule_watermark group by rule_id

-- save_watermarks --
-- moves watermarks; backwards too, when something has to be judged again
insert into rule_watermark (rule_id, subject, rule_version, through_at)
select %(rule_id)s::text, w.subject, %(rule_version)s::int, w.through_at
from unnest(%(subjects)s::text[], %(ats)s::timestamptz[]) as w (subject, through_at)
on conflict (rule_id, subject) do update set
    rule_version = excluded.rule_version, through_at = excluded.through_at

-- set_health --
-- how the evaluation of rules went
update rule r set health = n.health, last_error = n.last_error
from unnest(%(rule_ids)s::text[], %(healths)s::text[], %(last_errors)s::text[]) as n (rule_id, health, last_error)
where r.rule_id = n.rule_id and (r.health, r.last_error) is distinct from (n.health, n.last_error)

-- set_evaluated --
-- everything closed by an instant is judged, for these rules; closed_at: the end of what is closed. Where that was not
-- so for more than an hour it is noted since when, and until now; outages of one day are one
update rule
set missed_from = case when last_evaluated_at >= %(at)s::timestamptz - interval '1 hour' or last_evaluated_at is null
                       then missed_from
                       when missed_to >= last_evaluated_at - interval '1 day' then missed_from
                       else last_evaluated_at - (%(at)s::timestamptz - %(closed_at)s::timestamptz) end,
    missed_to = case when last_evaluated_at >= %(at)s::timestamptz - interval '1 hour' or last_evaluated_at is null
                     then missed_to else %(at)s::timestamptz end,
    last_evaluated_at = %(at)s::timestamptz
where rule_id = any(%(rule_ids)s::text[])

-- listen --
-- new hints reach this session
listen plantwatch_rules
