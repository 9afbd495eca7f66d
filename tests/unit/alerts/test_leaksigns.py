"""What people read of signs in records of leak tests: what was seen, with figures, never why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.cautions import describe
from alerts.leaksigns import WORDS
from alerts.lifecycle import breaches_of, judge
from alerts.signs import sightings
from alerts.wording import MAX_SUMMARY, Facts, Text
from domain.alerts import AlertSettings, CurrentFinding, Per, Severity
from domain.findings import Verdict
from domain.leaksignwords import SEEN as SHORT
from rules.cases.files import judge_case
from rules.cases.model import read_cases
from rules.evaluators.contract import Judgement
from rules.pack import load_packs

CASES = Path(__file__).parents[2] / "cases" / "rules"
RULES = load_packs()
SEEN = [
    (rule_id, one)
    for path in sorted(CASES.glob("ldar_sign_*.toml"))
    for rule_id, case in read_cases(path)
    for one in judge_case(RULES, rule_id, case)
    if one.verdict is Verdict.VIOLATION
]


def text_of(rule_id: str, judgement: Judgement) -> Text:
    finding = CurrentFinding(
        1, judgement.subject, judgement.period, judgement.verdict, judgement.reason, value=judgement.value
    )
    rule = RULES.variants[rule_id][0]
    settings = AlertSettings(Severity(rule.alert.severity), timedelta(), timedelta(), Per.SUBJECT, frozenset())
    spans, breaches = judge([finding], settings)
    return describe(
        Facts(
            alert_id=7,
            rule_title=rule.title,
            standard=rule.standard,
            clause=rule.clause,
            severity=Severity(rule.alert.severity),
            subject=judgement.subject,
            enterprise_name="鹤鸣新材料",
            subject_name=None,
            span=spans[0],
            breaches=breaches_of(spans[0], breaches),
            evidence=judgement.evidence,
            url="https://pw.example/alerts/7",
        )
    )


@pytest.mark.parametrize(("rule_id", "judgement"), SEEN, ids=lambda one: one if isinstance(one, str) else "")
def test_what_was_seen_is_said_with_figures(rule_id: str, judgement: Judgement) -> None:
    said = sightings(judgement.evidence)
    assert len(said) == len(judgement.evidence["seen"])
    assert all("?" not in one and "None" not in one for one in said)
    text = text_of(rule_id, judgement)
    assert said[0] in text.summary
    assert "不说明原因" in text.summary
    assert "抽测" in text.summary
    assert len(text.summary) <= MAX_SUMMARY
    assert text.details["seen"] == said
    for word in ("造假", "虚假", "超标", "违法", "不符合"):
        assert word not in f"{text.title}{text.summary}"


def test_every_detail_is_met_by_a_case() -> None:
    assert {entry["detail"] for _, one in SEEN for entry in one.evidence["seen"]} == set(WORDS)
    assert {one.reason for _, one in SEEN} <= set(WORDS) == set(SHORT)


def test_a_pace_is_said_with_its_times() -> None:
    rule_id, judgement = next(one for one in SEEN if one[1].reason == "impossible")
    text = text_of(rule_id, judgement)
    assert text.title == "【警告】鹤鸣新材料：单台仪器（人员）日检测点数异常迹象（F2）"
    assert "仪器 FID-0001 当日检测 3200 个密封点，多于 1500 个（08:30:00 至 16:29:51）" in text.summary


def test_a_campaign_is_named() -> None:
    rule_id, judgement = next(one for one in SEEN if one[1].reason == "units_left_out")
    assert "检测轮次 C1（2026年3月10日至2026年3月12日）" in text_of(rule_id, judgement).summary
