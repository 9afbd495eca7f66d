"""Every target has a source; figures become points, points become rows."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from domain.errors import PackError
from domain.ledger import Entry, Ledger
from rules.pack import load_packs
from rules.policy import CheckMode, TargetForm, load_policy
from rules.scoreboard.board import part_labels, row_of, rows_of
from rules.scoreboard.entry import target_fault, value_faults
from rules.scoreboard.figures import Counted, DutyTerm, EnteredValue, Figures, Linked, Seen, Summed
from rules.scoreboard.sources import ManualSource, NoSource, load_sources, read_sources

TODAY = date(2026, 11, 20)
TARGETS = {target.id: target for target in load_policy().targets}
TEXT = files("rules.scoreboard").joinpath("sources.toml").read_text("utf-8")
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)


def row(target: str, **figures: Any) -> dict[str, Any]:
    return row_of(TARGETS[target], load_sources()[target], Figures(TODAY, **figures), load_policy().conflicts)


def seen(value: float | None, verdict: str = "compliant", reason: str = "target_met", **more: Any) -> Seen:
    fields: dict[str, Any] = {"month": OCTOBER, "as_of": date(2026, 10, 31), "finding_id": 7} | more
    return Seen(fields["month"], fields["as_of"], 7, verdict, reason, value, fields.get("judged_target"))


def entered(value: float, as_of: date = date(2026, 6, 30), part: str = "") -> EnteredValue:
    return EnteredValue(part, as_of, value, "王", "市水务局函", 1)


def test_all_156_targets_have_a_source_and_a_row() -> None:
    assert len(load_sources()) == len(TARGETS) == 156
    rows = rows_of(Figures(TODAY))
    assert [one["target_id"] for one in rows] == list(TARGETS)
    assert all(one["state"] in ("unknown", "not_computable") for one in rows)
    assert all(one["why"] for one in rows), "a row without a figure says why"


@pytest.mark.parametrize(
    "target", [t.id for t in TARGETS.values() if t.check_mode in (CheckMode.AUTO, CheckMode.DERIVED)]
)
def test_what_a_platform_should_compute_is_computed_or_says_why_not(target: str) -> None:
    source = load_sources()[target]
    if isinstance(source, ManualSource | NoSource):
        assert len(source.why) >= 10
        assert row(target)["state"] == "not_computable"
    else:
        assert source.reading, "how it is read"


def test_rules_of_sources_are_shipped() -> None:
    named = {
        rule
        for one in load_sources().values()
        for rule in (*getattr(one, "rules", ()), getattr(one, "rule", None))
        if rule
    }
    assert named <= set(load_packs().variants)
    # no period is printed for it: in force when the city decides one
    assert named - set(load_packs().enabled) == {"duty.water_balance_test"}


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ('"T001", "T030"', '"T030"', "T001 has no source"),
        ('"T001", "T030"', '"T001", "T030", "T999"', "T999 is no target"),
        ('"T001", "T030"', '"T001", "T030", "T002"', "T002 is named 2 times"),
        ('item = "saving.water"', 'item = "saving.gold"', "no ledger item saving.gold"),
        ('kind = "ratio"', 'kind = "ratios"', "ratios"),
        ("per = 1e8", "pre = 1e8", "pre"),
    ],
)
def test_a_mistake_in_the_sources_is_refused(before: str, after: str, why: str) -> None:
    assert before in TEXT
    with pytest.raises(PackError, match=why):
        read_sources(TEXT.replace(before, after, 1), TARGETS)


def test_a_derived_target_must_say_why_a_bureau_enters_it() -> None:
    text = TEXT.replace('why = "文件未定义“基准指标”，也未登记煤矿企业的单耗，由主管部门填报"', "")
    with pytest.raises(PackError, match="T053 is derived: say why"):
        read_sources(text, TARGETS)


def test_a_finding_gives_value_gap_and_state() -> None:
    key = ("water.intake_online_rate.green_park_plan", "")
    found = row("T032", seen={key: [seen(88.0, "violation", "target_not_met", judged_target="T032")]})
    assert (found["state"], found["value"], found["gap"], found["as_of"]) == ("behind", 88.0, 2.0, date(2026, 10, 31))
    assert found["source"]["finding_id"] == 7
    late = row("T031", seen={key: [seen(80.0, "violation", "target_not_met")]})
    assert (late["state"], late["indicator_year"]) == ("missed", 2025)


def test_two_documents_stay_apart_and_know_of_each_other() -> None:
    key = ("water.intake_online_rate.green_park_plan", "")
    months = [
        seen(value, month=date(2026, month, 1), as_of=date(2026, month, day))
        for value, month, day in ((84.0, 8, 31), (84.4, 9, 30), (84.8, 10, 31))
    ]
    draft, other = row("T002", seen={key: months}), row("T033", seen={key: months})
    assert (draft["state"], other["state"]) == ("on_track", "behind"), "90.4 at the end of 2027"
    assert draft["projected"] == other["projected"] == pytest.approx(90.4, abs=0.1)
    assert draft["conflicts"] == other["conflicts"]
    assert draft["conflicts"][0]["id"] == "online-rate-2027"


def test_an_undetermined_finding_is_never_met() -> None:
    key = ("green.share", "")
    whole = seen(30.0, "undetermined", "no_target_this_year", month=SEPTEMBER, as_of=date(2026, 9, 30))
    assert row("T052", seen={key: [whole]})["state"] == "met"
    found = row("T052", seen={key: [whole, seen(50.0, "undetermined", "incomplete_data")]})
    assert (found["state"], found["value"], found["as_of"]) == ("unknown", 30.0, date(2026, 9, 30))
    assert found["why"] == "2026年10月：数据不完整；所列为2026年9月30日的数值"


def test_the_cap_is_in_its_own_unit() -> None:
    found = row("T024", seen={("water.cap", ""): [seen(2.5e8, "compliant", "within_cap")]})
    assert (found["value"], found["unit"], found["state"]) == (2.5, "亿m3/年", "on_track")
    assert found["gap"] == pytest.approx(-0.79)
    assert row("T012", seen={("water.cap", ""): [seen(2.5e8)]})["state"] == "unknown", "2025 has no figure"


@pytest.mark.parametrize(("m3", "state"), [(329_000_000.0, "met"), (329_000_001.0, "missed")])
def test_the_last_cubic_metre_decides(m3: float, state: str) -> None:
    december = seen(m3, month=date(2025, 12, 1), as_of=date(2025, 12, 31))
    assert row("T012", seen={("water.cap", ""): [december]})["state"] == state
    saved = Ledger([Entry(None, None, "saving.water", "year", date(2025, 1, 1), 2_567_000.0 - (state == "missed"))])
    assert row("T016", ledger=saved)["state"] == state


def test_intensities_need_their_base_year() -> None:
    def year(item: str, y: int, value: float) -> Entry:
        return Entry(None, None, item, "year", date(y, 1, 1), value)

    now = [year("water.total", 2025, 2.4e8), year("gdp", 2025, 8e6)]
    without = row("T013", ledger=Ledger(now))
    assert (without["state"], without["why"]) == (
        "not_computable",
        "未提供2020年基准值：全市用水总量、地区生产总值（不变价）",
    )
    base = [year("water.total", 2020, 3e8), year("gdp", 2020, 8e6)]
    found = row("T013", ledger=Ledger([*base, *now]))
    assert (found["value"], found["state"]) == (pytest.approx(20.0), "met")
    assert found["as_of"] == date(2025, 12, 31)
    assert row("T008", ledger=Ledger(now))["why"] == "未提供2026年的全市用水总量、地区生产总值（不变价）"
    assert row("T025", ledger=Ledger(now))["value"] == pytest.approx(30.0)
    assert row("T025", ledger=Ledger(now))["state"] == "not_computable"


def test_saved_water_adds_up_over_the_plan_and_prefers_the_citys_own_figure() -> None:
    sums = {
        "saving.water": [Summed("month", date(2026, 3, 1), 40_000.0, 2), Summed("month", date(2026, 5, 1), 5_000.0, 1)]
    }
    found = row("T027", sums=sums)
    assert found["value"] == pytest.approx(4.5)
    assert [point["as_of"] for point in found["trend"]] == ["2026-03-31", "2026-05-31"]
    own = Ledger([Entry(None, None, "saving.water", "month", date(2026, 4, 1), 1_100_000.0)])
    assert row("T027", sums=sums, ledger=own)["value"] == pytest.approx(110.0)
    assert row("T027", sums=sums, ledger=own)["state"] == "met"
    assert row("T016", sums=sums)["state"] == "unknown", "2026 is not in that plan"


def test_connected_enterprises_of_the_last_whole_month() -> None:
    linked = [
        Linked(OCTOBER, "coking", 5, 4),
        Linked(OCTOBER, "cement", 2, 2),
        Linked(date(2026, 11, 1), "coking", 5, 1),
    ]
    assert row("T082", linked=linked)["value"] == 80.0
    assert row("T083", linked=linked)["value"] == 4.0
    assert row("T107", linked=linked)["value"] == 6.0


def test_lists_have_a_count_and_no_state() -> None:
    counted = {("line", "water.quota"): [
        Counted(OCTOBER, "steel", "violation", "over_quota", None, 3),
        Counted(OCTOBER, "steel", "compliant", "quota_met", "leading", 1),
    ]}  # fmt: skip
    assert (row("T037", counted=counted)["value"], row("T037", counted=counted)["state"]) == (3.0, "not_computable")
    assert row("T018", counted=counted)["value"] == 25.0
    undecided = {("line", "water.quota"): [Counted(OCTOBER, "steel", "undetermined", "no_quota", None, 2)]}
    assert row("T018", counted=undecided)["state"] == "unknown"
    assert row("T018", counted=undecided)["why"] == "2026年10月部分生产线无法判定：未收录用水定额2条"


def test_ldar_rounds_of_the_year() -> None:
    found = row("T072", rounds=[("a", 10, 10), ("b", 10, 9), ("none", 0, 0)])
    assert (found["value"], found["source"]["enterprises_complete"], found["indicator_year"]) == (0.5, 1, 2026)
    assert found["state"] == "behind"
    assert row("T072", rounds=[("a", 10, 10)])["state"] == "met"


def term(subject: str, first: str, due: str, reason: str, done_on: str | None = None) -> DutyTerm:
    day = date.fromisoformat
    return DutyTerm(subject, day(first), day(due), reason, None if done_on is None else day(done_on), 7)


def test_the_day_of_the_month_on_which_something_was_done() -> None:
    rule = "duty.retrofit_dispatch"
    done = [
        term("city:wuhai", "2026-08-01", "2026-08-15", "overdue"),
        term("city:wuhai", "2026-09-01", "2026-09-15", "done_late", "2026-09-18"),
        term("city:wuhai", "2026-10-01", "2026-10-15", "done_in_time", "2026-10-14"),
        term("city:wuhai", "2026-11-01", "2026-11-15", "scheduled"),
    ]
    found = row("T048", duties={rule: done})
    assert (found["state"], found["value"], found["unit"], found["gap"]) == ("met", 14.0, "日/月", -1.0)
    assert [(one["as_of"], one["value"]) for one in found["trend"]] == [
        ("2026-08-31", 31.0), ("2026-09-18", 18.0), ("2026-10-14", 14.0),
    ]  # fmt: skip
    late = row("T048", duties={rule: done[:2]})
    assert (late["state"], late["value"]) == ("behind", 18.0)
    missed = row("T048", duties={rule: [*done[:3], term("city:wuhai", "2026-11-01", "2026-11-15", "overdue")]})
    assert (missed["state"], missed["value"], missed["as_of"]) == ("behind", 20.0, TODAY)
    first = row("T048", duties={rule: done[3:]})
    assert (first["state"], first["why"]) == ("unknown", "本期尚未到期，还没有办理记录")


def soil(year: int, reason: str, plants: int) -> list[DutyTerm]:
    return [term(f"enterprise:p{n}", f"{year}-01-01", f"{year}-12-31", reason) for n in range(plants)]


def test_how_many_units_were_monitored_in_the_year_of_the_plan() -> None:
    rule = "duty.soil_monitoring"
    found = row("T078", duties={rule: [*soil(2025, "done_in_time", 35), *soil(2026, "due_soon", 35)]})
    assert (found["state"], found["value"], found["indicator_year"]) == ("met", 35.0, 2025)
    assert found["source"]["reasons"] == {"due_soon": 35}
    fewer = [*soil(2025, "done_in_time", 34), term("enterprise:x", "2025-01-01", "2025-12-31", "done_without_evidence")]
    found = row("T078", duties={rule: fewer})
    assert (found["state"], found["value"], found["gap"]) == ("missed", 34.0, 1.0)
    assert row("T078", duties={rule: soil(2026, "done_in_time", 35)})["state"] == "unknown"
    assert row("T078")["state"] == "unknown"


def test_the_longest_time_since_an_inspection() -> None:
    rule = "duty.hidden_danger"
    terms = [
        term("enterprise:a", "2024-11-21", "2026-11-21", "due_soon"),
        term("enterprise:b", "2023-01-01", "2025-01-01", "done_late", "2026-01-01"),
        term("enterprise:b", "2026-01-01", "2028-01-01", "scheduled"),
    ]
    found = row("T079", duties={rule: terms})
    assert (found["state"], found["value"]) == ("met", 2.0)
    over = [*terms[1:], term("enterprise:a", "2024-11-19", "2026-11-19", "overdue")]
    found = row("T079", duties={rule: over})
    assert (found["state"], found["value"]) == ("behind", 2.0), "the calendar decides, not a division"


def test_a_duty_without_a_period_has_a_number_and_nothing_to_compare_it_with() -> None:
    assert row("T022")["state"] == "not_computable"
    assert "没有给出周期" in row("T022")["why"]
    done = [term("enterprise:a", "2023-01-01", "2026-01-01", "done_in_time", "2025-06-01")]
    found = row("T022", duties={"duty.water_balance_test": done})
    assert (found["state"], found["value"]) == ("not_computable", 1.0)


def test_entered_figures_with_author_and_evidence() -> None:
    found = row("T028", entered={"T028": [entered(7), entered(9, date(2026, 9, 30))]})
    assert (found["state"], found["value"], found["gap"]) == ("met", 9, 0)
    assert (found["source"]["author"], found["source"]["evidence"]) == ("王", "市水务局函")
    future = {"T028": [entered(7), entered(9, date(2027, 1, 1))]}
    assert row("T028", entered=future)["value"] == 7
    assert row("T114", entered={"T114": [entered(3)]})["state"] == "met", "what nobody can compute may be entered"


def test_parts_by_year_are_thresholds_of_one_figure() -> None:
    assert part_labels(TARGETS["T109"]) == [""]
    found = row("T109", entered={"T109": [entered(70)]})
    assert [(p["part"], p["state"], p["gap"]) for p in found["parts"]] == [("2026", "met", -10), ("2027", "behind", 30)]
    assert (found["state"], found["value"]) == ("behind", 70)


def test_parts_by_kind_have_figures_of_their_own() -> None:
    labels = part_labels(TARGETS["T097"])
    assert labels == ["基础级智能工厂", "先进级智能工厂", "卓越级智能工厂"]
    found = row("T097", entered={"T097": [entered(30, part=labels[0]), entered(8, part=labels[1])]})
    assert [p["state"] for p in found["parts"]] == ["met", "met", "unknown"]
    assert (found["state"], found["value"], found["why"]) == ("unknown", None, "尚未填报：卓越级智能工厂")
    assert part_labels(TARGETS["T122"]) == ["重点培育家数"]
    both = row("T122", entered={"T122": [entered(6, part="重点培育家数")]})
    assert [p["state"] for p in both["parts"]] == ["met", "behind"]


def test_what_may_be_entered() -> None:
    assert target_fault("T004") is None
    assert target_fault("T053") is None
    assert target_fault("T031") == "目标 T031 由判定结果自动计算（water.intake_online_rate.green_park_plan），不能填报"
    assert "定性目标" in (target_fault("T087") or "")
    assert "没有目标" in (target_fault("T900") or "")
    assert value_faults("T004", "", TODAY, 3, TODAY) == []
    assert [field for field, _ in value_faults("T004", "x", date(2027, 1, 1), -1, TODAY)] == ["part", "as_of", "value"]
    assert [field for field, _ in value_faults("T005", "", TODAY, 101, TODAY)] == ["value"]
    assert [field for field, _ in value_faults("T097", "", TODAY, float("nan"), TODAY)] == ["part", "value"]


def test_every_form_that_counts_something_can_be_followed() -> None:
    for target in TARGETS.values():
        if target.form is TargetForm.PARTS:
            assert isinstance(load_sources()[target.id], ManualSource)
