"""A leak detector (FID): one record for each component that somebody walked up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simulators.devices.noise import generator


@dataclass(frozen=True, slots=True)
class Record:
    """net: reading minus background, umol/mol as carbon."""

    component: str
    tested_at: datetime
    net_umol_mol: float
    background_umol_mol: float
    instrument: str
    tester: str


def record(seed: int, key: str, component: str, tested_at: datetime, net_umol_mol: float | None = None) -> Record:
    """A record; without a given net reading an ordinary one, far below every leak definition but one in 200."""
    rng = generator(seed, key, tested_at.toordinal())
    ordinary = float(rng.lognormal(2.5, 0.9))
    leaking = rng.random() < 0.005
    net = net_umol_mol if net_umol_mol is not None else round(ordinary * (200 if leaking else 1), 1)
    return Record(
        component=component,
        tested_at=tested_at,
        net_umol_mol=net,
        background_umol_mol=round(1.5 + float(rng.random()), 1),
        instrument=f"FID-{int(rng.integers(1, 5)):02d}",
        tester=f"检测员{int(rng.integers(1, 7))}",
    )
