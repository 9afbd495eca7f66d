"""The LDAR bench runs through, and both ways agree. How fast is not asserted: machines are noisy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.runtime.conftest import run_bench


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_bench("ldar", tmp_path_factory.mktemp("bench"))


def test_both_ways_answer_alike_at_two_sizes(report: dict[str, Any]) -> None:
    small, large = report["figures"]["small"], report["figures"]["large"]
    assert (small["components"], large["components"]) == (2_100, 6_300)
    assert 0 < small["tests"] < large["tests"]
    assert 0 < small["overdue"] < small["dues"], "the bench compares rows before it reports any"
    assert 3 * small["overdue"] < 2 * large["overdue"]
    assert min(figures[name] for figures in (small, large) for name in ("sql_s", "platform_s", "record_ms")) > 0
    assert set(report["ratios"]) == {"sql", "sql_small", "record_10x"}
