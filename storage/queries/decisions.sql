-- all --
-- in the order in which they were made
select rule_id, effective_from, enabled, params, author, reason, source, decision_id, created_at
from rule_decision order by decision_id

-- newest --
-- identities grow: who knows the greatest knows all
select coalesce(max(decision_id), 0) from rule_decision

-- add --
-- rows are never altered
insert into rule_decision (rule_id, effective_from, enabled, params, author, reason, source, created_at)
values (%(rule_id)s::text, %(effective_from)s::date, %(enabled)s::boolean, %(params)s::jsonb, %(author)s::text,
        %(reason)s::text, %(source)s::text, %(at)s::timestamptz)
returning decision_id

-- note --
-- work for the rules: everything is to be judged again from a local day on
insert into rule_work (kind, key, at)
select 'register', enterprise_id, %(effective_from)s::date::timestamp at time zone 'Asia/Shanghai' from enterprise

-- withdraw --
-- findings of a rule in periods that begin in [from, to) are true no more; the alerts look at their series again
with gone as (
    update finding f set superseded_at = %(at)s::timestamptz
    from unnest(%(froms)s::timestamptz[], %(tos)s::timestamptz[]) as w (from_at, to_at)
    where f.rule_id = %(rule_id)s::text and f.superseded_at is null
      and f.period_start >= w.from_at and f.period_start < w.to_at
    returning f.finding_id
), told as (
    insert into alert_work (finding_id) select finding_id from gone returning 1
)
select count(*) from told
