"""Turns, gaps and changes of the roster as they are read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.desk.dutywords import field_instant, foresight_lines, runs, span_text, troubles, typed_instant
from domain.errors import BadInput
from domain.rosterplan import UNSAVED, foresee
from tests.unit.domain.test_roster import DAY_AND_NIGHT, at, override, period, roster, shift

NOW = at("2026-11-26T21:40")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2026-11-30T08:00", "2026-11-30T16:00", "11月30日 08:00–16:00"),
        ("2026-11-30T20:00", "2026-12-01T08:00", "11月30日 20:00–12月1日 08:00"),
        ("2026-11-30T16:00", "2026-12-01T00:00", "11月30日 16:00–24:00"),
        ("2026-12-31T20:00", "2027-01-01T08:00", "12月31日 20:00–2027年1月1日 08:00"),
        ("2026-11-26T21:40", "2026-11-27T08:00", "现在至 11月27日 08:00"),
    ],
)
def test_a_stretch_in_words(start: str, end: str, text: str) -> None:
    assert span_text(period(start, end), NOW) == text


def test_the_same_hours_on_days_running_are_one_line() -> None:
    daily = [(period(f"2026-11-{day}T16:00", f"2026-11-{day}T18:00"), "无人值班") for day in (27, 28, 29)]
    alone = (period("2026-12-05T16:00", "2026-12-05T18:00"), "无人值班")
    assert runs([*daily, alone], NOW) == [
        ("11月27日至11月29日每天 16:00–18:00", "无人值班"),
        ("12月5日 16:00–18:00", "无人值班"),
    ]
    night = [(period(f"2026-11-{day}T20:00", f"2026-11-{day + 1}T08:00"), "x") for day in (27, 28, 29)]
    assert runs(night, NOW) == [("11月27日至11月29日每天 20:00–次日 08:00", "x")]


def test_gaps_and_overlaps_of_the_coming_days() -> None:
    ahead = period("2026-11-26T21:40", "2026-11-29T08:00")
    days_only = roster((shift(), shift("late", "16:00", hours=4)))
    assert [(line.tone, line.text) for line in troubles(days_only, "duty", ahead, NOW)] == [
        ("bad", "现在至 11月27日 08:00 无人值班"),
        ("bad", "11月27日 20:00–11月28日 08:00 无人值班"),
        ("bad", "11月28日 20:00–11月29日 08:00 无人值班"),
        ("warn", "11月27日 16:00–20:00 day与late重叠"),
        ("warn", "11月28日 16:00–20:00 day与late重叠"),
    ]
    assert troubles(roster(DAY_AND_NIGHT), "duty", ahead, NOW) == []
    assert troubles(roster(()), "duty", ahead, NOW) == [], "a team without shifts lacks nobody"


def test_what_a_change_would_bring_in_lines() -> None:
    known = roster(DAY_AND_NIGHT)
    on_duty = known.on_duty("duty", at("2026-11-30T09:00"))[0].people[0]
    seen = foresee(known, override("2026-11-30T08:00", "2026-11-30T16:00", "e", on_duty, UNSAVED))
    assert [line.text for line in foresight_lines(known, "duty", seen, NOW)] == ["11月30日 08:00–16:00 day：e"]


def test_what_was_typed_is_local_time() -> None:
    assert typed_instant("2026-11-30T08:00", "开始时间") == at("2026-11-30T08:00")
    assert field_instant(at("2026-11-30T08:00")) == "2026-11-30T08:00"
    assert typed_instant("2026-11-30T08:00", "").utcoffset() == timedelta(0)
    for wrong in ("", "x", "2026-13-01T00:00", "0001-01-01T00:00"):
        with pytest.raises(BadInput, match="请填写开始时间"):
            typed_instant(wrong, "开始时间")
