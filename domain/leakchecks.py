"""Records of leak detection and repair against the register: what their codes mean, and whether it was there. Pure.

One check for every door (API, file, MQTT). What a record must be in itself is read before, in `domain.leakrecords`;
which step of a leak's life is legal is judged after, in `domain.leakstates`. An instrument or tester that nobody has
declared is no fault here: the signs of false records say so. Only a calibration needs its instrument.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime

from domain.leakrecords import CalibrationRecord, DelayRecord, EventRecord, Record, RepairRecord, TestRecord
from domain.leaks import PURPOSES, SPOT_CHECK
from domain.periods import SITE_ZONE, local_day
from domain.refusals import Reason

#: A code of an enterprise: the key of the enterprise, the code.
Code = tuple[int, str]


@dataclass(frozen=True, slots=True)
class RecordRefusal:
    """Why a record was refused: the reason, the field, what it said, and what was expected, in Chinese."""

    reason: Reason
    field: str
    said: str
    expected: str


@dataclass(frozen=True, slots=True)
class Part:
    """A component or installation of the register; service days are local, the last one excluded."""

    part_id: int
    in_service_from: date
    in_service_to: date | None
    kind: str = ""


@dataclass(slots=True)
class Known:
    """What the register has of the codes that some records give."""

    components: Mapping[Code, Part] = field(default_factory=dict)
    installations: Mapping[Code, Part] = field(default_factory=dict)
    campaigns: Set[Code] = field(default_factory=frozenset)
    instruments: Mapping[Code, int] = field(default_factory=dict)
    """By serial number."""


def when(record: Record) -> tuple[str, datetime]:
    """The field that says when it happened, and the instant: of the test, repair, filing, calibration or event."""
    match record:
        case TestRecord():
            return "tested_at", record.tested_at
        case RepairRecord():
            return "repaired_at", record.repaired_at
        case DelayRecord():
            return "filed_at", record.filed_at
        case CalibrationRecord():
            return "done_at", record.done_at
        case EventRecord():
            return "happened_at", record.happened_at


def record_key(record: Record) -> Hashable:
    """What a record is known by within an enterprise: another content under the same key corrects it."""
    match record:
        case TestRecord():
            return "test", record.component, record.tested_at
        case RepairRecord():
            return "repair", record.component, record.repaired_at
        case DelayRecord():
            return "delay", record.component, record.found_at, record.filed_at
        case CalibrationRecord():
            return "calibration", record.instrument, record.done_at, record.kind, record.expected
        case EventRecord():
            return "event", record.kind, record.component, record.installation, record.happened_at


def register_fault(enterprise_id: int, record: Record, known: Known) -> RecordRefusal | None:
    """What the register says against a record of an enterprise, None for nothing."""
    if isinstance(record, CalibrationRecord):
        if (enterprise_id, record.instrument) in known.instruments:
            return None
        return RecordRefusal(Reason.UNKNOWN_INSTRUMENT, "instrument", record.instrument, "本企业已登记的检测仪器编号")
    if isinstance(record, EventRecord) and record.installation is not None:
        installation = known.installations.get((enterprise_id, record.installation))
        if installation is None:
            expected = "本企业已登记的装置编码"
            return RecordRefusal(Reason.UNKNOWN_INSTALLATION, "installation", record.installation, expected)
        return _service_fault(installation, "装置", "happened_at", record.happened_at)
    code = record.component
    component = None if code is None else known.components.get((enterprise_id, code))
    if component is None:
        return RecordRefusal(Reason.UNKNOWN_COMPONENT, "component", str(code), "本企业已登记的密封点编码")
    fault = _service_fault(component, "密封点", *when(record))
    if fault is not None:
        return fault
    campaign = record.campaign if isinstance(record, TestRecord) else None
    if campaign is not None and (enterprise_id, campaign) not in known.campaigns:
        return RecordRefusal(Reason.UNKNOWN_CAMPAIGN, "campaign", campaign, "本企业已登记的检测轮次编码")
    if isinstance(record, EventRecord) and record.kind == "release" and component.kind != "relief":
        expected = f"泄压设备（relief）；{code} 登记的类型为 {component.kind}"
        return RecordRefusal(Reason.BAD_LEAK_RECORD, "component", str(code), expected)
    return None


def bureau_fault(record: Record, *, replaced: str | None = None) -> RecordRefusal | None:
    """What forbids an enterprise a record of its own, None for nothing. Spot checks are the bureau's, to report and to
    correct: GB 37822-2019 13.4 judges the enterprise by them.

    replaced: the purpose of the stored test whose place the record would take.
    """
    if not isinstance(record, TestRecord):
        return None
    if record.purpose == SPOT_CHECK:
        own = "、".join(f"{code}（{word}）" for code, word in PURPOSES.items() if code != SPOT_CHECK)
        return RecordRefusal(Reason.BUREAU_ONLY, "purpose", record.purpose, f"{own}；监督抽查由监管人员报送")
    if replaced == SPOT_CHECK:
        said = record.tested_at.astimezone(SITE_ZONE).isoformat()
        expected = "检测的实际时间：密封点此时的记录是监督抽查，企业不能更正"
        return RecordRefusal(Reason.BUREAU_ONLY, "tested_at", said, expected)
    return None


def _service_fault(part: Part, word: str, name: str, at: datetime) -> RecordRefusal | None:
    day = local_day(at)
    if day < part.in_service_from:
        expected = f"{part.in_service_from} 或以后：{word}自该日投用，记录早于投用"
    elif part.in_service_to is not None and day >= part.in_service_to:
        expected = f"{part.in_service_to} 以前：{word}自该日停用"
    else:
        return None
    return RecordRefusal(Reason.NOT_IN_SERVICE, name, day.isoformat(), expected)
