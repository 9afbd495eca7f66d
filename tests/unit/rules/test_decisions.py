"""Decisions on rules: what is in force when, and what is refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.periods import day_start
from rules.decisions import DecidedRule, check, outside, resolve
from rules.pack import RuleSet, load_packs
from storage.decisions import NewDecision, RuleDecision

RULES = load_packs()
AT = datetime(2026, 11, 1, tzinfo=UTC)
FIRST = date(2026, 1, 1)


def decision(number: int, day: str = "2026-11-01", enabled: bool = False, rule_id: str = "legal.daily", **params: Any):
    words = ("张三", "复核", "会议纪要")
    return RuleDecision(rule_id, date.fromisoformat(day), enabled, params, *words, number, AT)


def on(rules: RuleSet, day: str, rule_id: str = "legal.daily") -> list[Any]:
    """The variants that are valid on a day: one at most."""
    at = day_start(date.fromisoformat(day))
    return [rule for rule in rules.variants[rule_id] if rule.is_valid_at(at)]


def test_nothing_decided_changes_nothing() -> None:
    rules, problems = resolve(RULES, [])
    assert (rules.variants, problems, rules.decided) == (RULES.variants, [], frozenset())


def test_a_rule_is_out_of_force_from_a_day_on() -> None:
    rules, problems = resolve(RULES, [decision(7)])
    assert problems == []
    (before,), (after,) = on(rules, "2026-10-31"), on(rules, "2026-11-01")
    assert (before.version, before.enabled, before.valid_to) == (1, True, date(2026, 10, 31))
    assert (after.version, after.enabled, after.valid_from) == (1007, False, date(2026, 11, 1))
    assert after.definition()["decision"] == {
        "decision_id": 7,
        "effective_from": "2026-11-01",
        "author": "张三",
        "reason": "复核",
        "source": "会议纪要",
    }
    assert outside(rules.variants["legal.daily"], date(2026, 11, 1))[0][0] == day_start(date(2026, 11, 1))
    assert RULES.variants["legal.daily"][0].valid_to is None  # what is shipped stays


def test_parameters_differ_from_a_day_until_the_next_decision() -> None:
    rules, _ = resolve(RULES, [decision(1, enabled=True, min_valid_hours=18), decision(2, "2026-12-01", True)])
    found = [on(rules, day)[0].typed_params.min_valid_hours for day in ("2026-10-31", "2026-11-30", "2026-12-01")]
    assert found == [20, 18, 20]
    assert outside(rules.variants["legal.daily"], FIRST) == []


def test_the_newest_of_a_day_counts() -> None:
    rules, _ = resolve(RULES, [decision(1, enabled=False), decision(2, enabled=True)])
    (rule,) = on(rules, "2026-11-01")
    assert (rule.version, rule.enabled) == (1002, True)


def test_a_rule_of_knowledge_only_gets_into_force_by_decision() -> None:
    draft = RULES.variants["legal.daily"][0].model_copy(
        update={"enabled": False, "confidence": "KH", "status": "draft"}
    )
    shipped = RuleSet({"legal.daily": [draft]}, RULES.pack_of)
    rules, _ = resolve(shipped, [decision(1, enabled=True)])
    assert [rule.enabled for rule in rules.variants["legal.daily"]] == [False, True]
    assert list(rules.enabled) == ["legal.daily"]


def test_what_cannot_be_followed_any_more_is_left_out() -> None:
    gone, stale = decision(1, rule_id="gone.rule"), decision(2, min_valid_hours="many")
    rules, problems = resolve(RULES, [gone, stale])
    assert rules.variants == RULES.variants
    assert problems[0].startswith("decision 1: rule: 没有规则 'gone.rule'；已有：")
    assert problems[1] == "decision 2: params.min_valid_hours: Input should be a valid integer"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule_id": "legal.weekly"}, "rule: 没有规则 'legal.weekly'；已有："),
        ({"params": {"min_valid_hours": 25}}, "params.min_valid_hours: Input should be less than or equal to 24"),
        ({"params": {"min_hours": 18}}, "params.min_hours: Extra inputs are not permitted"),
        ({"params": {"min_valid_hours": "18"}}, "params.min_valid_hours: Input should be a valid integer"),
        ({"author": " "}, "author: 不能为空"),
        ({"reason": ""}, "reason: 不能为空"),
        ({"source": ""}, "source: 不能为空"),
        (
            {"rule_id": "water.meter_installation_rate", "effective_from": date(2028, 1, 1)},
            "from: 规则 water.meter_installation_rate 只到 2027-12-31 有效",
        ),
        ({"rule_id": "ule.hourly"}, "ule.monthly 统计 ule.hourly 的判定，后者须同期有效；请先决定 ule.monthly"),
        (
            {"rule_id": "ule.monthly", "enabled": True, "params": {"of": "legal.hourly"}},
            "params.of: ule.monthly 不能统计 'legal.hourly'",
        ),
    ],
)
def test_nonsense_is_refused(change: dict[str, Any], message: str) -> None:
    fields: dict[str, Any] = {
        "rule_id": "legal.daily",
        "effective_from": date(2026, 11, 1),
        "enabled": False,
        "params": {},
        "author": "张三",
        "reason": "复核",
        "source": "会议纪要",
    }
    check(RULES, [], NewDecision(**fields))
    with pytest.raises(BadInput, match=re.escape(message)):
        check(RULES, [], NewDecision(**(fields | change)))


def test_the_hours_may_go_when_the_month_went_before() -> None:
    month = decision(1, rule_id="ule.monthly")
    check(RULES, [month], NewDecision("ule.hourly", date(2026, 11, 1), False, {}, "a", "b", "c"))
    with pytest.raises(BadInput, match="须同期有效"):
        check(RULES, [month], NewDecision("ule.hourly", date(2026, 10, 31), False, {}, "a", "b", "c"))


DAYS = st.integers(0, 60).map(lambda n: FIRST + timedelta(days=n))
DECISIONS = st.lists(st.tuples(DAYS, st.booleans(), st.sampled_from([18, 20])), max_size=6)


@settings(max_examples=60)
@given(DECISIONS)
def test_every_day_has_the_decision_that_it_should_have(made: list[tuple[date, bool, int]]) -> None:
    decided = [decision(n, str(day), on_, min_valid_hours=h) for n, (day, on_, h) in enumerate(made, 1)]
    rules, _ = resolve(RULES, decided)
    silent = outside(rules.variants["legal.daily"], FIRST)
    for offset in range(-1, 62):
        day = FIRST + timedelta(days=offset)
        begun = [one for one in decided if one.effective_from <= day]
        wanted = max(begun, key=lambda one: (one.effective_from, one.decision_id), default=None)
        (rule,) = on(rules, str(day))  # exactly one: validity neither overlaps nor has holes
        if wanted is None:
            assert not isinstance(rule, DecidedRule)
            continue
        assert (rule.version, rule.enabled) == (1000 + wanted.decision_id, wanted.enabled)
        assert rule.typed_params.min_valid_hours == wanted.params["min_valid_hours"]
        assert any(start <= day_start(day) < end for start, end in silent) is not wanted.enabled
