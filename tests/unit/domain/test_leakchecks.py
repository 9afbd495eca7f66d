"""Records of leaks against the register: codes, service days, campaigns; and what each refusal says was expected."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.leakchecks import Known, Part, bureau_fault, register_fault, when
from domain.leakrecords import CalibrationRecord, DelayRecord, EventRecord, Record, RepairRecord, TestRecord
from domain.refusals import Reason

#: 2026-11-02 00:30 in Wuhai: still the first of November in UTC.
AT = datetime(2026, 11, 1, 16, 30, tzinfo=UTC)
TEST = TestRecord("P-1", AT, 12.0)
REPAIR = RepairRecord("P-1", AT, "更换填料")
DELAY = DelayRecord("P-1", AT, AT, "shutdown", date(2027, 5, 31), "12号")
CALIBRATION = CalibrationRecord("FID-7", AT, "span", 5000.0, 4980.0)
EVENT = EventRecord("restart", AT, "P-1")


def known(first: date = date(2026, 1, 1), last: date | None = None, **more: Any) -> Known:
    return Known(
        components={(1, "P-1"): Part(7, first, last, "pump"), (1, "R-1"): Part(8, first, last, "relief")},
        installations={(1, "CP"): Part(3, first, last)},
        campaigns={(1, "2026-H2")},
        instruments={(1, "FID-7"): 5},
        **more,
    )


@pytest.mark.parametrize("record", [TEST, REPAIR, DELAY, CALIBRATION, EVENT], ids=lambda one: type(one).__name__)
def test_what_the_register_has_is_no_fault_for_its_enterprise_alone(record: Record) -> None:
    assert register_fault(1, record, known()) is None
    fault = register_fault(2, record, known())
    assert fault is not None
    expected = Reason.UNKNOWN_INSTRUMENT if record is CALIBRATION else Reason.UNKNOWN_COMPONENT
    assert fault.reason is expected


@pytest.mark.parametrize("record", [TEST, REPAIR, DELAY, EVENT], ids=lambda one: type(one).__name__)
def test_service_begins_and_ends_with_local_days(record: Record) -> None:
    name, _ = when(record)
    assert register_fault(1, record, known(date(2026, 11, 2), date(2026, 11, 3))) is None
    early = register_fault(1, record, known(date(2026, 11, 3)))
    assert early is not None
    assert (early.reason, early.field, early.said) == (Reason.NOT_IN_SERVICE, name, "2026-11-02")
    assert early.expected == "2026-11-03 或以后：密封点自该日投用，记录早于投用"
    late = register_fault(1, record, known(last=date(2026, 11, 2)))
    assert late is not None
    assert late.expected == "2026-11-02 以前：密封点自该日停用"


@pytest.mark.parametrize(
    ("record", "reason", "field"),
    [
        (TestRecord("P-1", AT, 1.0, campaign="2026-H9"), Reason.UNKNOWN_CAMPAIGN, "campaign"),
        (TestRecord("P-9", AT, 1.0, campaign="2026-H2"), Reason.UNKNOWN_COMPONENT, "component"),
        (EventRecord("restart", AT, None, "XX"), Reason.UNKNOWN_INSTALLATION, "installation"),
        (EventRecord("release", AT, "P-1"), Reason.BAD_LEAK_RECORD, "component"),
        (CalibrationRecord("FID-9", AT, "zero", 0.0, 0.0), Reason.UNKNOWN_INSTRUMENT, "instrument"),
    ],
)
def test_what_the_register_does_not_have(record: Record, reason: Reason, field: str) -> None:
    fault = register_fault(1, record, known())
    assert fault is not None
    assert (fault.reason, fault.field) == (reason, field)


def test_an_instrument_or_tester_that_nobody_declared_is_no_fault_of_a_test() -> None:
    assert register_fault(1, TestRecord("P-1", AT, 1.0, instrument="FID-9", tester="陌生人"), known()) is None


def test_a_relief_device_may_release_and_an_installation_may_restart() -> None:
    assert register_fault(1, EventRecord("release", AT, "R-1"), known()) is None
    assert register_fault(1, EventRecord("restart", AT, None, "CP"), known()) is None
    early = register_fault(1, EventRecord("restart", AT, None, "CP"), known(date(2026, 12, 1)))
    assert early is not None
    assert (early.reason, early.field) == (Reason.NOT_IN_SERVICE, "happened_at")


def test_spot_checks_are_the_bureaus() -> None:
    ours = TestRecord("P-1", AT, 12.0, purpose="spot_check")
    fault = bureau_fault(ours)
    assert fault is not None
    assert (fault.reason, fault.field, fault.said) == (Reason.BUREAU_ONLY, "purpose", "spot_check")
    assert fault.expected.startswith("routine（例行检测）、retest（")
    assert "spot_check" not in fault.expected
    assert bureau_fault(TEST, replaced="routine") is None
    corrected = bureau_fault(TEST, replaced="spot_check")
    assert corrected is not None
    assert (corrected.field, corrected.said) == ("tested_at", "2026-11-02T00:30:00+08:00")
    assert bureau_fault(REPAIR) is None
