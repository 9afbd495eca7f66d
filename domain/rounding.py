"""Rounding by GB/T 8170: round half to even (四舍六入五成双), applied once to the raw value."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import isfinite

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
