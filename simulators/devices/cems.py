"""A CEMS on a stack or duct: one analyser is a daily shape, the rhythm of charging, and noise within hard bounds.

The bounds keep an ordinary day well away from every limit, so that only a scenario can cause a violation: converted
to 8 % oxygen the greatest possible hour is 26 mg/m3 of SO2, 143 of NOx and 9 of PM.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.devices.noise import generator, phase


@dataclass(frozen=True, slots=True)
class Profile:
    """How one quantity behaves on an ordinary day, in its own unit."""

    mean: float
    daily: float
    """amplitude of the daily shape"""
    cycle: float
    """amplitude of the charging rhythm, one turn in 24 minutes"""
    noise: float
    """standard deviation of a single value"""
    low: float
    high: float
    decimals: int


PROFILES = {
    "so2": Profile(16.0, 2.5, 1.0, 1.0, 6.0, 25.0, 2),
    "nox": Profile(105.0, 9.0, 4.0, 4.0, 70.0, 138.0, 1),
    "pm": Profile(4.8, 0.7, 0.3, 0.4, 1.5, 8.0, 2),
    "o2": Profile(7.8, 0.15, 0.1, 0.08, 7.2, 8.4, 2),
    "flue_temperature": Profile(185.0, 6.0, 2.0, 1.0, 150.0, 220.0, 1),
    "flue_flow": Profile(210_000.0, 9000.0, 3000.0, 1500.0, 150_000.0, 270_000.0, 0),
    "flue_humidity": Profile(11.0, 0.6, 0.2, 0.2, 8.0, 14.0, 2),
    "nmhc": Profile(22.0, 4.0, 1.0, 1.5, 5.0, 45.0, 2),
}


def profile_of(quantity: str, typical: float) -> Profile:
    """The profile of a quantity; gauges that have none of their own swing by a few percent of what is typical."""
    part = typical / 100
    return PROFILES.get(quantity) or Profile(typical, 8 * part, 2 * part, 2 * part, 70 * part, 130 * part, 3)


def day_values(seed: int, name: str, quantity: str, day: int, count: int, typical: float = 0.0) -> NDArray[np.float64]:
    """`count` equally spaced values of one day, the first one at its start, rounded as the instrument prints them."""
    profile = profile_of(quantity, typical)
    turn = np.arange(count) / count
    shift = phase(name)
    values = (
        profile.mean
        + profile.daily * np.sin(2 * np.pi * (turn + shift))
        + profile.cycle * np.sin(2 * np.pi * (turn * 60 + shift))
        + profile.noise * generator(seed, name, day).standard_normal(count)
    )
    rounded: NDArray[np.float64] = np.clip(values, profile.low, profile.high).round(profile.decimals)
    return rounded


def state_values(seed: int, name: str, day: int, count: int, share: float) -> NDArray[np.float64]:
    """A running state, 1 or 0, that is 1 for about `share` of the time."""
    return (generator(seed, name, day).random(count) < share).astype(np.float64)
