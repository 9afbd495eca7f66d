"""Times of records: what people write in tables, and what nobody can know the meaning of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leaktimes import Moment, TimeFault, read_day, read_moment
from domain.periods import SITE_ZONE
from domain.refusals import Reason

HALF_PAST_TEN = datetime(2026, 11, 2, 2, 30, 5, tzinfo=UTC)
EARLIEST, LATEST = (datetime.fromisoformat(day) for day in ("2000-01-02", "2100-01-01"))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-02 10:30:05",
        "2026-11-02T10:30:05",
        "2026/11/2 10:30:05",
        "2026.11.02 10:30:05",
        "2026年11月2日 10:30:05",
        "2026年11月2日10:30:05",
        "2026-11-02T10:30:05+08:00",
        "2026-11-02T02:30:05Z",
    ],
)
def test_one_instant_in_many_words(text: str) -> None:
    assert read_moment(text, local=True) == Moment(HALF_PAST_TEN)


@pytest.mark.parametrize("text", ["2026-11-02", "2026/11/2", "2026年11月2日"])
def test_a_day_alone_is_its_beginning(text: str) -> None:
    assert read_moment(text, local=True) == Moment(datetime(2026, 11, 1, 16, tzinfo=UTC), has_time=False)
    assert read_day(text) == date(2026, 11, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("02/11/2026", "年份在前"),
        ("11-02-26", "年份在前"),
        ("26-11-02 10:30", "年份在前"),
        ("2026-11/02", "年份在前"),
        ("2026-11", "年份在前"),
        ("46328.4375", "年份在前"),
        ("昨天", "年份在前"),
        ("2027-02-29 10:30", "2027 年不是闰年，没有 2 月 29 日"),
        ("2026-11-31", "存在的日期"),
        ("2026-13-01 08:00", "存在的日期"),
        ("2026-11-02 24:00", "00:00:00 至 23:59:59"),
        ("2026-11-02 10:61", "00:00:00 至 23:59:59"),
        ("1999-12-31 10:00", "2000 年以后"),
        ("0000-01-01 00:00", "存在的日期"),
    ],
)
def test_what_is_no_time_in_a_table(text: str, said: str) -> None:
    found = read_moment(text, local=True)
    assert isinstance(found, TimeFault)
    assert said in found.expected


def test_leap_days() -> None:
    assert read_day("2028-02-29") == date(2028, 2, 29)
    assert isinstance(read_day("2100-02-29"), TimeFault)
    assert isinstance(read_moment("2026-02-29T10:00:00+08:00"), TimeFault)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2026-11-02T10:30:05", Reason.NAIVE_TIME),
        ("2026-11-02 10:30", Reason.NAIVE_TIME),
        ("2026-11-02", Reason.BAD_TIME),
        ("2026/11/2 10:30", Reason.BAD_TIME),
        (1_793_586_605, Reason.BAD_TIME),
        (None, Reason.BAD_TIME),
        (HALF_PAST_TEN.replace(tzinfo=None), Reason.NAIVE_TIME),
        ("1970-01-01T00:00:00Z", Reason.TOO_OLD),
        ("9999-12-31T23:59:59-12:00", Reason.BAD_TIME),
        ("2026-11-02T10:30:60+08:00", Reason.BAD_TIME),
    ],
)
def test_messages_give_an_offset(value: object, reason: Reason) -> None:
    found = read_moment(value)
    assert isinstance(found, TimeFault)
    assert found.reason is reason


@given(st.datetimes(EARLIEST, LATEST), st.sampled_from(["-", "/", "."]), st.booleans())
def test_whatever_is_written_is_read_back(local: datetime, mark: str, padded: bool) -> None:
    """In every style, with and without leading zeros, and with an offset at every door."""
    local = local.replace(microsecond=0)
    day = f"{local.year}{mark}{local.month:0{2 if padded else 1}}{mark}{local.day:0{2 if padded else 1}}"
    wanted = local.replace(tzinfo=SITE_ZONE).astimezone(UTC)
    assert read_moment(f"{day} {local:%H:%M:%S}", local=True) == Moment(wanted)
    assert read_day(day) == local.date()
    for is_local in (False, True):
        assert read_moment(wanted.isoformat(), local=is_local) == Moment(wanted)
    assert read_moment(wanted) == Moment(wanted)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_a_fault(text: str) -> None:
    for local in (False, True):
        assert isinstance(read_moment(text, local=local), Moment | TimeFault)
    assert isinstance(read_day(text), date | TimeFault)


@given(st.dates(date(2001, 1, 1), date(2100, 1, 1)))
def test_days_that_begin_are_eight_hours_before_utc_midnight(day: date) -> None:
    found = read_moment(day.isoformat(), local=True)
    assert isinstance(found, Moment)
    assert found.at + timedelta(hours=8) == datetime(day.year, day.month, day.day, tzinfo=UTC)
