"""The truth of leak detection and repair: what files declare, and single cases by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from domain.findings import Verdict
from domain.periods import SITE_ZONE, day_period, local_day
from rules.families.contract import judge
from rules.families.leakdays import DAY_SIGNS
from rules.pack import load_packs
from runtime.bench.leaksigns import signs
from runtime.bench.leakwindows import campaign_of, days_of
from simulators.city_leaks import Component
from simulators.duty_desk import DutyDone
from simulators.effects import Outcome
from simulators.events import Event, Term
from simulators.leak_register import specials
from simulators.leak_shapes import Check, Fact, Filing, Mending, Probe
from simulators.story import Story
from simulators.truth_duties import months, weeks
from simulators.truth_emission import rate
from simulators.truth_leak_signs import BY_CAMPAIGN, BY_DAY
from simulators.truth_leaks import GB31571, GB37822, Known, Schedules, duties, stretches, yearly
from simulators.truth_reminders import Reminders
from simulators.truth_repairs import attempt, filed_late, leaks_of, repair
from tests.unit.simulators.conftest import told_month

MONTHS = [(2028, 2), (2026, 12)]
COMPONENT = Component("a", "V-1", "阀门", "单元", "valve", "gas", date(2022, 1, 1))
REGISTERED = date(2026, 10, 1)


@pytest.mark.parametrize("month", [(2026, 9), *MONTHS])
def test_the_declared_ends_of_components(month: tuple[int, int]) -> None:
    story, events = told_month(month)
    for special in specials(story.city.first_day):
        subject = f"component:{special.key}"
        for rule, expected in special.expect.items():
            current = {event.key: event for event in events if (event.rule_id, event.subject) == (rule, subject)}
            mine = sorted(current.values(), key=lambda event: event.period)
            said = tuple(f"{outcome.verdict} {outcome.reason}" for outcome in (e.outcome for e in mine) if outcome)
            if month == (2026, 9) or "X-RELIEF" not in special.key:  # holidays are those of that month
                assert said == expected, (special.key, rule)


@pytest.mark.parametrize("month", [(2026, 9), *MONTHS])
def test_ordinary_components_stay_scheduled_or_are_tested_in_time(month: tuple[int, int]) -> None:
    _, events = told_month(month)
    for rule in ("ldar.gb37822", "ldar.gb31571"):
        reasons = {
            event.outcome.reason
            for event in events
            if event.rule_id == rule and "/X-" not in event.subject and event.outcome is not None
        }
        assert reasons == {"scheduled", "tested_in_time"}


def test_the_number_of_components_decides() -> None:
    story = Story()
    schedules = Schedules(story.city, story.timeline)
    assert (
        schedules.in_service("heming-bdo", date(2026, 9, 5)) == 5002
    )  # three go in the month, X-NEW comes on the 15th
    assert schedules.in_service("heming-bdo", date(2026, 9, 15)) == 5000
    assert schedules.in_service("lanxu-chloralkali", date(2026, 9, 5)) < GB37822.duty_from


@pytest.mark.parametrize(("count", "obliged"), [(1999, False), (2000, True)])
def test_the_duty_begins_with_2000_components(count: int, obliged: bool) -> None:
    story = Story(days=1)
    mine = [c for c in story.city.components if c.enterprise == "heming-bdo" and "X-" not in c.code][:count]
    city = replace(story.city, components=tuple(mine))
    keys = {component.key for component in mine}
    told = [one for one in story.leaks.told if one.key in keys]
    events = list(Schedules(city, story.timeline).events(told, 26))
    assert any(event.rule_id == "ldar.gb37822" for event in events) is obliged
    assert any(event.rule_id == "ldar.gb31571" for event in events)
    assert any(event.rule_id == "ldar.wuhai_yearly" for event in events)


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
    registered = min(REGISTERED, day)
    known = Known(set(tests))
    assert [outcome.reason for _, outcome, _ in duties(COMPONENT, known, GB37822, registered, day)] == said


@pytest.mark.parametrize(
    ("kind", "event", "due"),
    [
        ("flange", (date(2026, 9, 3), "restart"), date(2026, 12, 2)),
        ("relief", (date(2026, 9, 18), "release"), date(2026, 9, 24)),  # Sunday the 20th is worked
        ("relief", (date(2026, 9, 21), "release"), date(2026, 9, 29)),  # Friday the 25th is a holiday
        ("valve", (date(2026, 9, 21), "release"), date(2027, 2, 1)),  # only relief devices release
    ],
)
def test_what_shortens_a_term(kind: str, event: tuple[date, str], due: date) -> None:
    tested = date(2026, 8, 1)
    component = replace(COMPONENT, kind=kind)
    (*_, last) = stretches(component, Known({tested}, {event}), GB37822)
    assert last.due == due
    (*_, last) = stretches(component, Known({tested}, {event}), GB31571)
    assert last.due == (date(2027, 2, 1) if kind == "flange" else date(2026, 11, 1))


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
    assert [outcome.reason for _, outcome, _ in yearly(COMPONENT, Known(set(tests)), registered, day)] == said


def at(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 9, day, hour, tzinfo=SITE_ZONE)


def probe(day: int, net: float, purpose: str = "routine", hour: int = 10) -> Probe:
    return Probe("V-1", at(day, hour), net, 0.0, net, purpose=purpose)


def mended(day: int) -> Mending:
    return Mending("V-1", at(1), at(day), "更换垫片", "维修班")


def filed(day: int, until: int) -> Filing:
    return Filing("V-1", at(1), at(day), "shutdown", date(2026, 9, until), "备案1号")


FOUND = probe(1, 6000.0)


@pytest.mark.parametrize(
    ("facts", "day", "said", "due", "met"),
    [
        ([], 10, "scheduled", 16, None),
        ([], 11, "due_soon", 16, None),
        ([], 16, "due_soon", 16, None),
        ([], 17, "overdue", 16, None),
        ([mended(16), probe(16, 9.0, "retest", 15)], 17, "repaired_in_time", 16, None),
        ([mended(17), probe(17, 9.0, "retest", 15)], 17, "repaired_late", 16, 17),
        ([mended(16), probe(17, 9.0, "retest")], 17, "retest_after_term", 16, None),
        ([mended(16)], 17, "retest_missing", 16, None),
        ([mended(16), probe(16, 7000.0, "retest", 15)], 17, "overdue", 16, None),
        ([filed(16, 25)], 25, "delayed", 25, None),
        ([filed(16, 25)], 26, "overdue", 25, None),
        ([filed(16, 25), mended(24), probe(24, 9.0, "retest", 15)], 26, "repaired_in_time", 25, None),
        ([filed(17, 25)], 17, "delayed_late", 16, 17),
        ([filed(17, 25)], 26, "delayed_late", 16, 17),
        ([mended(16), filed(17, 25), probe(18, 9.0, "retest")], 26, "retest_after_term", 16, None),
        ([probe(3, 9.0)], 17, "overdue", 16, None),  # it does not heal by itself
        ([mended(3), probe(4, 9.0, "spot_check")], 17, "retest_missing", 16, None),
    ],
)
def test_repairs_by_hand(facts: list[Fact], day: int, said: str, due: int, met: int | None) -> None:
    (leak,) = leaks_of([FOUND, *facts], 5000.0, None)
    last, outcome, met_on = repair(leak, date(2026, 9, day))
    assert (outcome.reason, last.day, met_on and met_on.day) == (said, due, met)


def test_a_late_filing_that_runs_out_is_broken_again() -> None:
    (leak,) = leaks_of([FOUND, filed(17, 25)], 5000.0, None)
    assert filed_late(leak, date(2026, 9, 25)) is None
    again = filed_late(leak, date(2026, 9, 26))
    assert again is not None
    assert (again[0], again[1][0].day, again[1][1].reason) == (at(17), 25, "overdue")


def test_first_attempts_and_removal_by_hand() -> None:
    (leak,) = leaks_of([FOUND], 5000.0, None)
    assert [attempt(leak, date(2026, 9, day))[1].reason for day in (3, 4, 6, 7)] == [
        "scheduled", "due_soon", "due_soon", "overdue",
    ]  # fmt: skip
    for removed, said in ((6, "removed"), (7, "removed"), (8, "removed_late")):
        (leak,) = leaks_of([FOUND], 5000.0, date(2026, 9, removed))
        assert attempt(leak, date(2026, 9, 20))[1].reason == said
    assert leaks_of([probe(1, 5000.0)], 5000.0, None) == []  # the definition itself is no leak


def test_rates_by_hand() -> None:
    gas_valve, flange = COMPONENT, replace(COMPONENT, kind="flange")
    assert rate(gas_valve, 1000.0) == pytest.approx(7.78e-4, rel=1e-3)
    assert rate(flange, 500.0) == pytest.approx(7.46e-4, rel=1e-3)
    assert rate(gas_valve, 0.9) == 6.6e-7
    assert rate(gas_valve, 60_000.0) == 0.11
    assert rate(gas_valve, None) == 0.00597


def test_stories_keep_their_facts_in_order_and_calibrate() -> None:
    story = Story()
    told = story.leaks.told
    assert [one.sent for one in told] == sorted(one.sent for one in told)
    assert all(one.at <= story.timeline.at(one.sent + 1) for one in told)
    # history comes in the first hour; of the F9 campaign nobody looked in the evening
    tested = {
        (one.enterprise, one.fact.instrument, local_day(one.at))
        for one in told
        if isinstance(one.fact, Probe) and one.sent > 0
    }
    checked = {(one.enterprise, one.fact.instrument, local_day(one.at)) for one in told if isinstance(one.fact, Check)}
    assert tested <= checked


def test_campaigns_show_what_they_say_and_nothing_else() -> None:
    """The evaluators see in each forged campaign its sign, in the honest one none."""
    rules = load_packs()
    for one in Story(days=1).leaks.rounds:
        seen = set()
        for rule in signs(rules):
            for window in days_of(one.made) if rule.evaluator in DAY_SIGNS else [campaign_of(one.made)]:
                seen |= {(rule.id, j.reason) for j in judge(rule, window) if j.verdict is Verdict.VIOLATION}
        assert seen == {(f"ldar.sign_{sign}", reason) for sign, reason in one.shows.items()}, one.made.code


def test_every_sign_is_shown_by_a_campaign() -> None:
    shown = {sign for one in Story(days=1).leaks.rounds for sign in one.shows}
    assert shown == BY_DAY | BY_CAMPAIGN


def test_reminders_by_hand() -> None:
    timeline = Story(days=1).timeline
    due = Term("test", date(2026, 8, 1), date(2026, 9, 9), None)
    made = Event(
        25, "r", "component:a/V-1", day_period(date(2026, 8, 1)), Outcome("compliant", "due_soon"), terms=(due,)
    )
    met = replace(made, clock=180, terms=(replace(due, over=date(2026, 9, 8)),))
    said = [
        (event.rule_id, local_day(event.period.start).day, event.outcome and event.outcome.value)
        for event in Reminders(timeline, [made, met], [], []).events(260)
    ]
    assert said == [("remind.due_soon", 3, 1.0), ("remind.due_soon", 9, None)]


def test_duties_of_the_calendar_by_hand() -> None:
    (first, second) = weeks(date(2026, 9, 1), date(2026, 9, 14))
    assert (first.start, first.due, second.start) == (date(2026, 9, 7), date(2026, 9, 13), date(2026, 9, 14))
    (month,) = months(date(2026, 9, 1), date(2026, 9, 30), 15)
    assert (month.due, month.until) == (date(2026, 9, 15), date(2026, 9, 30))
    assert list(months(date(2026, 9, 2), date(2026, 9, 30), 15)) == []

    def said(*done: int, day: int = 16, kinds: tuple[tuple[str, str], ...] = (("report", "1"),)) -> str:
        records = [DutyDone("r", "s", date(2026, 9, d), 1, kinds) for d in done]
        return month.standing(records, frozenset({"report"}), date(2026, 9, day), 3)[1].reason

    assert [said(day=d) for d in (11, 12, 15, 16)] == ["scheduled", "due_soon", "due_soon", "overdue"]
    assert (said(15), said(16), said(15, kinds=())) == ("done_in_time", "done_late", "done_without_evidence")


def test_spot_checks_are_posted_by_the_bureau_and_sent_by_no_gateway() -> None:
    story = Story()
    posted = [act for clock in range(story.timeline.hours + 1) for act in story.leaks.acts(clock)]
    records = [record for act in posted for record in act.body["records"]]
    assert {act.enterprise for act in posted} == {None}
    assert len(records) == sum(one.is_bureaus for one in story.leaks.told) > 0
    assert {record["purpose"] for record in records} == {"spot_check"}
    sent = [message for index in range(story.timeline.hours) for message in story.leaks.messages(index)]
    assert not any(b"spot_check" in message.payload for message in sent)
