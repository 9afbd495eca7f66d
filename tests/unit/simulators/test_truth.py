"""The truth agrees with itself: what files declare, what was sent, and in whatever order a platform works."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from domain.periods import HOUR, day_start, year_period
from simulators.effects import Outcome
from simulators.events import Event
from simulators.layout import POLLUTANTS
from simulators.truth_alerts import AlertKey, Alerts, group_by_clock
from simulators.truth_stacks import MONTHLY
from simulators.truth_told import Telling
from simulators.truth_water import ONLINE_GREEN
from tests.unit.simulators.conftest import Told, told_month

MONTHS = [(2027, 2), (2028, 2), (2026, 11), (2026, 12)]


def _of(told: Told, rule: str) -> dict[tuple[str, datetime], tuple[str, str, float | None]]:
    return {(subject, at): outcome for (r, subject, at), outcome in told.truth.findings.items() if r == rule}


def _summary(told: Told, alerts: Alerts) -> tuple[object, ...]:
    """What people must have been told in the end, and what was left out."""
    desk = told.story.referee.desk(alerts, told.story.timeline.hours)
    return (
        alerts.standing,
        Counter(_plain(telling) for telling in desk.tellings),
        desk.withheld,
        sorted(desk.acts, key=str),
    )


def _plain(telling: Telling) -> tuple[str, str, AlertKey, int, tuple[str, ...]]:
    return telling.event, telling.team, telling.key, telling.minute, tuple(sorted(telling.people))


@pytest.mark.parametrize("month", [(2026, 9), *MONTHS])
def test_the_months_shares(month: tuple[int, int]) -> None:
    _, events = told_month(month)
    shares = {e.subject.removeprefix("pollutant:"): e.outcome for e in events if e.rule_id == MONTHLY}
    below = shares["qinglan-coking/S1/so2"]
    assert below is not None
    assert below[:2] == ("violation", "share_not_met")
    assert below.value is not None
    assert 94 < below.value < 95
    assert shares["qinglan-coking/S1/nox"] == ("compliant", "share_met", 95.0)
    reasons = {key: outcome.reason for key, outcome in shares.items() if outcome is not None}
    assert {reasons[f"shuoyuan-coking/S1/{quantity}"] for quantity in POLLUTANTS} == {"insufficient_data"}
    assert {reasons[f"yunhe-coking/S1/{quantity}"] for quantity in POLLUTANTS} == {"share_met"}


def test_water_days_worth_naming(told: Told) -> None:
    installed = _of(told, "water.meter_installation_rate")
    online = _of(told, "water.intake_online_rate.green_park_plan")

    def on(day: int) -> datetime:
        return day_start(date(2026, 9, day))

    semicoke, steel = "enterprise:xunfeng-semicoke", "enterprise:jinlu-steel"
    assert installed[(semicoke, on(12))] == ("compliant", "target_met", 100.0)
    assert installed[(semicoke, on(13))] == ("violation", "target_not_met", 50.0)
    assert online[(semicoke, on(13))] == ("violation", "target_not_met", 0.0)
    assert installed[("enterprise:baiheng-cement", on(1))] == ("violation", "target_not_met", 50.0)
    assert installed[("enterprise:guangyi-solar", on(1))][:2] == ("undetermined", "no_metering_place")
    assert ("enterprise:qingyuan-water", on(1)) not in installed
    assert ("enterprise:guangyi-solar", on(1)) not in online
    # 624 of 672 hours by the 28th is more than 90 %, 624 of 696 by the 29th is less
    assert online[(steel, on(28))] == ("compliant", "target_met", 100.0)
    value = 100 * 1_000_000 / 3_400_000
    assert online[(steel, on(29))] == ("violation", "target_not_met", pytest.approx(value))
    # in a month of 31 days, 648 of 720 hours by the 30th is exactly 90 %
    _, events = told_month((2026, 12))
    rates = {e.period.start: e.outcome for e in events if (e.rule_id, e.subject) == (ONLINE_GREEN, steel)}
    assert rates[day_start(date(2026, 12, 30))] == ("compliant", "target_met", 100.0)
    assert rates[day_start(date(2026, 12, 31))] == ("violation", "target_not_met", pytest.approx(value))


def test_offline_changes_worth_naming(told: Told) -> None:
    offline = _of(told, "data.point_offline")
    eighth = day_start(date(2026, 9, 8))
    mine = {at: reason for (subject, at), (_, reason, _) in offline.items() if subject == "point:ruichuan-pvc/W-01"}
    assert mine == {
        told.story.start: "reporting",
        eighth + 11 * HOUR: "silent",
        eighth + 14 * HOUR: "reporting",
    }
    never = {at: reason for (s, at), (_, reason, _) in offline.items() if s == "point:zhuohui-ferrosilicon/W-02"}
    assert never == {told.story.start + 2 * HOUR: "silent"}


def test_alerts_worth_naming(told: Told) -> None:
    so2, outlet = "ule.hourly", "pollutant:yunhe-coking/S1/so2"
    mine = {at for rule, subject, at in told.truth.alerts if (rule, subject) == (so2, outlet)}
    expected = [
        (3, 8), (9, 12), (9, 14), (9, 16), (12, 2), (18, 3), (22, 5), (24, 8), (24, 10), (26, 2), (27, 1),
    ]  # fmt: skip
    assert mine == {day_start(date(2026, 9, day)) + hour * HOUR for day, hour in expected}
    corrected = (so2, outlet, day_start(date(2026, 9, 25)) + 2 * HOUR)
    assert corrected in told.truth.withdrawn
    # silent meters whose data came late, an hour that was corrected, a replacement that was entered; a test that was
    # made in time, of which the record came days later
    others = {(rule, subject.split("/")[0]) for rule, subject, _ in told.truth.withdrawn - {corrected}}
    assert others == {
        ("data.meter_step", "point:lanxu-chloralkali"),
        ("data.point_offline", "point:qinglan-coking"),
        ("warn.legal", "pollutant:yunhe-coking"),
        ("remind.due_today", "enterprise:heming-bdo"),
        ("data.gateway_offline", "gateway:qinglan-coking"),
        ("data.gateway_offline", "gateway:shuoyuan-coking"),
        ("data.gateway_offline", "gateway:baiheng-cement"),
        ("legal.hourly", "pollutant:qinglan-coking"),
        ("ule.hourly", "pollutant:qinglan-coking"),
    }
    ldar = ("ldar.gb37822", "enterprise:heming-bdo", day_start(date(2026, 9, 6)))
    assert told.truth.alerts[ldar] == "firing"
    events = Counter(one.event for one in told.truth.tellings if one.key == ldar)
    assert (events["firing"], events["resolved"]) == (1, 0)
    pm = ("ule.hourly", "pollutant:qinglan-coking/S1/pm")
    rejected = ("legal.hourly", "pollutant:yunhe-coking/S1/so2")
    # a verification that had run out before the registration, and leaks that were left to themselves for a term
    verification = ("duty.meter_verification", "enterprise:qinglan-coking")
    left = ("ldar.sign_period", "enterprise:ruichuan-pvc")
    historical = {(rule, subject) for rule, subject, reason in told.truth.withheld if reason == "historical"}
    assert historical == {pm, rejected, verification, left}
    assert Counter(one.event for one in told.truth.tellings if one.key[:2] == pm)["firing"] == 1


def test_refusals_and_the_accounting_law(told: Told) -> None:
    for account in told.truth.accounting.values():
        assert account.received == account.stored + account.duplicates + account.corrections + account.refused
    totals: Counter[str] = Counter()
    for (enterprise, _), items in told.truth.refusals.items():
        totals[enterprise] += items
    assert {e: a.refused for e, a in told.truth.accounting.items() if a.refused} == dict(totals)
    assert sum(a.corrections for a in told.truth.accounting.values()) == 123
    assert sum(a.duplicates for a in told.truth.accounting.values()) > 3000


def test_the_truth_of_an_earlier_moment_is_smaller(told: Told) -> None:
    early = told.story.truth(told.story.start + timedelta(hours=24 * 10))
    assert set(early.findings) <= set(told.truth.findings)
    assert set(early.alerts) <= set(told.truth.alerts) | told.truth.withdrawn
    assert not any(rule == MONTHLY for rule, _, _ in early.findings)
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
    assert _summary(told, lazy) == _summary(told, referee.alerts(group_by_clock(events)))


def test_judging_before_or_after_the_messages_of_an_hour_changes_nothing(told: Told) -> None:
    referee = told.story.referee
    hours = told.story.timeline.hours
    one, other = referee.events(hours), referee.events(hours, judged_first=True)
    assert one != other
    redundant = {event.key for event in (*one, *other) if event.redundant}
    assert {e.key: e.outcome for e in one if e.key not in redundant} == {
        e.key: e.outcome for e in other if e.key not in redundant
    }
    assert _summary(told, referee.alerts(group_by_clock(one))) == _summary(told, referee.alerts(group_by_clock(other)))


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_judgements_within_an_hour_changes_nothing(told: Told, seed: int) -> None:
    """A rule writes what it finds of a subject at once; which rule and which subject comes first is open."""
    referee = told.story.referee
    events = referee.events(told.story.timeline.hours)
    shuffled: list[tuple[int, list[Event]]] = []
    for clock, group in group_by_clock(events):
        series: dict[tuple[str, str], list[Event]] = {}
        for event in group:
            series.setdefault((event.rule_id, event.subject), []).append(event)
        parts = list(series.values())
        random.Random(seed).shuffle(parts)
        shuffled += [(clock, part) for part in parts]
    assert _summary(told, referee.alerts(shuffled)) == _summary(told, referee.alerts(group_by_clock(events)))


def test_a_missed_year_stays_open_when_the_next_one_begins() -> None:
    alerts = Alerts()
    missed = Event(1, "ldar.wuhai_yearly", "component:a/V-1", year_period(2026), Outcome("violation", "overdue"))
    begun = Event(25, "ldar.wuhai_yearly", "component:a/V-1", year_period(2027), Outcome("compliant", "scheduled"))
    alerts.take(1, [missed])
    alerts.take(25, [begun])
    assert alerts.states == {("ldar.wuhai_yearly", "enterprise:a", year_period(2026).end): "firing"}
    assert [(one.clock, one.kind) for one in alerts.news] == [(1, "fired")]
