"""Scenario files are read strictly, and their times mean what a reader thinks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.errors import BadInput
from domain.refusals import Reason
from simulators.city import story_month
from simulators.effects import Effects, Outcome
from simulators.layout import lay_out
from simulators.plants import build_city
from simulators.scenario import KINDS, Scenario, _scenario, load
from simulators.timing import Timeline

OCTOBER = Timeline(story_month((2026, 10)), 30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d01 00:00", datetime(2026, 9, 30, 16, tzinfo=UTC)),
        ("d18 03:00", datetime(2026, 10, 17, 19, tzinfo=UTC)),
        ("end-4d 00:00", datetime(2026, 10, 27, 16, tzinfo=UTC)),
        ("end+10h", datetime(2026, 11, 1, 2, tzinfo=UTC)),
        ("story-end", datetime(2026, 11, 1, 22, tzinfo=UTC)),
    ],
)
def test_times_are_local_days_of_the_story_month(text: str, expected: datetime) -> None:
    assert OCTOBER.instant(text) == expected


@pytest.mark.parametrize("text", ["18 03:00", "d18", "end 3", "", "d18 03:00 "])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        OCTOBER.instant(text)


def test_an_hour_must_be_whole() -> None:
    with pytest.raises(ValueError, match="clock value"):
        OCTOBER.hour("d02 10:30")


def test_every_kind_is_used() -> None:
    assert {scenario.kind for scenario in load()} == set(KINDS)


def test_a_short_story_ends_when_its_last_day_has_closed() -> None:
    short = Timeline(story_month((2026, 10)), 30, 8)
    assert short.hours == 8 * 24 + 2
    assert short.month_hours == 31 * 24
    effects = lay_out(load(), build_city((2026, 10)), short)
    assert {mark.outlet for mark in effects.marks} == set()
    assert not effects.corrections


def test_every_reason_that_a_client_can_cause_is_there() -> None:
    refusing = [scenario for scenario in load() if scenario.kind in ("refused", "malformed")]
    assert {scenario["reason"] for scenario in refusing} == {r.value for r in Reason}


@pytest.mark.parametrize(
    ("kind", "entry", "said"),
    [
        ("flood", {"comment": "x"}, "unknown kind"),
        ("redelivery", {"enterprise": "a", "comment": "x"}, "needs hours, sent, start"),
        (
            "gateway_silent",
            {"enterprise": "a", "start": "d01 00:00", "hours": 1, "hour": 2, "comment": "x"},
            "does not know hour",
        ),
        ("gateway_silent", {"enterprise": "a", "start": "d01 00:00", "hours": 1}, "comment"),
    ],
)
def test_a_wrong_entry_is_named(kind: str, entry: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        _scenario("some.toml, entry 3", kind, entry)


def test_two_scenarios_may_not_speak_of_one_hour() -> None:
    params = {"enterprise": "yunhe-coking", "start": "d04 00:00", "hours": 2, "expect": {"so2": "violation x"}}
    twice = [Scenario("stack", "yunhe-coking", "x", params)] * 2
    with pytest.raises(BadInput, match="two scenarios speak of so2"):
        lay_out(twice, build_city((2026, 10)), OCTOBER)


def test_what_begins_after_the_end_does_not_happen() -> None:
    short = Timeline(story_month((2026, 10)), 5)
    effects: Effects = lay_out(load(), build_city((2026, 10)), short)
    assert max(hour for _, _, _, hour in effects.outcomes) < short.hours


def test_outcomes_are_read() -> None:
    assert Outcome.parse("violation over_limit 30.6") == ("violation", "over_limit", 30.6)
    with pytest.raises(BadInput):
        Outcome.parse("bad over_limit")
