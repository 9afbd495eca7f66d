"""What the stacks of the city are made to do is what comes of it, and nothing else comes of anything."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from domain.periods import HOUR, day_start
from simulators.city import LimitRow
from simulators.devices import cems
from simulators.effects import Outcome
from simulators.events import Arrivals, Event
from simulators.plants import build_city
from simulators.standards import SHIPPED, Limits
from simulators.story import Story
from simulators.truth_hours import Moment, rounded
from simulators.truth_mass import _filled
from simulators.truth_stacks import MONTHLY, _share
from tests.unit.simulators.conftest import Told, told_month

EVER = 10**6


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return day_start(date(2026, 9, day)) + hour * HOUR + timedelta(minutes=minute)


def _events(told: Told, rule: str, subject: str) -> list[Event]:
    events = told.story.referee.events(told.story.timeline.hours)
    return [event for event in events if (event.rule_id, event.subject) == (rule, subject)]


def _said(told: Told, rule: str, subject: str, at: datetime) -> list[tuple[int, str]]:
    """(clock, reason) of everything that was ever said of a period."""
    return [
        (event.clock, "" if event.outcome is None else event.outcome.reason)
        for event in _events(told, rule, subject)
        if event.period.start == at
    ]


def test_declared_verdicts_are_those_of_what_was_sent(told: Told) -> None:
    """Of each declared hour, with the marks in the end and the data before any correction."""
    story, stacks = told.story, told.story.referee.stacks
    arrivals, limits = Arrivals(story.effects), Limits(story.city)
    for (kind, outlet, quantity, hour), wanted in story.effects.outcomes.items():
        limit = limits.of(outlet, quantity, kind, "hour")
        assert limit is not None
        arrived = arrivals.at(outlet.split("/")[0], hour)
        got = stacks.hourly(outlet, quantity, limit, hour, Moment(arrived, EVER), arrivals)
        assert got[:2] == wanted[:2], (kind, outlet, quantity, hour)
        if wanted.value is not None:
            assert got.value == pytest.approx(wanted.value, rel=1e-12)


@pytest.mark.parametrize("seed", [None, 2])
def test_no_violation_comes_of_itself(told: Told, seed: int | None) -> None:
    """Whatever the noise, only what a scenario says is over a limit or is warned of."""
    story = told.story if seed is None else Story(seed=seed)
    declared = {(f"{kind}.hourly", outlet, quantity, hour) for kind, outlet, quantity, hour in story.effects.outcomes}
    hours = {(outlet, hour) for _, outlet, _, hour in declared}
    for event in story.referee.events(story.timeline.hours):
        if event.outcome is None or event.outcome.verdict != "violation":
            continue
        outlet, _, quantity = event.subject.partition(":")[2].rpartition("/")
        hour = (event.period.start - story.start) // HOUR
        if event.rule_id in ("legal.hourly", "ule.hourly"):
            assert (event.rule_id, outlet, quantity, hour) in declared, event
        elif event.rule_id.startswith("warn."):
            assert {(outlet, hour), (outlet, hour - 1)} & hours or _edited(story, outlet, quantity, hour), event


def _edited(story: Story, outlet: str, quantity: str, hour: int) -> bool:
    point = story.city.outlet_point(outlet, quantity).key
    return any(edit.point == point and edit.start <= hour <= edit.end for edit in story.effects.edits)


def test_every_verdict_that_limits_can_give_is_there(told: Told) -> None:
    reasons = {
        (event.rule_id, event.outcome.reason)
        for event in told.story.referee.events(told.story.timeline.hours)
        if event.outcome is not None
    }
    for rule in ("legal.hourly", "ule.hourly"):
        for reason in ("over_limit", "within_limit", "no_data", "too_few_valid_minutes", "o2_near_ambient"):
            assert (rule, reason) in reasons
    assert {reason for rule, reason in reasons if rule == "ule.hourly" and reason.startswith("o2_")} == {
        "o2_missing", "o2_invalid", "o2_near_ambient",
    }  # fmt: skip
    assert {reason for rule, reason in reasons if reason.startswith("excluded_")} == {
        "excluded_start_up", "excluded_shutdown", "excluded_stopped",
    }  # fmt: skip
    assert {reason for rule, reason in reasons if rule == "legal.daily"} == {
        "over_limit", "within_limit", "too_few_valid_hours",
    }  # fmt: skip


def test_a_rejected_mark_gives_the_verdict_back(told: Told) -> None:
    subject = "pollutant:yunhe-coking/S1/so2"
    noon = 11 * 24
    assert _said(told, "legal.hourly", subject, _at(12, 2)) == [
        (noon + 4, "over_limit"),
        (noon + 6, "excluded_shutdown"),
        (noon + 2 * 24 + 10, "over_limit"),
    ]
    assert _said(told, "ule.hourly", subject, _at(12, 2)) == [(noon + 4, "over_limit")]


def test_a_mark_that_was_announced_is_known_from_the_first(told: Told) -> None:
    subject = "pollutant:shuoyuan-coking/S1/so2"
    assert [reason for _, reason in _said(told, "legal.hourly", subject, _at(14, 3))] == ["excluded_start_up"]
    assert [reason for _, reason in _said(told, "ule.hourly", subject, _at(14, 3))] == ["over_limit"]


def test_44_and_45_minutes_under_a_mark(told: Told) -> None:
    subject = "pollutant:yunhe-coking/S1/so2"
    cut = _said(told, "ule.hourly", subject, _at(11, 8))
    assert [reason for _, reason in cut] == ["within_limit", "too_few_valid_minutes"]
    left = _said(told, "ule.hourly", subject, _at(11, 12))
    assert [reason for _, reason in left] == ["within_limit", "within_limit"]  # on another mean
    nox = _said(told, "ule.hourly", "pollutant:yunhe-coking/S1/nox", _at(11, 8))
    assert [reason for _, reason in nox] == ["within_limit"]


def test_numerators_denominators_and_the_rest(told: Told) -> None:
    (month,) = [
        told.truth.evidence[key]
        for key in told.truth.evidence
        if key[:2] == (MONTHLY, "pollutant:qinglan-coking/S1/nox")
    ]
    assert month["hours_in_service"] == 720
    assert month["hours_excluded"] == {"excluded_stopped": 3}
    assert month["hours_operating"] == 717
    assert month["hours_judged"] + sum(month["hours_undetermined"].values()) == 717
    assert month["hours_compliant"] * 20 == month["hours_judged"] * 19  # exactly 95 %


def test_shares_by_hand() -> None:
    good, bad = Outcome("compliant", "within_limit", 1.0), Outcome("violation", "over_limit", 9.0)
    stopped, lost = Outcome("undetermined", "excluded_stopped"), Outcome("undetermined", "no_data")
    started = Outcome("undetermined", "excluded_start_up")
    assert _share([good] * 19 + [bad]) == ("compliant", "share_met", 95.0)
    assert _share([good] * 18 + [bad])[:2] == ("violation", "share_not_met")
    assert _share([good] * 75 + [lost] * 25)[1] == "share_met"
    assert _share([good] * 74 + [lost] * 26)[1] == "insufficient_data"
    assert _share([good] * 74 + [started] * 26)[1] == "insufficient_data"  # an exempt hour is one of operation
    assert _share([good] * 10 + [stopped] * 90)[1] == "share_met"
    assert _share([stopped] * 10)[1] == "not_operating"


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [(30.5, 0, 30.0), (31.5, 0, 32.0), (30.500000000000004, 0, 30.0), (30.51, 0, 31.0), (0.45, 1, 0.4), (-0.4, 0, 0.0)],
)
def test_rounding_by_hand(value: float, decimals: int, expected: float) -> None:
    assert rounded(value, decimals) == expected


def test_whose_limit_holds() -> None:
    city = build_city((2026, 9))
    limits = Limits(city)

    def value(outlet: str, quantity: str, kind: str, averaging: str = "hour") -> float | None:
        row = limits.of(outlet, quantity, kind, averaging)
        return None if row is None else row.value

    assert value("yunhe-coking/S1", "so2", "ule") == 30
    assert value("yunhe-coking/S1", "so2", "legal") == 50
    assert value("shuoyuan-coking/S1", "nox", "legal") is None
    assert value("heming-bdo/IP1", "nmhc", "legal") == 10  # and 6 in a key region
    assert value("heming-bdo/IP1", "nmhc", "legal", "single") == 30
    assert value("tuoyan-power/B1", "so2", "legal", "day") == 30
    keyed = Limits(replace(city, key_region_from=date(2026, 1, 1)))
    assert keyed.of("heming-bdo/IP1", "nmhc", "legal", "hour") == next(
        row for row in SHIPPED if (row.value, row.region) == (6.0, "key")
    )


def test_ordinary_minutes_stay_below_80_percent_of_every_limit(told: Told) -> None:
    """So that neither a violation nor a warning comes of itself, whatever the seed."""
    city = told.story.city
    limits = Limits(city)
    for kind in ("legal", "ule"):
        for outlet, quantity, limit in limits.judged(kind, "hour"):
            worst = _worst(told, outlet, quantity, limit)
            assert worst < 0.8 * limit.value, (outlet, quantity, worst)


def _worst(told: Told, outlet: str, quantity: str, limit: LimitRow) -> float:
    city = told.story.city
    process = city.outlet(outlet).process
    top = cems.profile_of(quantity, 0.0, process).high / (1000 if quantity in ("benzene", "toluene", "xylene") else 1)
    if told.story.referee.stacks.reference(outlet, limit) is None:
        return top
    assert limit.reference_o2_pct is not None
    return top * (21 - limit.reference_o2_pct) / (21 - cems.profile_of("o2", 0.0, process).high)


@pytest.mark.parametrize(("value", "count"), [(30.5, 60), (8.0, 60), (0.6, 4), (450.0, 1), (128.25, 6)])
def test_values_around_one_have_it_as_their_mean(value: float, count: int) -> None:
    made = cems.around(1, "a/S1-SO2", 7, value, count, 2, 0.01)
    assert math.fsum(made.tolist()) / count == pytest.approx(value, rel=1e-14)
    if count > 4:
        assert len(set(made.tolist())) > count / 4  # no flat line
    assert made.tolist() == cems.around(1, "a/S1-SO2", 7, value, count, 2, 0.01).tolist()


def test_charging_comes_in_batches() -> None:
    values = cems.day_values(1, "a/C1-PM", "pm", 0, 1440, process="charging")
    quiet, busy = sorted(values)[200], sorted(values)[-200]
    assert busy - quiet > 1.5


def test_flow_temperature_and_draught_follow_one_load() -> None:
    names = ("flue_flow", "flue_temperature")
    flow, heat = (cems.day_values(1, f"a/S1-{n}", n, 3, 144, process="coke_oven_stack", of="a/S1") for n in names)
    cold = cems.day_values(1, "b/S1-T", "flue_temperature", 3, 144, process="coke_oven_stack", of="b/S1")
    centred = [values - values.mean() for values in (flow, heat, cold)]
    together, apart = (
        float((centred[0] * other).sum() / (centred[0].std() * other.std() * 144)) for other in centred[1:]
    )
    assert together > 0.8
    assert apart < together


def test_what_the_logger_states_is_the_mean_of_what_it_measures(told: Told) -> None:
    reported = [
        event.outcome.reason
        for event in told.story.referee.events(told.story.timeline.hours)
        if event.rule_id.startswith("data.reported_") and event.outcome is not None
    ]
    assert reported.count("same") > 2900
    assert set(reported) == {"same", "differs", "not_reported", "no_own_value"}


def test_warnings_by_the_minute(told: Told) -> None:
    """45 mg/m3 from 03:00 to 09:00, limit 30: ten minutes above it, and an end as soon as ten have a mean within."""
    mine = [event for event in _events(told, "warn.ule", "pollutant:yunhe-coking/S1/so2") if event.outcome is not None]
    night = [event for event in mine if _at(18, 0) <= event.period.start < _at(18, 12)]
    assert [(e.period.start, e.outcome and e.outcome.reason, e.clock) for e in night] == [
        (_at(18, 3, 9), "minutes_over_100", 17 * 24 + 4),
        (_at(18, 9, 5), "normal", 17 * 24 + 10),
    ]
    # one minute of 300: only the projection of the hour is over
    spike = [event for event in mine if _at(16, 10) <= event.period.start < _at(16, 12)]
    assert [event.outcome and event.outcome.reason for event in spike] == ["projected_over", "normal"]
    assert spike[0].period.start == _at(16, 10, 30)


def test_warnings_about_history_are_not_given(told: Told) -> None:
    """Of 30 silent hours, the exceedance of 28 hours ago is history when the data come, that of 10 hours ago is not."""
    pm = [event.period.start for event in _events(told, "warn.ule", "pollutant:qinglan-coking/S1/pm")]
    assert pm == [_at(17, 2, 9), _at(17, 3, 3)]


def test_substitution_by_hand() -> None:
    running = [False] * 400
    masses: list[float | None] = [float(n % 200) for n in range(400)]
    assert _filled(masses, running, 0)[0] == pytest.approx(sum(n % 200 for n in range(400)) / 1000)
    masses[300:303] = [None] * 3
    total, evidence = _filled(masses, running, 0)
    # the last 180 valid hours before hour 300 are those from 120 on: 199 is among them
    assert total == pytest.approx((sum(n % 200 for n in range(400) if not 300 <= n < 303) + 3 * 199) / 1000)
    assert evidence == {"measured_h": 397, "substituted_h": {"180": 3}, "unsubstituted_h": 0, "stopped_h": 0}
    masses[300:330] = [None] * 30
    assert _filled(masses, running, 0)[1]["substituted_h"] == {"720": 30}
    masses[300:350] = [None] * 50
    assert _filled(masses, running, 0)[1]["substituted_h"] == {"2160": 50}
    masses[200:350] = [None] * 150
    assert _filled(masses, running, 0)[1]["unsubstituted_h"] == 150
    assert _filled(masses, [False] * 200 + [True] * 150 + [False] * 50, 0)[1] == {
        "measured_h": 250, "substituted_h": {}, "unsubstituted_h": 0, "stopped_h": 150,
    }  # fmt: skip


def test_quarters_close_with_their_last_month() -> None:
    for month, closes in (((2026, 11), False), ((2026, 12), True)):
        _, events = told_month(month)
        assert any(event.rule_id == "data.capture_rate" for event in events) is closes
        assert any(event.rule_id == "data.transmission_rate" for event in events)


def test_each_sign_is_seen_somewhere(told: Told) -> None:
    signs = {sign for _, sign, _ in told.story.effects.signs}
    assert len(signs) >= 17
    seen = {(rule, subject) for rule, subject, _ in told.truth.findings if rule.startswith("sign.")}
    assert {rule for rule, _ in seen} == {f"sign.{sign}" for sign in signs}
    ends = {key[:2] for key, state in told.truth.alerts.items() if key[0].startswith("sign.") and state == "resolved"}
    assert ends == seen
