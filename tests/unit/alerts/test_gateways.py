"""What somebody reads at night of a gateway: which, which points fell silent with it, since when, what to check."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts.wording import MAX_SUMMARY
from domain.alerts import Severity
from domain.findings import Verdict
from domain.periods import Period
from tests.unit.alerts.test_cautions import finding, text

AT = datetime(2026, 11, 1, 18, tzinfo=UTC)
HOUR = Period(AT, AT + timedelta(hours=1))
CODES = [f"S1-P{number}" for number in range(20)]
EVIDENCE = {"readings": 0, "points": 37, "silent_hours": 1, "silent_from": "2026-11-01T18:00:00Z", "codes": CODES}
SHOWN = {
    "severity": Severity.WARNING,
    "subject_name": None,
    "basis": None,
    "standard": "平台规则",
    "clause": "网关下所有应至少每小时上报的测点，整点小时内均无数据",
}


def test_the_gateway_its_points_and_what_to_check() -> None:
    silent = finding("gateway:tianhe/gw1", "gateway_silent", 0.0, None, "", period=HOUR)
    made = text([silent], evidence=EVIDENCE, **SHOWN)
    assert made.title == "【警告】天河焦化 网关 gw1：全部测点没有数据上报"
    lines = made.summary.splitlines()
    assert lines[0] == "自2026年11月2日 02:00（北京时间）起，之后没有收到数据，尚未解除。"
    assert lines[1] == (
        "情况：截至2026年11月2日 03:00，连续 1 个整点小时没有收到该网关任何测点的数据，涉及在用测点 37 个："
        "S1-P0、S1-P1、S1-P2、S1-P3、S1-P4、S1-P5 等；缺数按缺失计，不按零计。"
    )
    assert "供电、网络、证书和采集程序" in lines[3]
    assert len(made.summary) <= MAX_SUMMARY


def test_it_says_when_it_was_over() -> None:
    silent = finding("gateway:tianhe/gw1", "gateway_silent", 0.0, None, "", period=HOUR)
    again = finding(
        "gateway:tianhe/gw1",
        "gateway_reporting",
        0.0,
        None,
        "",
        period=Period(AT + timedelta(hours=5), AT + timedelta(hours=6)),
        verdict=Verdict.COMPLIANT,
    )
    made = text([silent, again], evidence=EVIDENCE, subject=silent.subject, **SHOWN)
    assert made.summary.splitlines()[0] == "自2026年11月2日 02:00（北京时间）起，至2026年11月2日 07:00解除。"
    assert "处置" not in made.summary


def test_evidence_of_another_kind_breaks_nothing() -> None:
    silent = finding("gateway:tianhe/gw1", "gateway_silent", 0.0, None, "", period=HOUR)
    assert "在用测点 0 个" in text([silent], evidence={"codes": "x", "points": None}, **SHOWN).summary
