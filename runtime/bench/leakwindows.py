"""Simulated LDAR campaigns as register and store would give them to the signs, through the families' own windows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from domain.leaks import FIND_FROM_UMOL_MOL
from domain.periods import local_day, local_day_of_s
from rules.evaluators.leak_records import LeakCampaign, LeakDay, epoch_ms
from rules.families.leakwindows import campaign_window, day_window
from simulators.leak_shapes import Campaign
from storage.leak_campaigns import CampaignLeakRow, CampaignRow, InServiceRow
from storage.leak_days import CalibrationRow, InstrumentRow, LeakRow, TesterRow, UseRow

_LONG_AGO = date(2020, 1, 1)
#: From the last day of a campaign until all terms of its leaks are over.
_TERMS_OVER = timedelta(days=60)
_STANDARD = "GB37822"


def rows_of(made: Campaign) -> list[LeakRow]:
    """The tests with what the ledger says of their components."""
    spots = {spot.code: spot for spot in made.spots}
    return [
        LeakRow(
            component=test.component,
            kind=spots[test.component].kind,
            medium=spots[test.component].medium,
            unit=spots[test.component].unit,
            standard=_STANDARD,
            reachable=spots[test.component].reachable,
            size_mm=spots[test.component].size_mm,
            elevation_m=spots[test.component].elevation_m,
            x_m=spots[test.component].x_m,
            y_m=spots[test.component].y_m,
            tested_ms=epoch_ms(test.tested_at),
            has_time=test.has_time,
            net_umol_mol=test.net,
            reading_umol_mol=test.reading,
            background_umol_mol=test.background,
            response_factor=test.response_factor,
            dwell_s=test.dwell_s,
            method=test.method,
            purpose=test.purpose,
            visible=test.visible,
            campaign=test.campaign,
            instrument=test.instrument,
            tester=test.tester,
            video=test.video,
        )
        for test in made.tests
    ]


def days_of(made: Campaign) -> Iterator[LeakDay]:
    """Each local day with tests, in order."""
    by_day: dict[date, list[LeakRow]] = {}
    for row in rows_of(made):
        by_day.setdefault(local_day_of_s(row.tested_ms // 1000), []).append(row)
    models = {one.serial: one.model for one in made.instruments}
    elsewhere: dict[date, list[UseRow]] = {}
    for test in () if made.also is None else made.also.tests:
        if made.also is not None and test.instrument in models:
            use = UseRow(made.also.enterprise, test.instrument, models[test.instrument], epoch_ms(test.tested_at))
            elsewhere.setdefault(local_day(test.tested_at), []).append(use)
    instruments = [
        InstrumentRow(one.serial, one.model, one.response_time_s, None, _LONG_AGO, None) for one in made.instruments
    ]
    testers = [TesterRow(name, _LONG_AGO, None) for name in made.testers]
    checks = [CalibrationRow(c.instrument, epoch_ms(c.done_at), c.kind, c.expected, c.shown) for c in made.checks]
    for day, rows in sorted(by_day.items()):
        yield day_window(made.enterprise, day, rows, instruments, testers, checks, elsewhere.get(day, ()))


def campaign_of(made: Campaign) -> LeakCampaign:
    """The whole campaign, when the terms of its leaks are over."""
    rows = rows_of(made)
    spots = {spot.code: spot for spot in made.spots}
    counts = Counter((spot.unit, spot.kind) for spot in made.spots)
    repairs: dict[str, list[int]] = {}
    for mending in made.mendings:
        repairs.setdefault(mending.component, []).append(epoch_ms(mending.repaired_at))
    filed = {filing.component for filing in made.filings}
    leaks = [
        CampaignLeakRow(
            component_id=0,
            component=row.component,
            medium=row.medium,
            standard=_STANDARD,
            found_at=datetime.fromtimestamp(row.tested_ms / 1000, UTC),
            net_umol_mol=row.net_umol_mol,
            visible=row.visible,
            is_filed=row.component in filed,
            is_settled=False,
            repairs_ms=repairs.get(row.component, []),
        )
        for row in rows
        if row.purpose == "routine"
        and (row.visible or (row.net_umol_mol or 0.0) > FIND_FROM_UMOL_MOL[spots[row.component].medium])
    ]
    declared = (made.declared_components, made.declared_unreachable, made.declared_leaks)
    return campaign_window(
        made.enterprise,
        CampaignRow(made.code, made.from_day, made.to_day, None, *declared),
        made.to_day + _TERMS_OVER,
        rows,
        [InServiceRow(unit, kind, count) for (unit, kind), count in sorted(counts.items())],
        leaks,
        [row for row in rows if row.purpose == "retest"],
    )
