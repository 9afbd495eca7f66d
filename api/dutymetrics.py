"""Telling people as Prometheus metrics: what waits for the dispatcher, and whether anybody is on duty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from domain.periods import Period
from domain.roster import Roster
from storage.listing.duty_state import Waiting

#: How far ahead a gap in the roster is told.
AHEAD = timedelta(days=1)


def duty_metrics(waiting: Waiting, roster: Roster | None, now: datetime) -> Iterator[Metric]:
    """By the platform's clock; roster None: it cannot be understood. Only teams with shifts have a roster that can
    have gaps; they are few."""
    news = GaugeMetricFamily("plantwatch_alert_news_items", "What became of alerts and waits for the dispatcher")
    news.add_metric([], waiting.news)
    yield news
    oldest = GaugeMetricFamily("plantwatch_alert_news_oldest_seconds", "Age of the oldest of it; 0 when there is none")
    oldest.add_metric([], _age_s(waiting.oldest_news_at, now))
    yield oldest
    overdue = GaugeMetricFamily(
        "plantwatch_alert_dispatch_overdue_seconds",
        "Since when an alert was to be looked at again (repeat, escalation, end of a hold); 0 when none is due",
    )
    overdue.add_metric([], _age_s(waiting.overdue_at, now))
    yield overdue
    readable = GaugeMetricFamily("plantwatch_roster_readable", "1 when the roster is as the site file may say")
    readable.add_metric([], float(roster is not None))
    yield readable
    if roster is None:
        return
    on_duty = GaugeMetricFamily(
        "plantwatch_roster_on_duty", "People whom an alert would reach now: on duty, or else the lead", labels=["team"]
    )
    gap = GaugeMetricFamily(
        "plantwatch_roster_gap_seconds",
        "Time of the next 24 hours in which nobody is on duty and no lead stands in",
        labels=["team"],
    )
    for team in sorted({shift.team for shift in roster.shifts}):
        on_duty.add_metric([team], len(roster.people_for(team, "on_duty", now).people))
        # a team that is on duty by day alone has a lead for the night
        stands_in = roster.people_for(team, "lead", now).people
        gaps = [] if stands_in else roster.gaps(team, Period(now, now + AHEAD))
        gap.add_metric([team], sum((one.end - one.start).total_seconds() for one in gaps))
    yield on_duty
    yield gap


def _age_s(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max(0.0, (now - at).total_seconds())
