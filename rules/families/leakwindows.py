"""Windows of the LDAR signs from stored rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from domain.findings import Subject, SubjectKind
from domain.periods import Period, day_period, local_day
from rules.evaluators.leak_records import (
    Calibration,
    CampaignLeak,
    InService,
    Instrument,
    LeakCampaign,
    LeakDay,
    LeakRecords,
    LeakTester,
    PastCampaign,
    Use,
    epoch_ms,
)
from rules.families.contract import Worklist
from storage.leak_campaigns import CampaignLeakRow, CampaignRow, InServiceRow
from storage.leak_days import CalibrationRow, InstrumentRow, LeakRow, TesterRow, UseRow

#: Days and campaigns whose tests are kept in memory while a work list is judged.
_KEPT = 12


def subject_of(enterprise: str) -> Subject:
    """Whom a sign is about."""
    return Subject(SubjectKind.ENTERPRISE, enterprise)


def records_of(rows: Sequence[LeakRow] | LeakRecords) -> LeakRecords:
    """Columns of rows, or the columns themselves."""
    return rows if isinstance(rows, LeakRecords) else LeakRecords.of(rows)


def kept(work: Worklist | None, key: tuple[object, ...]) -> LeakRecords | None:
    """What another sign has read to judge by the same work list."""
    found = None if work is None else work.read.get(str(key))
    return found if isinstance(found, LeakRecords) else None


def keep(work: Worklist | None, key: tuple[object, ...], rows: Sequence[LeakRow]) -> LeakRecords:
    """Columns of rows, kept for the other signs that judge by the same work list, as long as these are few."""
    records = LeakRecords.of(rows)
    if work is not None and sum(isinstance(one, LeakRecords) for one in work.read.values()) < _KEPT:
        work.read[str(key)] = records
    return records


def day_window(
    enterprise: str,
    day: date,
    rows: Sequence[LeakRow] | LeakRecords,
    instruments: Sequence[InstrumentRow] = (),
    testers: Sequence[TesterRow] = (),
    calibrations: Sequence[CalibrationRow] = (),
    elsewhere: Sequence[UseRow] = (),
) -> LeakDay:
    """A local day of an enterprise; rows are all its tests of the day."""
    return LeakDay(
        subject=subject_of(enterprise),
        day=day_period(day),
        local_day=day,
        tests=records_of(rows),
        instruments=[Instrument(**asdict(one)) for one in instruments],
        testers=[LeakTester(**asdict(one)) for one in testers],
        calibrations=[Calibration(**asdict(one)) for one in calibrations],
        elsewhere=[Use(**asdict(one)) for one in elsewhere],
    )


def campaign_window(
    enterprise: str,
    campaign: CampaignRow,
    as_of: date,
    rows: Sequence[LeakRow] | LeakRecords,
    in_service: Sequence[InServiceRow] = (),
    leaks: Sequence[CampaignLeakRow] = (),
    retests: Sequence[LeakRow] = (),
    past: Sequence[tuple[str, int, int]] = (),
) -> LeakCampaign:
    """A campaign as at the end of a local day. past: (code, points, leaks) of those before, the latest first."""
    return LeakCampaign(
        subject=subject_of(enterprise),
        code=campaign.code,
        period=campaign_period(campaign),
        from_day=campaign.from_day,
        to_day=campaign.to_day,
        as_of=as_of,
        tests=records_of(rows),
        declared_components=campaign.declared_components,
        declared_unreachable=campaign.declared_unreachable,
        declared_leaks=campaign.declared_leaks,
        in_service=[InService(**asdict(one)) for one in in_service],
        leaks=[_leak(one) for one in leaks],
        retests=LeakRecords.of(retests),
        past=[PastCampaign(*one) for one in past],
    )


def campaign_period(campaign: CampaignRow) -> Period:
    """From a campaign's first to the end of its last local day."""
    return Period(day_period(campaign.from_day).start, day_period(campaign.to_day).end)


def _leak(row: CampaignLeakRow) -> CampaignLeak:
    return CampaignLeak(
        component=row.component,
        medium=row.medium,
        standard=row.standard,
        found_ms=epoch_ms(row.found_at),
        found_on=local_day(row.found_at),
        net_umol_mol=row.net_umol_mol,
        visible=row.visible,
        repairs_ms=row.repairs_ms,
        is_filed=row.is_filed,
        is_settled=row.is_settled,
    )
