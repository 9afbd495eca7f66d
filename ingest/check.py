"""Our own checks of readings that are well-formed: their time, and the range that is physically possible. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from domain.quality import QcFlag
from domain.readings import DAY_US, SECOND_US, Float64, Int16, to_us
from domain.refusals import Reason

#: A clock this far ahead is a clock problem: the value is kept, no verdict may rest on it.
AHEAD_SUSPECT_US = 5 * 60 * SECOND_US
#: This far ahead the time is an error.
AHEAD_REFUSED_US = DAY_US
#: Nothing was measured for us before; devices that lost their clock start in 1970.
EARLIEST_US = to_us(datetime(2000, 1, 1, tzinfo=UTC))


def check_time(measured_us: int, received_us: int) -> Reason | QcFlag:
    """What to think of a time of measurement when the message came at `received_us`: refuse it, doubt it or take it."""
    ahead = measured_us - received_us
    if ahead > AHEAD_SUSPECT_US:
        return Reason.FUTURE_TIME if ahead > AHEAD_REFUSED_US else QcFlag.SUSPECT
    return Reason.TOO_OLD if measured_us < EARLIEST_US else QcFlag.GOOD


def check_ranges(values: Float64, qc_flag: Int16, physical_min: Float64, physical_max: Float64) -> Int16:
    """The qc flags, with SUSPECT where a value lies outside its physical range; a bound of NaN is none."""
    outside = (values < physical_min) | (values > physical_max)
    return np.where(outside, np.maximum(qc_flag, np.int16(QcFlag.SUSPECT)), qc_flag).astype(np.int16)
