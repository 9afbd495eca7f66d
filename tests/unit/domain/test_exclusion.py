"""Hours that process marks exclude."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.exclusion import (
    KINDS,
    NOT_EXCLUDED,
    excluded_kinds,
    exempt_columns,
    minutes_by_kind,
    with_running,
)


def excluded(
    minutes: dict[str, float], exempt: set[str], running: float = float("nan"), told: int = 60, least: int = 45
) -> str | None:
    row = minutes_by_kind(1)
    for kind, count in minutes.items():
        row[0, KINDS.index(kind)] = count
    found = excluded_kinds(with_running(row, np.array([running]), np.array([told])), exempt_columns([exempt]), least)
    return None if found[0] == NOT_EXCLUDED else KINDS[found[0]]


@pytest.mark.parametrize(
    ("minutes", "exempt", "running", "kind"),
    [
        ({}, set(), float("nan"), None),
        ({"stopped": 15}, set(), float("nan"), None),  # 45 minutes are left
        ({"stopped": 15.1}, set(), float("nan"), "stopped"),
        ({"start_up": 60}, set(), float("nan"), None),  # the limit does not exempt it
        ({"start_up": 60}, {"start_up"}, float("nan"), "start_up"),
        ({"start_up": 10, "stopped": 10}, {"start_up"}, float("nan"), "start_up"),  # alphabetical at a tie
        ({"start_up": 10, "stopped": 10}, set(), float("nan"), None),
        ({"start_up": 5, "stopped": 20}, {"start_up"}, float("nan"), "stopped"),
        ({}, set(), 0.0, "stopped"),
        ({}, set(), 0.75, None),
        ({}, set(), 0.74, "stopped"),
        ({"stopped": 10}, set(), 5 / 6, None),  # the same ten minutes, told twice
        ({"stopped": 30}, set(), 1.0, "stopped"),
    ],
)
def test_vectors(minutes: dict[str, float], exempt: set[str], running: float, kind: str | None) -> None:
    assert excluded(minutes, exempt, running) == kind


@pytest.mark.parametrize(("told", "kind"), [(1, None), (15, None), (16, "stopped"), (60, "stopped")])
def test_a_signal_says_nothing_of_minutes_that_it_does_not_tell_of(told: int, kind: str | None) -> None:
    """One reading of 0 must not take a whole hour out of a limit."""
    assert excluded({}, set(), 0.0, told=told) == kind


@given(
    st.dictionaries(st.sampled_from(KINDS), st.integers(0, 60), max_size=3),
    st.sets(st.sampled_from(KINDS)),
    st.integers(1, 60),
)
def test_an_hour_is_excluded_when_the_rest_is_too_short(
    minutes: dict[str, float], exempt: set[str], least: int
) -> None:
    counted = {kind: n for kind, n in minutes.items() if kind in exempt | {"stopped"}}
    found = excluded(minutes, exempt, least=least)
    if 60 - min(60, sum(counted.values())) >= least:
        assert found is None
    else:
        assert found == min(counted, key=lambda kind: (-counted[kind], kind))
