"""Windows of the LDAR signs from simulated campaigns, as the register and the store would give them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from domain.findings import Subject, SubjectKind
from domain.leaks import FIND_FROM_UMOL_MOL
from domain.periods import Period, day_period, day_start, local_day
from rules.evaluators.leak_records import (
    Calibration,
    CampaignLeak,
    InService,
    Instrument,
    LeakCampaign,
    LeakDay,
    LeakRecords,
    LeakTester,
    Use,
    epoch_ms,
)
from simulators.leak_shapes import Campaign, Probe

_DAY = timedelta(days=1)
_LONG_AGO = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """A test with its component, as `storage.leak_days` has it."""

    component: str
    kind: str
    medium: str
    unit: str
    standard: str
    reachable: bool
    size_mm: float | None
    elevation_m: float | None
    x_m: float | None
    y_m: float | None
    tested_ms: int
    has_time: bool
    net_umol_mol: float | None
    reading_umol_mol: float | None
    background_umol_mol: float | None
    response_factor: float | None
    dwell_s: float | None
    method: str
    purpose: str
    visible: bool
    campaign: str | None
    instrument: str | None
    tester: str | None
    video: str | None


def rows_of(made: Campaign) -> list[Row]:
    spots = {spot.code: spot for spot in made.spots}
    return [_row(spots, test) for test in made.tests]


def _row(spots: dict, test: Probe) -> Row:  # type: ignore[type-arg]
    spot = spots[test.component]
    return Row(
        spot.code, spot.kind, spot.medium, spot.unit, "GB37822", spot.reachable, spot.size_mm, spot.elevation_m,
        spot.x_m, spot.y_m, epoch_ms(test.tested_at), test.has_time, test.net, test.reading, test.background,
        test.response_factor, test.dwell_s, test.method, test.purpose, test.visible, test.campaign, test.instrument,
        test.tester, test.video,
    )  # fmt: skip


def days_of(made: Campaign) -> Iterator[LeakDay]:
    """Each local day with tests."""
    rows = rows_of(made)
    by_day: dict[date, list[Row]] = {}
    for row in rows:
        by_day.setdefault(local_day(datetime.fromtimestamp(row.tested_ms / 1000).astimezone()), []).append(row)
    instruments = [Instrument(i.serial, i.model, i.response_time_s, None, _LONG_AGO, None) for i in made.instruments]
    checks = [Calibration(c.instrument, epoch_ms(c.done_at), c.kind, c.expected, c.shown) for c in made.checks]
    for day, chosen in sorted(by_day.items()):
        elsewhere = []
        if made.also is not None:
            models = {i.serial: i.model for i in made.instruments}
            elsewhere = [
                Use(made.also.enterprise, t.instrument, models.get(t.instrument), epoch_ms(t.tested_at))
                for t in made.also.tests
                if t.instrument is not None and local_day(t.tested_at) == day
            ]
        yield LeakDay(
            Subject(SubjectKind.ENTERPRISE, made.enterprise), day_period(day), day, LeakRecords.of(chosen), instruments,
            [LeakTester(name, _LONG_AGO, None) for name in made.testers], checks, elsewhere,
        )  # fmt: skip


def campaign_of(made: Campaign, as_of: date | None = None) -> LeakCampaign:
    """The whole campaign, long after its end by default."""
    rows = rows_of(made)
    spots = {spot.code: spot for spot in made.spots}
    counts: dict[tuple[str, str], int] = {}
    for spot in made.spots:
        counts[spot.unit, spot.kind] = counts.get((spot.unit, spot.kind), 0) + 1
    repairs: dict[str, list[int]] = {}
    for mending in made.mendings:
        repairs.setdefault(mending.component, []).append(epoch_ms(mending.repaired_at))
    filed = {filing.component for filing in made.filings}
    leaks = [
        CampaignLeak(
            test.component, spots[test.component].medium, "GB37822", epoch_ms(test.tested_at),
            local_day(test.tested_at), test.net, test.visible, repairs.get(test.component, ()),
            test.component in filed, False,
        )
        for test in made.tests
        if test.purpose == "routine"
        and (test.visible or (test.net or 0) > FIND_FROM_UMOL_MOL[spots[test.component].medium])
    ]  # fmt: skip
    return LeakCampaign(
        Subject(SubjectKind.ENTERPRISE, made.enterprise), made.code,
        Period(day_start(made.from_day), day_start(made.to_day + _DAY)), made.from_day, made.to_day,
        as_of or made.to_day + 60 * _DAY,
        LeakRecords.of([row for row in rows if row.purpose != "retest" or row.campaign == made.code]),
        made.declared_components, made.declared_unreachable, made.declared_leaks,
        [InService(unit, kind, count) for (unit, kind), count in sorted(counts.items())],
        leaks, LeakRecords.of([row for row in rows if row.purpose == "retest"]),
    )  # fmt: skip


def share(numbers: list[bool]) -> float:
    return float(np.mean(numbers)) if numbers else 0.0
