"""What is told of duties that nobody did in time: the whole text, as a duty officer reads it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from alerts.cautions import describe
from alerts.lifecycle import breaches_of, judge
from alerts.wording import MAX_SUMMARY, MAX_TITLE, Facts, Text
from domain.alerts import AlertSettings, CurrentFinding, Per
from domain.duties import Done, Span, Verification
from domain.findings import Subject, SubjectKind
from rules.evaluators.contract import Judgement
from rules.evaluators.duty import DutyWindow, Holder
from rules.pack import load_packs

RULES = load_packs()
URL = "https://pw.example/alerts/7"


def day(text: str) -> date:
    return date.fromisoformat(text)


def judged(rule_id: str, subject: str, since: str, as_of: str, *done: Done, **more: Any) -> list[Judgement]:
    rule = RULES.variants[rule_id][0]
    holder = Holder(Subject.parse(subject), [Span(day(since))], done, **more)
    return rule.kind.judge(DutyWindow(day(as_of), [holder], day("2000-01-01")), rule.typed_params)


def told(rule_id: str, found: list[Judgement], about: str | None = None) -> Text:
    rule = RULES.variants[rule_id][0]
    current = [
        CurrentFinding(
            number, one.subject, one.period, one.verdict, one.reason,
            None if "met_at" not in one.evidence else one.period.end + timedelta(days=3),
        )
        for number, one in enumerate(found, 1)
    ]  # fmt: skip
    settings = AlertSettings.parse(rule.alert.model_dump())
    assert settings.duty
    spans, breaches = judge(current, settings)
    last = breaches_of(spans[0], breaches)[-1].finding
    subject = Subject.parse(about) if about else last.subject
    facts = Facts(
        alert_id=7,
        rule_title=rule.title,
        standard=rule.standard,
        clause=rule.clause,
        severity=settings.severity,
        subject=subject,
        enterprise_name="绿源化工" if subject.enterprise else None,
        subject_name={SubjectKind.CITY: "乌海市", SubjectKind.ENTERPRISE: "绿源化工"}.get(subject.kind),
        span=spans[0],
        breaches=breaches_of(spans[0], breaches),
        evidence=found[last.finding_id - 1].evidence,
        url=URL,
        evidences={number: one.evidence for number, one in enumerate(found, 1)},
    )
    text = describe(facts)
    assert len(text.title) <= MAX_TITLE
    assert len(text.summary) <= MAX_SUMMARY
    return text


def test_soil_that_nobody_monitored() -> None:
    found = judged("duty.soil_monitoring", "enterprise:ly-chem", "2025-01-01", "2026-02-01")
    text = told("duty.soil_monitoring", found)
    assert text.title == "【警告】绿源化工：土壤和地下水年度监测逾期未办（应于2025年12月31日前完成）"
    assert text.summary == (
        "自2026年1月1日 00:00（北京时间）起逾期，尚未办理。\n"
        "处置：请督促企业尽快办理，登记办理日期并提交凭证（监测（检测、试验）报告）；已按期办理的补登记，告警自动解除。"
        "登记方式：接口 /v1/duties/records，或用表格导入（plantwatch duties import）。\n"
        "情况：最迟应于2025年12月31日办理，至今没有办理记录。\n"
        "依据：《乌海市绿色园区专项治理工作方案》（送审稿） "
        "土壤污染重点监管单位每年对用地土壤和地下水开展监测并编制报告。\n"
        f"详情：{URL}"
    )
    assert text.details["due_on"] == "2025-12-31"
    assert text.details["required"] == ["report"]
    assert text.details["overdue"] == [{"subject": "enterprise:ly-chem", "due_on": "2025-12-31"}]


def test_an_inspection_without_its_ledger_says_what_is_missing() -> None:
    late = Done(day("2027-02-01"), 5)
    text = told(
        "duty.hidden_danger", judged("duty.hidden_danger", "enterprise:ly-chem", "2025-01-01", "2027-03-01", late)
    )
    assert "2027年2月1日有一条办理记录，但缺少凭证：台账，不能认定已办" in text.summary


def test_a_term_after_the_last_time_says_when_that_was() -> None:
    before = Done(day("2025-03-01"), 5, frozenset({"ledger"}))
    text = told(
        "duty.hidden_danger", judged("duty.hidden_danger", "enterprise:ly-chem", "2025-01-01", "2027-03-03", before)
    )
    assert "最迟应于2027年3月1日办理，至今没有办理记录；上次办理为2025年3月1日。" in text.summary


def test_the_citys_dispatch_done_late() -> None:
    found = judged("duty.retrofit_dispatch", "city:wuhai", "2026-10-01", "2026-10-25", Done(day("2026-10-19"), 5))
    text = told("duty.retrofit_dispatch", found)
    assert text.title == "【提示】乌海市：节能技术改造月度调度逾期（应于2026年10月15日前完成）"
    assert "自2026年10月16日 00:00（北京时间）起逾期，至2026年10月19日 00:00已办理或不再要求。" in text.summary
    assert "情况：最迟应于2026年10月15日办理，2026年10月19日才办理。" in text.summary
    assert "处置" not in text.summary


def test_meters_of_a_plant_make_one_message() -> None:
    rule_id = "duty.meter_verification"
    found = [
        judgement
        for number in range(5)
        for judgement in judged(
            rule_id, f"place:ly-chem/W{number}", "2025-01-01", "2026-12-01",
            verifications=[Verification("M", day("2024-11-10"), day(f"2026-11-1{number}"))],
        )
    ]  # fmt: skip
    text = told(rule_id, found, "enterprise:ly-chem")
    assert text.title == "【提示】绿源化工：5 个计量点计量器具检定到期逾期未办"
    assert (
        "情况：W0（2026年11月10日到期）、W1（2026年11月11日到期）、W2（2026年11月12日到期） 等 5 个。" in text.summary
    )
    assert "请督促企业送检；检定后更新登记的检定日期，告警自动解除。" in text.summary


@pytest.mark.parametrize("rule_id", sorted(one for one in RULES.variants if one.startswith("duty.")))
def test_every_duty_is_told(rule_id: str) -> None:
    params: Any = RULES.variants[rule_id][0].typed_params
    kind = params.who.kind
    key = "ly-chem/X1" if kind in (SubjectKind.PLACE, SubjectKind.POINT) else "ly-chem"
    verified = [Verification("M", day("2020-01-01"), day("2022-01-01"))]
    found = judged(rule_id, f"{kind}:{key}", "2021-01-04", "2026-01-01", verifications=verified)
    about = "enterprise:ly-chem" if RULES.variants[rule_id][0].alert.per == Per.ENTERPRISE else None
    text = told(rule_id, found, about)
    assert "逾期未办" in text.title
    assert "处置：" in text.summary
    assert text.summary.endswith(f"详情：{URL}")
    assert text.details["overdue"]
