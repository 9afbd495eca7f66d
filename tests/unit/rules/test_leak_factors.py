"""The figures of each class of sealing points, and which of them are borrowed."""

from __future__ import annotations

import pytest

from domain.leaks import COMPONENT_KINDS, MEDIA
from rules.policy.leak_factors import columns, shipped_leak_factors

FACTORS = {one.key: one for one in shipped_leak_factors()}


def test_every_class_has_figures() -> None:
    assert len(FACTORS) == 2 * len(COMPONENT_KINDS) * len(MEDIA)
    assert len(columns(shipped_leak_factors()).a) == len(FACTORS)
    assert {one.confidence for one in FACTORS.values()} == {"knowledge"}


@pytest.mark.parametrize(
    ("key", "a", "pegged", "average", "borrowed"),
    [
        (("socmi", "valve", "gas"), 1.87e-6, 0.11, 0.00597, False),
        (("socmi", "valve", "heavy_liquid"), 6.41e-6, 0.15, 0.00023, True),
        (("socmi", "pump", "light_liquid"), 1.9e-5, 0.62, 0.0199, False),
        (("socmi", "pump", "heavy_liquid"), 1.9e-5, 0.62, 0.00862, True),
        (("socmi", "compressor", "gas"), 1.9e-5, 0.62, 0.228, True),
        (("socmi", "agitator", "light_liquid"), 1.9e-5, 0.62, 0.0199, True),
        (("socmi", "relief", "gas"), 1.9e-5, 0.62, 0.104, True),
        (("socmi", "flange", "heavy_liquid"), 3.05e-6, 0.22, 0.00183, False),
        (("socmi", "open_end", "gas"), 2.2e-6, 0.079, 0.0017, True),
        (("socmi", "other", "gas"), 1.36e-5, 0.11, 0.015, True),
        (("petroleum", "flange", "gas"), 4.61e-6, 0.084, 0.00025, False),
        (("petroleum", "valve", "light_liquid"), 2.29e-6, 0.14, 0.0109, False),
        (("petroleum", "compressor", "gas"), 1.36e-5, 0.11, 0.636, False),
        (("petroleum", "open_end", "gas"), 2.2e-6, 0.079, 0.0023, False),
    ],
)
def test_rows_by_class(key: tuple[str, str, str], a: float, pegged: float, average: float, borrowed: bool) -> None:
    found = FACTORS[key]
    assert (found.coefficient_a, found.pegged_kg_h, found.average_kg_h, found.is_borrowed) == (
        a,
        pegged,
        average,
        borrowed,
    )
