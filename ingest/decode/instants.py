"""Instants as devices write them: RFC 3339 with offset, or milliseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter

from domain.readings import to_us
from domain.refusals import Reason

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-5][0-9])?"
)
#: Beyond this a number of milliseconds is no date of ours (it is the year 5138), more likely microseconds.
_GREATEST_MS = 10**14
#: The year 1 begins: nothing could show an instant before it.
_LEAST_MS = -62_135_596_800_000
#: The years 1 to 9999 in UTC: beyond them nothing could show an instant.
_FIRST_US, _LAST_US = to_us(datetime.min.replace(tzinfo=UTC)), to_us(datetime.max.replace(tzinfo=UTC))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: What nearly every gateway writes: 2026-11-02T08:00:00+08:00. The parser of the standard library is quick, and would
#: take week dates and basic formats too; the separators in their places leave it no such choice. An offset of 60 to 99
#: minutes, which it takes besides, is left to the other road.
_COMMON_LENGTH = 25
_shape = itemgetter(4, 7, 10, 13, 16, 22)
_COMMON_SHAPE = ("-", "-", "T", ":", ":", ":")


@lru_cache(maxsize=8_192)
def read_at(text: str) -> int | Reason:
    """Microseconds since 1970 of an RFC 3339 time; digits beyond the microsecond are cut off.

    NAIVE_TIME when only the offset is missing, BAD_TIME for anything else, a leap second included.
    """
    if len(text) == _COMMON_LENGTH and _shape(text) == _COMMON_SHAPE and text[-2] < "6" and text.isascii():
        try:
            at_us = (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
        except ValueError:
            return Reason.BAD_TIME
        return at_us if _FIRST_US <= at_us <= _LAST_US else Reason.BAD_TIME
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
    except ValueError:
        return Reason.BAD_TIME
    at_us = to_us(at)
    return at_us if _FIRST_US <= at_us <= _LAST_US else Reason.BAD_TIME


def read_ts(milliseconds: object) -> int | Reason:
    """Microseconds since 1970 of an epoch in whole milliseconds; BAD_TIME for anything else."""
    if isinstance(milliseconds, float) and milliseconds.is_integer():
        milliseconds = int(milliseconds)
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        return Reason.BAD_TIME
    return milliseconds * 1000 if _LEAST_MS <= milliseconds <= _GREATEST_MS else Reason.BAD_TIME


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
