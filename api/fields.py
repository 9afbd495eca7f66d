"""Types of parameters and of fields in answers: strict coming in, plain JSON going out."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BeforeValidator, PlainSerializer, StringConstraints, WithJsonSchema

from api.errors import invalid
from domain.findings import Subject, SubjectKind
from domain.periods import Period

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+\- ]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)
_YEARS = range(1970, 9999)  # room for a period at either end

EXPECTED_INSTANT = "带时区的 RFC 3339 时间，例如 2026-11-02T08:00:00+08:00（URL 中 + 写作 %2B）"
EXPECTED_DAY = "日期，例如 2026-11-02"
EXPECTED_MONTH = "月份，例如 2026-11"


def parse_instant(text: object) -> datetime:
    """An instant in UTC from strict RFC 3339. Raises ValueError, also when the offset is missing.

    A space before the offset's digits is read as the plus sign that an unescaped URL has lost. Digits of the second
    beyond microseconds are cut.
    """
    match = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(EXPECTED_INSTANT)
    day, clock, fraction, offset = match.groups()
    offset = "+00:00" if offset in "Zz" else offset.replace(" ", "+")
    try:
        at = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(EXPECTED_INSTANT) from None
    if at.year not in _YEARS:
        raise ValueError(EXPECTED_INSTANT)
    return at


def parse_day(text: object) -> date:
    """A calendar date. Raises ValueError."""
    if not isinstance(text, str) or _DAY.fullmatch(text) is None:
        raise ValueError(EXPECTED_DAY)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(EXPECTED_DAY) from None
    if day.year not in _YEARS:
        raise ValueError(EXPECTED_DAY)
    return day


def parse_month(text: object) -> tuple[int, int]:
    """Year and month. Raises ValueError."""
    if not isinstance(text, str) or _MONTH.fullmatch(text) is None:
        raise ValueError(EXPECTED_MONTH)
    year, month = int(text[:4]), int(text[5:])
    if year not in _YEARS or not 1 <= month <= 12:
        raise ValueError(EXPECTED_MONTH)
    return year, month


def _month_text(text: object) -> object:
    parse_month(text)
    return text


def parse_subject(text: object) -> str:
    """A subject in its one spelling. Raises ValueError."""
    expected = f"kind:key，例如 pollutant:hx-coking/S1/so2；kind 为 {'、'.join(SubjectKind)}"
    if not isinstance(text, str) or len(text) > 200 or not text.isprintable():
        raise ValueError(expected)
    try:
        return str(Subject.parse(text))
    except ValueError:
        raise ValueError(expected) from None


def span(from_at: datetime | None, to_at: datetime | None) -> None:
    """Refuse a half-open span that holds nothing."""
    if from_at is not None and to_at is not None and to_at <= from_at:
        raise invalid("to", format_instant(to_at), "晚于 from")


def period(from_at: datetime, to_at: datetime) -> Period:
    """The half-open period of two instants, refused when it holds nothing."""
    span(from_at, to_at)
    return Period(from_at, to_at)


def format_instant(at: datetime) -> str:
    """RFC 3339 in UTC with Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def finite(value: Any) -> Any:
    """NaN and infinity become null: JSON has neither."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


# Coming in -------------------------------------------------------------------------------------------------------

InstantIn = Annotated[
    datetime, BeforeValidator(parse_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]
DayIn = Annotated[date, BeforeValidator(parse_day), WithJsonSchema({"type": "string", "format": "date"})]
MonthIn = Annotated[
    str,
    BeforeValidator(_month_text),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])$"}),
]
SubjectIn = Annotated[str, BeforeValidator(parse_subject)]
EnterpriseCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
PointCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,128}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]

_HALF_OPEN = "RFC 3339 with offset; half-open: from <= instant < to"
FromParameter = Annotated[
    InstantIn, Query(alias="from", description=_HALF_OPEN, examples=["2026-11-02T00:00:00+08:00"])
]
ToParameter = Annotated[InstantIn, Query(alias="to", description=_HALF_OPEN, examples=["2026-11-03T00:00:00+08:00"])]
OptionalFrom = Annotated[
    InstantIn | None, Query(alias="from", description=_HALF_OPEN, examples=["2026-11-02T00:00:00+08:00"])
]
OptionalTo = Annotated[
    InstantIn | None, Query(alias="to", description=_HALF_OPEN, examples=["2026-11-03T00:00:00+08:00"])
]
EnterpriseParameter = Annotated[
    EnterpriseCode | None,
    Query(description="enterprise code; an enterprise's own account may only give its own and defaults to it"),
]

# Going out -------------------------------------------------------------------------------------------------------

Instant = Annotated[
    datetime,
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Number = Annotated[float | None, BeforeValidator(finite)]
