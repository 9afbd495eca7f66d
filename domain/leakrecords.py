"""Records of leak detection and repair (LDAR) on their way in: what somebody says, and all that is wrong with it. Pure.

One reading for every door (API, file, MQTT), so that a record is right or wrong wherever it comes in. What a record
must be in itself is read here; whether the register knows its codes is `domain.leakchecks`, whether it is a legal step
of a leak's life `domain.leakstates`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from domain.leaks import DELAY_GROUNDS, EVENTS, METHODS, PURPOSES
from domain.leaktimes import Moment, TimeFault, read_day, read_moment
from domain.periods import local_day
from domain.refusals import Reason

KINDS = {"test": "检测", "repair": "维修", "delay": "延迟修复备案", "calibration": "仪器校准", "event": "投用或泄压"}
CALIBRATION_KINDS = {
    "zero": "零点校准",
    "span": "示值校准",
    "drift": "漂移核查",
    "response_time": "响应时间",
    "flow": "采样流量",
}
#: A clock may be ahead by so much; what lies further ahead has not happened yet.
AHEAD = timedelta(minutes=5)
#: From this response factor on the reading must not be multiplied (another instrument is needed): it is kept, and a
#: sign says so.
GREATEST_FACTOR = 10.0

_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_NAME, _TEXT = 64, 500
#: A net value may differ from the reading's by rounding: by so much of it, or so many umol/mol.
_NET_SHARE, _NET_UMOL_MOL = 0.01, 0.5


@dataclass(frozen=True, slots=True)
class TestRecord:
    """A test of a component. Concentrations in umol/mol as the instrument shows them; net: minus the background, never
    below 0, times the response factor where one below 10 was given; None where no probe was used.

    has_time: False where only the day is known, of which tested_at (UTC) is the beginning.
    """

    __test__: ClassVar[bool] = False  # pytest collects what is called Test

    component: str
    tested_at: datetime
    net_umol_mol: float | None
    reading_umol_mol: float | None = None
    background_umol_mol: float | None = None
    response_factor: float | None = None
    dwell_s: float | None = None
    method: str = "instrument"
    purpose: str = "routine"
    visible: bool = False
    has_time: bool = True
    campaign: str | None = None
    instrument: str | None = None
    tester: str | None = None
    video: str | None = None


@dataclass(frozen=True, slots=True)
class RepairRecord:
    """An attempt at repair. found_at: of the leak that it was for, where it is said."""

    component: str
    repaired_at: datetime
    measure: str
    found_at: datetime | None = None
    repaired_by: str | None = None


@dataclass(frozen=True, slots=True)
class DelayRecord:
    """A delay of the repair of the leak found at an instant, filed with the bureau; repair_by: last local day."""

    component: str
    found_at: datetime
    filed_at: datetime
    ground: str
    repair_by: date
    document: str


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """A check of an instrument by its serial number. expected and shown in umol/mol; shown of a response time in s, of
    a flow in L/min."""

    instrument: str
    done_at: datetime
    kind: str
    expected: float | None
    shown: float


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A component, or everything in an installation, used again after maintenance (restart); a relief device that has
    released (release)."""

    kind: str
    happened_at: datetime
    component: str | None = None
    installation: str | None = None
    note: str | None = None


Record = TestRecord | RepairRecord | DelayRecord | CalibrationRecord | EventRecord

