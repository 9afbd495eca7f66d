"""What holds of the dispatcher whatever happens: hypothesis plays days of alerts, people and clocks."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.dispatch.contract import Plan, SeriesHold
from domain.alerts import Occasion, Severity
from domain.telling import Decision, Reason
from tests.unit.alerts.dispatch_memory import MINUTE, ROSTER, START, Memory, told

RULES = ("legal.hourly", "warn.legal", "data.point_offline", "data.meter_frozen")
SERIES = st.tuples(
    st.sampled_from(RULES),
    st.builds("point:{}/P{}".format, st.sampled_from(("tianhe", "beishan")), st.integers(1, 4)),
    st.sampled_from(tuple(Severity)),
)
ACTIONS = st.one_of(
    st.tuples(st.just("fire"), SERIES),
    st.tuples(st.just("resolve"), st.integers(0, 30)),
    st.tuples(st.just("acknowledge"), st.integers(0, 30)),
    st.tuples(st.just("shelve"), SERIES, st.integers(1, 300)),
    st.tuples(st.just("storm"), st.integers(5, 30), st.sampled_from(tuple(Severity))),
)
# mostly minutes apart, so that one thing meets another
MINUTES = st.one_of(st.integers(0, 8), st.integers(0, 40), st.integers(0, 400))
TIMELINES = st.lists(st.tuples(MINUTES, st.lists(ACTIONS, min_size=1, max_size=5)), min_size=4, max_size=14)


def act(memory: Memory, now: datetime, action: tuple[Any, ...], storm: int = 0) -> None:
    """Carry out one action of a timeline."""
    match action:
        case ("fire", (rule, subject, severity)):
            memory.fire(now, rule, subject, severity)
        case ("resolve", number):
            open_ones = [alert.alert_id for alert in memory.alerts.values() if alert.is_firing]
            if open_ones:
                memory.resolve(now, open_ones[number % len(open_ones)])
        case ("acknowledge", number):
            free = [a.alert_id for a in memory.alerts.values() if a.is_firing and not a.is_acknowledged]
            if free:
                memory.acknowledge(now, free[number % len(free)])
        case ("shelve", (rule, subject, _), minutes):
            memory.holds[rule, subject] = (SeriesHold("shelved", now + minutes * MINUTE),)
        case ("storm", count, severity):
            for number in range(count):
                memory.fire(now, "data.transmission_rate", f"outlet:tianhe/X{storm}-{number}", severity)


def play(timeline: list[tuple[int, list[tuple[Any, ...]]]]) -> tuple[Memory, list[tuple[datetime, Plan]]]:
    """A timeline, with a step at each of its instants and whenever something is due in between."""
    memory, now, plans = Memory(), START, []
    for number, (minutes, actions) in enumerate(timeline):
        until = now + minutes * MINUTE
        while (due := memory.next_at()) is not None and due < until:
            now = max(now, due)
            plans.append((now, memory.step(now)))
        now = until
        for action in actions:
            act(memory, now, action, number)
        plans.append((now, memory.step(now)))
    return memory, plans


@settings(max_examples=40, deadline=None)
@given(TIMELINES)
def test_everything_that_fires_is_told_held_with_a_next_look_or_dropped_with_a_reason(timeline: Any) -> None:
    memory, _ = play(timeline)
    now = memory.decisions[-1][0] if memory.decisions else START
    decided = Counter(one.alert_id for _, one in memory.decisions)
    for number, alert in memory.alerts.items():
        assert decided[number], alert
        progress = memory.progress[number]
        if alert.is_firing and progress.state == "held":
            assert progress.next_at is not None, progress
        if alert.is_firing and progress.state == "silent":
            assert progress.reason in (Reason.ACKNOWLEDGED, Reason.NO_RECEIVER), progress
        if not alert.is_firing and progress.state != "over":
            assert progress.next_at is not None, progress
        if progress.next_at is not None:
            assert progress.next_at > now - timedelta(days=1)


@settings(max_examples=40, deadline=None)
@given(TIMELINES)
def test_nobody_is_told_twice_of_the_same_occasion(timeline: Any) -> None:
    memory, _ = play(timeline)
    once = Counter(
        (number, event, message.team.code, message.receiver)
        for _, message in memory.messages
        for number, event in message.alerts
        if event in (Occasion.FIRING, Occasion.RESOLVED)
    )
    assert [key for key, count in once.items() if count > 1] == []
    at_once = Counter(
        (at, number, message.receiver)
        for at, message in told(memory, (Occasion.REPEATED, Occasion.REALARMED, Occasion.ESCALATED))
        for number, _ in message.alerts
    )
    assert [key for key, count in at_once.items() if count > 1 and key[2].name.startswith("person:")] == []
    keys = Counter(
        (message.alerts[0][0], message.event, message.team.code, message.receiver, message.nth)
        for _, message in memory.messages
    )
    assert [key for key, count in keys.items() if count > 1] == [], "two messages with one idempotency key"
    # who hears that it is over has heard of it; who has heard of it hears that it is over
    for number, alert in memory.alerts.items():
        heard = {(m.team.code, m.receiver) for _, m in memory.messages for n, _ in m.alerts if n == number}
        ends = {
            (m.team.code, m.receiver)
            for _, m in memory.messages
            for n, event in m.alerts
            if n == number and event is Occasion.RESOLVED
        }
        if not alert.is_firing and memory.progress[number].state == "over":
            assert ends == heard or memory.progress[number].reason is Reason.RESOLVED_WHILE_HELD, number


@settings(max_examples=40, deadline=None)
@given(TIMELINES)
def test_the_highest_severity_waits_for_no_quiet_hours_and_no_group(timeline: Any) -> None:
    memory, _ = play(timeline)
    for _, one in memory.decisions:
        if one.reason in (Reason.QUIET_HOURS, Reason.GROUP_INTERVAL):
            assert memory.alerts[one.alert_id].severity is not Severity.CRITICAL


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40), st.sampled_from(tuple(Severity))), max_size=25))
def test_a_flood_sends_no_more_than_its_digests(storms: list[tuple[int, int, Severity]]) -> None:
    memory, plans = play([(minutes, [("storm", count, severity)]) for minutes, count, severity in storms])
    for code, team in ROSTER.teams.items():
        digests = sorted({at for at, m in told(memory, [Occasion.DIGEST]) if m.team.code == code})
        ended = sorted(f.ended_at for _, p in plans for f in p.floods if f.team == code and f.ended_at is not None)
        for one, other in pairwise(digests):
            if not any(one < end <= other for end in ended):
                assert other - one >= team.policy.digest_every_critical
        # outside of digests no more is told at first than the flood's count in its window, and as many critical
        first = [(at, m) for at, m in told(memory, [Occasion.FIRING]) if m.team.code == code]
        for at, _ in first:
            within = {n for t, m in first for n, _ in m.alerts if at - team.policy.flood_window < t <= at}
            critical = {n for n in within if memory.alerts[n].severity is Severity.CRITICAL}
            assert len(within - critical) <= team.policy.flood_count
            assert len(critical) <= team.policy.flood_count


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40), st.sampled_from(tuple(Severity))), max_size=25))
def test_a_critical_alert_among_many_is_told_at_once(storms: list[tuple[int, int, Severity]]) -> None:
    timeline: list[tuple[int, list[tuple[Any, ...]]]] = []
    for number, (minutes, count, _) in enumerate(storms):
        lone = [("fire", ("legal.hourly", f"point:tianhe/C{number}", Severity.CRITICAL))] if number % 3 == 0 else []
        timeline.append((minutes, [("storm", count, Severity.WARNING), *lone]))
    memory, _ = play(timeline)
    window = ROSTER.teams["city"].policy.flood_window
    critical = {n: alert for n, alert in memory.alerts.items() if alert.severity is Severity.CRITICAL}
    first = {(n, m.team.code): at for at, m in told(memory, [Occasion.FIRING]) for n, _ in m.alerts if n in critical}
    for number, alert in critical.items():
        before = [at for (n, code), at in first.items() if code == "city" and n != number]
        if sum(alert.occurred_at - window < at <= alert.occurred_at for at in before) < 10:
            assert first.get((number, "city")) == alert.occurred_at


@settings(max_examples=30, deadline=None)
@given(TIMELINES, st.randoms(use_true_random=False))
def test_the_order_of_news_does_not_matter(timeline: Any, random: Any) -> None:
    memory, _ = play(timeline[:-1])
    other, _ = play(timeline[:-1])
    now = max((at for at, _ in memory.decisions), default=START) + 30 * MINUTE
    for one in (memory, other):
        for action in timeline[-1][1] if timeline else ():
            act(one, now, action, 99)
    due = {n for n, p in memory.progress.items() if p.next_at is not None and p.next_at <= now} | memory.news.keys()
    if memory.floods or any(p.cause_alert_id is not None for p in memory.progress.values()):
        due |= memory.progress.keys()  # more alerts than are due are looked at, with the same result
    order = list(due)
    random.shuffle(order)
    one, two = memory.step(now, sorted(due)), other.step(now, order)
    assert one.messages == two.messages
    assert (one.decisions, one.progress, one.floods, one.flaps) == (two.decisions, two.progress, two.floods, two.flaps)


@settings(max_examples=30, deadline=None)
@given(TIMELINES)
def test_looking_again_at_once_changes_nothing(timeline: Any) -> None:
    memory, _ = play(timeline)
    now = max((at for at, _ in memory.decisions), default=START)
    if all(progress.since_at <= now for progress in memory.progress.values()):
        again = memory.step(now, sorted(memory.progress))
        assert (again.messages, [d for d in again.decisions if d.decision is Decision.SEND]) == ([], [])
