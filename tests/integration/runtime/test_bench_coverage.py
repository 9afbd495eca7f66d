"""The coverage bench runs through, and both ways agree. How fast is not asserted: machines are noisy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.runtime.conftest import run_bench


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_bench("coverage", tmp_path_factory.mktemp("bench"))


def test_both_ways_answer_alike_at_two_sizes(report: dict[str, Any]) -> None:
    small, large = report["figures"]["small"], report["figures"]["large"]
    assert (small["points"], large["points"]) == (48, 480)
    assert 0 < small["hourly_rows"] < large["hourly_rows"]
    assert 0 < small["judgements"] < large["judgements"], "the bench compares figures before it reports any"
    assert min(figures[name] for figures in (small, large) for name in ("sql_s", "platform_s", "sum_up_s")) > 0
    assert set(report["ratios"]) == {"sql", "sql_small", "growth_10x", "scoreboard"}


def test_the_scoreboard_answers_with_every_target(report: dict[str, Any]) -> None:
    board = report["figures"]["large"]["scoreboard"]
    assert board["targets"] == 156
    assert min(board["page_p95_ms"], board["query_p95_ms"]) > 0
