"""Our own checks: clocks that run ahead, times before everything, physically impossible values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.quality import QcFlag
from domain.readings import to_us
from domain.refusals import Reason
from ingest.check import check_ranges, check_time

RECEIVED = datetime(2026, 11, 2, tzinfo=UTC)
US = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (RECEIVED, QcFlag.GOOD),
        (RECEIVED - timedelta(days=3650), QcFlag.GOOD),
        (RECEIVED + timedelta(minutes=5), QcFlag.GOOD),
        (RECEIVED + timedelta(minutes=5) + US, QcFlag.SUSPECT),
        (RECEIVED + timedelta(days=1), QcFlag.SUSPECT),
        (RECEIVED + timedelta(days=1) + US, Reason.FUTURE_TIME),
        (datetime(2000, 1, 1, tzinfo=UTC), QcFlag.GOOD),
        (datetime(2000, 1, 1, tzinfo=UTC) - US, Reason.TOO_OLD),
        (datetime(1970, 1, 1, tzinfo=UTC), Reason.TOO_OLD),
    ],
)
def test_time(measured: datetime, verdict: Reason | QcFlag) -> None:
    assert check_time(to_us(measured), to_us(RECEIVED)) is verdict


def test_values_at_a_bound_are_possible_and_a_missing_bound_is_none() -> None:
    nan = np.nan
    flags = check_ranges(
        np.array([0.0, -0.1, 100.0, 100.1, 1e300, 5.0]),
        np.array([1, 1, 1, 1, 1, 3], np.int16),
        np.array([0.0, 0.0, 0.0, 0.0, nan, nan]),
        np.array([100.0, 100.0, 100.0, 100.0, nan, nan]),
    )
    assert flags.tolist() == [1, 3, 1, 3, 1, 3]
