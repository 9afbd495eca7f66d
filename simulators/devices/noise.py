"""Seeded randomness that does not depend on the order in which devices are asked."""

from __future__ import annotations

import zlib

import numpy as np


def generator(seed: int, name: str, day: int) -> np.random.Generator:
    """The generator of one device for one day of the story: same seed, name and day give the same numbers."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), day])


def phase(name: str) -> float:
    """A device's own shift of the daily shape, in [0, 1) of a day; no two devices peak together."""
    return (zlib.crc32(name.encode()) % 997) / 997.0
