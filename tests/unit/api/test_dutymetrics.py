"""What Prometheus is told of the roster and the dispatcher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from api.dutymetrics import duty_metrics
from domain.roster import Roster, Shift
from storage.listing.duty_state import Waiting
from tests.unit.domain.test_roster import at, roster, shift

NOTHING = Waiting(0, None, None)
NIGHT = at("2026-09-01T22:00")


def told(known: Roster | None, waiting: Waiting = NOTHING) -> dict[str, float]:
    return {
        sample.name.removeprefix("plantwatch_"): sample.value
        for metric in duty_metrics(waiting, known, NIGHT)
        for sample in metric.samples
    }


def of(shifts: Sequence[Shift], lead: str | None) -> Roster:
    known = roster(shifts)
    return replace(known, teams={"duty": replace(known.teams["duty"], lead=lead)})


def test_a_gap_counts_where_no_lead_stands_in() -> None:
    by_day = [shift(hours=12)]
    without = told(of(by_day, None))
    assert (without["roster_on_duty"], without["roster_gap_seconds"]) == (0, 12 * 3600)
    with_lead = told(of(by_day, "lead"))
    assert (with_lead["roster_on_duty"], with_lead["roster_gap_seconds"]) == (1, 0)
    all_round = told(of([shift(hours=24)], None))
    assert (all_round["roster_on_duty"], all_round["roster_gap_seconds"]) == (1, 0)


def test_a_lead_who_has_left_stands_in_for_nobody() -> None:
    known = replace(of([shift(hours=12)], "lead"), people=roster([], left=["lead"]).people)
    found = told(known)
    assert (found["roster_on_duty"], found["roster_gap_seconds"]) == (0, 12 * 3600)


def test_a_roster_that_cannot_be_read_is_told() -> None:
    assert told(None)["roster_readable"] == 0
    assert told(of([], None))["roster_readable"] == 1


def test_what_waits_is_told_by_its_age() -> None:
    waiting = Waiting(3, NIGHT - timedelta(seconds=40), NIGHT - timedelta(seconds=7))
    found = told(None, waiting)
    assert found["alert_news_items"] == 3
    assert found["alert_news_oldest_seconds"] == 40
    assert found["alert_dispatch_overdue_seconds"] == 7
    assert told(None)["alert_news_oldest_seconds"] == 0
