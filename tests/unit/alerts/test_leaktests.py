"""What an alert on tests that are overdue says."""

from __future__ import annotations

from dataclasses import replace

from alerts.cautions import describe
from alerts.wording import MAX_SUMMARY
from domain.alerts import CurrentFinding
from domain.findings import Subject, Verdict
from tests.integration.alerts.world import period
from tests.unit.alerts.test_wording import facts_of

GROUPS = [("苯加氢装置", "valve", 1200), ("苯加氢装置", "flange", 300), ("粗苯工段", "pump", 2), ("罐区", "relief", 1)]


def overdue(number: int, span: str) -> CurrentFinding:
    component = Subject.parse(f"component:tianhe/V{number}")
    return CurrentFinding(number, component, period(span), Verdict.VIOLATION, "overdue")


def test_it_counts_by_unit_and_kind_and_names_the_most_urgent() -> None:
    findings = [overdue(n, f"2026-05-{n:02}..2026-11-{n:02}") for n in range(1, 7)]
    facts = facts_of(
        findings,
        "enterprise:tianhe",
        enterprise_name="天河焦化",
        subject_name="天河焦化",
        standard="GB 37822-2019",
        clause="8.3.1",
        evidence={"anchor": "restart", "anchor_on": "2026-08-08", "cycle": {"days": 90}},
    )
    text = describe(replace(facts, groups=GROUPS))
    assert text.title == "【警告】天河焦化：6 个密封点泄漏检测超期"
    assert text.summary.splitlines() == [
        "自2026年11月2日 00:00（北京时间）起超期，现有 6 个密封点，尚未解除。",
        "处置：请督促企业尽快检测并上传检测记录；已经检测的补传记录，告警自动解除。",
        "情况：苯加氢装置 1500 个（阀门 1200、法兰 300），粗苯工段 2 个（泵 2），罐区 1 个（泄压设备 1）。最早到期的："
        "V1（最迟应于2026年11月1日检测）、V2（最迟应于2026年11月2日检测）、V3（最迟应于2026年11月3日检测） 等 6 项。",
        "依据：GB 37822-2019 8.3.1；如 V6，自检修后投用（2026年8月8日）起 90 天内。",
        "工作清单：https://pw.example/v1/ldar/worklist.xlsx?enterprise=tianhe",
        "详情：https://pw.example/alerts/7",
    ]
    assert text.details["by_unit"][0] == {"unit": "苯加氢装置", "kind": "valve", "components": 1200}
    assert len(text.summary) <= MAX_SUMMARY


def test_without_the_register_it_still_says_which() -> None:
    text = describe(facts_of([overdue(1, "2026-05-01..2026-11-01")], "enterprise:tianhe"))
    assert "情况：V1（最迟应于2026年11月1日检测）。" in text.summary
