"""A leak detector (FID): one record for each component that somebody walked up to."""

from __future__ import annotations

from datetime import datetime

from simulators.devices.noise import generator
from simulators.leak_shapes import Probe

#: Far below every leak definition.
_ORDINARY_TOP = 450.0
MODEL, RESPONSE_TIME_S = "TVA-2020", 4.0
GUNS, HANDS = 4, 6


def serial(enterprise: str, number: int) -> str:
    """What is engraved on an enterprise's instrument of that number, from 1."""
    return f"{enterprise[:2].upper()}-FID-{number:02d}"


def hand(number: int) -> str:
    """Who carries it, from 1."""
    return f"检测员{number}"


def record(
    seed: int,
    key: str,
    tested_at: datetime,
    net_umol_mol: float | None = None,
    *,
    purpose: str = "routine",
    visible: bool = False,
    gun: int | None = None,
) -> Probe:
    """A whole record of ``{enterprise}/{component}``; without a given net reading an ordinary one.

    gun: number of the instrument, whoever is there without one. A negative net stands for what no probe was used for.
    """
    rng = generator(seed, key, tested_at.toordinal())
    ordinary = min(float(rng.lognormal(2.5, 0.9)), _ORDINARY_TOP)
    net = round(ordinary, 1) if net_umol_mol is None else net_umol_mol
    background = round(1.5 + float(rng.random()), 1)
    number = int(rng.integers(1, GUNS + 1)) if gun is None else gun
    who = int(rng.integers(1, HANDS + 1))
    enterprise, component = key.split("/")
    by_probe = net >= 0
    return Probe(
        component=component,
        tested_at=tested_at,
        reading=round(net + background, 1) if by_probe else None,
        background=background if by_probe else None,
        net=net if by_probe else None,
        response_factor=1.0 if by_probe else None,
        dwell_s=float(rng.integers(9, 20)),
        method="instrument" if by_probe else "ogi",
        purpose=purpose,
        visible=visible,
        instrument=serial(enterprise, number),
        tester=hand(who),
        video=f"{component}-{tested_at:%Y%m%d%H%M}.mp4",
    )
