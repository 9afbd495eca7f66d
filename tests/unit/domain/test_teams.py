from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.alerts import Severity
from domain.errors import BadInput
from domain.periods import SITE_ZONE
from domain.teams import DEFAULT_STEPS, Contact, QuietHours, Step, TeamPolicy, parse_steps


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SITE_ZONE)


def test_what_a_team_does_not_say_is_the_default() -> None:
    policy = TeamPolicy.parse({"repeat_h": {"warning": 12, "critical": "never"}, "flood_count": 20})
    assert policy.repeat == {
        Severity.CRITICAL: None,
        Severity.WARNING: timedelta(hours=12),
        Severity.INFO: TeamPolicy.DEFAULT.repeat[Severity.INFO],
    }
    assert policy.flood_count == 20
    assert policy.realarm == TeamPolicy.DEFAULT.realarm
    assert TeamPolicy.parse({}) == TeamPolicy.DEFAULT


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"group": ["enterprise"]}, "policy has no 'group'"),
        ({"group_by": ["colour"]}, "group_by ['colour']: expected a list of enterprise"),
        ({"group_interval_min": -1}, "group_interval_min -1: expected a number from 0"),
        ({"group_interval_min": float("nan")}, "group_interval_min nan"),
        ({"repeat_h": 4}, "repeat_h 4: expected a table by severity"),
        ({"repeat_h": {"urgent": 4}}, "severity 'urgent': expected critical"),
        ({"flood_count": 0}, "flood_count 0: expected a whole number"),
        ({"quiet": [{"start": "22:00"}]}, "expected start, end and days"),
        ({"quiet": [{"start": "25:00", "end": "06:00"}]}, "'25:00' is no time of day"),
        ({"quiet": [{"start": "22:00", "end": "06:00", "days": "sundays"}]}, "days 'sundays'"),
    ],
)
def test_a_policy_that_says_nothing_sensible_is_refused(table: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput) as refusal:
        TeamPolicy.parse(table)
    assert says in str(refusal.value)


def test_steps_are_in_order_of_time_and_none_are_the_default_ones() -> None:
    steps = parse_steps([{"after_min": 20, "to": "team:city", "severities": ["critical"]}, {"to": "on_duty"}])
    assert steps == (
        Step(timedelta(0), "on_duty"),
        Step(timedelta(minutes=20), "team:city", frozenset({Severity.CRITICAL})),
    )
    assert parse_steps([step.row() for step in steps]) == steps
    assert parse_steps([]) == DEFAULT_STEPS


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"to": "whoever"}, "escalation step 1: to 'whoever'"),
        ({"to": "team:"}, "to 'team:'"),
        ({"to": "person:Wang Wei"}, "to 'person:Wang Wei'"),
        ({"after_min": 5}, "got {'after_min': 5}"),
        ({"to": "lead", "after_min": "soon"}, "after_min 'soon'"),
        ({"to": "lead", "severities": "critical"}, "severities 'critical': expected a list"),
        ({"to": "lead", "after_min": 5}, "no step has after_min = 0"),
    ],
)
def test_a_malformed_step_is_refused(row: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_steps([row])
    assert says in str(refusal.value)


def test_quiet_hours_reach_over_midnight_and_belong_to_the_day_they_begin_on() -> None:
    night = QuietHours("22:00", "07:00", "workdays")
    assert night.until(at("2026-11-27T23:00")) == at("2026-11-28T07:00")  # from Friday into Saturday
    assert night.until(at("2026-11-28T06:59")) == at("2026-11-28T07:00")
    assert night.until(at("2026-11-28T07:00")) is None
    assert night.until(at("2026-11-28T23:00")) is None
    assert QuietHours("08:00", "08:00").until(at("2026-11-28T07:00")) == at("2026-11-28T08:00")


def test_adjoining_quiet_hours_count_as_one() -> None:
    policy = TeamPolicy(quiet=(QuietHours("22:00", "00:00"), QuietHours("00:00", "06:00")))
    assert policy.quiet_until(at("2026-11-27T22:30")) == at("2026-11-28T06:00")
    assert policy.quiet_until(at("2026-11-27T12:00")) is None


def test_an_address_does_not_show_where_a_contact_is_printed() -> None:
    assert "138" not in repr(Contact("sms", "13800000000"))
