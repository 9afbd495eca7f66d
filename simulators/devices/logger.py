"""What a data logger computes of its analysers: means of minutes, hours and days, conversion, totals; HJ 212-2017 D.2.

Written apart from the platform's recomputation, with the logger's own habits: it knows flags, not our physical ranges,
and prints three decimals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.str_]

#: Printed decimals.
_DECIMALS = 3
#: The reference that the logger was set up with: coke ovens, %.
REFERENCE_O2_PCT = 8.0
_AIR_PCT = 21.0


def means(values: Floats, flags: Flags, parts: int) -> tuple[Floats, Flags]:
    """Mean of the normal values in each of `parts` equal stretches of a day; D where fewer than 75 % are normal."""
    good = (flags == "N").reshape(parts, -1)
    count = good.sum(axis=1)
    total = np.where(good, values.reshape(parts, -1), 0.0).sum(axis=1)
    mean = np.where(count > 0, total / np.maximum(count, 1), 0.0)
    return mean.round(_DECIMALS), np.where(count * 4 >= good.shape[1] * 3, "N", "D").astype("<U1")


def converted(mean: Floats, o2: Floats) -> Floats:
    """Hourly means at the logger's reference oxygen, or as they are where the oxygen is not fit for it."""
    fit = (o2 > 0) & (o2 < _AIR_PCT)
    value = mean * (_AIR_PCT - REFERENCE_O2_PCT) / np.where(fit, _AIR_PCT - o2, _AIR_PCT - REFERENCE_O2_PCT)
    return value.round(_DECIMALS)


def day_mean(hours: Floats, flags: Flags) -> tuple[Floats, Flags]:
    """Mean of the day's normal hours; D with fewer than 20 of them."""
    good = flags == "N"
    value = hours[good].mean() if good.any() else 0.0
    return np.array([round(float(value), _DECIMALS)]), np.array(["N" if good.sum() >= 20 else "D"])
