"""Instants as devices write them: RFC 3339 with offset, or milliseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from domain.readings import to_us
from domain.refusals import Reason

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
#: Beyond this a number of milliseconds is no date of ours (it is the year 5138), more likely microseconds.
_GREATEST_MS = 10**14


@lru_cache(maxsize=8_192)
def read_at(text: str) -> int | Reason:
    """Microseconds since 1970 of an RFC 3339 time; digits beyond the microsecond are cut off.

    NAIVE_TIME when only the offset is missing, BAD_TIME for anything else, a leap second included.
    """
    parts = _RFC3339.fullmatch(text)
    if parts is None:
        return Reason.BAD_TIME
    day, time, fraction, offset = parts.groups()
    if offset is None:
        return Reason.NAIVE_TIME
    if offset in "Zz":
        offset = "+00:00"
    try:
        at = datetime.fromisoformat(f"{day}T{time}{(fraction or '.0')[:7]:0<7}{offset}")
        return to_us(at.astimezone(UTC))  # beyond the years 1 to 9999 nothing could show it
    except (ValueError, OverflowError):
        return Reason.BAD_TIME


def read_ts(milliseconds: object) -> int | Reason:
    """Microseconds since 1970 of an epoch in whole milliseconds; BAD_TIME for anything else."""
    if isinstance(milliseconds, float) and milliseconds.is_integer():
        milliseconds = int(milliseconds)
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int) or abs(milliseconds) > _GREATEST_MS:
        return Reason.BAD_TIME
    return milliseconds * 1000


def read_instant(at: object, ts: object) -> int | Reason:
    """Microseconds since 1970 of a sample that gives `at`, `ts` or both; None is absent.

    BAD_SAMPLE when it gives neither, BAD_TIME when the two are more than a millisecond apart.
    """
    if at is None and ts is None:
        return Reason.BAD_SAMPLE
    by_ts = None if ts is None else read_ts(ts)
    if isinstance(by_ts, Reason) or at is None:
        return Reason.BAD_TIME if by_ts is None else by_ts
    by_at = read_at(at) if isinstance(at, str) else Reason.BAD_TIME
    if isinstance(by_at, Reason):
        return by_at
    return by_at if by_ts is None or abs(by_at - by_ts) <= 1000 else Reason.BAD_TIME
