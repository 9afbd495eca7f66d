"""A CEMS on a stack or duct: one analyser is a daily shape, a rhythm, and noise within hard bounds.

The bounds keep an ordinary day well away from every limit, so that only a scenario can cause a violation or an early
warning, and the noise stays well within the bounds, so that no ordinary day looks clipped. Converted to 8 % oxygen the
greatest possible minute of a coke oven is 21 mg/m3 of SO2, 106 of NOx and 8 of PM.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.devices.noise import generator, phase

#: Turns of the charging rhythm in a day: one in 24 minutes.
_TURNS = 60


@dataclass(frozen=True, slots=True)
class Profile:
    """How one quantity behaves on an ordinary day, in its own unit."""

    mean: float
    daily: float
    """amplitude of the daily shape"""
    cycle: float
    """amplitude of the charging rhythm"""
    noise: float
    """standard deviation of a single value"""
    low: float
    high: float
    decimals: int
    batch: float = 0.0
    """what a charge or a push adds at its height; between batches there is nothing"""


PROFILES = {
    "so2": Profile(15.0, 2.0, 0.8, 0.5, 6.0, 20.0, 2),
    "nox": Profile(82.0, 7.0, 2.0, 2.0, 60.0, 102.0, 1),
    "pm": Profile(4.5, 0.6, 0.2, 0.2, 1.5, 7.4, 2),
    "o2": Profile(7.8, 0.15, 0.1, 0.08, 7.2, 8.4, 2),
    "flue_temperature": Profile(185.0, 6.0, 2.0, 1.0, 150.0, 220.0, 1),
    "flue_flow": Profile(210_000.0, 6000.0, 2000.0, 1000.0, 190_000.0, 230_000.0, 0),
    "flue_pressure": Profile(-0.35, 0.03, 0.01, 0.01, -0.6, -0.1, 3),
    "flue_humidity": Profile(11.0, 0.6, 0.2, 0.2, 8.0, 14.0, 2),
    "nmhc": Profile(22.0, 4.0, 1.0, 1.5, 5.0, 45.0, 2),
    "furnace_temperature": Profile(835.0, 8.0, 3.0, 2.0, 800.0, 870.0, 1),
    "benzene": Profile(48.0, 8.0, 2.0, 4.0, 15.0, 100.0, 2),
    "toluene": Profile(80.0, 12.0, 3.0, 6.0, 30.0, 160.0, 2),
    "xylene": Profile(61.0, 9.0, 2.0, 5.0, 20.0, 130.0, 2),
    "o2_inlet": Profile(19.6, 0.1, 0.05, 0.05, 19.3, 19.9, 2),
    # where the process decides
    "charging/pm": Profile(2.6, 0.3, 0.0, 0.15, 1.0, 7.4, 2, batch=2.4),
    "pushing/pm": Profile(2.9, 0.3, 0.0, 0.15, 1.0, 7.4, 2, batch=2.0),
    "dry_quenching/pm": Profile(3.4, 0.3, 0.1, 0.15, 1.0, 7.4, 2),
    "charging/so2": Profile(11.0, 1.0, 0.0, 0.5, 4.0, 24.0, 2, batch=6.0),
    "dry_quenching/so2": Profile(19.0, 2.0, 0.5, 0.6, 10.0, 28.0, 2),
    "wastewater_treatment/nmhc": Profile(31.0, 5.0, 1.0, 1.2, 15.0, 50.0, 2),
    "gas_boiler/so2": Profile(3.0, 0.3, 0.1, 0.1, 1.5, 4.5, 2),
    "gas_boiler/nox": Profile(31.0, 2.0, 0.5, 0.5, 25.0, 36.5, 1),
    "gas_boiler/pm": Profile(1.4, 0.2, 0.05, 0.05, 0.5, 2.4, 2),
    "gas_boiler/o2": Profile(4.0, 0.15, 0.05, 0.04, 3.6, 4.4, 2),
    "coal_boiler/so2": Profile(18.0, 1.5, 0.5, 0.4, 12.0, 22.0, 2),
    "coal_boiler/nox": Profile(29.0, 2.0, 0.5, 0.5, 22.0, 34.0, 1),
    "coal_boiler/pm": Profile(3.0, 0.3, 0.1, 0.1, 1.5, 4.5, 2),
    "coal_boiler/o2": Profile(6.5, 0.15, 0.1, 0.08, 6.0, 7.0, 2),
    "cement_kiln/nox": Profile(180.0, 14.0, 4.0, 4.0, 130.0, 225.0, 1),
    "cement_kiln/o2": Profile(9.5, 0.15, 0.1, 0.08, 9.0, 10.0, 2),
    "voc_incinerator/nox": Profile(20.0, 2.0, 0.5, 0.8, 10.0, 32.0, 1),
    "voc_incinerator/nmhc": Profile(14.0, 2.0, 0.5, 0.5, 8.0, 20.0, 2),
    "voc_incinerator/o2": Profile(10.0, 0.15, 0.05, 0.06, 9.5, 10.5, 2),
    "voc_incinerator/flue_temperature": Profile(120.0, 4.0, 1.0, 0.8, 100.0, 140.0, 1),
    "in_plant/nmhc": Profile(1.3, 0.25, 0.05, 0.1, 0.4, 3.0, 2),
    "fenceline_petrochemical/nmhc": Profile(0.9, 0.15, 0.03, 0.06, 0.3, 2.0, 3),
}


def profile_of(quantity: str, typical: float, process: str = "") -> Profile:
    """The profile of a quantity; gauges that have none of their own swing by a few percent of what is typical."""
    part = typical / 100
    ordinary = Profile(typical, 8 * part, 2 * part, 2 * part, 70 * part, 130 * part, 3)
    return PROFILES.get(f"{process}/{quantity}") or PROFILES.get(quantity) or ordinary


#: What goes up and down with the plant's load; the others have a shape of their own.
_WITH_LOAD = frozenset({"flue_flow", "flue_temperature", "flue_pressure", "furnace_temperature"})


def day_values(
    seed: int, name: str, quantity: str, day: int, count: int, typical: float = 0.0, *, process: str = "", of: str = ""
) -> NDArray[np.float64]:
    """`count` equally spaced values of one day, the first one at its start, rounded as the instrument prints them.

    of: the outlet, whose load flow, temperature and draught follow together.
    """
    profile = profile_of(quantity, typical, process)
    turn = np.arange(count) / count
    shift = phase(of if of and quantity in _WITH_LOAD else name)
    rhythm = np.sin(2 * np.pi * (turn * _TURNS + shift))
    values = (
        profile.mean
        + profile.daily * np.sin(2 * np.pi * (turn + shift))
        + profile.cycle * rhythm
        + profile.batch * np.maximum(rhythm, 0.0) ** 2
        + profile.noise * generator(seed, name, day).standard_normal(count)
    )
    rounded: NDArray[np.float64] = np.clip(values, profile.low, profile.high).round(profile.decimals)
    return rounded


def around(
    seed: int, name: str, day: int, value: float, count: int, decimals: int, spread: float
) -> NDArray[np.float64]:
    """`count` values around one, whose mean it is: they come in pairs, one above it and one as far below.

    spread: standard deviation, relative. decimals: of the instrument; four more are shown, so that no two hours are
    equal by chance.
    """
    deviation = max(abs(value) * spread, 3 * 10.0**-decimals)
    steps = np.abs(generator(seed, f"{name} around {value}", day).standard_normal(count // 2)) * deviation
    steps = np.minimum(steps, abs(value)).round(decimals + 4)
    pairs = np.repeat(steps, 2) * np.tile([1.0, -1.0], count // 2)
    made: NDArray[np.float64] = (value + np.append(pairs, [0.0] * (count % 2))).round(decimals + 4)
    return made


def state_values(seed: int, name: str, day: int, count: int, share: float) -> NDArray[np.float64]:
    """A running state, 1 or 0, that is 1 for about `share` of the time."""
    return (generator(seed, name, day).random(count) < share).astype(np.float64)
