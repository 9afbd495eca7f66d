"""Parameters are strict: one notation of time, offset required; nothing that JSON cannot say goes out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import ApiProblem
from api.fields import finite, format_instant, parse_day, parse_instant, parse_month, parse_subject, period


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-02T08:00:00+08:00", datetime(2026, 11, 2, tzinfo=UTC)),
        ("2026-11-02T00:00:00Z", datetime(2026, 11, 2, tzinfo=UTC)),
        ("2026-11-02t00:00:00z", datetime(2026, 11, 2, tzinfo=UTC)),
        ("2026-11-01T19:30:00.25-04:30", datetime(2026, 11, 2, 0, 0, 0, 250000, tzinfo=UTC)),
        ("2026-11-02T08:00:00 08:00", datetime(2026, 11, 2, tzinfo=UTC)),  # a plus sign the URL has eaten
        ("2026-11-02T00:00:00.123456789Z", datetime(2026, 11, 2, 0, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_instant_is_read(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-02T08:00:00",
        "2026-11-02",
        "2026-11-02 08:00:00+08:00",
        "20261102T080000Z",
        "1762041600",
        "2026-13-02T08:00:00Z",
        "2026-02-30T08:00:00Z",
        "2026-11-02T24:00:00Z",
        "2026-11-02T08:00:60Z",
        "2026-11-02T08:00:00+0800",
        "2026-11-02T08:00:00+25:00",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59Z",
        "2026-11-02T08:00:00Z\n",
        "２０２６-11-02T08:00:00Z",
        "now",
        "",
        1762041600,
        None,
    ],
)
def test_other_instants_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        parse_instant(text)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1)),  # noqa: DTZ001 -- hypothesis wants naive bounds
    st.integers(-14 * 60, 14 * 60),
)
def test_an_instant_survives_writing_and_reading(naive: datetime, minutes: int) -> None:
    at = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_instant(at.isoformat()) == at
    assert parse_instant(format_instant(at)) == at
    assert format_instant(at).endswith("Z")


@pytest.mark.parametrize("text", ["2026-11-02T00:00:00Z", "2026-2-3", "2026-02-30", "1700000000", "0001-01-01", None])
def test_other_days_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match="日期"):
        parse_day(text)


def test_day_and_month_are_read() -> None:
    assert parse_day("2026-11-02") == date(2026, 11, 2)
    assert parse_month("2026-11") == (2026, 11)


@pytest.mark.parametrize(
    "text", ["2026-00", "2026-13", "2026-1", "2026-11-02", "9999-12", "1969-12", "２０２６-11", 202611]
)
def test_other_months_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match="月份"):
        parse_month(text)


@pytest.mark.parametrize("text", ["outlet:hx/S1", "component:hx/A/B-1", "city:wuhai"])
def test_subject_is_read(text: str) -> None:
    assert parse_subject(text) == text


@pytest.mark.parametrize("text", ["outlet", "outlet:", "moon:x", "city:a\x00b", "city:" + "x" * 200, None])
def test_other_subjects_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match="kind:key"):
        parse_subject(text)


def test_what_json_cannot_say_becomes_null() -> None:
    assert [finite(value) for value in (float("nan"), float("inf"), -float("inf"), 1.5, None)] == [
        None,
        None,
        None,
        1.5,
        None,
    ]


def test_a_span_that_holds_nothing_is_refused() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    with pytest.raises(ApiProblem):
        period(at, at)
    assert period(at, at + timedelta(seconds=1)).hours > 0
