"""What a duty officer reads of balances, permits and caps."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.cautions import describe
from alerts.water import WORDS
from alerts.wording import MAX_SUMMARY, Facts, Text
from domain.periods import month_period
from tests.unit.alerts.test_wording import facts_of, found

SEPTEMBER = month_period(2026, 9)
BALANCE: dict[str, Any] = {
    "medium": "water",
    "unit": "m3",
    "entry": 1000.0,
    "subs": 800.0,
    "loss": 200.0,
    "sub_places": [{"place": "P1", "total": 600.0}, {"place": "P2", "total": 200.0}],
}
YEAR: dict[str, Any] = {"year": 2026, "forecast_m3": 1400.0, "days_elapsed": 273}


def text(subject: str, reason: str, value: float | None, limit: float, unit: str, evidence: dict[str, Any]) -> Text:
    made = facts_of([found(subject, SEPTEMBER, value, limit, reason=reason, unit=unit)])
    fields = {field: getattr(made, field) for field in Facts.__dataclass_fields__}
    return describe(Facts(**fields | {"evidence": evidence, "subject_name": "取水总管"}))


def test_a_loss_names_both_sides_and_the_meters() -> None:
    made = text("place:tianhe/P0", "loss_over_band", 20.0, 10.0, "%", BALANCE)
    assert made.title == "【警告】天河焦化 取水总管（P0）：水计量不平衡，少了 20%，超过允许差 10%"
    assert "2026年9月 进 1000 m³，分表合计 800 m³（P1 600 m³、P2 200 m³），相差 200 m³。" in made.summary
    assert "查漏损" in made.summary


def test_more_than_entered_points_to_the_main_meter() -> None:
    made = text("place:tianhe/P0", "sub_exceeds_entry", None, 10.0, "%", {**BALANCE, "entry": 0.0, "loss": -800.0})
    assert "分表之和大于总表，超过允许差 10%" in made.title
    assert "多出 800 m³" in made.summary
    assert "总表是否停走" in made.summary


def test_a_permit_names_the_intake() -> None:
    intakes = [
        {"intake": "I1", "metered_m3": 700.0, "permitted_m3_a": 600.0},
        {"intake": "I2", "metered_m3": 1.0, "permitted_m3_a": 400.0},
    ]
    made = text("enterprise:tianhe", "over_permit", 701.0, 1000.0, "m3", {**YEAR, "intakes": intakes})
    assert "取水口超许可取水（1 个）" in made.title
    assert "I1 700 m³（许可 600 m³）" in made.summary
    assert "I2" not in made.summary


def test_an_expired_permit_says_until_when_it_held() -> None:
    intake = {"intake": "I1", "permit_number": "B2020-1", "permit_to": "2026-08-31", "metered_month_m3": 5.0}
    made = text("enterprise:tianhe", "permit_expired", 5.0, 9.0, "m3", {"intakes": [{**intake, "expired": True}]})
    assert "I1（B2020-1，有效期至 2026-08-31，当月取水 5 m³）" in made.summary


def test_a_cap_says_how_far_the_year_is() -> None:
    evidence = {**YEAR, "pro_rata_m3": 246e6, "pro_rata_pct": 90.0}
    made = text("city:wuhai", "forecast_over_cap", 250e6, 329e6, "m3", evidence)
    assert "全市用水超过控制目标进度的90%" in made.title
    assert "已过 273 天按进度为 2.46亿 m³" in made.summary


@pytest.mark.parametrize("reason", sorted(WORDS))
def test_evidence_of_another_version_only_makes_a_text_shorter(reason: str) -> None:
    made = text("enterprise:tianhe", reason, None, 1.0, "%", {"sub_places": "?", "intakes": [1], "entry": None})
    assert made.title
    assert len(made.summary) <= MAX_SUMMARY


def test_a_leak_rate_speaks_of_leaks_and_not_of_missing_meters() -> None:
    evidence = {**BALANCE, "loss": 30.0, "loss_pct": 3.0, "subs": 970.0}
    made = text("enterprise:tianhe", "over_limit", 3.0, 2.0, "%", evidence)
    assert "用水综合漏失率 3%，超过 2%" in made.title
    assert "漏失 30 m³" in made.summary
    assert "补齐、检定" not in made.summary


def test_a_city_just_over_its_cap_is_seen_to_be_over() -> None:
    made = text("city:wuhai", "over_cap", 329.004e6, 329e6, "m3", {**YEAR, "pro_rata_m3": 246e6, "pro_rata_pct": 100.0})
    assert "3.29004亿 m³，超过总量控制目标 3.29亿 m³" in made.title
