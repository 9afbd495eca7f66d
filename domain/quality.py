"""Two kinds of flag, kept apart on purpose: what the instrument says of a value and what our own checks say of it.

A value that the instrument marked as faulty may look perfect to us, and the other way round; a verdict needs both.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class SourceFlag(StrEnum):
    """What the instrument says: letters of HJ 212-2017 table 8, and two meanings that only the 2005 edition has.

    The 2005 edition's F says that the source is stopped, not the instrument; stored as `f`, so that the two are never
    taken for each other.
    """

    NORMAL = "N"
    STOPPED = "F"  # the instrument is stopped
    MAINTENANCE = "M"
    MANUAL = "S"  # a value entered by hand
    FAULT = "D"
    CALIBRATION = "C"
    OVER_RANGE = "T"  # at least the top of the measuring range: an exceedance candidate, not a valid mean
    COMMUNICATION = "B"
    POWER = "P"  # 2005 only: power fault
    SOURCE_STOPPED = "f"  # 2005 only: written F there


#: Letters that a sender of JSON may give (HJ 212-2017 table 8).
WIRE_FLAGS = "NFMSDCTB"


class QcFlag(IntEnum):
    """What our checks say; the order is severity. Scale after QARTOD (good 1, suspect 3, fail 4, missing 9)."""

    GOOD = 1
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


#: Source flags whose values may enter a mean or an increment (air.md decision table step 2; HJ 75 practice).
VALID_SOURCE_FLAGS = frozenset({SourceFlag.NORMAL})


def is_valid(source_flag: SourceFlag, qc_flag: QcFlag) -> bool:
    """Whether a value may enter a mean, an increment or a verdict.

    A suspect value (outside its physical range, or stamped minutes ahead of our clock) is kept and shown, but a
    verdict may not rest on it.
    """
    return source_flag in VALID_SOURCE_FLAGS and qc_flag is QcFlag.GOOD
