"""Rounding by GB/T 8170: round half to even (四舍六入五成双), applied once to the raw value."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import isfinite

import numpy as np
from numpy.typing import NDArray

#: Wide enough for any finite float written out in full, so that rounding never runs out of digits.
_EXACT = Context(prec=700, rounding=ROUND_HALF_EVEN)


def round_gbt8170(value: float, decimals: int) -> float:
    """Value rounded to some decimals by GB/T 8170.

    The decimal expansion that a person would write (the shortest one that reads back as the same float) is rounded,
    not the binary one, so that 30.5 is a tie and goes to 30. Zero has no sign.
    Raises ValueError for NaN and infinities.
    """
    if not isfinite(value):
        raise ValueError(f"cannot round {value}")
    return float(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), context=_EXACT)) + 0.0


def without_noise(value: float) -> float:
    """Value to twelve significant digits: more than any analyser gives, fewer than sums of binary fractions spoil.

    The mean of 60 decimal readings that is exactly 30.5 may come out as 30.500000000000004; rounded as it stands, that
    would be 31, and a verdict against somebody.
    """
    return float(f"{value:.12g}")


#: Powers of ten that a double holds exactly, so that whole numbers below 2**53 divided by them are rounded once.
_POWERS = 10.0 ** np.arange(16)
#: How far, in parts of a value, `without_noise` may move it: half a unit of the twelfth digit; with some room.
_NOISE = 6e-12


def round_columns(
    values: NDArray[np.float64], decimals: NDArray[np.integer] | NDArray[np.float64] | int
) -> NDArray[np.float64]:
    """`round_gbt8170(without_noise(value), decimals)` of each row, to the last bit; NaN where a value is not finite.

    decimals: one for all rows or one a row, 0 to 15; ValueError outside. Only rows near a tie (四舍六入五成双) or too
    large to have one are written out in decimal.
    """
    places = np.broadcast_to(np.asarray(decimals, dtype=np.int64), values.shape)
    if places.size and (int(places.min()) < 0 or int(places.max()) >= len(_POWERS)):
        raise ValueError(f"decimals beyond 0 to {len(_POWERS) - 1}")
    with np.errstate(over="ignore", invalid="ignore"):
        power = _POWERS[places]
        scaled = values * power
        whole = np.rint(scaled)
        to_tie = np.abs(np.abs(scaled - np.floor(scaled)) - 0.5)
        out = np.asarray(whole / power + 0.0)
        finite = np.isfinite(values)
        # not >: what overflowed gives NaN here and is written out as well
        exact = np.flatnonzero(finite & ~(to_tie > np.abs(scaled) * _NOISE + 1e-300))
    out[~finite] = np.nan
    if len(exact):
        pairs, which = np.unique(
            np.stack([values[exact], places[exact].astype(np.float64)]), axis=1, return_inverse=True
        )
        written = [round_gbt8170(without_noise(value), int(place)) for value, place in pairs.T.tolist()]
        out[exact] = np.array(written)[which.ravel()]
    return out
