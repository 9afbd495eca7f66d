"""What is in force when operators have decided on rules. Pure: shipped rules and decisions in, a rule set out.

A decision holds from its local day until the day of the next one; of several for one day the newest counts. It changes
whether a rule is in force and with which parameters, never what the rule is: evaluator, selection, standard and clause
stay those of the pack. A rule whose figures nobody has read in a source gets into force in no other way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.errors import BadInput
from domain.periods import day_start
from rules.evaluators.monthly_share import MonthlyShareParams
from rules.pack import Rule, RuleSet
from storage.decisions import NewDecision, RuleDecision

#: Versions from here on are those of decisions: 1000 + its identity.
DECIDED = 1000

_DAY = timedelta(days=1)
_FOREVER = datetime.max.replace(tzinfo=UTC)


class DecisionNote(BaseModel):
    """Who decided on a variant, why, and on what evidence."""

    model_config = ConfigDict(frozen=True)

    decision_id: int
    effective_from: date
    author: str
    reason: str
    source: str


class DecidedRule(Rule):
    """A variant that an operator's decision made."""

    decision: DecisionNote


def resolve(rules: RuleSet, decisions: Sequence[RuleDecision]) -> tuple[RuleSet, list[str]]:
    """The rules as decided, and what cannot be followed: decisions on rules that are not shipped any more, or with
    parameters that their evaluator does not take any more. Such a decision is left out, what was before it holds."""
    by_rule: dict[str, list[RuleDecision]] = {}
    problems = []
    for decision in sorted(decisions, key=lambda one: one.decision_id):
        problem = _problem(rules, decision)
        if problem is None:
            by_rule.setdefault(decision.rule_id, []).append(decision)
        else:
            problems.append(f"decision {decision.decision_id}: {problem}")
    variants = {
        rule_id: _decided(shipped, by_rule[rule_id]) if rule_id in by_rule else shipped
        for rule_id, shipped in rules.variants.items()
    }
    return replace(rules, variants=variants, decided=frozenset(by_rule)), problems


def check(rules: RuleSet, before: Sequence[RuleDecision], new: NewDecision) -> None:
    """Raises BadInput saying what is wrong with a decision. rules: as shipped; before: the decisions so far."""
    for name in ("author", "reason", "source"):
        if not getattr(new, name).strip():
            raise BadInput(f"{name}: 不能为空：决定须写明决定人、理由和依据")
    problem = _problem(rules, new)
    if problem is not None:
        raise BadInput(problem)
    made = RuleDecision(
        **{name: getattr(new, name) for name in NewDecision.__slots__},
        decision_id=max((one.decision_id for one in before), default=0) + 1,
        created_at=_FOREVER,
    )
    resolved, _ = resolve(rules, [*before, made])
    _check_shares(resolved, new.effective_from)


def outside(variants: Iterable[Rule], since: date) -> list[tuple[datetime, datetime]]:
    """Spans of instants from a local day on in which no variant is in force."""
    held = sorted((rule.valid_from_at, rule.valid_until_at or _FOREVER) for rule in variants if rule.enabled)
    spans, begin = [], day_start(since)
    for start, end in held:
        if start > begin:
            spans.append((begin, start))
        begin = max(begin, end)
    return spans if begin == _FOREVER else [*spans, (begin, _FOREVER)]


def _problem(rules: RuleSet, decision: NewDecision) -> str | None:
    shipped = rules.variants.get(decision.rule_id)
    if shipped is None:
        return f"rule: 没有规则 {decision.rule_id!r}；已有：{', '.join(sorted(rules.variants))}"
    last = shipped[-1]
    if last.valid_to is not None and last.valid_to < decision.effective_from:
        return f"from: 规则 {decision.rule_id} 只到 {last.valid_to} 有效"
    for rule in shipped:
        try:
            rule.kind.params.model_validate({**rule.params, **decision.params})
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            key = ".".join(str(part) for part in detail["loc"])
            return f"params.{key}: {detail['msg']}"
    return None


def _decided(shipped: Sequence[Rule], decisions: Sequence[RuleDecision]) -> list[Rule]:
    """Shipped variants up to the first decision, from there on those that the decisions make of them."""
    by_day: Mapping[date, RuleDecision] = {one.effective_from: one for one in decisions}  # a day's newest is its last
    days = sorted(by_day)
    out: list[Rule] = []
    for rule in shipped:
        if rule.valid_from < days[0]:
            until = days[0] - _DAY
            out.append(_cut(rule, valid_to=until if rule.valid_to is None else min(rule.valid_to, until)))
        for place, day in enumerate(days):
            until_day = days[place + 1] - _DAY if place + 1 < len(days) else None
            ends = [end for end in (rule.valid_to, until_day) if end is not None]
            begins, ends_on = max(rule.valid_from, day), min(ends, default=None)
            if ends_on is None or begins <= ends_on:
                out.append(_made(rule, by_day[day], begins, ends_on))
    return sorted(out, key=lambda rule: rule.valid_from)


def _cut(rule: Rule, *, valid_to: date) -> Rule:
    return rule if rule.valid_to == valid_to else rule.model_copy(update={"valid_to": valid_to})


def _made(rule: Rule, decision: RuleDecision, valid_from: date, valid_to: date | None) -> DecidedRule:
    fields: dict[str, Any] = rule.model_dump() | {
        "version": DECIDED + decision.decision_id,
        "enabled": decision.enabled,
        "params": {**rule.params, **decision.params},
        "valid_from": valid_from,
        "valid_to": valid_to,
        "decision": DecisionNote(
            decision_id=decision.decision_id,
            effective_from=decision.effective_from,
            author=decision.author,
            reason=decision.reason,
            source=decision.source,
        ),
    }
    return DecidedRule.model_validate(fields)


def _check_shares(rules: RuleSet, day: date) -> None:
    """A monthly share in force counts the verdicts of a rule that is in force as well, from a day on."""
    for rule_id, variants in rules.variants.items():
        for rule in variants:
            params = rule.typed_params
            if not rule.enabled or not isinstance(params, MonthlyShareParams):
                continue
            first = max(rule.valid_from, day)
            if rule.valid_to is not None and rule.valid_to < first:
                continue
            counted = rules.variants.get(params.of, ())
            if not counted or counted[0].evaluator != "hourly_limit" or counted[0].applies != rule.applies:
                raise BadInput(f"params.of: {rule_id} 不能统计 {params.of!r}：没有这样的小时规则")
            until = _FOREVER if rule.valid_until_at is None else rule.valid_until_at
            if any(start < until for start, _ in outside(counted, first)):
                raise BadInput(f"{rule_id} 统计 {params.of} 的判定，后者须同期有效；请先决定 {rule_id}")
