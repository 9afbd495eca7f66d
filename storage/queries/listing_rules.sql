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
