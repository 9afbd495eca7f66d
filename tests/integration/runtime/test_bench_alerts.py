"""The bench of alerts runs through, and both ways leave equally many rows. How fast is not asserted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.runtime.conftest import run_bench


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_bench("alerts", tmp_path_factory.mktemp("bench"))


def test_an_evaluation_is_compared_with_a_bare_pass_that_writes_as_much(report: dict[str, Any]) -> None:
    figures = report["figures"]["evaluation"]
    assert min(figures[name] for name in ("opening_s", "platform_s", "evaluate_s", "dispatch_s", "bare_s")) > 0
    assert figures["messages"] > 0
    assert report["ratios"]["bare_pass"] > 0


def test_a_stored_reading_becomes_a_message(report: dict[str, Any]) -> None:
    path = report["figures"]["path"]
    assert path["alerts"] == 4
    assert 0 < path["e2e_p50_s"] <= path["e2e_p99_s"] == report["figures"]["e2e_p99_s"]
    assert set(path["breakdown"]) == {"roll_up_and_rules", "alerts", "dispatch", "outbox"}


def test_the_desk_is_looked_at_or_it_is_said_why_not(report: dict[str, Any]) -> None:
    paint = report["figures"]["desk_first_paint"]
    assert paint == "not measured: no chromium here" or 0 < paint["later_visit_s"] <= paint["worst_s"]
