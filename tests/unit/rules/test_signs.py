"""Signs of false data: every threshold matters, nothing ordinary is seen, and no text says more than what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from domain.periods import local_day
from rules.cases.files import compare
from rules.cases.model import Case, read_cases
from rules.cases.signs import stack_window
from rules.evaluators.outlet_day import NEEDS, OutletDayWindow, SignParams
from rules.families.contract import judge
from rules.pack import Rule, load_packs
from runtime.bench.signs import false_alarms
from simulators.air_register import STACKS

CASES = Path(__file__).parents[2] / "cases" / "rules"
RULES = load_packs()
SIGNS = sorted(rule_id for rule_id in RULES.variants if rule_id.startswith("sign."))
#: A coke oven, a station that charges it, a boiler with a running state, an oxidiser on its own air.
ORDINARY = {"yunhe-coking/S1", "yunhe-coking/C1", "lanxu-chloralkali/B1", "heming-bdo/R1"}
#: With so few hours in 30 days it only says whether there is any at all.
COARSE = {("sign.clipping", "over_share_pct"), ("sign.clipping", "repeated"), ("sign.duplicate_period", "days")}


def cases(rule: Rule) -> list[tuple[Case, OutletDayWindow]]:
    """Cases of a sign with their windows, which no threshold changes."""
    params = rule.typed_params
    assert isinstance(params, SignParams)
    read = [case for _, case in read_cases(CASES / f"{rule.id.replace('.', '_')}.toml")]
    return [
        (case, stack_window(case.outlet, case.series, local_day(case.start), params)) for case in read if case.outlet
    ]


@pytest.mark.parametrize("rule_id", SIGNS)
def test_a_wrong_threshold_is_noticed(rule_id: str) -> None:
    """Cases stand on either side of each threshold that the pack sets: a third more or less and one of them fails."""
    (rule,) = RULES.variants[rule_id]
    known = cases(rule)
    assert not any(compare(case, judge(rule, window)) for case, window in known)
    for key, value in rule.params.items():
        if key == "weight" or (rule_id, key) in COARSE:
            continue
        noticed = []
        for other in (value - 1, value + 1) if isinstance(value, int) else (value * 0.67, value * 1.33):
            try:
                params = rule.kind.params.model_validate({**rule.params, key: other})
            except ValidationError:
                continue
            noticed += [compare(case, rule.kind.judge(window, params)) for case, window in known]
        assert any(noticed), key


@pytest.mark.parametrize("rule_id", SIGNS)
def test_a_sign_says_only_what_was_seen(rule_id: str) -> None:
    (rule,) = RULES.variants[rule_id]
    assert (rule.status, rule.confidence, rule.alert.severity, rule.enabled) == ("platform", "DESIGN", "info", True)
    assert "造假" not in f"{rule.title}{rule.reading}{rule.clause}"
    assert rule.params["weight"] > 0


def test_every_sign_has_a_rule() -> None:
    assert {RULES.variants[rule_id][0].evaluator for rule_id in SIGNS} == set(NEEDS)


def test_nothing_ordinary_is_seen() -> None:
    """Some stacks for three weeks after the first month; the bench measures all of them for longer."""
    places = [place for place in STACKS if f"{place.enterprise}/{place.code}" in ORDINARY]
    rates = false_alarms(seeds=(5,), places=places, days=51)
    assert set(rates) == set(SIGNS)
    assert {sign: rate["seen"] for sign, rate in rates.items() if rate["rate"] > 0.02} == {}
    assert all(rate["outlet_days"] >= 20 for rate in rates.values())
