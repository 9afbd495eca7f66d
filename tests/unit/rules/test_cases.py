"""The rule tests that are data, and what every rule owes its readers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from domain.limits import Averaging
from rules.cases.files import CaseResult, case_files, run_cases, summary
from rules.cases.model import CaseError
from rules.pack import RuleSet, load_packs

CASES = Path(__file__).parents[2] / "cases" / "rules"
RESULTS = run_cases([CASES])
OWED = {"violation", "compliant", "boundary", "too_little_data"}
#: Rules that give a value and never a verdict, for want of a limit or of a figure that somebody has confirmed.
INDICATORS = {"energy.total", "energy.benchmark_share", "ldar.voc_emission", "water.reuse_rate"}


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.title)
def test_case(result: CaseResult) -> None:
    assert result.problems == []


@pytest.mark.parametrize("rule_id", sorted(load_packs().variants))
def test_every_rule_has_its_cases(rule_id: str) -> None:
    counts = Counter(result.case.covers for result in RESULTS if result.rule_id == rule_id)
    assert set(counts) >= (OWED - {"violation", "compliant"} if rule_id in INDICATORS else OWED)


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.title)
def test_a_case_shows_what_it_says(result: CaseResult) -> None:
    verdicts = {expected.verdict for expected in result.case.expect}
    if result.rule_id in ("data.meter_step", "data.correction_magnitude") and result.case.covers == "compliant":
        assert verdicts == set(), "it says nothing where nothing is"
    elif result.rule_id in INDICATORS:
        assert verdicts <= {"undetermined"}
    elif result.case.covers in ("violation", "compliant"):
        bad = "undetermined" if result.rule_id == "platform.rule_failed" else "violation"
        assert (bad if result.case.covers == "violation" else "compliant") in verdicts
    if result.case.covers == "too_little_data" and not result.rule_id.startswith("ldar."):
        assert not verdicts or "undetermined" in verdicts


def test_names_within_a_file_differ() -> None:
    names = defaultdict(list)
    for result in RESULTS:
        names[result.file, result.rule_id].append(result.case.name)
    assert [key for key, found in names.items() if len(found) != len(set(found))] == []


def test_every_shipped_rule_is_described() -> None:
    text = (Path(__file__).parents[3] / "docs" / "standards.md").read_text("utf-8")
    assert [rule_id for rule_id in load_packs().variants if f"`{rule_id}`" not in text] == []


def test_a_wrong_limit_is_noticed() -> None:
    """Every case at the edge of a shipped limit fails when the limits are a little higher."""
    rules = load_packs()
    wrong = [one.model_copy(update={"value": one.value + 2 * 10.0**-one.decimals}) for one in rules.limits]
    files = [path for path in case_files([CASES]) if re.match(r"legal_|ule_hourly_", path.name)]
    results = run_cases(files, RuleSet(rules.variants, rules.pack_of, wrong))
    failing = {(result.rule_id, result.case.process) for result in results if not result.passed}
    in_force = {
        ("legal.single" if one.averaging is Averaging.SINGLE else f"{one.kind.value}.hourly", one.process)
        for one in rules.limits
        if one.enabled
    }
    assert failing >= in_force
    assert any(line.startswith("FAILED ule_hourly_coke_oven_stack_so2.toml: ") for line in summary(results))
    assert summary(RESULTS) == [f"{len(RESULTS)} cases of {len(rules.variants)} rules, 0 failed"]


#: A mark from 08:00 UTC on, before a series.
MARK = "process_marks = [{{ kind = '{}', from = 2026-11-02T08:00:00Z, to = {} }}]\nseries.so2"
GOOD = """
rule = "ule.hourly"

[[case]]
name = "x"
covers = "violation"
at = 2026-11-02T08:00:00+08:00
process = "coke_oven_stack"
series.so2 = "36*60"
series.o2 = "8*60"
expect = [{ at = 2026-11-02T08:00:00+08:00, verdict = "violation", reason = "over_limit" }]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"violation", reason', '"compliant", reason', "expected compliant over_limit, found violation over_limit"),
        ('"over_limit"', '"over_limit", value = 35.0', "expected value 35.0, found 36.0"),
        ('"over_limit"', '"over_limit", ends = 2026-11-02T10:00:00+08:00', "expected an end at"),
        (
            "at = 2026-11-02T08:00:00+08:00, v",
            "at = 2026-11-02T09:00:00+08:00, v",
            "expected one judgement, found: none",
        ),
        (
            'expect = [{ at = 2026-11-02T08:00:00+08:00, verdict = "violation", reason = "over_limit" }]',
            "expect = []",
            "not expected: violation over_limit",
        ),
    ],
)
def test_what_differs_is_said(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    path = tmp_path / "x.toml"
    path.write_text(GOOD.replace(old, new), "utf-8")
    (result,) = run_cases([path])
    assert any(message in problem for problem in result.problems)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("36*60", "36x60", "series token '36x60'"),
        ("36*60", "5Q*60", "series token '5Q*60'"),
        ("36*60", "_D", "series token '_D'"),
        ("series.so2", "series.flow", "series.flow: expected a pollutant or o2"),
        ('process = "coke_oven_stack"\n', "", "expected process or [case.limit]"),
        ('series.so2 = "36*60"\n', "", "series: expected one of a pollutant"),
        ("series.so2", MARK.format("x", "2026-11-02T09:00:00Z"), "process_marks: there is no kind 'x'"),
        ("series.so2", MARK.format("fault", "2026-11-02T08:00:00Z"), "process_marks: fault ends before it begins"),
        ("covers", "cover", "case.0.covers: Field required"),
        ("ule.hourly", "ule.weekly", "no rule 'ule.weekly'"),
        ("08:00:00+08:00\nprocess", "08:00:00\nprocess", "naive datetime"),
        ("[[case]]", "[case", "x.toml: "),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    path = tmp_path / "x.toml"
    path.write_text(GOOD.replace(old, new, 1), "utf-8")
    with pytest.raises(CaseError, match=re.escape(message)):
        run_cases([path])


def test_folders_are_walked() -> None:
    assert len(case_files([CASES])) == len(list(CASES.glob("*.toml")))
