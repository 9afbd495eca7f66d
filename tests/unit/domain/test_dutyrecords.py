"""Records of duties as people say them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duties import Span
from domain.dutyrecords import FIELDS, DutyRecord, KnownDuty, concern_fault, read_record, repeated
from domain.findings import Subject, SubjectKind

TODAY = date(2026, 11, 2)
SOIL = KnownDuty("duty.soil_monitoring", "土壤监测", SubjectKind.ENTERPRISE)
DISPATCH = KnownDuty("duty.retrofit_dispatch", "月度调度", SubjectKind.CITY)
AUDIT = KnownDuty("duty.cems_audit", "校验", SubjectKind.POINT)
METERS = KnownDuty("duty.meter_verification", "检定", SubjectKind.PLACE, by_register=True)
KNOWN = {one.rule_id: one for one in (SOIL, DISPATCH, AUDIT, METERS)}
GOOD: dict[str, Any] = {
    "duty": "duty.soil_monitoring",
    "enterprise": "hx-coking",
    "done_on": "2026-10-01",
    "documents": [{"kind": "report", "reference": "TR-2026-01"}],
    "note": "由第三方监测",
}


def read(**changes: Any) -> Any:
    return read_record(GOOD | changes, TODAY, KNOWN, "wuhai")


def test_good_records() -> None:
    assert read() == DutyRecord(
        "duty.soil_monitoring",
        Subject(SubjectKind.ENTERPRISE, "hx-coking"),
        date(2026, 10, 1),
        (("report", "TR-2026-01"),),
        "由第三方监测",
    )
    assert read(documents=None, note=None, subject="enterprise:hx-coking").documents == ()
    assert str(read(duty="duty.retrofit_dispatch", enterprise=None).subject) == "city:wuhai"
    assert str(read(duty="duty.cems_audit", subject="point:hx-coking/S1-SO2").subject) == "point:hx-coking/S1-SO2"
    assert read(done_on="2026-11-02").done_on == TODAY


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"duty": "duty.soil_monitor"}, "duty", "duty.soil_monitoring"),
        ({"duty": None}, "duty", "duty.cems_audit"),
        ({"duty": ["x"]}, "duty", "duty.cems_audit"),
        ({"duty": "duty.meter_verification"}, "duty", "更新登记的检定日期"),
        ({"done_on": "2026-11-03"}, "done_on", "不晚于今天（2026-11-02）"),
        ({"done_on": "2026-02-29"}, "done_on", "办理日期，例如"),
        ({"done_on": "02/11/2026"}, "done_on", "办理日期，例如"),
        ({"done_on": 20261002}, "done_on", "办理日期，例如"),
        ({"done_on": None}, "done_on", "办理日期，例如"),
        ({"done_on": "1026-01-01"}, "done_on", "办理日期，例如"),
        ({"enterprise": None}, "enterprise", "企业代码"),
        ({"enterprise": "海西"}, "enterprise", "例如 hx-coking"),
        ({"subject": "park:x"}, "subject", "enterprise:代码"),
        ({"subject": "enterprise:other"}, "subject", "企业 hx-coking 的对象"),
        ({"subject": "nonsense"}, "subject", "对象，例如"),
        ({"documents": {}}, "documents", "列表"),
        ({"documents": [{}] * 21}, "documents", "至多 20 条"),
        ({"documents": [{"kind": "video", "reference": "1"}]}, "documents.0", "report 监测"),
        ({"documents": [{"kind": ["report"], "reference": "1"}]}, "documents.0", "report 监测"),
        ({"documents": [{"kind": "report"}]}, "documents.0", "reference"),
        ({"documents": [{"kind": "report", "reference": "a\nb"}]}, "documents.0", "可见字符"),
        ({"documents": [{"kind": "report", "reference": "x" * 201}]}, "documents.0", "200"),
        ({"documents": ["report"]}, "documents.0", "kind"),
        ({"note": ""}, "note", "可见字符"),
        ({"note": "x" * 501}, "note", "500"),
        ({"when": "2026"}, "when", "没有这个字段"),
    ],
)
def test_everything_wrong_is_named(changes: dict[str, Any], field: str, expected: str) -> None:
    (fault,) = read(**changes)
    assert fault.field == field
    assert expected in fault.expected


def test_several_faults_at_once() -> None:
    assert [one.field for one in read(duty="x", done_on="x", note="\n")] == ["duty", "done_on", "note"]


def test_the_same_day_twice_in_one_request() -> None:
    assert list(repeated([(0, read()), (1, read(done_on="2026-10-02")), (2, read(note="另一份"))])) == [(2, 0)]


def test_whom_a_duty_concerns() -> None:
    record, registered = read(), date(2025, 1, 1)
    assert concern_fault(record, SOIL, registered, [Span(registered)]) is None
    for first, spans, field, expected in (
        (None, [], "subject", "已登记的企业代码"),
        (date(2026, 10, 2), [Span(date(2026, 10, 2))], "done_on", "不早于登记日 2026-10-02"),
        (registered, [], "duty", "不要求其办理"),
        (registered, [Span(registered, date(2026, 10, 1))], "done_on", "2025-01-01 至 2026-10-01 之前"),
    ):
        fault = concern_fault(record, SOIL, first, spans)
        assert fault is not None
        assert fault.field == field
        assert expected in fault.expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "x"]), JSON))
def test_nothing_that_is_said_makes_it_fail(said: dict[str, Any]) -> None:
    found = read_record(said, TODAY, KNOWN, "wuhai")
    assert isinstance(found, DutyRecord) or (found and all(fault.expected for fault in found))
