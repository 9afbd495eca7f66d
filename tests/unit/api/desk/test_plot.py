"""The plot of an alert's evidence, and the stretch of time that it shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from api.desk.plot import Picture, counted, minutes, options, picture, points_wanted, stretch
from domain.findings import Subject
from domain.periods import HOUR, Period

NOW = datetime(2026, 11, 26, 13, 40, tzinfo=UTC)
START = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)


def finding(hour: int, value: float | None, verdict: str = "compliant", **changes: Any) -> dict[str, Any]:
    return {
        "period_start": START + hour * HOUR,
        "period_end": START + (hour + 1) * HOUR,
        "value": value,
        "limit_value": 30.0,
        "unit": "mg/m3",
        "verdict": verdict,
        "reason": "over_limit",
    } | changes


def alert(**changes: Any) -> dict[str, Any]:
    return {"occurred_at": START, "resolved_at": None, "last_seen_at": START + HOUR} | changes


def test_a_day_before_and_half_a_day_after_are_shown() -> None:
    shown = stretch(alert(resolved_at=START + 2 * HOUR), NOW)
    assert shown == Period(START - 24 * HOUR, NOW)
    assert stretch(alert(resolved_at=START + HOUR), NOW + 100 * HOUR).end == START + 13 * HOUR


def test_of_what_lasts_long_the_last_days_are_shown() -> None:
    shown = stretch(alert(occurred_at=NOW - timedelta(days=60)), NOW)
    assert (shown.start, shown.end) == (NOW - timedelta(days=10), NOW)


def test_values_limit_and_what_violates() -> None:
    found = [
        finding(0, 20.0),
        finding(1, 46.2, "violation"),
        finding(2, 41.0, "violation"),
        finding(3, None, "undetermined"),
    ]
    made = picture("ule.hourly", found, [], {})
    assert [value for _, value in made.curves[0].values] == [20.0, 46.2, 41.0, None]
    assert made.bad == [Period(START + HOUR, START + 3 * HOUR)]
    assert made.dark == [Period(START + 3 * HOUR, START + 4 * HOUR)]
    assert made.limits == [(START, START + 4 * HOUR, 30.0)]
    drawn = options(made, Period(START - HOUR, START + 5 * HOUR))
    first, limit = drawn["series"]
    assert first["data"][1] == ["2026-11-26T09:00:00", 46.2]
    assert limit["name"] == "限值"
    assert [area[0]["xAxis"] for area in first["markArea"]["data"]] == ["2026-11-26T09:00:00", "2026-11-26T11:00:00"]
    assert drawn["yAxis"][0]["name"] == "mg/m³"


def test_no_line_is_drawn_over_hours_that_nobody_judged() -> None:
    made = picture("ule.hourly", [finding(0, 20.0), finding(5, 21.0)], [], {})
    assert [value for _, value in made.curves[0].values] == [20.0, None, 21.0]


def test_a_limit_that_changes_steps() -> None:
    made = picture("ule.hourly", [finding(0, 20.0), finding(1, 20.0, limit_value=35.0)], [], {})
    assert made.limits == [(START, START + HOUR, 30.0), (START + HOUR, START + 2 * HOUR, 35.0)]


def hour_row(hour: int, **changes: Any) -> dict[str, Any]:
    return {
        "point": "W-01",
        "name": "取水总表",
        "kind": "counter",
        "unit": "m3",
        "hour_at": START + hour * HOUR,
        "mean": None,
        "increment": 5.0,
        "reading_count": 12,
    } | changes


def test_counters_show_increments_and_silence_shows_counts() -> None:
    rows = [hour_row(0), hour_row(1, increment=None, reading_count=0)]
    assert picture("water.x", [], rows, {"W-01": ""}).curves[0].values == [(START, 5.0), (START + HOUR, None)]
    silent = picture("data.point_offline", [], rows, {"W-01": ""}).curves[0]
    assert (silent.name, [value for _, value in silent.values]) == ("取水总表（W-01） 收到读数", [12, 0])


def test_a_verdict_found_only_when_it_changes_lasts_until_the_next() -> None:
    found = [
        finding(0, None, "violation", reason="gateway_silent", limit_value=None, unit=None),
        finding(6, None, "compliant", reason="gateway_reporting", limit_value=None, unit=None),
    ]
    made = counted([{"hour_at": START, "reading_count": 0}], found)
    assert made.bad == [Period(START, START + 6 * HOUR)]


def test_silence_that_nothing_has_ended_lasts() -> None:
    found = [finding(0, None, "violation", reason="gateway_silent", limit_value=None, unit=None)]
    rows = [{"hour_at": START, "reading_count": 0}]
    assert counted(rows, found, START + 5 * HOUR).bad == [Period(START, START + 5 * HOUR)]
    silent = [finding(0, None, "violation", reason="silent", limit_value=None, unit=None)]
    assert picture("data.point_offline", silent, [], {}, START + 5 * HOUR).bad == [Period(START, START + 5 * HOUR)]
    over = [finding(0, 40.0, "violation")]
    assert picture("ule.hourly", over, [], {}, START + 5 * HOUR).bad == [Period(START, START + HOUR)]


def test_the_limit_of_an_early_warning_stands_beside_all_its_minutes() -> None:
    slots = [{"start": START + n * timedelta(minutes=1), "mean": 3.0} for n in range(120)]
    points = [{"point": "S1", "name": "x", "unit": "mg/m3", "minutes": slots}]
    ten = timedelta(minutes=10)
    made = minutes(points, {"S1": "污染物"}, Picture(limits=[(START + ten, START + 2 * ten, 50.0)]))
    assert made.limits == [(START, START + 2 * HOUR, 50.0)]
    assert made.window == Period(START, START + 2 * HOUR)


def test_minutes_take_the_place_of_hours() -> None:
    points = [{"point": "S1", "name": "x", "unit": "mg/m3", "minutes": [{"start": START, "mean": 3.0}]}]
    made = minutes(points, {"S1": "污染物"}, Picture(bad=[Period(START, START + HOUR)]))
    assert made.curves[0].name == "污染物 分钟均值"
    assert made.bad


def test_a_points_own_alert_rests_on_the_point() -> None:
    assert points_wanted(Subject.parse("point:hx/W-01"), {}) == {"W-01": ""}
    evidence = {"pollutant": {"point": "A"}, "o2": {"point": "B"}, "n": 3}
    assert points_wanted(Subject.parse("pollutant:hx/S1/so2"), evidence) == {"A": "污染物", "B": "含氧量"}


def test_nothing_to_draw_is_said() -> None:
    assert picture("ule.hourly", [finding(0, None)], [], {}).is_empty
    assert options(Picture(), Period(START, NOW))["series"] == []


def test_the_limit_and_a_wide_stretch_are_named_and_a_narrow_one_is_not() -> None:
    found = [finding(0, 20.0), finding(1, 46.2, "violation"), finding(2, None, "undetermined")]
    made = picture("ule.hourly", found, [], {})
    first, limit = options(made, Period(START, START + 4 * HOUR))["series"]
    assert [area[0]["name"] for area in first["markArea"]["data"]] == ["不符合", "无法判定"]
    assert limit["endLabel"]["formatter"] == "限值 30"
    first, _ = options(made, Period(START - 72 * HOUR, START + 4 * HOUR))["series"]
    assert [area[0]["name"] for area in first["markArea"]["data"]] == ["", ""]


def test_a_bar_stands_in_the_middle_of_its_day() -> None:
    day = finding(0, 91.3, "violation", unit="%", limit_value=95.0, period_end=START + 24 * HOUR)
    (curve,) = picture("water.intake_online_rate.green_park_plan", [day], [], {}).curves
    assert (curve.kind, curve.values) == ("bar", [(START + 12 * HOUR, 91.3)])


def test_hours_of_silence_and_things_that_there_should_be_none_of_draw_no_limit() -> None:
    silent = finding(0, 3.0, "violation", unit="h", limit_value=3.0, reason="silent")
    assert picture("data.point_offline", [silent], [], {}).limits == ()
    assert picture("sign.flatline", [finding(0, 2.0, "violation", unit="处", limit_value=0.0)], [], {}).limits == []
    assert len(picture("ule.hourly", [finding(0, 2.0, "violation", limit_value=0.0)], [], {}).limits) == 1
