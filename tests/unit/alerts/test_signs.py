"""What people read of signs: what was seen, never why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.cautions import describe
from alerts.lifecycle import breaches_of, judge
from alerts.signs import _WORDS, sightings
from alerts.wording import MAX_SUMMARY, Facts
from domain.alerts import AlertSettings, CurrentFinding, Per, Severity
from domain.periods import day_of
from rules.cases.files import judge_case
from rules.cases.model import read_cases
from rules.evaluators.contract import Judgement
from rules.pack import load_packs

CASES = Path(__file__).parents[2] / "cases" / "rules"
RULES = load_packs()


def seen() -> list[tuple[str, Judgement]]:
    found = []
    for path in sorted(CASES.glob("sign_*.toml")):
        for rule_id, case in read_cases(path):
            found += [(rule_id, one) for one in judge_case(RULES, rule_id, case) if one.reason == "seen"]
    return found


SEEN = seen()


def facts(rule_id: str, judged: list[Judgement]) -> Facts:
    findings = [
        CurrentFinding(n, one.subject, one.period, one.verdict, one.reason, value=one.value)
        for n, one in enumerate(judged, 1)
    ]
    settings = AlertSettings(Severity.INFO, timedelta(), timedelta(), Per.SUBJECT, frozenset())
    spans, breaches = judge(findings, settings)
    rule = RULES.variants[rule_id][0]
    return Facts(
        alert_id=7,
        rule_title=rule.title,
        standard=rule.standard,
        clause=rule.clause,
        severity=Severity.INFO,
        subject=judged[-1].subject,
        enterprise_name="天河焦化",
        subject_name="焦炉烟囱",
        span=spans[0],
        breaches=breaches_of(spans[0], breaches),
        evidence=judged[-1].evidence,
        url="https://pw.example/alerts/7",
    )


@pytest.mark.parametrize(("rule_id", "judgement"), SEEN, ids=lambda one: one if isinstance(one, str) else "")
def test_what_was_seen_is_said_with_figures(rule_id: str, judgement: Judgement) -> None:
    entries = judgement.evidence["seen"]
    said = sightings(judgement.evidence)
    assert len(said) == len(entries)
    for entry, text in zip(entries, said, strict=True):
        assert "?" not in text
        assert "None" not in text
        assert entry["point"] is None or text.startswith(entry["point"])
    text = describe(facts(rule_id, [judgement]))
    assert said[0] in text.summary
    assert "不说明原因" in text.summary
    assert len(text.summary) <= MAX_SUMMARY
    for word in ("造假", "超标", "违法", "不符合"):
        assert word not in f"{text.title}{text.summary}".replace("限值", "")


def test_every_detail_is_met_by_a_case() -> None:
    assert {entry["detail"] for _, one in SEEN for entry in one.evidence["seen"]} == set(_WORDS)


def test_hours_are_local_and_joined() -> None:
    starts = [datetime(2026, 11, 1, 16, tzinfo=UTC) + timedelta(hours=n) for n in (0, 1, 2, 10)]
    entry = {
        "point": "S1-SO2",
        "detail": "duplicate_period",
        "hours": [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in starts],
    }
    assert sightings({"seen": [entry]}) == ["S1-SO2 0时至3时、10时至11时 逐分钟数值与以往某小时完全相同"]


@pytest.mark.parametrize("evidence", [{}, {"seen": None}, {"seen": [None, {"detail": "new"}]}, {"seen": "x"}])
def test_unknown_evidence_only_shortens(evidence: dict[str, Any]) -> None:
    assert not any(sightings(evidence))


def test_days_are_counted() -> None:
    rule_id, judgement = next(one for one in SEEN if one[0] == "sign.flatline")
    later = Judgement(
        judgement.subject,
        day_of(judgement.period.end),
        judgement.verdict,
        judgement.reason,
        judgement.value,
        evidence=judgement.evidence,
    )
    text = describe(facts(rule_id, [judgement, later]))
    assert text.title == "【提示】天河焦化 焦炉烟囱（S1）：疑似恒值、数据长时间不变"
    assert "累计 2 天看到" in text.summary
    assert text.details["seen"] == sightings(judgement.evidence)
