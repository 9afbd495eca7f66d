"""The air bench runs through and says what it should. How fast is not asserted: machines are noisy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from runtime.bench.airdata import QUANTITIES, Size, month
from runtime.bench.airways import COMPLIANT, UNDETERMINED, VIOLATION, bare_numpy, platform, row_by_row, rows_of
from tests.integration.runtime.conftest import run_bench


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_bench("air", tmp_path_factory.mktemp("bench"), timeout_s=120)


def test_the_three_ways_are_measured_and_compared(report: dict[str, Any]) -> None:
    figures = report["figures"]
    assert figures["verdicts"] == 2 * 4 * 3 * 48
    assert 0 < figures["violations"] < figures["compliant"] < figures["verdicts"]
    assert min(figures[name] for name in ("platform_s", "numpy_s", "python_rows_s")) > 0
    assert 0 < figures["python_rows_measured"] < figures["values"]
    assert set(figures["peak_mib"]) == {"input", "platform", "numpy", "whole_run"}
    assert min(report["ratios"]["numpy"], report["ratios"]["python_rows"]) > 0


def test_a_late_reading_is_judged_again_at_every_length_of_history(report: dict[str, Any]) -> None:
    late = report["figures"]["late_reading"]
    assert list(late) == ["after_2_days", "after_3_days", "after_4_days"]
    for figures in late.values():
        assert figures["findings_written"] >= 1
        assert figures["judged"] >= figures["findings_written"]
        assert figures["rows_written"] > 0
        assert figures["rows_read"] > 0
        assert figures["total_ms"] > 0
    assert set(report["ratios"]["late_growth"]) == {"time", "rows_read", "rows_read_of_whole_quarters"}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_three_ways_agree_on_data_with_everything_in_it(seed: int) -> None:
    data = month(Size(1, 3, 5), seed=seed)
    flags = {chr(code) for code in np.unique(data.readings.source_flag).tolist()}
    assert {"N", "C", "T"} <= flags
    assert len(data.readings) < 3 * len(QUANTITIES) * 5 * 1440, "some are missing"
    ours, bare = platform(data), bare_numpy(data)
    assert np.array_equal(ours.verdict, bare.verdict)
    assert np.array_equal(ours.verdict, row_by_row(data, 3, rows_of(data, 3)))
    assert {UNDETERMINED, COMPLIANT, VIOLATION} <= set(np.unique(ours.verdict).tolist())
    assert np.array_equal(ours.compliant, (ours.verdict == COMPLIANT).sum(axis=3))
    assert np.array_equal(ours.judged, (ours.verdict != UNDETERMINED).sum(axis=3))