FIELDS: Mapping[str, tuple[str, ...]] = {
    "test": (
        "component", "tested_at", "net_umol_mol", "reading_umol_mol", "background_umol_mol", "response_factor",
        "dwell_s", "method", "purpose", "visible", "campaign", "instrument", "tester", "video",
    ),
    "repair": ("component", "found_at", "repaired_at", "measure", "repaired_by"),
    "delay": ("component", "found_at", "filed_at", "ground", "repair_by", "document"),
    "calibration": ("instrument", "done_at", "kind", "expected", "shown"),
    "event": ("kind", "component", "installation", "happened_at", "note"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordFault:
    """What is wrong: the field, what it said (None: nothing), what was expected in Chinese, and the reason for which a
    message is refused."""

    field: str
    value: Any
    expected: str
    reason: Reason = Reason.BAD_LEAK_TEST


def read_record(
    said: Mapping[str, Any], now: datetime, *, local: bool = False, ahead: timedelta = AHEAD
) -> Record | list[RecordFault]:
    """A record of what was said, or every fault of it. now: when it is said; ahead: how far a time may lie beyond it.

    `record` says which kind it is, a test where it is left out. Absent and null are the same, a number must be a
    number and not a text of one, and an unknown field is refused by name. Times have an offset; local: as
    `domain.leaktimes` reads tables. In tables a test, a filing and an event may give the day alone.
    """
    kind = said.get("record", "test")
    if kind is None:
        kind = "test"
    if not isinstance(kind, str) or kind not in KINDS:
        return [RecordFault("record", kind, f"记录类型：{_words(KINDS)}")]
    reading = _Reading(said, now + ahead, local)
    reading.refuse_unknown(kind)
    record = _READERS[kind](reading)
    return reading.faults or record


class _Reading:
    """One record on its way through the checks; what is wrong collects in `faults`."""

    def __init__(self, said: Mapping[str, Any], latest: datetime, local: bool) -> None:
        self.said, self.latest, self.local = said, latest, local
        self.faults: list[RecordFault] = []

    def fault(self, field: str, expected: str, reason: Reason = Reason.BAD_LEAK_TEST) -> None:
        self.faults.append(RecordFault(field, self.said.get(field), expected, reason))

    def refuse_unknown(self, kind: str) -> None:
        for name in self.said:
            if name != "record" and name not in FIELDS[kind]:
                self.fault(str(name), f"没有这个字段；{KINDS[kind]}记录可用：{'、'.join(FIELDS[kind])}")

    def text(self, field: str, meaning: str, *, required: bool = False, most: int = _NAME) -> str | None:
        value = self.said.get(field)
        if value is None:
            if required:
                self.fault(field, f"{meaning}，1 至 {most} 个可见字符")
            return None
        if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable() or not value.strip():
            self.fault(field, f"{meaning}，1 至 {most} 个可见字符")
            return None
        return value

    def code(self, field: str, meaning: str) -> str | None:
        value = self.said.get(field)
        if value is None or (isinstance(value, str) and _CODE.fullmatch(value)):
            return value
        self.fault(field, f"{meaning}，1 至 64 个字母、数字、. _ -")
        return None

    def word(self, field: str, words: Mapping[str, str], default: str | None = None) -> str:
        value = self.said.get(field)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value in words:
            return value
        self.fault(field, _words(words))
        return ""

    def flag(self, field: str) -> bool | None:
        value = self.said.get(field)
        if value is None or isinstance(value, bool):
            return value
        self.fault(field, "true 或 false（表格中填 是 或 否）")
        return None

    def number(self, field: str, expected: str, holds: Callable[[float], bool]) -> float | None:
        value = self.said.get(field)
        if value is None:
            return None
        number = math.nan
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e300:
            number = float(value)
        if math.isfinite(number) and holds(number):
            return number
        self.fault(field, expected)
        return None

    def moment(self, field: str, *, required: bool = True, day_is_enough: bool = False) -> Moment | None:
        value = self.said.get(field)
        if value is None and not required:
            return None
        found = read_moment(value, local=self.local)
        if isinstance(found, TimeFault):
            self.fault(field, found.expected, Reason.BAD_LEAK_TEST if value is None else found.reason)
            return None
        if not found.has_time and not day_is_enough:
            self.fault(field, "日期和时间，例如 2026-11-02 10:30；只有日期分不出先后", Reason.BAD_TIME)
            return None
        if found.at > self.latest:
            self.fault(field, "不晚于现在的时间", Reason.FUTURE_TIME)
            return None
        return found


def _read_test(reading: _Reading) -> Record:
    component = reading.text("component", "密封点编码", required=True)
    tested = reading.moment("tested_at", day_is_enough=True)
    method = reading.word("method", METHODS, "instrument")
    visible = reading.flag("visible")
    shown = reading.number("reading_umol_mol", "数字，umol/mol", lambda _: True)
    background = reading.number("background_umol_mol", "不小于 0 的数，umol/mol", lambda value: value >= 0)
    factor = reading.number("response_factor", "大于 0 的数", lambda value: value > 0)
    net = reading.number(
        "net_umol_mol",
        "不小于 0 的数，umol/mol；读数低于背景值时不填净值，填读数（reading_umol_mol）和背景值（background_umol_mol）",
        lambda value: value >= 0,
    )
    if net is None and reading.said.get("net_umol_mol") is None:
        if shown is not None:
            net = net_of(shown, background, factor)
        elif method == "instrument" and reading.said.get("reading_umol_mol") is None:
            reading.fault("net_umol_mol", "净值（net_umol_mol），或读数（reading_umol_mol）和背景值：仪器检测必填")
        elif visible is None and method in METHODS and reading.said.get("visible") is None:
            reading.fault("visible", f"true 或 false：{METHODS[method]}没有读数，须写明是否泄漏")
    elif net is not None and shown is not None and not _agrees(net, shown, background, factor):
        about = net_of(shown, background, factor)
        reading.fault("net_umol_mol", f"读数减背景值（约 {about:.6g}，允许相差 1% 或 0.5 umol/mol）")
    return TestRecord(
        component=component or "",
        tested_at=reading.latest if tested is None else tested.at,
        net_umol_mol=net,
        reading_umol_mol=shown,
        background_umol_mol=background,
        response_factor=factor,
        dwell_s=reading.number("dwell_s", "不小于 0 的数，秒", lambda value: value >= 0),
        method=method,
        purpose=reading.word("purpose", PURPOSES, "routine"),
        visible=bool(visible),
        has_time=tested is None or tested.has_time,
        campaign=reading.code("campaign", "检测轮次编码"),
        instrument=reading.text("instrument", "仪器编号"),
        tester=reading.text("tester", "检测人员姓名"),
        video=reading.text("video", "影像编号或文件名"),
    )


def net_of(reading: float, background: float | None, factor: float | None) -> float:
    """The net value of a reading, umol/mol: minus the background (where there is one), never below 0, times the
    response factor where it is below 10."""
    net = max(0.0, reading - (background or 0.0))
    return net * factor if factor is not None and factor < GREATEST_FACTOR else net


def _agrees(net: float, reading: float, background: float | None, factor: float | None) -> bool:
    """Whether a net value can be that of the reading, with or without the factor; of an unknown background any."""
    for wanted in {net_of(reading, background, factor), net_of(reading, background, None)}:
        slack = max(_NET_UMOL_MOL, _NET_SHARE * wanted)
        if abs(net - wanted) <= slack or (background is None and net <= wanted):
            return True
    return False


def _read_repair(reading: _Reading) -> Record:
    found = reading.moment("found_at", required=False, day_is_enough=True)
    repaired = reading.moment("repaired_at")
    if found is not None and repaired is not None and repaired.at < found.at:
        reading.fault("repaired_at", "不早于发现泄漏的时间（found_at）")
    return RepairRecord(
        component=reading.text("component", "密封点编码", required=True) or "",
        repaired_at=reading.latest if repaired is None else repaired.at,
        measure=reading.text("measure", "维修措施", required=True, most=_TEXT) or "",
        found_at=None if found is None else found.at,
        repaired_by=reading.text("repaired_by", "维修人员姓名"),
    )


def _read_delay(reading: _Reading) -> Record:
    found = reading.moment("found_at", day_is_enough=True)
    filed = reading.moment("filed_at", day_is_enough=True)
    until = read_day(reading.said.get("repair_by"))
    filed_at = reading.latest if filed is None else filed.at
    if found is not None and filed is not None:
        if not filed.has_time and local_day(found.at) == local_day(filed.at):
            filed_at = max(found.at, filed.at)  # a day alone: it was filed after the leak was found
        if filed_at < found.at:
            reading.fault("filed_at", "不早于发现泄漏的时间（found_at）")
    if isinstance(until, TimeFault):
        reading.fault("repair_by", f"计划修复的最后一天：{until.expected}")
        until = date.max
    elif filed is not None and until < local_day(filed_at):
        reading.fault("repair_by", f"不早于备案日（{local_day(filed_at)}）的日期")
    return DelayRecord(
        component=reading.text("component", "密封点编码", required=True) or "",
        found_at=reading.latest if found is None else found.at,
        filed_at=filed_at,
        ground=reading.word("ground", DELAY_GROUNDS),
        repair_by=until,
        document=reading.text("document", "备案文件的名称或编号", required=True, most=_TEXT) or "",
    )


def _read_calibration(reading: _Reading) -> Record:
    done = reading.moment("done_at")
    kind = reading.word("kind", CALIBRATION_KINDS)
    of_gas = kind in ("zero", "span", "drift")
    expected = reading.number("expected", "不小于 0 的数，标准气体的浓度，umol/mol", lambda value: value >= 0)
    if of_gas and reading.said.get("expected") is None:
        reading.fault("expected", f"标准气体的浓度，umol/mol：{CALIBRATION_KINDS[kind]}必填")
    shown = reading.number("shown", "数字，仪器示值", lambda value: of_gas or value > 0)
    if reading.said.get("shown") is None:
        reading.fault("shown", "仪器示值：浓度为 umol/mol，响应时间为秒，流量为 L/min")
    return CalibrationRecord(
        instrument=reading.text("instrument", "仪器编号", required=True) or "",
        done_at=reading.latest if done is None else done.at,
        kind=kind,
        expected=expected,
        shown=math.nan if shown is None else shown,
    )


def _read_event(reading: _Reading) -> Record:
    happened = reading.moment("happened_at", day_is_enough=True)
    kind = reading.word("kind", EVENTS)
    component = reading.text("component", "密封点编码")
    installation = reading.code("installation", "装置编码")
    said = [name for name in ("component", "installation") if reading.said.get(name) is not None]
    if len(said) != 1:
        reading.fault("component", "密封点编码（component）或装置编码（installation），填且只填一个")
    elif kind == "release" and component is None and said == ["installation"]:
        reading.fault("component", "密封点编码：泄压是一个泄压设备的事")
    return EventRecord(
        kind=kind,
        happened_at=reading.latest if happened is None else happened.at,
        component=component,
        installation=installation,
        note=reading.text("note", "说明", most=_TEXT),
    )


_READERS: Mapping[str, Callable[[_Reading], Record]] = {
    "test": _read_test,
    "repair": _read_repair,
    "delay": _read_delay,
    "calibration": _read_calibration,
    "event": _read_event,
}


def _words(words: Mapping[str, str]) -> str:
    return "、".join(f"{code}（{word}）" for code, word in words.items())
