"""What a reminder says: what, how much, by when, where the list is, and that it is no breach."""

from __future__ import annotations

from datetime import date, timedelta

from alerts.cautions import describe
from alerts.wording import Facts
from domain.alerts import Breach, CurrentFinding, Severity, Span
from domain.findings import Subject, Verdict
from domain.periods import day_period

OURS = Subject.parse("enterprise:tianhe")
EVIDENCE = {
    "days": 7,
    "first_due_on": "2026-11-10",
    "by_group": {"duty.visual_weekly": 1, "repair": 2, "test": 1203},
    "by_rule": {"duty.visual_weekly": 1, "ldar.gb31571": 3, "ldar.gb37822": 1203, "ldar.repair": 2},
    "titles": {"duty.visual_weekly": "密封点每周目视检查", "ldar.gb37822": "密封点泄漏检测周期"},
    "by_day": {"2026-11-10": 1200, "2026-11-11": 6},
    "examples": [
        {"subject": f"component:tianhe/V-{n}", "rule": "ldar.gb37822", "due_on": "2026-11-10"} for n in range(5)
    ],
}


def facts(*, days: int = 1, resolved: bool = False, reason: str = "due_soon") -> Facts:
    period = day_period(date(2026, 11, 4))
    finding = CurrentFinding(7, OURS, period, Verdict.VIOLATION, reason, None, 1206.0, None, None)
    end = period.start + timedelta(days=5) if resolved else None
    return Facts(
        alert_id=3,
        rule_title="七日内到期",
        standard="平台规则",
        clause="到期前提醒",
        severity=Severity.INFO,
        subject=OURS,
        enterprise_name="天河焦化",
        subject_name="天河焦化",
        span=Span(period.start, period.end, period.start, end),
        breaches=[Breach(finding, period.start, end, period.end)],
        evidence=EVIDENCE | {"days": days} if days != 1 else EVIDENCE,
        url="https://pw.example/alerts/3",
    )


def test_a_reminder_stands_by_itself() -> None:
    text = describe(facts())
    assert (
        text.title
        == "【提示】天河焦化：1206 项7日内到期（密封点每周目视检查 1 项、泄漏修复 2 项、密封点泄漏检测 1203 项）"
    )
    assert text.summary.splitlines() == [
        "自2026年11月4日 00:00（北京时间）起有临期事项，以下为2026年11月4日的情况。",
        "情况：密封点每周目视检查 1 项、泄漏修复 2 项、密封点泄漏检测 1203 项。"
        "到期日：2026年11月10日 1200 项、2026年11月11日 6 项。如：V-0、V-1、V-2 等。",
        "依据：密封点每周目视检查、密封点泄漏检测周期。",
        "处置：请督促企业在期限内完成并上传记录；逾期未完成的另行告警。本条是提醒，不是违规。",
        "工作清单：https://pw.example/v1/ldar/worklist.xlsx?enterprise=tianhe",
        "详情：https://pw.example/alerts/3",
    ]
    assert text.details["reminder"]["by_day"] == {"2026-11-10": 1200, "2026-11-11": 6}


def test_a_reminder_that_is_over_asks_for_nothing() -> None:
    text = describe(facts(resolved=True))
    assert "至2026年11月9日 00:00已没有这样的事项" in text.summary
    assert "处置" not in text.summary


def test_what_is_due_today() -> None:
    assert "1206 项今日（11月4日）到期" in describe(facts(reason="due_today")).title
