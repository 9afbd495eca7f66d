"""The table of suppression by design is read strictly, and what it ships names rules that exist."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.dispatch.contract import AlertFacts, Cause
from alerts.dispatch.inhibit import Causes, parse, shipped
from domain.alerts import Condition, Severity
from domain.errors import BadInput
from rules.pack import load_packs

ROW: dict[str, Any] = {"cause": ["a.b"], "targets": ["c."], "scope": "outlet", "why": "w"}
ALERT = AlertFacts(
    7, "c.d", "pollutant:p/S1/so2", Severity.WARNING, Condition.VIOLATION, True, False, {}, "p", "p/S1",
    datetime(2026, 11, 2, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"inhibits": []}, r"expected \[\[inhibit\]\] and \[\[stopped\]\]"),
        ({"inhibit": [ROW | {"cause": []}]}, "inhibit 1: cause: expected a list"),
        ({"inhibit": [ROW, ROW | {"scope": "city"}]}, "inhibit 2: scope 'city': expected subject, outlet"),
        ({"inhibit": [ROW | {"condition": "lost"}]}, "condition 'lost': expected violation, no_data"),
        ({"inhibit": [ROW | {"targts": ["x"]}]}, "inhibit 1: expected cause, scope, targets, why"),
        ({"inhibit": [{"cause": ["a.b"]}]}, "inhibit 1: expected"),
        ({"inhibit": [ROW | {"targets": ["a."]}]}, "a cause is among its own targets"),
        ({"inhibit": [ROW | {"why": ""}]}, "why: expected a text"),
        ({"stopped": [{"targets": "data."}]}, "stopped 1: targets: expected a list"),
    ],
)
def test_a_mistake_is_named(table: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse(table)


def test_what_is_shipped_names_rules_that_exist() -> None:
    known = load_packs().variants
    for row in shipped().inhibitions:
        assert row.causes <= known.keys()
        for start in row.targets.starts:
            assert any(rule.startswith(start) for rule in known), start


def test_scope() -> None:
    causes = Causes(parse({"inhibit": [ROW]}), [Cause(3, "a.b", "outlet:p/S1", "p", "p/S1")], {})
    assert causes.of(ALERT) == (3, "w")
    assert causes.of(replace(ALERT, outlet="p/S2")) is None
    assert causes.of(replace(ALERT, outlet=None)) is None
    assert causes.of(replace(ALERT, rule_id="d.c")) is None


def test_an_alert_does_not_explain_itself() -> None:
    table = parse({"inhibit": [ROW | {"targets": [""], "condition": "no_data"}]})
    causes = Causes(table, [Cause(7, "a.b", "outlet:p/S1", "p", "p/S1")], {})
    assert causes.of(replace(ALERT, rule_id="a.b", condition=Condition.NO_DATA)) is None
    assert causes.of(replace(ALERT, alert_id=8, rule_id="a.b", condition=Condition.NO_DATA)) == (7, "w")


def test_a_gateway_explains_its_points_and_what_is_measured_with_them() -> None:
    table = parse({"inhibit": [ROW | {"scope": "gateway"}]})
    causes = Causes(table, [], {"point:p/P1": 3, "outlet:p/S1": 3})
    assert causes.of(ALERT) == (3, "w")
    assert causes.of(replace(ALERT, subject="point:p/P1")) == (3, "w")
    # a point of that outlet that another gateway sends as well
    assert causes.of(replace(ALERT, subject="point:p/P2")) is None
