-- rules --
-- one page of rules by id
select rule_id, version, pack, title, evaluator, standard, clause, status, document_status, confidence, enabled,
       severity, health, last_error, last_evaluated_at
from rule
where (%(after_rule_id)s::text is null or rule_id > %(after_rule_id)s::text)
order by rule_id
limit %(limit)s::int

-- rule --
-- one rule with its whole definition
select rule_id, version, pack, title, evaluator, standard, clause, status, document_status, confidence, enabled,
       severity, health, last_error, last_evaluated_at, definition
from rule
where rule_id = %(rule_id)s::text

-- decisions --
-- one page of operators' decisions on a rule, newest first
select decision_id, rule_id, effective_from, enabled, params, author, reason, source, created_at
from rule_decision
where rule_id = %(rule_id)s::text and (%(after)s::bigint is null or decision_id < %(after)s::bigint)
order by decision_id desc
limit %(limit)s::int

-- one_writer --
-- each decision is checked against all before it; reading goes on
lock table rule_decision in share row exclusive mode
