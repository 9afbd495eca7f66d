"""Readings as columns: the shape in which they travel from the decoder to the store and from the store to the roll-up.

Instants are microseconds since 1970 in int64 columns, the resolution of the store; a Python object per value would
cost more than everything else we do with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.quality import VALID_SOURCE_FLAGS, QcFlag, SourceFlag

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: ASCII codes of the source flags, in the order of the enumeration: what a `source_flag` column holds.
FLAG_CODES: Int8 = np.array([ord(flag) for flag in SourceFlag], np.int8)
_VALID_CODES: Int8 = np.array(sorted(ord(flag) for flag in VALID_SOURCE_FLAGS), np.int8)


def to_us(at: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (at - _EPOCH) // _MICROSECOND


def from_us(at_us: int) -> datetime:
    """The instant, in UTC. Raises OverflowError outside the years 1 to 9999."""
    return _EPOCH + int(at_us) * _MICROSECOND


@dataclass(frozen=True, slots=True)
class Readings:
    """Columns of equal length, one entry a reading."""

    point_id: Int64
    measured_us: Int64
    value: Float64
    source_flag: Int8
    """ASCII code of the flag letter."""
    qc_flag: Int16
    received_us: Int64

    def __len__(self) -> int:
        return len(self.point_id)

    def take(self, index: Int64 | Bool) -> Readings:
        """The readings at some positions, or where a mask holds, in that order."""
        return Readings(
            self.point_id[index],
            self.measured_us[index],
            self.value[index],
            self.source_flag[index],
            self.qc_flag[index],
            self.received_us[index],
        )


def valid_mask(source_flag: Int8, qc_flag: Int16) -> Bool:
    """Column form of domain.quality.is_valid."""
    valid: Bool = source_flag == _VALID_CODES[0]
    for code in _VALID_CODES[1:]:
        valid |= source_flag == code
    valid &= qc_flag == int(QcFlag.GOOD)
    return valid


def empty_readings() -> Readings:
    """No readings."""
    return Readings(
        np.empty(0, np.int64),
        np.empty(0, np.int64),
        np.empty(0, np.float64),
        np.empty(0, np.int8),
        np.empty(0, np.int16),
        np.empty(0, np.int64),
    )


def dirty_hours(readings: Readings, is_counter: Bool) -> tuple[Int64, Int64]:
    """Distinct (point_id, hour start in microseconds) that the readings change, ordered by point and hour.

    A counter's hour is (start, end]: a register read at exactly 09:00 closes the hour from 8 to 9. Every other
    point's hour is [start, end).
    """
    hour = (readings.measured_us - is_counter) // HOUR_US
    order = np.lexsort((hour, readings.point_id))
    point_id, hour = readings.point_id[order], hour[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (point_id[1:] != point_id[:-1]) | (hour[1:] != hour[:-1])
    return point_id[first], hour[first] * HOUR_US
