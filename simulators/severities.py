"""How grave an alert is, by its rule, written down again from the platform's published list of rules."""

from __future__ import annotations

CRITICAL, WARNING, INFO = "critical", "warning", "info"

#: Prefix of rule ids: severity; the longest one that fits counts.
SEVERITIES = {
    "legal.": CRITICAL,
    "mass.": CRITICAL,
    "ule.": WARNING,
    "warn.": INFO,
    "sign.": INFO,
    "voc.": WARNING,
    "gc.": WARNING,
    "qa.": WARNING,
    "data.": WARNING,
    "data.arrival_rate": INFO,
    "data.correction_magnitude": INFO,
    "data.identical_increments": INFO,
    "data.reported_": INFO,
    "carbon.": INFO,
    "green.": INFO,
    "solid.": INFO,
    "duty.": WARNING,
    "duty.retrofit_dispatch": INFO,
    "duty.meter_verification": INFO,
    "duty.water_balance_test": INFO,
    "duty.emergency_drill": INFO,
    "remind.due_soon": INFO,
    "remind.due_today": WARNING,
    "energy.": INFO,
    "energy.unit": WARNING,
    "energy.unit_access": INFO,
    "energy.balance.": WARNING,
    "energy.fit_rate": WARNING,
    "water.": WARNING,
    "water.balance_watch": INFO,
    "water.leak_rate": INFO,
    "water.report_check": INFO,
    "water.reuse_rate": INFO,
    "water.quota": INFO,
    "water.cap_watch": INFO,
    "ldar.": WARNING,
    "ldar.voc_emission": INFO,
    "ldar.sign_": INFO,
    "ldar.sign_speed": WARNING,
    "ldar.sign_undeclared": WARNING,
    "ldar.sign_movement": WARNING,
    "ldar.sign_repair": WARNING,
    "ldar.sign_two_places": WARNING,
}


def severity(rule: str, condition: str = "violation") -> str:
    """critical, warning or info. That nothing is known of something grave is no more than a warning."""
    found = SEVERITIES[max((prefix for prefix in SEVERITIES if rule.startswith(prefix)), key=len)]
    return WARNING if condition == "no_data" and found == CRITICAL else found
