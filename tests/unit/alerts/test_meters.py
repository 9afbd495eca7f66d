"""What somebody reads at night of a meter: which, what it showed, what is not known, what settles it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.wording import MAX_SUMMARY, MAX_TITLE, Text
from domain.alerts import Severity
from domain.periods import Period, day_of
from tests.unit.alerts.test_cautions import finding, text

HOUR_AT = datetime(2026, 11, 1, 22, tzinfo=UTC)
HOUR = Period(HOUR_AT, HOUR_AT + timedelta(hours=1))
DAY = day_of(datetime(2026, 11, 2, 1, tzinfo=UTC))
STEP: dict[str, Any] = {
    "serial": "A-778",
    "unit": "m3",
    "marks": ["reset"],
    "before": 50412.5,
    "before_hour": "2026-11-01T21:00:00Z",
    "first_value": 7.2,
    "last_value": 9.0,
    "known_increment": None,
}


def said(reason: str, period: Period, evidence: dict[str, Any], unit: str = "m3") -> Text:
    found = [finding("point:tianhe/W-01", reason, 0.0, None, unit, period=period)]
    return text(
        found,
        evidence=evidence,
        rule_title="表计",
        clause="读数回落或跳变",
        basis=None,
        subject_name="1#取水总管",
        severity=Severity.WARNING,
    )


def test_a_fall_asks_for_the_record_of_the_replacement() -> None:
    made = said("reset_without_record", HOUR, STEP)
    assert made.title == "【警告】天河焦化 1#取水总管（W-01）：表底由 50412.5 回落到 7.2 m³，没有相符的换表记录"
    assert made.summary.splitlines()[:3] == [
        "自2026年11月2日 06:00（北京时间）起，尚无换表记录或更正，尚未解除。",
        "情况：表号 A-778，2026年11月2日 06:00—07:00 表底由 50412.5 回落到 7.2 m³，不是翻转，也不能判为倒流；"
        "其间用量未知，不计入也不按零计，当月合计不完整。",
        "依据：平台规则 读数回落或跳变。",
    ]
    assert "补报换表记录（换表时间、旧表止码、新表起码）" in made.summary


def test_an_earlier_reading_is_dated() -> None:
    made = said("reset_without_record", HOUR, STEP | {"before_hour": "2026-11-01T18:00:00Z"})
    assert "（前一次读数在2026年11月2日 02:00—03:00）" in made.summary
    assert "前一次" not in made.title


def test_a_fall_within_the_hour_is_told_by_its_own_readings() -> None:
    made = said("reset_without_record", HOUR, STEP | {"first_value": 50413.0, "last_value": 2.0})
    assert "由 50413 回落到 2 m³" in made.title


def test_a_jump_is_not_counted() -> None:
    made = said("jump_unexplained", HOUR, STEP | {"first_value": 504125.0})
    assert made.title.endswith("表底由 50412.5 突增到 504125 m³，超过该表的量程或可能通过的最大量")
    assert "这一增量不计入" in made.summary


def test_a_frozen_meter_is_set_beside_the_electricity() -> None:
    made = said("frozen", DAY, {"serial": None, "known_hours": 23, "running_hours": 24})
    assert made.title.endswith("1#取水总管（W-01）：水表全天不走，而企业全天用电")
    assert "2026年11月2日 已知的 23 个小时增量全为零，同日企业电表有 24 个小时在走" in made.summary


def test_identical_increments_are_a_sign_and_no_more() -> None:
    made = said("identical", DAY, {"serial": "A-778", "known_hours": 47, "hours": 48, "increment": 12.5})
    assert made.title.endswith("连续 48 小时每小时增量完全相同（12.5 m³）")
    assert "这只是数据呈现的迹象，不说明原因" in made.summary


def test_a_correction_by_ten_times_shows_both_increments() -> None:
    entry = {"first_increment": 120.0, "corrected_increment": 12.0}
    made = said("corrected_tenfold", HOUR, {"unit": "m3", "corrections": 1, "readings": [entry]})
    assert made.title.endswith("（W-01）：表底更正，增量由 120 改为 12 m³")
    assert "不说明哪一个是对的" in made.summary


@pytest.mark.parametrize(
    "reason", ["corrected_tenfold", "reset_without_record", "jump_unexplained", "frozen", "identical"]
)
def test_evidence_without_figures_makes_a_shorter_text(reason: str) -> None:
    made = said(reason, HOUR, {})
    assert len(made.title) <= MAX_TITLE
    assert len(made.summary) <= MAX_SUMMARY
    assert "None" not in made.title + made.summary
