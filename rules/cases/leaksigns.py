"""From a case's leak tests to the judgements of an LDAR sign, by the families' own windows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from domain.periods import day_start, local_day, require_aware
from rules.cases.leaksignentries import CampaignEntry, LeakEntry, LeaksEntry, RunEntry
from rules.cases.model import Case, CaseError
from rules.evaluators.contract import Judgement
from rules.evaluators.leak_records import epoch_ms
from rules.families.contract import Job, judge
from rules.families.leakcampaigns import worst_of
from rules.families.leakdays import DAY_SIGNS
from rules.families.leakwindows import campaign_window, day_window
from storage.leak_campaigns import CampaignLeakRow, CampaignRow, InServiceRow
from storage.leak_days import CalibrationRow, InstrumentRow, LeakRow, TesterRow, UseRow

_LONG_AGO = date(2000, 1, 1)
_ENTERPRISE = "plant"
_CODE = "C1"
#: Fills an interval evenly: the golden section.
_TURN = 0.618033988749895
_UNUSABLE_FACTOR = 10.0


def judge_case_leak_signs(job: Job, case: Case) -> list[Judgement]:
    """The judgements on the local day of `at`, or on the campaign."""
    said = case.leak_records
    if said is None:
        raise CaseError("leak_records: missing")
    rows = [row for run in said.runs for row in _rows(said, run)]
    if job.rule.evaluator in DAY_SIGNS:
        return _judge_day(job, case, said, rows)
    if said.campaign is None:
        raise CaseError("leak_records.campaign: missing")
    rule = job.variant_at(day_start(said.campaign.from_day))
    if rule is None:
        return []
    campaign = said.campaign
    window = campaign_window(
        _ENTERPRISE,
        _campaign(campaign),
        campaign.as_of or campaign.to_day,
        [row for row in rows if row.purpose != "retest"],
        [InServiceRow(**dict(one)) for one in said.in_service],
        [_leak(one) for one in said.leaks],
        [row for row in rows if row.purpose == "retest"],
        [(one.code, one.points, one.leaks) for one in said.past],
    )
    found = judge(rule, window)
    return [worst_of(found)] if found else []


def _judge_day(job: Job, case: Case, said: LeaksEntry, rows: list[LeakRow]) -> list[Judgement]:
    day = local_day(case.start)
    rule = job.variant_at(day_start(day))
    if rule is None:
        return []
    window = day_window(
        _ENTERPRISE,
        day,
        rows,
        [InstrumentRow(**dict(one)) for one in said.instruments],
        [TesterRow(name, _LONG_AGO, None) for name in said.testers],
        [
            CalibrationRow(one.instrument, epoch_ms(require_aware(one.at)), one.kind, one.expected, one.shown)
            for one in said.calibrations
        ],
        [UseRow(one.enterprise, one.instrument, one.model, epoch_ms(require_aware(one.at))) for one in said.elsewhere],
    )
    return judge(rule, window)


def _rows(said: LeaksEntry, run: RunEntry) -> Iterator[LeakRow]:
    low, high = run.spread
    x_m, y_m = said.units.get(run.unit, (None, None))
    probed = run.method == "instrument"
    background, factor = _given(run.background), _given(run.factor)
    for number in range(run.count):
        reading = round(low + (high - low) * (number * _TURN % 1), 1)
        if run.readings:
            reading = run.readings[number % len(run.readings)]
        net = run.net
        if net is None:
            applied = 1.0 if factor is None or factor >= _UNUSABLE_FACTOR else factor
            net = round(max(0.0, reading - (background or 0.0)) * applied, 4)
        at = require_aware(run.at) + timedelta(seconds=number * run.every_s)
        yield LeakRow(
            component=f"C-{run.first + number}",
            kind=run.kind,
            medium=run.medium,
            unit=run.unit,
            standard=run.standard,
            reachable=run.reachable,
            size_mm=_given(run.size_mm),
            elevation_m=run.elevation_m,
            x_m=x_m,
            y_m=y_m,
            tested_ms=epoch_ms(at),
            has_time=run.has_time,
            net_umol_mol=net if probed else None,
            reading_umol_mol=None if run.net_only or not probed else reading,
            background_umol_mol=background if probed else None,
            response_factor=factor if probed else None,
            dwell_s=_given(run.dwell_s),
            method=run.method,
            purpose=run.purpose,
            visible=run.visible,
            campaign=run.campaign,
            instrument=run.instrument,
            tester=run.tester,
            video=run.video,
        )


def _given(value: float) -> float | None:
    return None if value < 0 else value


def _campaign(said: CampaignEntry) -> CampaignRow:
    return CampaignRow(
        _CODE,
        said.from_day,
        said.to_day,
        None,
        said.declared_components,
        said.declared_unreachable,
        said.declared_leaks,
    )


def _leak(said: LeakEntry) -> CampaignLeakRow:
    return CampaignLeakRow(
        0,
        said.component,
        said.medium,
        said.standard,
        require_aware(said.found_at),
        said.net_umol_mol,
        said.visible,
        said.filed,
        said.settled,
        [epoch_ms(require_aware(at)) for at in said.repairs],
    )
