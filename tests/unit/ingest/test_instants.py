"""Instants: the quick road of the common form says what the careful one says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.readings import to_us
from domain.refusals import Reason
from ingest.decode.instants import read_at

offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(at=st.datetimes(timezones=offsets).map(lambda at: at.replace(microsecond=0)))
def test_both_roads_agree(at: datetime) -> None:
    text = at.isoformat()
    assert len(text) == 25
    assert read_at(text) == read_at(text.replace("T", " "))
    try:
        expected: object = to_us(at.astimezone(timezone.utc))  # noqa: UP017 - the oracle knows no constants of ours
    except OverflowError:
        expected = Reason.BAD_TIME
    assert read_at(text) == expected


@given(text=st.text("0123456789-+:TWZ. ", min_size=25, max_size=25))
def test_what_merely_looks_like_it_is_refused_by_both(text: str) -> None:
    common = read_at(text[:4] + "-" + text[5:7] + "-" + text[8:10] + "T" + text[11:])
    careful = read_at(text[:4] + "-" + text[5:7] + "-" + text[8:10] + " " + text[11:])
    assert common == careful


@pytest.mark.parametrize(
    "text",
    ["2026-W45-1T08:00:00+08:00", "2026-11-02T08:00:60+08:00", "2026-11-02T25:00:00+08:00", "2026-11-02T08:00:00+24:00",
     "２026-11-02T08:00:00+08:00", "2026-02-29T08:00:00+08:00"],
)  # fmt: skip
def test_forms_that_the_standard_library_might_take(text: str) -> None:
    assert read_at(text) is Reason.BAD_TIME
