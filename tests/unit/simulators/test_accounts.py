"""The truth of accounts, by hand: what the story is made for, and the printed examples of the standards."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from domain.periods import HOUR, day_start
from simulators.city import Line
from simulators.effects import Outcome
from simulators.truth import JUDGES
from simulators.truth_accounts import Account, Accounts
from simulators.truth_energy import corrected
from tests.unit.simulators.conftest import Told, told_month


def _month(told: Told, rule: str) -> dict[str, Outcome]:
    return {
        subject: outcome for (r, subject, at), outcome in told.truth.findings.items()
        if r == rule and at == told.story.start
    }  # fmt: skip


def _reasons(told: Told, rule: str) -> dict[str, str]:
    return {subject.partition(":")[2]: outcome.reason for subject, outcome in _month(told, rule).items()}


def test_balances_worth_naming(told: Told) -> None:
    water, watch = _month(told, "water.balance"), _month(told, "water.balance_watch")
    assert water["enterprise:yunhe-coking"][:2] == ("compliant", "closed")
    assert watch["enterprise:yunhe-coking"] == ("violation", "loss_over_band", pytest.approx(7.0, abs=0.2))
    assert water["enterprise:shuoyuan-coking"] == ("violation", "loss_over_band", pytest.approx(15.0, abs=0.2))
    assert water["enterprise:ruichuan-pvc"][:2] == ("violation", "sub_exceeds_entry")
    assert water["enterprise:baiheng-cement"] == ("undetermined", "not_metered", None)
    assert water["enterprise:tuoyan-power"] == ("undetermined", "incomplete_data", None)  # a reset without a record
    assert water["enterprise:lanxu-chloralkali"][:2] == ("compliant", "closed")  # a replacement with one
    standing = water["enterprise:heming-bdo"].value  # 1.2 % are lost, and a day of the entry is not counted
    assert standing == pytest.approx(abs(100 * (29 / 30 - 0.988) / (29 / 30)), abs=0.3)
    assert watch["place:lanxu-chloralkali/MP-05"][:2] == ("compliant", "closed")
    assert _reasons(told, "energy.balance.electricity")["jinlu-steel"] == "loss_over_band"
    assert _reasons(told, "energy.balance.steam") == {"heming-bdo": "loss_over_band", "ruichuan-pvc": "closed"}
    assert _reasons(told, "energy.balance.coke_oven_gas")["shuoyuan-coking/GP-01"] == "loss_over_band"


def test_water_that_is_taken(told: Told) -> None:
    permits = _reasons(told, "water.permit")
    assert permits["heming-bdo"] == "permit_expired"
    assert permits["shuoyuan-coking"] == "over_permit"
    assert permits["zhuohui-ferrosilicon"] == "partial_year"
    assert permits["jinlu-steel"] == "incomplete_data"
    assert permits["yunhe-coking"] == "within_permit"
    assert "guangyi-solar" not in permits
    assert set(_reasons(told, "water.control_index").values()) == {
        "no_index", "within_index", "over_index", "incomplete_data",
    }  # fmt: skip
    assert set(_reasons(told, "water.quota").values()) == {
        "no_quota", "no_general_quota", "quota_met", "over_quota", "incomplete_data",
    }  # fmt: skip
    assert _reasons(told, "water.cap") == {"yunchuan": "within_cap"}
    assert _reasons(told, "water.cap_watch") == {"yunchuan": "forecast_over_cap"}
    checks = _reasons(told, "water.report_check")
    assert (checks["tuoyan-power"], checks["baiheng-cement"]) == ("report_differs", "not_reported")


def test_energy_worth_naming(told: Told) -> None:
    unit, access = _reasons(told, "energy.unit"), _reasons(told, "energy.unit_access")
    ovens = [f"{name}-coking/L1" for name in ("yunhe", "qinglan", "shuoyuan")]
    assert [unit[one] for one in ovens] == ["within_level_3", "within_level_3", "over_level_3"]
    assert [access[one] for one in ovens] == ["within_level_2", "over_level_2", "over_level_2"]
    assert unit["baiheng-cement/L2"] == unit["xunfeng-semicoke/L1"] == "correction_incomplete"
    assert unit["ruichuan-pvc/L3"] == "no_output"
    assert unit["lanxu-chloralkali/L2"] == "too_few_months"
    assert unit["lanxu-chloralkali/L3"] == "incomplete_data"
    assert (unit["heming-bdo/L1"], access["heming-bdo/L1"]) == ("within_level_3", "factor_unconfirmed")
    assert "jinlu-steel/L1" not in unit
    assert set(_reasons(told, "energy.total").values()) == {
        "over_10000_tce", "over_5000_tce", "below_5000_tce", "incomplete_data",
    }  # fmt: skip
    listed = _reasons(told, "energy.retrofit_list")
    assert [name for name, reason in listed.items() if reason == "to_retrofit"] == ["shuoyuan-coking"]


def test_carbon_green_and_waste(told: Told) -> None:
    assert set(_reasons(told, "carbon.account").values()) == {
        "factor_unconfirmed", "no_budget", "incomplete_data", "over_budget", "within_budget",
    }  # fmt: skip
    green = _reasons(told, "green.share")
    assert (green["qinglan-coking"], green["lanxu-chloralkali"]) == ("green_exceeds_use", "no_limit")
    assert green["yunchuan"] == "no_target_this_year"
    waste = _reasons(told, "solid.rate")
    assert (waste["lanxu-chloralkali"], waste["zhuohui-ferrosilicon"]) == ("target_not_met", "more_than_generated")
    assert waste["yunchuan"] == "target_met"


@pytest.mark.parametrize(
    ("month", "city", "chemical"),
    [((2027, 2), "no_target_this_year", "target_not_met"), ((2028, 2), "target_not_met", None)],
)
def test_green_targets_of_other_years(month: tuple[int, int], city: str, chemical: str | None) -> None:
    _, events = told_month(month)
    last = {e.rule_id: e.outcome for e in events if e.subject == "city:yunchuan" and e.rule_id.startswith("green.")}
    assert {rule: outcome and outcome.reason for rule, outcome in last.items()} == {
        "green.share": city, **({} if chemical is None else {"green.share.chemical": chemical}),
    }  # fmt: skip


def test_coverage_worth_naming(told: Told) -> None:
    energy, water = _month(told, "energy.fit_rate"), _month(told, "water.fit_rate")
    assert energy["enterprise:qinglan-coking"] == ("violation", "target_not_met", pytest.approx(200 / 3))
    assert energy["enterprise:tuoyan-power"] == ("violation", "target_not_met", 0.0)
    assert "enterprise:guangyi-solar" not in energy
    assert water["enterprise:guangyi-solar"][:2] == ("undetermined", "no_metering_place")
    assert water["enterprise:jinlu-steel"] == ("violation", "target_not_met", pytest.approx(200 / 3))
    arrival = _month(told, "data.arrival_rate")
    assert arrival["enterprise:zhuohui-ferrosilicon"] == ("violation", "target_not_met", pytest.approx(700 / 8))
    assert arrival["park:hewan-chemical"][0] == "compliant"


def test_meters_worth_naming(told: Told) -> None:
    def on(day: int) -> datetime:
        return day_start(date(2026, 9, day))

    def of(rule: str) -> dict[tuple[str, datetime], str]:
        return {(s, at): o.reason for (r, s, at), o in told.truth.findings.items() if r == rule}

    frozen, same = of("data.meter_frozen"), of("data.identical_increments")
    assert [key for key, reason in frozen.items() if reason == "frozen"] == [("point:heming-bdo/W-01", on(17))]
    assert [key for key, reason in same.items() if reason == "identical"] == [("point:jinlu-steel/W-02", on(21))]
    assert frozen["point:ruichuan-pvc/W-01", on(8)] == "too_few_hours"
    assert ("point:jinlu-steel/W-02", on(1)) not in same
    assert {s for (s, _) in of("data.meter_step")} == {"point:tuoyan-power/W-03"}
    assert of("data.correction_magnitude") == {
        ("point:ruichuan-pvc/W-05", on(22) + 10 * HOUR): "corrected_tenfold",
    }  # fmt: skip


def _oven(charging: str, quenching: str, commissioned: date) -> Line:
    return Line("a", "L1", "焦炉", "coke", date(2020, 1, 1), None, 1, charging, quenching, commissioned)


@pytest.mark.parametrize(
    ("line", "volatile", "moisture", "levels"),
    [
        (_oven("stamp", "dry", date(2016, 9, 1)), 25.0, 10.5, (115.0, 140.0)),
        (_oven("stamp", "wet", date(2016, 9, 1)), 25.0, 10.5, (115.0, 186.46)),
        (_oven("top", "dry", date(2006, 9, 1)), 26.5, 11.0, (126.21, 153.71)),
        (_oven("top", "dry", date(2016, 9, 1)), 28.5, 10.0, None),
    ],
)
def test_corrections_of_coke_as_the_standard_has_them(
    told: Told, line: Line, volatile: float, moisture: float, levels: tuple[float, float] | None
) -> None:
    """GB 21342-2025 clause 5.3."""
    months = [date(2026, 9, 1)]
    said = {"output": 1000.0, "coke.volatile": volatile, "coke.moisture": moisture}
    reported = {("a", "L1", item, months[0]): value for item, value in said.items()}
    account = Account(told.story.city, told.story.referee.totals, reported, months)  # type: ignore[arg-type]
    assert corrected(account, line) == (None if levels is None else pytest.approx(levels))


def test_a_meter_that_gives_no_reading_late_in_the_month_makes_it_incomplete(told: Told) -> None:
    totals = told.story.referee.totals.of_places
    assert not totals["jinlu-steel/MP-01"].is_complete
    assert totals["ruichuan-pvc/MP-01"].is_complete  # five silent hours are bridged
    assert totals["zhuohui-ferrosilicon/MP-02"].value is None
    assert not totals["tuoyan-power/MP-03"].is_complete
    swapped = totals["lanxu-chloralkali/MP-02"]
    assert swapped.is_complete
    point = told.story.city.point("lanxu-chloralkali/W-02")
    assert swapped.value == pytest.approx(point.typical * 719, rel=0.02)


def test_late_reports_change_the_month_and_nothing_else_does(told: Told) -> None:
    story = told.story
    books = Accounts(story.city, story.timeline, story.referee.totals, JUDGES)
    events = list(books.events(story.timeline.hours))
    first = min(event.clock for event in events)
    assert first == story.timeline.month_hours + 1
    again = [event for event in events if event.clock > first]
    assert {event.clock for event in again} == {729, 734}
    assert all(event.outcome is not None for event in again)
