"""Evaluators: what compares figures with limits. Importing this package registers all of them by name."""

from __future__ import annotations

from rules.evaluators import (
    hourly_limit,
    installation_rate,
    leak_schedule,
    monthly_share,
    offline,
    online_rate,
    rule_failed,
    yearly_campaign,
)
from rules.evaluators.contract import EVALUATORS, Evaluator, Judgement, Params

__all__ = [
    "EVALUATORS",
    "Evaluator",
    "Judgement",
    "Params",
    "hourly_limit",
    "installation_rate",
    "leak_schedule",
    "monthly_share",
    "offline",
    "online_rate",
    "rule_failed",
    "yearly_campaign",
]
