"""Who is on duty in the simulated city, counted by hand on the rota of the demo's month (2026-09-01 is minute 0)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.workdays import is_workday
from simulators.people import (
    GAP,
    NAMES,
    ON_REST_DAYS,
    PLANT,
    QUIET_TEAM,
    ROOMS,
    Relief,
    Rota,
    is_rest_day,
    people,
    phone,
    quiet_until,
    routes,
    shifts,
    team_of,
    teams,
)

ROOM = "hewan-duty"
DAY = 24 * 60
FIRST = date(2026, 9, 1)


def rota(*reliefs: Relief) -> Rota:
    return Rota(FIRST, reliefs)


def at(day: int, hour: int, minute: int = 0) -> int:
    """Minute of the story, the month's first day being 1."""
    return (day - 1) * DAY + hour * 60 + minute


@pytest.mark.parametrize(
    ("minute", "person"),
    [
        (at(1, 8), "gu-nanxing"),
        (at(1, 19, 59), "gu-nanxing"),
        (at(1, 20), "tan-ruohai"),
        (at(2, 7, 59), "tan-ruohai"),
        (at(2, 8), "xu-zhiyao"),
        (at(5, 12), "gu-nanxing"),  # four members: the fifth day is the first one's again
        (at(1, 3), "xu-zhiyao"),  # the night that began on the last day of the month before
    ],
)
def test_turns_of_twelve_hours(minute: int, person: str) -> None:
    assert rota().told(ROOM, "on_duty", minute) == (person,)


def test_the_next_one_comes_on_at_the_next_change() -> None:
    assert rota().told(ROOM, "next", at(1, 9)) == ("tan-ruohai",)
    assert rota().told(ROOM, "next", at(1, 20)) == ("xu-zhiyao",)
    assert rota().told(ROOM, "lead", at(1, 9)) == ("shen-beichuan",)


def test_a_night_that_nobody_wrote_a_shift_for_is_the_leads() -> None:
    team, day = GAP
    night = at(day + 1, 23)
    assert rota().told(team, "on_duty", night) == (ROOMS[team][2],)
    assert rota().told(team, "on_duty", night + 12 * 60) != (ROOMS[team][2],)
    # whoever is on duty before it is followed by the day after it
    before, after = at(day + 1, 12), at(day + 2, 12)
    assert rota().told(team, "next", before) == rota().told(team, "on_duty", after)
    rows = [shift for shift in shifts(date(2026, 9, 1)) if (shift.team, shift.code) == (team, "night")]
    assert [(row.valid_from, row.valid_to) for row in rows] == [
        (date(2026, 8, 1), date(2026, 9, 20)),
        (date(2026, 9, 21), None),
    ]


def test_the_plants_people_change_by_the_week_on_working_days() -> None:
    assert rota().told(PLANT, "on_duty", at(1, 8)) == ("ren-haoyu",)
    assert rota().told(PLANT, "on_duty", at(8, 7)) == ("ren-haoyu",)
    assert rota().told(PLANT, "on_duty", at(8, 8)) == ("su-mingjing",)


def test_days_of_rest_have_an_order_of_their_own_that_counts_only_them() -> None:
    one, other = ON_REST_DAYS
    days = {day: rota().told(PLANT, "on_duty", at(day, 12))[0] for day in range(1, 33)}
    # September 2026 begins on a Tuesday; the Mid-Autumn Festival is from Friday 25 to Sunday 27, National Day on
    # 1 October, the 31st day of the story; Sunday 20 is worked
    rest = [(5, one), (6, other), (12, one), (13, other), (19, one), (25, other), (26, one), (27, other), (31, one)]
    assert {day: person for day, person in days.items() if person in ON_REST_DAYS} == dict([*rest, (32, other)])
    assert days[20] == "ren-haoyu"
    # a turn lasts until the next morning, whatever day that is; before the story the order goes on backwards
    assert rota().told(PLANT, "on_duty", at(7, 7, 59)) == (other,)
    assert rota().told(PLANT, "on_duty", at(-1, 12)) == (other,)


def test_the_days_of_rest_are_those_of_the_notice() -> None:
    """Written down apart from the platform's, and the same."""
    days = [date(2026, 9, 1) + timedelta(days=number) for number in range(61)]
    assert [is_rest_day(day) for day in days] == [not is_workday(day) for day in days]
    assert is_rest_day(date(2027, 3, 6))
    assert not is_rest_day(date(2027, 3, 8))


def test_a_relief_holds_from_when_it_is_said_and_while_it_lasts() -> None:
    relief = Relief(ROOM, at(1, 20), at(2, 8), "yan-qiubai", "tan-ruohai", posted=21)
    changed = rota(relief)
    assert changed.told(ROOM, "on_duty", at(1, 20, 59)) == ("tan-ruohai",)
    assert changed.told(ROOM, "on_duty", at(1, 21)) == ("yan-qiubai",)
    assert changed.told(ROOM, "on_duty", at(2, 8)) == ("xu-zhiyao",)
    assert changed.told("beiling-duty", "on_duty", at(1, 21)) == rota().told("beiling-duty", "on_duty", at(1, 21))


@pytest.mark.parametrize(
    ("minute", "until"),
    [
        (at(3, 21, 59), None),
        (at(3, 22), at(4, 6, 30)),
        (at(4, 0), at(4, 6, 30)),
        (at(4, 6, 29), at(4, 6, 30)),
        (at(4, 6, 30), None),
    ],
)
def test_one_room_sleeps(minute: int, until: int | None) -> None:
    assert quiet_until(QUIET_TEAM, minute) == until
    assert quiet_until(ROOM, minute) is None


def test_everybody_belongs_somewhere_and_has_a_number_of_his_own() -> None:
    codes = {team.code for team in teams()}
    assert {route.team for route in routes()} == codes
    assert {team_of(person) for person in NAMES} <= codes
    numbers = [phone(person.code) for person in people()]
    assert len(set(numbers)) == len(numbers) == len(NAMES)
    members = {member for shift in shifts(date(2026, 9, 1)) for member in shift.members}
    assert members <= NAMES.keys()
