"""What a duty officer reads of energy."""

from __future__ import annotations

from typing import Any

from alerts.cautions import describe
from alerts.wording import Facts, Text
from domain.findings import SubjectKind
from domain.periods import month_period
from tests.unit.alerts.test_wording import facts_of, found

SEPTEMBER = month_period(2026, 9)


def text(subject: str, reason: str, value: float, limit: float, unit: str, evidence: dict[str, Any]) -> Text:
    made = facts_of([found(subject, SEPTEMBER, value, limit, reason=reason, unit=unit)])
    name = "天河焦化" if made.subject.kind is SubjectKind.ENTERPRISE else "1号焦炉"
    fields = {field: getattr(made, field) for field in Facts.__dataclass_fields__}
    return describe(Facts(**fields | {"evidence": evidence, "subject_name": name}))


def test_a_line_above_its_limit() -> None:
    evidence = {
        "used_tce": 180000.5,
        "made_tce": 30000.0,
        "output": 1000000.0,
        "corrections": {"raw_volatile": 0.0},
    }
    made = text("line:tianhe/L1", "over_level_3", 150.0005, 140.0, "kgce/t", evidence)
    assert made.title == "【警告】天河焦化 1号焦炉（L1）：单位产品能耗 150 kgce/t，超过3级限定值 140 kgce/t"
    assert (
        "情况：截至2026年9月的12个月 150 kgce/t，3级限定值（已按标准修正） 140 kgce/t；"
        "投入 180000.5 吨标准煤，产出或外供 30000 吨标准煤，产量 1000000 吨。" in made.summary
    )
    assert "更正台账后自动重算" in made.summary


def test_a_hair_above_does_not_look_equal() -> None:
    made = text("line:tianhe/L1", "over_level_3", 140.0001, 140.0, "kgce/t", {})
    assert "单位产品能耗 140.0001 kgce/t，超过3级限定值 140 kgce/t" in made.title


def test_the_second_level_is_no_breach_of_the_standard() -> None:
    made = text("line:tianhe/L1", "over_level_2", 120.0, 115.0, "kgce/t", {})
    assert "超过2级准入值 115 kgce/t" in made.title
    assert "现有生产线超过不等于违反标准" in made.summary


def test_the_list_of_retrofits_names_the_lines() -> None:
    lines = [
        {"line": "L1", "e": 150.0, "limit": 140.0, "verdict": "violation"},
        {"line": "L2", "e": 100.0, "limit": 140.0, "verdict": "compliant"},
    ]
    made = text("enterprise:tianhe", "to_retrofit", 10800.0, 5000.0, "tce", {"lines": lines})
    assert made.title == "【警告】天河焦化：年综合能耗 10800 吨标准煤，且有 1 条生产线超过3级限定值，列入精准改造清单"
    assert "L1 150（3级限定值 140）" in made.summary
