"""Instants and days as records of leak detection write them: with an offset, or as people write local time in tables.

Nothing is guessed: 02/11/2026 is the second of November to one and the eleventh of February to another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from domain.periods import SITE_ZONE, day_start
from domain.refusals import Reason

_RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:[0-5]\d)", re.ASCII)
_LOCAL = re.compile(
    r"(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})(日?)(?:[T ]?(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?", re.ASCII
)
_STYLES = {("-", "-", ""), ("/", "/", ""), (".", ".", ""), ("年", "月", "日")}
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)

EXPECTED_OFFSET = "带时区的时间，例如 2026-11-02T10:30:05+08:00"
EXPECTED_LOCAL = "当地时间，例如 2026-11-02 10:30:05 或 2026/11/2 10:30，年份在前、四位"
EXPECTED_DAY = "日期，例如 2026-11-02 或 2026/11/2，年份在前、四位"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in UTC; has_time: False where only the local day was written, of which it is the beginning."""

    at: datetime
    has_time: bool = True


@dataclass(frozen=True, slots=True)
class TimeFault:
    """Why a text is no time: the reason, and what was expected, in Chinese."""

    reason: Reason
    expected: str


def read_moment(value: object, *, local: bool = False) -> Moment | TimeFault:
    """The instant of a text: RFC 3339 with offset. local: local time and a bare day are as good, as tables write them.

    A datetime is taken as it is, when it has an offset. Instants before 2000 are refused: nothing was tested then.
    """
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            return TimeFault(Reason.NAIVE_TIME, EXPECTED_OFFSET)
        return _bounded(Moment(value.astimezone(UTC)))
    if not isinstance(value, str):
        return TimeFault(Reason.BAD_TIME, EXPECTED_LOCAL if local else EXPECTED_OFFSET)
    return _moment(value, local)


def read_day(value: object) -> date | TimeFault:
    """The day of a text such as 2026-11-02, 2026/11/2 or 2026年11月2日; a date is taken as it is."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    match = _LOCAL.fullmatch(value) if isinstance(value, str) else None
    if match is None or (match[2], match[4], match[6]) not in _STYLES or match[7] is not None:
        return TimeFault(Reason.BAD_TIME, EXPECTED_DAY)
    return _day(int(match[1]), int(match[3]), int(match[5]), EXPECTED_DAY)


@lru_cache(maxsize=65_536)
def _moment(text: str, local: bool) -> Moment | TimeFault:
    match = _RFC3339.fullmatch(text)
    if match is not None:
        return _with_offset(match, EXPECTED_LOCAL if local else EXPECTED_OFFSET)
    match = _LOCAL.fullmatch(text)
    if match is None or (match[2], match[4], match[6]) not in _STYLES:
        return TimeFault(Reason.BAD_TIME, EXPECTED_LOCAL if local else EXPECTED_OFFSET)
    if not local:
        naive = match[7] is not None and match[2] == "-"
        return TimeFault(Reason.NAIVE_TIME if naive else Reason.BAD_TIME, EXPECTED_OFFSET)
    day = _day(int(match[1]), int(match[3]), int(match[5]), EXPECTED_LOCAL)
    if isinstance(day, TimeFault):
        return day
    if match[7] is None:
        return _bounded(Moment(day_start(day), has_time=False))
    micros = int(f"{match[10] or 0:0<6}")
    try:
        at = datetime(
            day.year, day.month, day.day, int(match[7]), int(match[8]), int(match[9] or 0), micros, tzinfo=SITE_ZONE
        )
    except ValueError:
        return TimeFault(Reason.BAD_TIME, f"{EXPECTED_LOCAL}；时分秒为 00:00:00 至 23:59:59")
    return _bounded(Moment(at.astimezone(UTC)))


def _with_offset(match: re.Match[str], expected: str) -> Moment | TimeFault:
    day = _day(int(match[1]), int(match[2]), int(match[3]), expected)
    if isinstance(day, TimeFault):
        return day
    offset = "+00:00" if match[8] in "Zz" else match[8]
    fraction = (match[7] or "0")[:6]
    try:
        at = datetime.fromisoformat(f"{day.isoformat()}T{match[4]}:{match[5]}:{match[6]}.{fraction:0<6}{offset}")
        return _bounded(Moment(at.astimezone(UTC)))
    except (ValueError, OverflowError):
        return TimeFault(Reason.BAD_TIME, expected)


def _day(year: int, month: int, day: int, expected: str) -> date | TimeFault:
    try:
        return date(year, month, day)
    except ValueError:
        if (month, day) == (2, 29) and 1 <= year <= 9999:
            return TimeFault(Reason.BAD_TIME, f"存在的日期：{year} 年不是闰年，没有 2 月 29 日")
        return TimeFault(Reason.BAD_TIME, f"存在的日期；{expected}")


def _bounded(moment: Moment) -> Moment | TimeFault:
    if moment.at < _FIRST:
        return TimeFault(Reason.TOO_OLD, "2000 年以后的时间")
    return moment
