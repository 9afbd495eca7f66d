"""Texts that must never look like 超标, and those of loggers and analysers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.cautions import describe
from alerts.lifecycle import breaches_of, judge
from alerts.wording import Basis, Facts, Text, occasion_title
from domain.alerts import AlertSettings, CurrentFinding, Occasion, Per, Resolution, Severity
from domain.findings import Subject, Verdict
from domain.periods import Period, day_of

URL = "https://pw.example/alerts/7"
START = datetime(2026, 11, 2, 0, 9, tzinfo=UTC)
MINUTE = Period(START, START + timedelta(minutes=1))
EVIDENCE = {"window_min": 10, "share_pct": 80.0, "reference_o2_pct": 8.0, "limit_id": 1}
LEGAL = Basis("legal", "hour", "GB 16171-2012", "表6")
ULE = Basis("ule", "hour", "环大气〔2024〕5号", "附表")


def finding(subject: str, reason: str, value: float, limit: float | None, unit: str, **more: Any) -> CurrentFinding:
    fields = {"period": MINUTE, "verdict": Verdict.VIOLATION} | more
    return CurrentFinding(
        1, Subject.parse(subject), reason=reason, met_at=MINUTE.end, value=value, limit=limit, unit=unit, **fields
    )


def text(found: list[CurrentFinding], **more: Any) -> Text:
    settings = AlertSettings(Severity.INFO, timedelta(), timedelta(), Per.SUBJECT, frozenset())
    spans, breaches = judge(found, settings)
    fields: dict[str, Any] = {
        "alert_id": 7,
        "rule_title": "排放浓度预警（法定限值）",
        "standard": "平台规则",
        "clause": "预计小时均值超出限值，或连续10分钟高于限值的100%、80%",
        "severity": Severity.INFO,
        "subject": found[-1].subject,
        "enterprise_name": "天河焦化",
        "subject_name": "1#焦炉",
        "span": spans[0],
        "breaches": breaches_of(spans[0], breaches),
        "evidence": EVIDENCE,
        "url": URL,
        "basis": LEGAL,
    }
    return describe(Facts(**(fields | more)))


def so2(reason: str, value: float) -> CurrentFinding:
    return finding("pollutant:tianhe/S1/so2", reason, value, 30.0, "mg/m3")


@pytest.mark.parametrize(
    ("reason", "value", "basis", "headline"),
    [
        ("projected_over", 53.125, LEGAL, "预计小时均值 53.12 mg/m³，高于限值 30 mg/m³"),
        ("minutes_over_100", 40.0, LEGAL, "连续 10 分钟均高于限值 30 mg/m³，平均 40 mg/m³"),
        ("minutes_over_80", 25.0, LEGAL, "连续 10 分钟均高于限值 30 mg/m³ 的 80%，平均 25 mg/m³"),
        ("projected_over", 53.125, ULE, "预计小时均值 53.12 mg/m³，高于超低排放指标 30 mg/m³"),
    ],
)
def test_a_warning_says_what_it_is_and_what_it_is_not(reason: str, value: float, basis: Basis, headline: str) -> None:
    made = text([so2(reason, value)], basis=basis)
    assert made.title == f"【提示】预警：天河焦化 1#焦炉（S1） 二氧化硫：{headline}，尚未构成超标"
    assert made.summary.splitlines() == [
        "自2026年11月2日 08:09（北京时间）起，预警持续，尚未解除。",
        f"情况：2026年11月2日 08:10 {headline}（已折算到基准氧含量8%）。"
        "本条是预警，不是超标：该小时尚未结束，尚未构成超标，结束后按小时均值另行判定。",
        "依据：平台规则 预计小时均值超出限值，或连续10分钟高于限值的100%、80%。",
        "处置：请提醒企业关注工况和治理设施运行情况，及早调整。",
        f"详情：{URL}",
    ]
    said = made.title + made.summary
    assert "超标" not in said.replace("尚未构成超标", "").replace("不是超标", "")


def test_a_warning_that_is_over() -> None:
    later = Period(START + timedelta(minutes=20), START + timedelta(minutes=21))
    over = finding("pollutant:tianhe/S1/so2", "normal", 20.0, 30.0, "mg/m3", period=later, verdict=Verdict.COMPLIANT)
    made = text([so2("minutes_over_80", 25.0), over])
    assert made.summary.splitlines()[0] == "自2026年11月2日 08:09（北京时间）起，至2026年11月2日 08:29解除。"
    assert "处置" not in made.summary
    title = occasion_title(made.title, Occasion.RESOLVED, Resolution.COMPLIANT)
    assert title.startswith("【已恢复】预警：天河焦化")


def test_a_statement_that_differs_accuses_nobody() -> None:
    hour = Period(START.replace(minute=0), START.replace(hour=1, minute=0))
    differs = finding("point:tianhe/S1-SO2-H", "differs", 30.0, None, "mg/m3", period=hour)
    evidence = {"own": {"value": 36.0}, "tolerance": 0.36}
    made = text([differs], subject_name="上报小时均值", evidence=evidence, basis=None)
    assert made.title == (
        "【提示】天河焦化 上报小时均值（S1-SO2-H）：数采仪上报值 30 mg/m³ 与平台计算值 36 mg/m³ 不一致"
    )
    assert "容许偏差 0.36 mg/m³" in made.summary
    assert "不说明谁对谁错" in made.summary


@pytest.mark.parametrize(
    ("subject", "reason", "value", "limit", "words"),
    [
        ("point:tianhe/F1-C6H6", "gap", 3.0, 2.0, "色谱运行连续缺失 3 个分析周期"),
        ("point:tianhe/S1-SO2", "out_of_control", -5.1, 5.0, "零点漂移 -5.1%（满量程），超出失控限 ±5%"),
        ("point:tianhe/S1-SO2", "overdue", 40.0, 26.0, "已 40 小时没有校准记录，应不超过 26 小时"),
        ("outlet:tianhe/R1", "o2_above_inlet", 20.6, 20.4, "焚烧装置出口氧含量 20.6%，高于进口的 20.4%"),
    ],
)
def test_analysers(subject: str, reason: str, value: float, limit: float, words: str) -> None:
    found = finding(subject, reason, value, limit, "%", period=day_of(START))
    made = text([found], rule_title="零点漂移", evidence={}, basis=None, subject_name=None)
    assert made.title.endswith(f"：{words}")
    assert "超标" not in made.title + made.summary


def test_what_is_not_ours_is_said_as_before() -> None:
    made = text([so2("over_limit", 40.0)], rule_title="排放限值（小时均值）")
    assert "超标" in made.title
