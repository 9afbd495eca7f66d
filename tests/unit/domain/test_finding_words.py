"""Every reason that a rule can give has Chinese words."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.findingwords import finding_word

CASES = sorted((Path(__file__).parents[2] / "cases" / "rules").glob("*.toml"))


def _reasons(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "reason" and isinstance(value, str):
                yield value
            else:
                yield from _reasons(value)
    elif isinstance(node, list):
        for value in node:
            yield from _reasons(value)


def test_every_reason_in_the_rules_cases_has_words() -> None:
    found = {reason for path in CASES for reason in _reasons(tomllib.loads(path.read_text("utf-8")))}
    assert len(found) > 100
    assert [reason for reason in sorted(found) if reason.isascii() and finding_word("", reason) == reason] == []


def test_a_rules_own_word_says_what_is_overdue() -> None:
    said = {
        rule: finding_word(rule, "overdue") for rule in ("ldar.gb37822", "ldar.gb31571_repair", "qa.calibration_due")
    }
    assert list(said.values()) == ["逾期未检", "逾期未修复", "逾期未校准"]
    assert finding_word("duty.soil_monitoring", "overdue") == "逾期"
    assert finding_word("x", "never_heard_of") == "never_heard_of"
