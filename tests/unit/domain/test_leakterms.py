"""Terms of LDAR schedules on columns, held against a component's life that is walked through day by day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leakterms import (
    ANCHOR_WORDS,
    Events,
    OpenDuties,
    Service,
    Terms,
    open_duties,
    stretches,
    strictest,
    workdays_after,
)
from domain.periods import add_months
from domain.workdays import add_workdays

FIRST = date(2024, 1, 1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Life:
    """What happened to a component, as offsets in days."""

    start: date
    tests: list[date] = field(default_factory=list)
    restarts: list[date] = field(default_factory=list)
    releases: list[date] = field(default_factory=list)
    exempt_from: date | None = None
    exempt_to: date | None = None


@dataclass(frozen=True)
class Regime:
    months: int
    first: int
    restart: int | None
    release: int | None


def walk(life: Life, regime: Regime, as_of: date) -> tuple[date, str, date] | None:
    """(due day, what it is counted from, that day) as at the end of a day, told one day after the other."""
    begins, ends = life.exempt_from, life.exempt_to
    due: date | None = None
    why, counted, anchor = "", FIRST, FIRST
    day = min([life.start, *life.tests, *life.restarts, *life.releases, as_of])
    while day <= max([as_of, *life.tests]):
        if day > as_of and day not in life.tests:
            day += DAY
            continue
        exempt = begins is not None and begins <= day and (ends is None or day < ends)
        if ends is not None and day == ends and due is not None and anchor < day:
            assert begins is not None
            later = day + regime.first * DAY
            if due < begins:
                due, why, counted, anchor = later, "exemption_end", day, day
            elif later > due:
                due, why, counted = later, "exemption_end", day
        if day in life.tests:
            due, why, counted, anchor = add_months(day, regime.months), "test", day, day
        elif day == life.start and due is None:
            due, why, counted, anchor = day + regime.first * DAY, "in_service", day, day
        elif due is not None and not exempt and anchor < day:
            asked = []
            if day in life.restarts and regime.restart is not None:
                asked.append((day + regime.restart * DAY, "restart"))
            if day in life.releases and regime.release is not None:
                asked.append((add_workdays(day, regime.release), "release"))
            for then, word in asked:
                if then < due:
                    due, why, counted = then, word, day
        day += DAY
    exempt_now = begins is not None and begins <= as_of and (ends is None or as_of < ends)
    if due is None or exempt_now:
        return None
    if begins is not None and as_of < begins and due >= begins and anchor < begins:
        # an exemption that is known to come: what falls due in it is moved on already, or never asked for
        if ends is None:
            return None
        if ends + regime.first * DAY > due:
            due, why, counted = ends + regime.first * DAY, "exemption_end", ends
    return due, why, counted


def days(most: int) -> st.SearchStrategy[list[date]]:
    return st.lists(st.integers(0, 1000).map(lambda n: FIRST + n * DAY), max_size=most)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    begins = draw(st.none() | st.integers(0, 1000).map(lambda n: FIRST + n * DAY))
    lasts = draw(st.none() | st.integers(1, 400)) if begins is not None else None
    return Life(
        FIRST + draw(st.integers(0, 900)) * DAY,
        draw(days(4)),
        draw(days(3)),
        draw(days(3)),
        begins,
        None if begins is None or lasts is None else begins + lasts * DAY,
    )


def columns(found: list[Life]) -> tuple[Service, np.ndarray, np.ndarray, Events]:
    def column(values: list[date | None]) -> np.ndarray:
        return np.array([np.datetime64("NaT") if v is None else np.datetime64(v) for v in values], "datetime64[D]")

    service = Service(
        column([life.start for life in found]),
        column([life.exempt_from for life in found]),
        column([life.exempt_to for life in found]),
    )
    tests = [(n, day) for n, life in enumerate(found) for day in life.tests]
    events = [(n, day, False) for n, life in enumerate(found) for day in life.restarts]
    events += [(n, day, True) for n, life in enumerate(found) for day in life.releases]
    return (
        service,
        np.array([n for n, _ in tests], np.int64),
        column([day for _, day in tests]),
        Events(
            np.array([n for n, _, _ in events], np.int64),
            column([day for _, day, _ in events]),
            np.array([is_release for _, _, is_release in events], bool),
        ),
    )


REGIMES = [Regime(6, 90, 90, 5), Regime(3, 30, None, None), Regime(12, 90, 90, None)]


@given(st.lists(lives(), min_size=1, max_size=6), st.sampled_from(REGIMES), st.integers(0, 1300))
def test_open_duties_are_those_of_a_life_walked_day_by_day(found: list[Life], regime: Regime, seen: int) -> None:
    as_of = FIRST + seen * DAY
    # what has not happened yet is not known
    known = [
        Life(
            life.start,
            [day for day in life.tests if day <= as_of],
            [day for day in life.restarts if day <= as_of],
            [day for day in life.releases if day <= as_of],
            life.exempt_from,
            life.exempt_to,
        )
        for life in found
    ]
    terms = Terms(np.full(len(found), regime.months), regime.first, regime.restart, regime.release)
    service, owner, day, events = columns(known)
    duties = open_duties(stretches(service, owner, day, events, terms), service, np.full(len(found), as_of, "M8[D]"))
    rows = {
        number: (due, ANCHOR_WORDS[why], counted)
        for number, due, why, counted in zip(
            duties.owner.tolist(), duties.due.tolist(), duties.why.tolist(), duties.counted_from.tolist(), strict=True
        )
    }
    for number, life in enumerate(known):
        if life.start <= as_of:  # before that nothing is asked, which is for the caller to say
            assert rows.get(number) == walk(life, regime, as_of), life


@pytest.mark.parametrize(
    ("tested", "months", "due"),
    [
        (date(2026, 1, 31), 6, date(2026, 7, 31)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 6, date(2028, 8, 29)),
    ],
)
def test_cycles_are_calendar_months_clipped_to_the_end(tested: date, months: int, due: date) -> None:
    service, owner, day, events = columns([Life(tested, [tested])])
    found = stretches(service, owner, day, events, Terms(np.array([months]), 90))
    assert found.due.tolist() == [due]


def test_working_days_on_columns() -> None:
    days = np.array(["2025-09-30", "NaT", "2026-11-06", "2025-09-30"], "datetime64[D]")
    assert workdays_after(days, 5).tolist() == [date(2025, 10, 14), None, date(2026, 11, 13), date(2025, 10, 14)]


@given(st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 500)), max_size=6), max_size=3))
def test_the_strictest_is_the_earliest(regimes: list[list[tuple[int, int]]]) -> None:
    made = []
    for rows in regimes:
        owner = np.array([row[0] for row in rows], np.int64)
        due = np.array([FIRST + row[1] * DAY for row in rows], "datetime64[D]")
        made.append(OpenDuties(owner, due, np.zeros(len(rows), np.int64), due))
    expected = [
        min((FIRST + n * DAY for rows in regimes for o, n in rows if o == own), default=None) for own in range(5)
    ]
    assert strictest(made, 5).tolist() == expected
