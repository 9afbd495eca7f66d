"""The truth agrees with itself: what files declare, what was sent, and in whatever order a platform works."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.periods import HOUR, day_start, year_period
from simulators.city import Component
from simulators.effects import Outcome
from simulators.events import Event
from simulators.leak_register import specials
from simulators.story import Story
from simulators.truth_alerts import Alerts, group_by_clock
from simulators.truth_leaks import DUTY_FROM, duties, in_service, leak_events, yearly
from simulators.truth_stacks import HOURLY, MONTHLY
from tests.unit.simulators.conftest import Told, told_month

LIMITS = {"so2": 30, "nox": 150, "pm": 10}
MONTHS = [(2027, 2), (2028, 2), (2026, 11), (2026, 12)]


def _of(told: Told, rule: str) -> dict[tuple[str, datetime], tuple[str, str, float | None]]:
    return {(subject, at): outcome for (r, subject, at), outcome in told.truth.findings.items() if r == rule}


def _summary(alerts: Alerts) -> tuple[dict[tuple[str, str, datetime], str], Counter[tuple[str, str, str, bool]]]:
    return alerts.standing, Counter((t.event, t.rule_id, t.subject, t.notified) for t in alerts.tellings)


def test_every_closed_hour_of_every_stack_is_judged(told: Told) -> None:
    for quantity in LIMITS:
        hours = _of(told, HOURLY.format(quantity))
        assert len(hours) == 3 * (told.story.timeline.hours - 1)


def test_declared_verdicts_agree_with_what_was_sent(told: Told) -> None:
    """Value rounded half to even, at most the limit: compliant. No ordinary hour comes near the limit."""
    for quantity, limit in LIMITS.items():
        for (_, _), (verdict, _, value) in _of(told, HOURLY.format(quantity)).items():
            if verdict == "undetermined":
                continue
            assert value is not None
            assert verdict == ("compliant" if round(value) <= limit else "violation")


def test_constants_were_really_sent(told: Told) -> None:
    stacks = told.story.referee._stacks
    corrected = {(c.outlet, c.quantity, c.hour) for c in told.story.effects.corrections}
    for (outlet, quantity, hour), outcome in told.story.effects.outcomes.items():
        if outcome.value is not None and (outlet, quantity, hour) not in corrected:
            assert stacks.converted(outlet, quantity, hour) == pytest.approx(outcome.value, rel=1e-12)


def test_the_rounding_boundaries(told: Told) -> None:
    so2 = _of(told, HOURLY.format("so2"))
    third = day_start(date(2026, 10, 3))
    found = {h: so2[("outlet:yunhe-coking/S1", third + h * HOUR)] for h in (6, 8, 10)}
    assert found == {
        6: ("compliant", "within_limit", 30.4),
        8: ("violation", "over_limit", 30.6),
        10: ("compliant", "within_limit", 30.5),
    }


def test_44_and_45_minutes(told: Told) -> None:
    so2 = _of(told, HOURLY.format("so2"))
    fifth = day_start(date(2026, 10, 5))
    assert so2[("outlet:yunhe-coking/S1", fifth + 1 * HOUR)][1] == "too_few_valid_minutes"
    assert so2[("outlet:yunhe-coking/S1", fifth + 2 * HOUR)][1] == "within_limit"


@pytest.mark.parametrize("month", [(2026, 10), *MONTHS])
def test_the_months_shares(month: tuple[int, int]) -> None:
    _, events = told_month(month)
    shares = {(e.rule_id, e.subject): e.outcome for e in events if e.rule_id.endswith(".monthly")}
    so2, nox, pm = (MONTHLY.format(quantity) for quantity in LIMITS)
    below = shares[(so2, "outlet:qinglan-coking/S1")]
    assert below[:2] == ("violation", "share_not_met")
    assert below.value is not None
    assert 94 < below.value < 95
    assert shares[(nox, "outlet:qinglan-coking/S1")] == ("compliant", "share_met", 95.0)
    assert {shares[(rule, "outlet:shuoyuan-coking/S1")][1] for rule in (so2, nox, pm)} == {"insufficient_data"}
    assert {shares[(rule, "outlet:yunhe-coking/S1")][1] for rule in (so2, nox, pm)} == {"share_met"}


@pytest.mark.parametrize("month", [(2026, 10), *MONTHS])
def test_the_declared_ends_of_components(month: tuple[int, int]) -> None:
    story, events = told_month(month)
    current = {event.key: event for event in events if event.rule_id == "ldar.gb37822"}
    for special in specials(story.city.first_day):
        subject = f"component:{special.enterprise}/{special.code}"
        mine = sorted((e for e in current.values() if e.subject == subject), key=lambda event: event.period)
        assert tuple(f"{e.outcome.verdict} {e.outcome.reason}" for e in mine) == special.expect, special.code


@pytest.mark.parametrize("month", [(2026, 10), *MONTHS])
def test_ordinary_components_stay_scheduled(month: tuple[int, int]) -> None:
    _, events = told_month(month)
    reasons = {
        event.outcome.reason for event in events if event.rule_id == "ldar.gb37822" and "/X-" not in event.subject
    }
    assert reasons == {"scheduled"}


def test_the_number_of_components_decides() -> None:
    city = Story().city
    day = date(2026, 10, 5)
    assert in_service(city, "heming-bdo", day) == 2099  # X-NEW comes on the 15th
    assert in_service(city, "heming-bdo", date(2026, 10, 15)) == 2100
    assert in_service(city, "lanxu-chloralkali", day) < DUTY_FROM


@pytest.mark.parametrize(("count", "obliged"), [(1999, False), (2000, True)])
def test_the_duty_begins_with_2000_components(count: int, obliged: bool) -> None:
    story = Story()
    mine = [c for c in story.city.components if c.enterprise == "heming-bdo" and "X-" not in c.code][:count]
    city = replace(story.city, components=tuple(mine))
    events = list(leak_events(city, story.timeline, type(story.effects)(), 26))
    assert any(event.rule_id == "ldar.gb37822" for event in events) is obliged
    assert any(event.rule_id == "ldar.wuhai_yearly" for event in events)


COMPONENT = Component("a", "V-1", "阀门", "单元", "valve", "gas", date(2022, 1, 1))
REGISTERED = date(2026, 10, 1)


@pytest.mark.parametrize(
    ("tests", "day", "said"),
    [
        ([date(2026, 4, 10)], date(2026, 9, 9), ["scheduled"]),  # 31 days before the 10th of October
        ([date(2026, 4, 10)], date(2026, 9, 10), ["due_soon"]),
        ([date(2026, 4, 10)], date(2026, 10, 10), ["due_soon"]),
        ([date(2026, 4, 10)], date(2026, 10, 11), ["overdue"]),
        ([date(2026, 4, 10), date(2026, 10, 10)], date(2026, 10, 12), ["tested_in_time", "scheduled"]),
        ([date(2026, 4, 10), date(2026, 10, 11)], date(2026, 10, 12), ["tested_late", "scheduled"]),
        ([date(2025, 8, 31)], date(2026, 2, 28), ["due_soon"]),  # clipped to the month's end
        ([date(2025, 8, 31)], date(2026, 3, 1), ["overdue"]),
    ],
)
def test_duties_by_hand(tests: list[date], day: date, said: list[str]) -> None:
    assert [outcome.reason for _, outcome in duties(COMPONENT, tests, REGISTERED, day)] == said


@pytest.mark.parametrize(
    ("tests", "registered", "day", "said"),
    [
        ([], REGISTERED, date(2026, 11, 30), ["scheduled"]),
        ([], REGISTERED, date(2026, 12, 1), ["due_soon"]),
        ([], REGISTERED, date(2026, 12, 31), ["overdue"]),
        ([], REGISTERED, date(2027, 1, 1), ["overdue", "scheduled"]),
        ([date(2026, 1, 1)], REGISTERED, date(2026, 12, 31), ["tested"]),
        ([], date(2021, 5, 1), date(2022, 6, 1), ["scheduled"]),  # in service from 1 January: that year counts
    ],
)
def test_years_by_hand(tests: list[date], registered: date, day: date, said: list[str]) -> None:
    assert [outcome.reason for _, outcome in yearly(COMPONENT, tests, registered, day)] == said


def test_water_days_worth_naming(told: Told) -> None:
    installed = _of(told, "water.meter_installation_rate")
    online = _of(told, "water.intake_online_rate.green_park_plan")

    def on(day: int) -> datetime:
        return day_start(date(2026, 10, day))

    semicoke, steel = "enterprise:xunfeng-semicoke", "enterprise:jinlu-steel"
    assert installed[(semicoke, on(12))] == ("compliant", "target_met", 100.0)
    assert installed[(semicoke, on(13))] == ("violation", "target_not_met", 50.0)
    assert online[(semicoke, on(13))] == ("violation", "target_not_met", 0.0)
    assert installed[("enterprise:baiheng-cement", on(1))] == ("violation", "target_not_met", 50.0)
    assert installed[("enterprise:guangyi-solar", on(1))][:2] == ("undetermined", "no_metering_place")
    assert ("enterprise:qingyuan-water", on(1)) not in installed
    assert ("enterprise:guangyi-solar", on(1)) not in online
    # 648 of 720 hours by the 30th is exactly 90 %, 648 of 744 by the 31st is less
    assert online[(steel, on(30))] == ("compliant", "target_met", 100.0)
    value = 100 * 1_000_000 / 3_400_000
    assert online[(steel, on(31))] == ("violation", "target_not_met", pytest.approx(value))


def test_offline_changes_worth_naming(told: Told) -> None:
    offline = _of(told, "data.point_offline")
    eighth = day_start(date(2026, 10, 8))
    mine = {at: reason for (subject, at), (_, reason, _) in offline.items() if subject == "point:ruichuan-pvc/W-01"}
    assert mine == {
        told.story.start: "reporting",
        eighth + 11 * HOUR: "silent",
        eighth + 14 * HOUR: "reporting",
    }
    never = {at: reason for (s, at), (_, reason, _) in offline.items() if s == "point:zhuohui-ferrosilicon/W-02"}
    assert never == {told.story.start + 2 * HOUR: "silent"}


def test_alerts_worth_naming(told: Told) -> None:
    so2, outlet = HOURLY.format("so2"), "outlet:yunhe-coking/S1"
    mine = {at for rule, subject, at in told.truth.alerts if (rule, subject) == (so2, outlet)}
    expected = [(3, 8), (18, 3), (22, 5), (26, 2), (27, 1)]
    assert mine == {day_start(date(2026, 10, day)) + hour * HOUR for day, hour in expected}
    corrected = (so2, outlet, day_start(date(2026, 10, 25)) + 2 * HOUR)
    assert corrected in told.truth.withdrawn
    others = told.truth.withdrawn - {corrected}
    assert {(rule, subject.split("/")[0]) for rule, subject, _ in others} == {
        ("data.point_offline", "point:qinglan-coking")
    }
    ldar = ("ldar.gb37822", "enterprise:heming-bdo", day_start(date(2026, 10, 6)))
    assert told.truth.alerts[ldar] == "firing"
    assert [n for n in told.truth.notifications if n[1] == "ldar.gb37822"] == [("firing", *ldar[:2])]
    pm = ("ule.coke_oven_stack.pm.hourly", "outlet:qinglan-coking/S1")
    assert told.truth.withheld == [("firing", *pm), ("resolved", *pm)]
    assert told.truth.notifications.count(("firing", *pm)) == 1


def test_refusals_and_the_accounting_law(told: Told) -> None:
    for account in told.truth.accounting.values():
        assert account.received == account.stored + account.duplicates + account.corrections + account.refused
    totals: Counter[str] = Counter()
    for (enterprise, _), items in told.truth.refusals.items():
        totals[enterprise] += items
    assert {e: a.refused for e, a in told.truth.accounting.items() if a.refused} == dict(totals)
    assert sum(a.corrections for a in told.truth.accounting.values()) == 121
    assert sum(a.duplicates for a in told.truth.accounting.values()) > 3000


def test_the_truth_of_an_earlier_moment_is_smaller(told: Told) -> None:
    early = told.story.truth(told.story.start + timedelta(hours=24 * 10))
    assert set(early.findings) <= set(told.truth.findings)
    assert set(early.alerts) <= set(told.truth.alerts) | told.truth.withdrawn
    assert not any(rule.endswith("monthly") for rule, _, _ in early.findings)
    with pytest.raises(ValueError, match="clock value"):
        told.story.truth(told.story.start + timedelta(minutes=5))


def _settled(events: list[Event], clocks: list[int]) -> list[tuple[int, list[Event]]]:
    """Judgements as a platform sees them that only catches up at some clock values: nothing in between is seen."""
    groups: list[tuple[int, list[Event]]] = []
    left = events
    for clock in clocks:
        due = {event.key: event for event in left if event.clock <= clock}
        left = [event for event in left if event.clock > clock]
        groups.append((clock, list(due.values())))
    return groups


def test_catching_up_only_at_settling_steps_changes_nothing(told: Told) -> None:
    referee = told.story.referee
    events = referee.events(told.story.timeline.hours)
    clocks = [step.index + 1 for step in told.steps if step.settle]
    assert len(clocks) < len(told.steps) / 2
    lazy = referee.alerts(_settled(events, [*clocks, told.story.timeline.hours]))
    assert _summary(lazy) == _summary(referee.alerts(group_by_clock(events)))


def test_judging_before_or_after_the_messages_of_an_hour_changes_nothing(told: Told) -> None:
    referee = told.story.referee
    hours = told.story.timeline.hours
    one, other = referee.events(hours), referee.events(hours, judged_first=True)
    assert one != other
    redundant = {event.key for event in (*one, *other) if event.redundant}
    assert {e.key: e.outcome for e in one if e.key not in redundant} == {
        e.key: e.outcome for e in other if e.key not in redundant
    }
    assert _summary(referee.alerts(group_by_clock(one))) == _summary(referee.alerts(group_by_clock(other)))


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_judgements_within_an_hour_changes_nothing(told: Told, seed: int) -> None:
    referee = told.story.referee
    events = referee.events(told.story.timeline.hours)
    shuffled: list[tuple[int, list[Event]]] = []
    for clock, group in group_by_clock(events):
        random.Random(seed).shuffle(group)
        shuffled += [(clock, [event]) for event in group]
    assert _summary(referee.alerts(shuffled)) == _summary(referee.alerts(group_by_clock(events)))


def test_a_missed_year_stays_open_when_the_next_one_begins() -> None:
    alerts = Alerts(datetime(2026, 12, 31, 16, tzinfo=UTC))
    missed = Event(1, "ldar.wuhai_yearly", "component:a/V-1", year_period(2026), Outcome("violation", "overdue"))
    begun = Event(25, "ldar.wuhai_yearly", "component:a/V-1", year_period(2027), Outcome("compliant", "scheduled"))
    alerts.take(1, [missed])
    alerts.take(25, [begun])
    assert alerts.states == {("ldar.wuhai_yearly", "enterprise:a", year_period(2026).end): "firing"}
    assert [(telling.event, telling.notified) for telling in alerts.tellings] == [("firing", True)]
