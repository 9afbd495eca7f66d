"""A rule that could not be evaluated is itself a finding: a rule that fails unseen would look like compliance."""

from __future__ import annotations

from dataclasses import dataclass

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from rules.evaluators.contract import Judgement, Params, evaluator


class RuleFailedParams(Params):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class HealthWindow:
    """How a rule's evaluation went. error: None when it went well. previous_reason: of its last such finding."""

    subject: Subject
    hour: Period
    error: str | None
    previous_reason: str | None


@evaluator(
    "rule_failed",
    params=RuleFailedParams,
    window=HealthWindow,
    selects=set(),
    subjects={SubjectKind.RULE},
)
def rule_failed(window: HealthWindow, params: RuleFailedParams) -> list[Judgement]:
    """A judgement when the state changes; working for the first time is no change."""
    reason = "rule_ok" if window.error is None else "rule_error"
    if reason == (window.previous_reason or "rule_ok"):
        return []
    verdict = Verdict.COMPLIANT if window.error is None else Verdict.UNDETERMINED
    evidence = {} if window.error is None else {"error": window.error}
    return [Judgement(window.subject, window.hour, verdict, reason, evidence=evidence)]
