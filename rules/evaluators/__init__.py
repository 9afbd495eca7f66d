"""Evaluators: what compares figures with limits. Importing this package registers all of them by name."""

from __future__ import annotations

from rules.evaluators import (
    calibration,
    daily_limit,
    early_warning,
    hourly_limit,
    installation_rate,
    leak_schedule,
    monthly_share,
    offline,
    online_rate,
    oxidiser,
    reported_value,
    rule_failed,
    run_gap,
    single_limit,
    yearly_campaign,
)
from rules.evaluators.contract import EVALUATORS, Evaluator, Judgement, Params

__all__ = [
    "EVALUATORS",
    "Evaluator",
    "Judgement",
    "Params",
    "calibration",
    "daily_limit",
    "early_warning",
    "hourly_limit",
    "installation_rate",
    "leak_schedule",
    "monthly_share",
    "offline",
    "online_rate",
    "oxidiser",
    "reported_value",
    "rule_failed",
    "run_gap",
    "single_limit",
    "yearly_campaign",
]
