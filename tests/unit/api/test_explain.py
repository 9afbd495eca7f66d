"""Words and numbers by which a person follows a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.explain import explain, number, points_of
from domain.findings import Verdict
from rules.cases.files import case_files, judge_case
from rules.cases.model import read_cases
from rules.pack import load_packs

CASES = Path(__file__).parents[2] / "cases" / "rules"

EVIDENCE: dict[str, Any] = {
    "pollutant": {
        "point": "S1-SO2",
        "mean": 26.9,
        "unit": "mg/m3",
        "valid_minutes": 58,
        "readings": 60,
        "marked_minutes": 2,
        "flags": {"N": 60},
    },
    "o2": {"point": "S1-O2", "mean_pct": 10.5, "valid_minutes": 60, "readings": 60, "marked_minutes": 0, "flags": {}},
    "limit_id": 17,
    "limit": 30.0,
    "limit_unit": "mg/m3",
    "comparison": "<=",
    "decimals": 0,
    "min_valid_minutes": 45,
    "reference_o2_pct": 8.0,
    "process": {},
    "formula": "C*(21-8)/(21-O2)",
    "converted": 33.304761904761904,
    "rounded": 33.0,
    "marks": [7],
}
LIMIT: dict[str, Any] = {"limit_id": 17, "standard": "环大气〔2024〕5号", "clause": "表1", "unit": "mg/m3"}


def _finding(verdict: str = "violation", reason: str = "over_limit", **changes: Any) -> dict[str, Any]:
    evidence = {name: value for name, value in (EVIDENCE | changes).items() if value is not None}
    return {
        "evidence": evidence,
        "verdict": verdict,
        "reason": reason,
        "value": evidence.get("converted"),
        "limit_value": 30.0,
        "unit": "mg/m3",
    }


def test_an_hour_is_told_from_its_minutes_to_its_verdict() -> None:
    worked = explain(_finding(), LIMIT)
    assert worked.formula == "C*(21-8)/(21-O2)"
    assert worked.filled == "26.9 × (21 − 8) ÷ (21 − 10.5) = 33.3047619"
    assert worked.steps == [
        "1. 污染物取测点 S1-SO2：读数 60 个，有效分钟 58（至少 45），设备标记使 2 分钟无效，"
        "有效分钟的均值 26.9 mg/m3。",
        "2. 含氧量取测点 S1-O2：读数 60 个，有效分钟 60（至少 45），有效分钟的均值 10.5 %。",
        "3. 折算到基准含氧量 8 %，C*(21-8)/(21-O2)：26.9 × (21 − 8) ÷ (21 − 10.5) = 33.3047619。",
        "4. 按 GB/T 8170 修约到 0 位小数：33.3047619 → 33。",
        "5. 比较：33 > 30 mg/m3（限值 17：环大气〔2024〕5号 表1），两者相等为符合。",
        "6. 结论：超限，超过限值。",
    ]


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        (_finding("compliant", "within_limit", converted=30.4, rounded=30.0), "30 ≤ 30 mg/m3"),
        (_finding(reference_o2_pct=None, o2=None, formula="C", converted=26.9), "不折算，以干基标态实测浓度判定"),
        (_finding(reference_o2_pct=None, o2=None, formula="C", makeup_air=False), "该焚烧设施不补充空气"),
        (_finding(formula="C*0.001*(21-8)/(21-O2)"), "26.9 × 0.001 × (21 − 8)"),
        (
            _finding("undetermined", "excluded_start_up", process={"start_up": 30.0}, converted=None, rounded=None),
            "启炉 30 分钟；其余时间不足 45 分钟",
        ),
        (
            _finding("undetermined", "o2_missing", o2={"point": None, "mean_pct": None}, converted=None, rounded=None),
            "结论：不作判定，原因：无含氧量数据",
        ),
        (_finding("undetermined", "negative_mean", converted=-0.6, rounded=-1.0), "原因：均值为负"),
        (
            _finding(formula="Cmax", pollutant=EVIDENCE["pollutant"] | {"maximum": 41.5}, converted=41.5),
            "有效读数的最大值判定：41.5",
        ),
    ],
)
def test_each_edge_is_said(finding: dict[str, Any], said: str) -> None:
    assert any(said in step for step in explain(finding, LIMIT).steps)


def test_a_missing_number_is_not_filled_in() -> None:
    finding = _finding("undetermined", "o2_missing", o2={"point": None}, converted=None, rounded=None)
    assert explain(finding, LIMIT).filled is None


def test_a_negative_number_keeps_its_sign() -> None:
    pollutant = EVIDENCE["pollutant"] | {"mean": -0.5}
    assert (explain(_finding(pollutant=pollutant), LIMIT).filled or "").startswith("(-0.5) × (21 − 8)")


def test_a_rate_and_a_share_are_filled_in() -> None:
    rate = _finding(
        formula="C*Q*1e-6",
        pollutant={"point": "S1-SO2", "mean": 26.9, "valid_minutes": 60, "dry_standard_mg_m3": 25.0},
        flow={"quantity": "flue_flow", "dry_standard_m3_h": 200000.0},
        o2=None,
        reference_o2_pct=None,
        converted=None,
    )
    worked = explain(rate | {"value": 5.0, "unit": "kg/h"}, LIMIT | {"unit": "kg/h"})
    assert worked.filled == "25 × 200000 × 1e-6 = 5"
    assert "浓度 25 mg/m3，流量 200000 m3/h" in worked.steps[1]
    share = {
        "evidence": {
            "formula": "100*hours_compliant/hours_judged",
            "hours_compliant": 684,
            "hours_judged": 700,
            "hours_excluded": {"excluded_stopped": 12},
            "comparison": ">=",
        },
        "verdict": "compliant",
        "reason": "share_met",
        "value": 97.71428571428571,
        "limit_value": 95.0,
        "unit": "%",
    }
    worked = explain(share, None)
    assert worked.filled == "100 × 684 ÷ 700 = 97.71428571"
    assert "剔除小时：工况标记：停运 12。" in worked.steps[2]
    assert "97.71428571 ≥ 95 %" in worked.steps[-2]


#: Months of hours take seconds and have the evidence that `test_a_rate_and_a_share_are_filled_in` tells.
BRIEF = [path for path in case_files([CASES]) if not path.stem.startswith(("ule_monthly", "water", "ldar"))]


@pytest.mark.parametrize("path", BRIEF, ids=lambda path: path.stem)
def test_whatever_the_shipped_rules_find_can_be_told(path: Path) -> None:
    """Every case of every rule, through the evidence as the store keeps it."""
    rules = load_packs()
    for rule_id, case in read_cases(path):
        for found in judge_case(rules, rule_id, case):
            evidence = json.loads(json.dumps(found.evidence))
            points_of(evidence)
            finding = {"rule_id": rule_id, "evidence": evidence, "verdict": str(found.verdict), "reason": found.reason}
            worked = explain(finding | {"value": found.value, "limit_value": found.limit, "unit": found.unit}, None)
            if rule_id in ("legal.hourly", "ule.hourly", "legal.single") and found.verdict is not Verdict.UNDETERMINED:
                assert worked.filled is not None, (case.name, evidence)
                assert any(f"→ {number(evidence['rounded'])}。" in step for step in worked.steps)
            if rule_id.startswith("warn."):
                assert not any("结论" in step for step in worked.steps)


def test_a_finding_without_a_formula_has_no_steps() -> None:
    assert explain({"evidence": {"places": []}, "verdict": "violation", "reason": "x"}, None).steps == []
    assert points_of({"places": [{"point": "x"}], "meter": {"point": None}, "pollutant": {"point": "P"}}) == {
        "pollutant": "P"
    }
