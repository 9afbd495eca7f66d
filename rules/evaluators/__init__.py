"""Evaluators: what compares figures with limits. Importing this package registers all of them by name."""

from __future__ import annotations

from rules.evaluators import (
    calibration,
    capture_rate,
    daily_limit,
    early_warning,
    hourly_limit,
    hourly_rate,
    installation_rate,
    leak_schedule,
    mass_total,
    monthly_share,
    offline,
    online_rate,
    oxidiser,
    reported_value,
    rule_failed,
    run_gap,
    single_limit,
    transmission_rate,
    yearly_campaign,
)
from rules.evaluators.contract import EVALUATORS, Evaluator, Judgement, Params

__all__ = [
    "EVALUATORS",
    "Evaluator",
    "Judgement",
    "Params",
    "calibration",
    "capture_rate",
    "daily_limit",
    "early_warning",
    "hourly_limit",
    "hourly_rate",
    "installation_rate",
    "leak_schedule",
    "mass_total",
    "monthly_share",
    "offline",
    "online_rate",
    "oxidiser",
    "reported_value",
    "rule_failed",
    "run_gap",
    "single_limit",
    "transmission_rate",
    "yearly_campaign",
]
