"""What people read of leaks whose repair is overdue, and of spot checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.cautions import describe
from alerts.wording import MAX_SUMMARY, Text
from domain.alerts import CurrentFinding
from domain.findings import Subject, Verdict
from domain.periods import Period, day_period
from tests.integration.rules.world import at
from tests.unit.alerts.test_wording import facts_of, found

FOUND = at("2026-11-02 10:00")
EVIDENCE: dict[str, Any] = {
    "name": "苯储罐出口阀",
    "unit": "苯加氢装置",
    "tag": "1203-007",
    "medium": "gas",
    "found_at": "2026-11-02T02:00:00Z",
    "net_umol_mol": 6000.0,
    "visible": False,
    "definition_umol_mol": 5000.0,
    "step": "repair",
    "state": "found",
    "attempts": 0,
}


def broken(code: str, due: str, number: int = 1, reason: str = "overdue", met: str | None = None) -> CurrentFinding:
    end = at(due) + timedelta(days=1)
    return CurrentFinding(
        number,
        Subject.parse(f"component:tianhe/{code}"),
        Period(FOUND, end),
        Verdict.VIOLATION,
        reason,
        met_at=None if met is None else at(met),
    )


def text(findings: list[CurrentFinding], *evidences: dict[str, Any]) -> Text:
    facts = facts_of(
        findings,
        "enterprise:tianhe",
        rule_title="泄漏修复",
        standard="GB 37822-2019",
        clause="8.2、8.4",
        evidence=EVIDENCE | evidences[-1],
        evidences={f.finding_id: EVIDENCE | e for f, e in zip(findings, evidences, strict=True)},
    )
    return describe(facts)


def test_a_leak_that_nobody_repaired() -> None:
    said = text([broken("V-1", "2026-11-17")], {})
    assert said.title == "【警告】天河焦化：1 个密封点泄漏未按期修复"
    assert said.summary.splitlines() == [
        "自2026年11月18日 00:00（北京时间）起超期，现有 1 个密封点，尚未解除。",
        "处置：请督促企业立即维修并复测，上传维修和复测记录；停车（工）检修才能修复、立即修复不安全等情形，"
        "应报备案后上传延迟修复备案。",
        "情况：苯储罐出口阀（V-1）［苯加氢装置，标识牌 1203-007］11月2日 10:00 检出 6000 μmol/mol"
        "（气体认定浓度 5000），最迟应于11月17日修复。",
        "依据：GB 37822-2019 8.2、8.4。",
        "详情：https://pw.example/alerts/7",
    ]
    (entry,) = said.details["components"]
    assert (entry["component"], entry["due_on"], entry["net_umol_mol"]) == ("V-1", "2026-11-17", 6000.0)


def test_a_first_attempt_that_was_not_made() -> None:
    said = text([broken("V-1", "2026-11-07")], {"step": "attempt", "name": "V-1", "tag": None, "visible": True})
    assert said.title == "【警告】天河焦化：1 个密封点泄漏后未按期首次维修"
    assert "V-1［苯加氢装置］11月2日 10:00 检出目测可见泄漏，最迟应于11月7日首次维修。" in said.summary
    assert "处置：请督促企业立即维修，并上传维修记录" in said.summary


def test_what_has_happened_since() -> None:
    filing = {"filed_at": "2026-11-10T02:00:00Z", "ground": "shutdown", "repair_by": "2026-12-20", "document": "备7号"}
    failed = {"attempts": 2, "still_leaking_at": "2026-11-05T03:00:00Z", "state": "still_leaking"}
    assert "，已维修 2 次，11月5日 11:00 复测仍泄漏。" in text([broken("V-1", "2026-11-17")], failed).summary
    no_retest = {"attempts": 1, "state": "attempted"}
    assert "，已维修 1 次，没有复测合格的记录。" in text([broken("V-1", "2026-11-17")], no_retest).summary
    expired = text([broken("V-1", "2026-12-20")], {"filings": [filing]})
    assert "延迟修复（停车（工）检修才能修复）备案至12月20日，已过期" in expired.summary
    late = broken("V-1", "2026-11-17", reason="repaired_late", met="2026-11-20")
    over = text([late], {"met_at": "2026-11-19T16:00:00Z"})
    assert over.summary.splitlines()[0].endswith("至2026年11月20日 00:00解除，涉及 1 个密封点。")
    assert "，11月20日修复，复测合格。" in over.summary
    assert "处置" not in over.summary
    filed = broken("V-1", "2026-11-17", reason="delayed_late", met="2026-11-20")
    said = text([filed], {"met_at": "2026-11-19T16:00:00Z", "filings": [filing]})
    assert "11月20日才备案延迟修复至12月20日" in said.summary


def test_many_leaks_stay_readable() -> None:
    findings = [broken(f"V-{n}", "2026-11-17", n) for n in range(1, 61)]
    said = text(findings, *({"name": "很长的名字" * 4} for _ in findings))
    assert said.title == "【警告】天河焦化：60 个密封点泄漏未按期修复"
    assert len(said.summary) <= MAX_SUMMARY
    assert said.summary.splitlines()[1].startswith("处置：")
    assert said.summary.endswith("详情：https://pw.example/alerts/7")
    assert (said.details["component_count"], len(said.details["components"])) == (60, 50)


def test_evidence_of_tomorrow_does_no_harm() -> None:
    said = text([broken("V-1", "2026-11-17")], {"found_at": 7, "filings": "?", "attempts": None, "net_umol_mol": None})
    assert "V-1" in said.summary


def test_a_spot_check() -> None:
    evidence = {
        "points": 80,
        "in_repair_count": 1,
        "leaking": [
            {"component": "V-1", "net_umol_mol": 5200.0, "definition_umol_mol": 5000.0, "medium": "gas"},
            {"component": "V-2", "net_umol_mol": None, "visible": True},
            {"component": "F-3", "net_umol_mol": 2400.5, "definition_umol_mol": 2000.0, "medium": "heavy_liquid"},
        ],
    }
    finding = found(
        "enterprise:tianhe",
        day_period(datetime(2026, 11, 10, tzinfo=UTC).date()),
        3.0,
        2.0,
        unit="个",
        reason="too_many_leaks",
    )
    said = describe(
        facts_of([finding], rule_title="监督抽查的泄漏点", standard="GB 37822-2019", clause="13.4", evidence=evidence)
    )
    assert said.title == "【警告】天河焦化：监督抽查 80 个密封点，3 个泄漏且不在修复期内，超过 2 个"
    assert (
        "情况：2026年11月10日抽查，V-1 5200 μmol/mol（气体认定浓度 5000）、V-2 目测可见泄漏、"
        "F-3 2400.5 μmol/mol（其他液体认定浓度 2000）；另有 1 个泄漏点在修复期内，未计入。"
    ) in said.summary
    assert "处置：请保存抽查记录" in said.summary
