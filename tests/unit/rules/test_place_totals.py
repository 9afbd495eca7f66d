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


@pytest.mark.parametrize(
    ("removed", "installed", "why"),
    [
        (date(2026, 11, 11), date(2026, 11, 11), None),
        (date(2026, 11, 11), date(2026, 11, 12), None),
        (date(2026, 11, 11), date(2026, 11, 13), "open_gap"),
        (date(2026, 11, 11), None, "open_gap"),
        (date(2026, 11, 30), None, None),
        (None, date(2026, 11, 2), None),
        (None, date(2026, 11, 3), "late_start"),
    ],
)
def test_days_without_a_meter_are_seen(removed: date | None, installed: date | None, why: str | None) -> None:
    """A place whose meter is away has passed more than was counted: the other side of a balance would show a leak."""
    meters = [meter("1", 1, removed_on=removed)] if removed else []
    meters += [meter("2", 2, installed_on=installed)] if installed else []
    until, since = LAST, FIRST
    if removed:
        until = datetime(removed.year, removed.month, removed.day, tzinfo=UTC) - timedelta(hours=9)
    if installed:
        since = datetime(installed.year, installed.month, installed.day, tzinfo=UTC) - timedelta(hours=8)
    rows = [month(1, 10.0, last_hour=until), month(2, 20.0, first_hour=since)]
    assert totals([place()], meters, rows)["P"].why == why


def test_each_of_two_meters_has_to_speak() -> None:
    meters = [meter("1", 1), meter("2", 2)]
    assert totals([place()], meters, [month(1, 10.0), month(2, 20.0)])["P"] == MonthTotal(30.0, 0, 0, 2 * HOURS, HOURS)
    stopped = month(2, 20.0, last_hour=FIRST + timedelta(days=10))
    assert totals([place()], meters, [month(1, 10.0), stopped])["P"].why == "open_gap"
    assert totals([place()], meters, [month(1, 10.0)])["P"].why == "no_data"


def test_a_place_that_came_or_went_within_the_month_is_complete_with_its_own_days() -> None:
    came = place(in_service_from=date(2026, 11, 21))
    row = month(1, 5.0, first_hour=FIRST + timedelta(days=20))
    assert totals([came], [meter("1", 1, installed_on=date(2026, 11, 21))], [row])["P"].why is None
    assert totals([came], [meter("1", 1, installed_on=date(2026, 11, 24))], [row])["P"].why == "late_start"
    went = place(in_service_to=date(2026, 11, 11))
    row = month(1, 5.0, last_hour=FIRST + timedelta(days=10, hours=-1))
    assert totals([went], [meter("1", 1)], [row])["P"].why is None


def test_a_meter_that_moved_counts_fully_at_neither_place() -> None:
    changed = date(2026, 11, 11)
    places = [place("P"), place("Q", in_service_from=changed)]
    meters = [meter("1", 1, removed_on=changed), meter("1", 1, "Q", installed_on=changed)]
    found = totals(places, meters, [month(1, 50.0)])
    assert {code: one.why for code, one in found.items()} == {"P": "meter_moved", "Q": "meter_moved"}
    before = [meter("1", 1, removed_on=NOVEMBER), meter("1", 1, "Q", installed_on=NOVEMBER)]
    found = totals([place("P"), place("Q", in_service_from=NOVEMBER)], before, [month(1, 50.0)])
    assert {code: one.why for code, one in found.items()} == {"Q": None}, "moved between two months"


@pytest.mark.parametrize(("hours", "why"), [(1, None), (24, None), (25, "long_carry"), (600, "long_carry")])
def test_what_a_long_gap_of_the_month_before_left_is_not_of_this_month(hours: int, why: str | None) -> None:
    row = month(1, 50.0, bridged=9.0, carried=9.0, carried_from=FIRST - timedelta(hours=hours))
    assert totals([place()], [meter("1", 1)], [row])["P"].why == why
