"""Monthly totals of places: which points count, for how many hours, and when a total is complete."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.metering import Meter, Place, WaterUser
from rules.evaluators.account import MonthTotal
from rules.evaluators.coverage import Register
from rules.families.placetotals import place_totals
from storage.month_totals import PointMonth

NOVEMBER = date(2026, 11, 1)
#: First and last hours of the local month.
FIRST, LAST = datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 15, tzinfo=UTC)
HOURS = 720


def place(code: str = "P", **fields: Any) -> Place:
    return Place(**{"enterprise": "a", "code": code, "level": "unit", "intake": None,
                    "in_service_from": date(2020, 1, 1)} | fields)  # fmt: skip


def meter(serial: str, point: int | None, at: str = "P", **fields: Any) -> Meter:
    return Meter(**{"enterprise": "a", "place": at, "serial": serial, "verified_on": date(2026, 1, 1),
                    "verification_months": 24, "installed_on": date(2025, 1, 1), "point_id": point,
                    "point_in_service_from": date(2020, 1, 1)} | fields)  # fmt: skip


def month(point: int, total: float | None, **fields: Any) -> PointMonth:
    row = {"bridged": 0.0, "carried": 0.0, "hours": HOURS, "unknown_steps": 0, "first_hour": FIRST, "last_hour": LAST}
    return PointMonth(point, NOVEMBER, total, **(row | fields))


def totals(
    places: list[Place], meters: list[Meter], rows: list[PointMonth], since: date = date(2026, 1, 1)
) -> dict[str, MonthTotal]:
    register = Register(["city"], ["d"], [WaterUser("a", "d", True, since)], (), places, meters)
    found = place_totals(register, rows, [NOVEMBER])
    return {code: by_month[NOVEMBER] for (_, code), by_month in found.items()}


def test_a_place_with_one_meter() -> None:
    assert totals([place()], [meter("1", 1)], [month(1, 50.0)]) == {"P": MonthTotal(50.0, 0.0, 0.0, HOURS, HOURS)}


def test_a_meter_without_a_point_and_one_of_yesterday_have_no_total() -> None:
    gone = meter("2", 2, removed_on=NOVEMBER)
    assert totals([place()], [meter("1", None), gone], [month(2, 50.0)]) == {}


def test_a_replacement_on_another_point_adds_up() -> None:
    changed = date(2026, 11, 11)
    meters = [meter("1", 1, removed_on=changed), meter("2", 2, installed_on=changed)]
    middle = datetime(2026, 11, 10, 16, tzinfo=UTC)
    rows = [month(1, 10.0, hours=240, last_hour=middle), month(2, 20.0, hours=480, first_hour=middle)]
    assert totals([place()], meters, rows) == {"P": MonthTotal(30.0, 0.0, 0.0, HOURS, HOURS)}


def test_a_replacement_on_the_same_point_counts_it_once() -> None:
    changed = date(2026, 11, 11)
    meters = [meter("1", 1, removed_on=changed), meter("2", 1, installed_on=changed)]
    assert totals([place()], meters, [month(1, 30.0)])["P"].total == 30.0


def test_only_the_days_in_service_are_expected() -> None:
    begun = totals([place(in_service_from=date(2026, 11, 21))], [meter("1", 1)], [month(1, 5.0)])["P"]
    assert begun.expected_hours == 240
    registered = totals([place()], [meter("1", 1)], [month(1, 5.0)], since=date(2026, 11, 30))["P"]
    assert registered.expected_hours == 24
    ended = totals([place(in_service_to=date(2026, 11, 11))], [meter("1", 1)], [month(1, 5.0)])["P"]
    assert ended.expected_hours == 240


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        ({"total": None}, "no_data"),
        ({"first_hour": None, "last_hour": None, "hours": 0}, "no_data"),
        ({"unknown_steps": 1}, "meter_reset"),
        ({"first_hour": FIRST + timedelta(hours=24)}, None),
        ({"first_hour": FIRST + timedelta(hours=25)}, "late_start"),
        ({"last_hour": LAST - timedelta(hours=24)}, None),
        ({"last_hour": LAST - timedelta(hours=25)}, "open_gap"),
    ],
)
def test_a_total_may_lack_a_day_at_either_end(fields: dict[str, Any], why: str | None) -> None:
    total = fields.pop("total", 50.0) if "total" in fields else 50.0
    assert totals([place()], [meter("1", 1)], [month(1, total, **fields)])["P"].why == why


def test_a_connected_meter_that_never_said_anything_is_seen() -> None:
    assert totals([place()], [meter("1", 1)], []) == {"P": MonthTotal(None, 0.0, 0.0, 0, HOURS, "no_data")}
