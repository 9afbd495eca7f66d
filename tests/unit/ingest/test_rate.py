"""Token buckets: never more than the rate and the burst, never less either, and debts are paid."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.listener.limits import Limits
from ingest.listener.rate import UNLIMITED, Allowance

NOW = 1_000.0


def test_a_full_bucket_holds_the_burst_and_one_message_on_credit() -> None:
    allowance = Allowance(messages_per_s=10, bytes_per_s=None, burst_s=2.0)
    assert allowance.room(NOW) == 21
    assert allowance.spend(20, 5_000_000, NOW) == 0
    assert allowance.room(NOW) == 1
    assert allowance.spend(1, 0, NOW) == pytest.approx(0.1 + 0.02)
    assert allowance.room(NOW) == 0


def test_a_debt_is_waited_for_and_no_longer() -> None:
    allowance = Allowance(messages_per_s=10, bytes_per_s=None, burst_s=1.0)
    wait_s = allowance.spend(60, 0, NOW)
    assert wait_s == allowance.wait_s(NOW) == pytest.approx(5.02)
    assert allowance.room(NOW + 4.99) == 0
    assert allowance.room(NOW + 5.01) == 1
    assert allowance.wait_s(NOW + 5.01) == 0
    assert allowance.room(NOW + 1_000) == 11, "time does not fill it beyond the burst"


def test_bytes_are_a_bucket_of_their_own() -> None:
    allowance = Allowance(messages_per_s=None, bytes_per_s=1_000, burst_s=1.0)
    assert allowance.room(NOW) == UNLIMITED
    assert allowance.spend(1_000_000, 1_000, NOW) == 0
    assert allowance.spend(0, 500, NOW) == pytest.approx(0.52)
    assert allowance.room(NOW) == 0
    assert allowance.room(NOW + 0.51) == UNLIMITED


@pytest.mark.parametrize("off", [0, 0.0, None])
def test_without_rates_nothing_is_waited_for(off: float | None) -> None:
    allowance = Allowance(off, off, burst_s=1.0)
    for _ in range(10):
        assert allowance.spend(10**9, 10**12, NOW) == 0
    assert allowance.room(NOW) == UNLIMITED


steps = st.lists(
    st.tuples(st.floats(0, 3), st.integers(0, 400), st.integers(0, 300_000)),
    min_size=1,
    max_size=60,
)
rates = st.tuples(st.floats(0.5, 1e5), st.floats(1e3, 1e8), st.floats(0.01, 10))


@given(rates=rates, steps=steps)
def test_who_waits_as_told_never_gets_more_than_burst_and_rate(
    rates: tuple[float, float, float], steps: list[tuple[float, int, int]]
) -> None:
    """In every window: what was taken, but for the last of it, is at most the burst and the rate times the window."""
    messages_per_s, bytes_per_s, burst_s = rates
    allowance = Allowance(messages_per_s, bytes_per_s, burst_s)
    now, taken = NOW, []
    for pause_s, wanted, size in steps:
        now += pause_s
        now += allowance.wait_s(now)
        messages = min(wanted, allowance.room(now))
        allowance.spend(messages, size, now)
        taken.append((now, messages, size))
    for rate, column in ((messages_per_s, 1), (bytes_per_s, 2)):
        totals = [0.0, *accumulate(float(row[column]) for row in taken)]
        for first in range(len(taken)):
            for last in range(first, len(taken)):
                window_s = taken[last][0] - taken[first][0]
                before_the_last = totals[last] - totals[first]
                assert before_the_last <= rate * (burst_s + window_s) * (1 + 1e-6) + 1e-3


@given(rates=rates, steps=steps)
def test_who_stays_below_the_rate_never_waits(
    rates: tuple[float, float, float], steps: list[tuple[float, int, int]]
) -> None:
    messages_per_s, bytes_per_s, burst_s = rates
    allowance = Allowance(messages_per_s, bytes_per_s, burst_s)
    now = NOW
    for pause_s, messages, size in steps:
        now += pause_s + max(messages / messages_per_s, size / bytes_per_s)
        if messages / messages_per_s <= burst_s and size / bytes_per_s <= burst_s:
            assert allowance.room(now) >= 1
            assert allowance.spend(int(messages * 0.999), int(size * 0.999), now) == 0


@given(rates=rates, messages=st.integers(0, 10_000), size=st.integers(0, 10**7))
def test_after_the_wait_there_is_room(rates: tuple[float, float, float], messages: int, size: int) -> None:
    allowance = Allowance(*rates)
    wait_s = allowance.spend(messages, size, NOW)
    assert allowance.room(NOW + wait_s) >= 1
    assert allowance.wait_s(NOW + wait_s) == 0


@given(rates=rates, back_s=st.floats(0, 100))
def test_a_clock_that_goes_back_gives_nothing(rates: tuple[float, float, float], back_s: float) -> None:
    allowance = Allowance(*rates)
    allowance.spend(100, 100_000, NOW)
    assert allowance.room(NOW - back_s) <= allowance.room(NOW)
    assert allowance.wait_s(NOW - back_s) >= allowance.wait_s(NOW)


@pytest.mark.parametrize("off", [0, None])
def test_limits_may_leave_rates_out(off: None) -> None:
    limits = Limits(max_messages_per_s=off, max_bytes_per_s=off, max_messages_per_s_per_enterprise=off)
    assert not limits.max_messages_per_s


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_messages_per_s": -1},
        {"max_bytes_per_s_per_enterprise": -1},
        {"rate_burst_s": 0},
        {"max_bytes_per_s": 256 * 1024 - 1},
        {"max_bytes_per_s_per_enterprise": 1},
    ],
)
def test_rates_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Limits(**wrong)  # type: ignore[arg-type]
