"""Records of leak detection: read the same at every door, and every fault told with what was expected."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leakrecords import (
    FIELDS,
    CalibrationRecord,
    DelayRecord,
    EventRecord,
    RecordFault,
    RepairRecord,
    TestRecord,
    net_of,
    read_record,
)
from domain.leaks import METHODS, PURPOSES
from domain.refusals import Reason

NOW = datetime(2026, 11, 10, tzinfo=UTC)
AT = "2026-11-02T10:30:05+08:00"
INSTANT = datetime(2026, 11, 2, 2, 30, 5, tzinfo=UTC)

TEST: dict[str, Any] = {"component": "P-101", "tested_at": AT, "net_umol_mol": 120.5}
REPAIR: dict[str, Any] = {"record": "repair", "component": "P-101", "repaired_at": AT, "measure": "紧固填料压盖"}
DELAY: dict[str, Any] = {
    "record": "delay", "component": "P-101", "found_at": AT, "filed_at": "2026-11-04T09:00:00+08:00",
    "ground": "shutdown", "repair_by": "2027-05-31", "document": "延迟修复备案表-12",
}  # fmt: skip
CALIBRATION: dict[str, Any] = {
    "record": "calibration", "instrument": "0071", "done_at": AT, "kind": "span", "expected": 500.0, "shown": 496.0,
}  # fmt: skip
EVENT: dict[str, Any] = {"record": "event", "kind": "restart", "installation": "CP", "happened_at": AT}


def read(said: dict[str, Any], **more: Any) -> Any:
    return read_record(said | more, NOW)


def faults(said: dict[str, Any], *, local: bool = False, **more: Any) -> list[tuple[str, str]]:
    found = read_record(said | more, NOW, local=local)
    assert isinstance(found, list), found
    return [(one.field, one.expected) for one in found]


def test_the_records() -> None:
    assert read(TEST) == TestRecord("P-101", INSTANT, 120.5)
    assert read(REPAIR) == RepairRecord("P-101", INSTANT, "紧固填料压盖")
    filed = datetime(2026, 11, 4, 1, tzinfo=UTC)
    assert read(DELAY) == DelayRecord("P-101", INSTANT, filed, "shutdown", date(2027, 5, 31), "延迟修复备案表-12")
    assert read(CALIBRATION) == CalibrationRecord("0071", INSTANT, "span", 500.0, 496.0)
    assert read(EVENT) == EventRecord("restart", INSTANT, None, "CP")


def test_a_test_with_all_that_it_may_say() -> None:
    more = {
        "net_umol_mol": None, "reading_umol_mol": 3100, "background_umol_mol": 2.5, "response_factor": 1.5,
        "dwell_s": 12, "method": "instrument", "purpose": "retest", "visible": True, "campaign": "2026-H2",
        "instrument": "0071", "tester": "李四", "video": "DJI_0043.MP4",
    }  # fmt: skip
    assert set(TEST | more) == set(FIELDS["test"])
    assert read(TEST, **more) == TestRecord(
        "P-101", INSTANT, 4646.25, 3100.0, 2.5, 1.5, 12.0, "instrument", "retest", True, True, "2026-H2", "0071",
        "李四", "DJI_0043.MP4",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "net"),
    [
        ({"reading_umol_mol": 10.0, "background_umol_mol": 2.0}, 8.0),
        ({"reading_umol_mol": 1.5, "background_umol_mol": 2.0}, 0.0),
        ({"reading_umol_mol": -0.4, "background_umol_mol": 2.0}, 0.0),
        ({"reading_umol_mol": 10.0}, 10.0),
        ({"reading_umol_mol": 10.0, "background_umol_mol": 2.0, "response_factor": 2.0}, 16.0),
        ({"reading_umol_mol": 10.0, "background_umol_mol": 2.0, "response_factor": 10.0}, 8.0),  # never applied
        ({"net_umol_mol": 8.4, "reading_umol_mol": 10.0, "background_umol_mol": 2.0}, 8.4),  # rounding
        ({"net_umol_mol": 1009.0, "reading_umol_mol": 1002.0, "background_umol_mol": 2.0}, 1009.0),
        ({"net_umol_mol": 8.0, "reading_umol_mol": 10.0}, 8.0),  # of an unknown background
        ({"net_umol_mol": 8.0, "reading_umol_mol": 10.0, "background_umol_mol": 2.0, "response_factor": 2.0}, 8.0),
        ({"net_umol_mol": 16.0, "reading_umol_mol": 10.0, "background_umol_mol": 2.0, "response_factor": 2.0}, 16.0),
    ],
)
def test_the_net_value(said: dict[str, Any], net: float) -> None:
    assert read({**TEST, "net_umol_mol": None}, **said).net_umol_mol == net


@pytest.mark.parametrize(
    "said",
    [
        {"net_umol_mol": 8.6, "reading_umol_mol": 10.0, "background_umol_mol": 2.0},
        {"net_umol_mol": 1011.0, "reading_umol_mol": 1002.0, "background_umol_mol": 2.0},
        {"net_umol_mol": 10.6, "reading_umol_mol": 10.0},
        {"net_umol_mol": 0.0, "reading_umol_mol": 6000.0, "background_umol_mol": 2.0},
    ],
)
def test_a_net_value_that_is_not_the_readings(said: dict[str, Any]) -> None:
    ((field, expected),) = faults(TEST, **said)
    assert field == "net_umol_mol"
    assert "读数减背景值" in expected


@given(
    reading=st.floats(-10, 1e6),
    background=st.none() | st.floats(0, 100),
    factor=st.none() | st.floats(0.01, 100),
)
def test_a_net_value_of_a_reading_is_never_negative_and_agrees_with_it(
    reading: float, background: float | None, factor: float | None
) -> None:
    said = {"reading_umol_mol": reading, "background_umol_mol": background, "response_factor": factor}
    only = read({**TEST, "net_umol_mol": None}, **said)
    assert only.net_umol_mol == net_of(reading, background, factor) >= 0
    if factor is None or factor >= 10:
        assert only.net_umol_mol == max(0.0, reading - (background or 0.0))
    again = read(TEST, **said, net_umol_mol=only.net_umol_mol)
    assert again == only


def test_without_a_probe_the_outcome_is_what_was_seen() -> None:
    seen = {**TEST, "net_umol_mol": None, "method": "ogi"}
    assert read(seen, visible=True) == TestRecord("P-101", INSTANT, None, method="ogi", visible=True)
    assert read(seen, visible=False).visible is False
    assert faults(seen) == [("visible", "true 或 false：红外成像没有读数，须写明是否泄漏")]
    ((field, expected),) = faults({**TEST, "net_umol_mol": None}, visible=True)
    assert (field, "仪器检测必填" in expected) == ("net_umol_mol", True)


@pytest.mark.parametrize(
    ("said", "field", "expected"),
    [
        ({**TEST, "component": None}, "component", "密封点编码"),
        ({**TEST, "component": "P\n1"}, "component", "可见字符"),
        ({**TEST, "component": "P" * 65}, "component", "1 至 64"),
        ({**TEST, "net_umol_mol": -0.1}, "net_umol_mol", "填读数（reading_umol_mol）和背景值"),
        ({**TEST, "net_umol_mol": "120"}, "net_umol_mol", "不小于 0 的数"),
        ({**TEST, "net_umol_mol": True}, "net_umol_mol", "不小于 0 的数"),
        ({**TEST, "net_umol_mol": float("nan")}, "net_umol_mol", "不小于 0 的数"),
        ({**TEST, "net_umol_mol": 10**400}, "net_umol_mol", "不小于 0 的数"),
        ({**TEST, "background_umol_mol": -1}, "background_umol_mol", "不小于 0 的数"),
        ({**TEST, "response_factor": 0}, "response_factor", "大于 0"),
        ({**TEST, "dwell_s": -1}, "dwell_s", "不小于 0"),
        ({**TEST, "purpose": "often"}, "purpose", "routine（例行检测）"),
        ({**TEST, "method": "nose"}, "method", "ogi（红外成像）"),
        ({**TEST, "visible": "yes"}, "visible", "true 或 false"),
        ({**TEST, "campaign": "第二轮"}, "campaign", "检测轮次编码"),
        ({**TEST, "instrument": "x" * 65}, "instrument", "1 至 64"),
        ({**TEST, "purpos": "retest"}, "purpos", "没有这个字段"),
        ({**TEST, "record": "tests"}, "record", "delay（延迟修复备案）"),
        ({**TEST, "tested_at": "2026-11-02T10:30:05"}, "tested_at", "带时区的时间"),
        ({**TEST, "tested_at": "2026-11-10T08:06:00+08:00"}, "tested_at", "不晚于现在"),
        ({**TEST, "tested_at": None}, "tested_at", "带时区的时间"),
        ({**REPAIR, "measure": None}, "measure", "维修措施"),
        ({**REPAIR, "measure": " "}, "measure", "维修措施"),
        ({**REPAIR, "found_at": "2026-11-02T10:30:06+08:00"}, "repaired_at", "不早于发现泄漏的时间"),
        ({**DELAY, "ground": "busy"}, "ground", "shutdown（停车（工）检修才能修复）"),
        ({**DELAY, "ground": None}, "ground", "shutdown"),
        ({**DELAY, "document": None}, "document", "备案文件"),
        ({**DELAY, "repair_by": "2026-11-03"}, "repair_by", "不早于备案日（2026-11-04）"),
        ({**DELAY, "repair_by": "2027-02-29"}, "repair_by", "2027 年不是闰年"),
        ({**DELAY, "filed_at": "2026-11-02T10:30:00+08:00"}, "filed_at", "不早于发现泄漏"),
        ({**CALIBRATION, "expected": None}, "expected", "示值校准必填"),
        ({**CALIBRATION, "shown": None}, "shown", "仪器示值"),
        ({**CALIBRATION, "kind": "flow", "shown": 0, "expected": None}, "shown", "仪器示值"),
        ({**CALIBRATION, "kind": "smell"}, "kind", "drift（漂移核查）"),
        ({**CALIBRATION, "instrument": ""}, "instrument", "仪器编号"),
        ({**EVENT, "component": "P-101"}, "component", "填且只填一个"),
        ({**EVENT, "installation": None}, "component", "填且只填一个"),
        ({**EVENT, "kind": "release"}, "component", "一个泄压设备"),
        ({**EVENT, "kind": "stop"}, "kind", "restart（检修后投用）"),
    ],
)
def test_what_is_refused(said: dict[str, Any], field: str, expected: str) -> None:
    found = faults(said)
    assert [one for one, _ in found] == [field]
    assert expected in found[0][1]


def test_every_fault_is_told_at_once() -> None:
    found = faults({"tested_at": "gestern", "net_umol_mol": -1, "dwell": 5})
    assert {field for field, _ in found} == {"component", "tested_at", "net_umol_mol", "dwell"}


def test_reasons_of_messages() -> None:
    def reasons(**more: Any) -> list[Reason]:
        return [fault.reason for fault in read(TEST, **more) if isinstance(fault, RecordFault)]

    assert reasons(tested_at="2026-11-02 10:30:05") == [Reason.NAIVE_TIME]
    assert reasons(tested_at="2026-11-11T10:30:05Z") == [Reason.FUTURE_TIME]
    assert reasons(tested_at="2026-02-29T10:30:05Z") == [Reason.BAD_TIME]
    assert reasons(tested_at=None) == reasons(net_umol_mol="x") == [Reason.BAD_LEAK_TEST]


def test_a_day_alone_is_enough_where_only_the_day_counts() -> None:
    """A test keeps that its hour is not known; a filing of the day of the finding came after it."""
    test = read_record({**TEST, "tested_at": "2026/11/2"}, NOW, local=True)
    assert isinstance(test, TestRecord)
    assert (test.tested_at, test.has_time) == (datetime(2026, 11, 1, 16, tzinfo=UTC), False)
    delay = read_record({**DELAY, "found_at": "2026-11-02 10:30", "filed_at": "2026-11-02"}, NOW, local=True)
    assert isinstance(delay, DelayRecord)
    assert delay.filed_at == delay.found_at == datetime(2026, 11, 2, 2, 30, tzinfo=UTC)
    assert "只有日期分不出先后" in faults(REPAIR, local=True, repaired_at="2026-11-02")[0][1]
    assert "只有日期分不出先后" in faults(CALIBRATION, local=True, done_at="2026-11-02")[0][1]


@given(
    said=st.dictionaries(
        st.sampled_from(sorted({name for fields in FIELDS.values() for name in fields} | {"record"})),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
        | st.sampled_from([*METHODS, *PURPOSES, AT, "2026-11-02", "test", "repair", "delay", "event", "calibration"])
        | st.lists(st.integers(), max_size=1),
    ),
    local=st.booleans(),
)  # fmt: skip
def test_anything_is_a_record_or_faults(said: dict[str, Any], local: bool) -> None:
    found = read_record(said, NOW, local=local)
    assert found != []
