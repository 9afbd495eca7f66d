"""Conversion to reference oxygen (折算), HJ 212-2017 Annex D equation (28)."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

#: Oxygen of air as the standard writes it, % by volume.
AIR_O2_PCT = 21.0


class O2Problem(StrEnum):
    """Why a converted concentration cannot be judged."""

    MISSING = "o2_missing"
    INVALID = "o2_invalid"  # 21 % or more, negative or not a number: the factor would be infinite or negative
    NEAR_AMBIENT = "o2_near_ambient"  # shutdown or air leak: a small error is multiplied many times


Concentration = TypeVar("Concentration", float, NDArray[np.float64])


def at_reference(measured: Concentration, o2_pct: Concentration, reference_o2_pct: float) -> Concentration:
    """Equation (28) alone, for one value or for columns, in the order in which people write it: C·(21−O2s)/(21−O2).

    Says nothing about whether the result may be judged; see `convert`.
    """
    return measured * (AIR_O2_PCT - reference_o2_pct) / (AIR_O2_PCT - o2_pct)


def convert(
    measured: float, o2_pct: float | None, reference_o2_pct: float | None, *, ambient_from_pct: float = 19.0
) -> float | O2Problem:
    """Concentration at reference oxygen, in the unit of `measured`.

    Without a reference the measured dry concentration stands (Annex D.2.3(4)). O2 below the reference still converts
    and lowers the value. From `ambient_from_pct` on nothing is judged automatically (engineering rule: at 20.5 % a
    concentration of 30 becomes 780).
    """
    if reference_o2_pct is None:
        return measured
    if o2_pct is None:
        return O2Problem.MISSING
    if not 0 <= o2_pct < AIR_O2_PCT:
        return O2Problem.INVALID
    if o2_pct >= ambient_from_pct:
        return O2Problem.NEAR_AMBIENT
    return at_reference(measured, o2_pct, reference_o2_pct)
