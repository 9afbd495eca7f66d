"""Cursors: give back what was put in, for the same question only, and not after damage."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import ApiProblem
from api.paging import PageRequest, decode_cursor, encode_cursor

_PARTS = st.one_of(
    st.text(max_size=40),
    st.integers(-(2**63), 2**63 - 1),
    st.dates(date(1970, 1, 1), date(9998, 12, 31)),
    st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 -- hypothesis wants naive bounds
)


@given(st.lists(_PARTS, min_size=1, max_size=4).map(tuple))
def test_a_cursor_gives_back_its_key(key: tuple[Any, ...]) -> None:
    assert decode_cursor(encode_cursor("q", key), "q", *(type(part) for part in key)) == key


@given(st.data())
def test_a_changed_cursor_is_refused(data: st.DataObject) -> None:
    cursor = encode_cursor("q", ("hx-coking", 7))
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda letter: letter != cursor[place]))
    with pytest.raises(ValueError):  # noqa: PT011 -- the reason differs with the damage
        decode_cursor(cursor[:place] + other + cursor[place + 1 :], "q", str, int)


@given(st.text(max_size=60))
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the reason differs with the text
        decode_cursor(text, "q", str)


def test_a_cursor_belongs_to_one_question_and_one_list() -> None:
    cursor = encode_cursor("q", (7,))
    with pytest.raises(ValueError, match="another question"):
        decode_cursor(cursor, "r", int)
    with pytest.raises(ValueError, match="another list"):
        decode_cursor(cursor, "q", str)
    with pytest.raises(ValueError, match="another list"):
        decode_cursor(cursor, "q", int, int)


def test_a_bool_is_no_number_in_a_cursor() -> None:
    with pytest.raises(ValueError, match="another list"):
        decode_cursor(encode_cursor("q", (True,)), "q", int)


@given(st.integers(0, 40), st.integers(1, 15))
def test_walking_the_pages_sees_every_row_once(count: int, limit: int) -> None:
    rows = [{"n": number} for number in range(count)]
    seen: list[int] = []
    cursor = None
    while True:
        page = PageRequest(limit, cursor, "q")
        after = page.after(int)
        found = [row for row in rows if after is None or row["n"] > after][: page.fetch]
        kept, cursor = page.cut(found, lambda row: (row["n"],))
        assert len(kept) <= limit
        seen += [row["n"] for row in kept]
        if cursor is None:
            break
    assert seen == list(range(count))


def test_a_damaged_cursor_becomes_a_validation_problem() -> None:
    with pytest.raises(ApiProblem) as caught:
        PageRequest(10, "x", "q").after(int)
    assert caught.value.kind.status == 422
    assert caught.value.errors[0].name == "cursor"
