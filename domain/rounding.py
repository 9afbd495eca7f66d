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
