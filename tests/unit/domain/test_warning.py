"""Signs of early warning against their definition followed minute by minute, in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.warning import MinuteColumns, Seen, Sign, WarningSigns, look, turns

LIMIT = 30


def columns(values: list[int | None], excluded: list[bool], start: int = 0) -> MinuteColumns:
    """Minutes against a limit of 30 without decimals; None: no value."""
    size = len(values)
    return MinuteColumns(
        start,
        np.array([np.nan if value is None else value for value in values], np.float64),
        np.array(excluded, np.bool_),
        np.full(size, float(LIMIT)),
        np.zeros(size, np.int64),
    )


def rounded(value: Fraction) -> int:
    """By GB/T 8170: half to even."""
    return round(value)


def by_hand(values: list[int | None], excluded: list[bool], minute: int) -> Sign:
    """The sign after one minute, as docs/standards.md puts it."""
    seen = [None if out else value for value, out in zip(values, excluded, strict=True)]
    window = range(minute - 9, minute + 1)
    if excluded[minute]:
        return Sign.EXCLUDED if minute >= 9 and all(excluded[row] for row in window) else Sign.NONE
    if seen[minute] is None:
        return Sign.NONE
    hour = [value for value in seen[minute // 60 * 60 : minute + 1] if value is not None]
    left = 59 - minute % 60
    if len(hour) >= 15 and len(hour) + left >= 45:
        mean = Fraction(sum(hour) + left * Fraction(sum(hour[-10:]), 10), len(hour) + left)
        if rounded(mean) > LIMIT:
            return Sign.PROJECTED_OVER
    last = [seen[row] for row in window] if minute >= 9 else [None]
    known = [value for value in last if value is not None]
    if len(known) < len(last):
        return Sign.NONE
    if all(value > LIMIT for value in known):
        return Sign.MINUTES_OVER_100
    if all(5 * value > 4 * LIMIT for value in known):
        return Sign.MINUTES_OVER_80
    return Sign.NORMAL if rounded(Fraction(sum(known), 10)) <= LIMIT else Sign.NONE


#: Stretches of minutes alike, so that rows of ten happen.
STRETCHES = st.lists(
    st.tuples(st.sampled_from([0, 24, 25, 30, 31, 45, 120, None, "out"]), st.integers(1, 25)), min_size=1, max_size=9
)


@given(STRETCHES)
def test_signs_are_those_of_the_definition(stretches: list[tuple[int | str | None, int]]) -> None:
    flat = [value for value, count in stretches for _ in range(count)]
    values = [value if isinstance(value, int) else None for value in flat]
    excluded = [value == "out" for value in flat]
    found = look(columns(values, excluded), WarningSigns()).sign
    assert [Sign(int(sign)) for sign in found] == [by_hand(values, excluded, minute) for minute in range(len(flat))]


@given(STRETCHES, st.integers(0, 3))
def test_what_is_seen_does_not_depend_on_how_much_is_looked_at(
    stretches: list[tuple[int | str | None, int]], hours: int
) -> None:
    flat = [value for value, count in stretches for _ in range(count)]
    values = [value if isinstance(value, int) else None for value in flat]
    excluded = [value == "out" for value in flat]
    whole = look(columns(values, excluded), WarningSigns())
    begin = hours * 60
    if begin >= len(flat):
        return
    back = max(0, begin - 9)
    part = look(columns(values[back:], excluded[back:], back), WarningSigns())
    told = whole.sign[begin:] != int(Sign.NONE)
    for name in Seen.__slots__:
        # the last ten values may lie further back than the window where nothing rests on them
        rows = told if name == "recent" else np.ones(len(told), np.bool_)
        ours, theirs = getattr(part, name)[begin - back :], getattr(whole, name)[begin:]
        np.testing.assert_array_equal(ours[rows], theirs[rows], name)


@given(st.lists(st.sampled_from(list(Sign)), max_size=30), st.booleans())
def test_warnings_begin_and_end_in_turn(signs: list[Sign], warned: bool) -> None:
    rows = turns(np.array([int(sign) for sign in signs], np.int64), warned=warned)
    state = warned
    for row, sign in enumerate(signs):
        if sign is not Sign.NONE and sign.warns is not state:
            assert row in rows
            state = sign.warns
        else:
            assert row not in rows
