"""Rates by the selection rule, and kg of months by tests, service and repairs."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leak_emission import (
    DAY_S,
    HOUR_S,
    Components,
    Factors,
    Method,
    Months,
    Pieces,
    Readings,
    Repairs,
    Selection,
    avoided,
    emitted,
    rates,
    summed,
)
from domain.periods import add_months, day_start

#: SOCMI valve in gas, connector; EPA-453/R-95-017.
FACTORS = Factors(
    np.array([1.87e-6, 3.05e-6]),
    np.array([0.873, 0.885]),
    np.array([6.6e-7, 6.1e-7]),
    np.array([0.11, 0.22]),
    np.array([0.00597, 0.00183]),
)
VALVE, CONNECTOR = 0, 1
RULE = Selection()
NEVER = np.nan


def rate(row: int, reading: float) -> tuple[float, Method]:
    kg_h, method = rates(FACTORS, np.array([row]), np.array([reading]), RULE)
    return float(kg_h[0]), Method(int(method[0]))


@pytest.mark.parametrize(
    ("row", "reading", "kg_h", "method"),
    [
        (VALVE, 1000.0, 7.78e-4, Method.CORRELATION),  # the test values of the fact sheet
        (CONNECTOR, 500.0, 7.46e-4, Method.CORRELATION),
        (VALVE, 0.0, 6.6e-7, Method.DEFAULT_ZERO),
        (VALVE, 0.999, 6.6e-7, Method.DEFAULT_ZERO),
        (VALVE, 1.0, 1.87e-6, Method.CORRELATION),
        (VALVE, 49_999.0, 1.87e-6 * 49_999**0.873, Method.CORRELATION),
        (VALVE, 50_000.0, 0.11, Method.PEGGED),
        (CONNECTOR, 1e6, 0.22, Method.PEGGED),
        (CONNECTOR, NEVER, 0.00183, Method.AVERAGE_FACTOR),
    ],
)
def test_the_reading_chooses_the_method(row: int, reading: float, kg_h: float, method: Method) -> None:
    found = rate(row, reading)
    assert found == (pytest.approx(kg_h, rel=1e-3), method)


def s(day: str, hour: float = 0) -> float:
    return day_start(date.fromisoformat(day)).timestamp() + hour * HOUR_S


def months(first: str, count: int) -> Months:
    days = [add_months(date.fromisoformat(first), n) for n in range(count + 1)]
    hours = [8784.0 if day.year % 4 == 0 else 8760.0 for day in days[:-1]]
    return Months(np.array([day_start(day).timestamp() for day in days]), np.array(hours))


def valves(*service: tuple[float, float], voc_share: float = 1.0, hours_per_year: float = NEVER) -> Components:
    size = len(service)
    start, end = np.array(service).reshape(size, 2).T
    return Components(np.zeros(size, np.int64), start, end, np.full(size, voc_share), np.full(size, hours_per_year))


def readings(*rows: tuple[int, float, float]) -> Readings:
    owner, at, net = np.array(rows).reshape(len(rows), 3).T
    return Readings(owner.astype(np.int64), at, net)


def kg(pieces: Pieces, size: int, count: int) -> list[float]:
    found, _ = summed(pieces, np.zeros(size, np.int64), 1, count)
    return [float(total) for total in found[0].sum(axis=1)]


ALWAYS = (s("2020-01-01"), np.inf)


def test_a_reading_holds_until_the_next() -> None:
    valve = valves(ALWAYS)
    tested = readings((0, s("2026-10-11"), 1000.0), (0, s("2026-11-16"), 0.0))
    found = emitted(valve, tested, FACTORS, months("2026-10-01", 3), RULE)
    r1000 = rate(VALVE, 1000.0)[0]
    assert kg(found, 1, 3) == pytest.approx(
        [10 * 24 * 0.00597 + 21 * 24 * r1000, 15 * 24 * (r1000 + 6.6e-7), 31 * 24 * 6.6e-7]
    )
    _, counts = summed(found, np.zeros(1, np.int64), 1, 3)
    assert counts[0].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]]  # by what it left the month with


def test_a_reading_from_before_the_service_holds_from_its_start() -> None:
    valve = valves((s("2026-11-21"), np.inf))
    found = emitted(valve, readings((0, s("2026-11-01"), 1000.0)), FACTORS, months("2026-11-01", 1), RULE)
    assert kg(found, 1, 1) == pytest.approx([10 * 24 * rate(VALVE, 1000.0)[0]])
    assert found.method.tolist() == [Method.CORRELATION]


def test_hours_of_the_year_and_the_share_of_voc_scale() -> None:
    half = valves(ALWAYS, voc_share=0.5, hours_per_year=8000.0)
    (found,) = kg(emitted(half, readings(), FACTORS, months("2026-02-01", 1), RULE), 1, 1)
    assert found == pytest.approx(28 * 24 * 0.00597 * 0.5 * 8000 / 8760)
    more_than_there_are = valves(ALWAYS, hours_per_year=8784.0)
    (found,) = kg(emitted(more_than_there_are, readings(), FACTORS, months("2026-02-01", 1), RULE), 1, 1)
    assert found == pytest.approx(28 * 24 * 0.00597)


def test_what_a_repair_avoids_ends() -> None:
    valve = valves((s("2020-01-01"), s("2026-12-11")))
    closed = Repairs(*(np.array([x]) for x in (0, s("2026-11-21"), 20_000.0, 100.0, s("2026-11-21") + 365 * DAY_S)))
    found = avoided(valve, closed, FACTORS, months("2026-11-01", 3), RULE)
    less = rate(VALVE, 20_000.0)[0] - rate(VALVE, 100.0)[0]
    assert kg(found, 1, 3) == pytest.approx([10 * 24 * less, 10 * 24 * less, 0.0])
    assert set(found.method.tolist()) == {Method.CORRELATION}
    worse = Repairs(closed.owner, closed.closed, closed.closed_net, closed.found_net, closed.until)
    assert kg(avoided(valve, worse, FACTORS, months("2026-11-01", 3), RULE), 1, 3) == [0.0, 0.0, 0.0]


def test_nothing_is_emitted_by_nothing() -> None:
    found = emitted(valves(), readings(), FACTORS, months("2026-11-01", 2), RULE)
    assert kg(found, 0, 2) == [0.0, 0.0]


STRETCHES = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.floats(-400, 400),  # start of service, days from the first month
        st.one_of(st.just(np.inf), st.floats(0, 500)),  # its length
        st.lists(st.tuples(st.integers(-500, 500), st.floats(0, 2e5)), max_size=5, unique_by=lambda one: one[0]),
    ),
    min_size=1,
    max_size=6,
)


def world(stretches: list[tuple[int, float, float, list[tuple[int, float]]]]) -> tuple[Components, Readings]:
    origin, size = s("2026-01-01"), len(stretches)
    start = np.array([origin + one[1] * DAY_S for one in stretches])
    end = start + np.array([one[2] for one in stretches]) * DAY_S
    share, hours = np.full(size, 0.9), np.full(size, 8000.0)
    tests = [(n, origin + day * DAY_S, net) for n, one in enumerate(stretches) for day, net in sorted(one[3])]
    return Components(np.array([one[0] for one in stretches]), start, end, share, hours), readings(*tests)


@given(STRETCHES)
def test_months_and_components_add_up(
    stretches: list[tuple[int, float, float, list[tuple[int, float]]]],
) -> None:
    components, tests = world(stretches)
    whole = summed(
        emitted(components, tests, FACTORS, months("2026-01-01", 12), RULE), np.zeros(len(stretches), np.int64), 1, 12
    )[0]
    assert (whole >= 0).all()
    singly = np.zeros_like(whole)
    for one in stretches:
        part, own = world([one])
        for month in range(12):
            alone = emitted(part, own, FACTORS, months(f"2026-{month + 1:02}-01", 1), RULE)
            singly[0, month] += summed(alone, np.zeros(1, np.int64), 1, 1)[0][0, 0]
    assert whole == pytest.approx(singly, rel=1e-9, abs=1e-12)


@given(st.integers(0, 1), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_higher_reading_is_no_lower_rate_within_a_method(row: int, one: float, other: float) -> None:
    low, high = rate(row, min(one, other)), rate(row, max(one, other))
    assert low[0] >= 0
    assert low[1] != high[1] or low[0] <= high[0]
