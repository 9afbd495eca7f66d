"""LDAR signs: their cases stand on either side of each threshold, and they say what was seen only."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from rules.cases.files import compare, judge_case
from rules.cases.model import read_cases
from rules.pack import Rule, RuleSet, load_packs

CASES = Path(__file__).parents[2] / "cases" / "rules"
RULES = load_packs()
#: Said in evidence only.
EVIDENCE = {("ldar.sign_calibration", "drift_pct")}
SIGNS = sorted(rule_id for rule_id in RULES.variants if rule_id.startswith("ldar.sign_"))


def failing(rule: Rule) -> list[str]:
    """What the cases of a sign say of a variant of it."""
    rules = RuleSet({rule.id: [rule]}, RULES.pack_of)
    path = CASES / f"{rule.id.replace('.', '_')}.toml"
    return [problem for _, case in read_cases(path) for problem in compare(case, judge_case(rules, rule.id, case))]


def changed(rule: Rule, key: str, value: float) -> Rule | None:
    """The rule with another threshold, None where no pack may say that."""
    content = rule.model_dump() | {"params": rule.params | {key: value}}
    try:
        made = Rule.model_validate(content, strict=False)
        assert made.typed_params
    except ValidationError:
        return None
    return made


@pytest.mark.parametrize("rule_id", SIGNS)
def test_a_wrong_threshold_is_noticed(rule_id: str) -> None:
    """A third more or less and one of the cases fails."""
    (rule,) = RULES.variants[rule_id]
    assert failing(rule) == []
    silent = []
    for key, value in rule.params.items():
        if isinstance(value, dict) or (rule_id, key) in EVIDENCE:
            continue
        others = (value - 1, value + 1) if isinstance(value, int) and value < 10 else (value * 2 // 3, value * 4 // 3)
        if isinstance(value, float):
            others = (value * 0.67, value * 1.33)
        variants = [one for one in (changed(rule, key, other) for other in others) if one is not None]
        if not any(failing(one) for one in variants):
            silent.append(key)
    assert not silent, silent


@pytest.mark.parametrize("rule_id", SIGNS)
def test_a_sign_says_only_what_was_seen(rule_id: str) -> None:
    (rule,) = RULES.variants[rule_id]
    assert (rule.status, rule.confidence, rule.enabled) == ("platform", "DESIGN", True)
    assert rule.alert.severity in ("info", "warning")
    assert not any(word in f"{rule.title}{rule.reading}{rule.clause}" for word in ("造假", "虚假", "违法"))
