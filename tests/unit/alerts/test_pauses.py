"""Pauses between attempts."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from alerts.outbox import OutboxSettings, pause_s


@given(st.integers(1, 10_000), st.integers())
def test_pauses_grow_up_to_a_cap_and_vary_by_half(attempts: int, seed: int) -> None:
    settings = OutboxSettings(first_pause_s=5, longest_pause_s=1800)
    whole = min(1800, 5 * 2 ** min(attempts - 1, 20))
    pause = pause_s(attempts, settings, Random(seed))
    assert whole / 2 <= pause <= whole


def test_the_same_seed_gives_the_same_pauses() -> None:
    settings = OutboxSettings()
    one, two = Random(7), Random(7)
    assert [pause_s(n, settings, one) for n in range(1, 9)] == [pause_s(n, settings, two) for n in range(1, 9)]
    assert len({pause_s(1, settings, one) for _ in range(8)}) == 8
