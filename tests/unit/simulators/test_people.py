"""Who is on duty in the simulated city, counted by hand on the rota of the demo's month (2026-09-01 is minute 0)."""

from __future__ import annotations

from datetime import date

import pytest

from simulators.people import (
    GAP,
    NAMES,
    PLANT,
    QUIET_TEAM,
    ROOMS,
    Relief,
    Rota,
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
    assert Rota().told(ROOM, "on_duty", minute) == (person,)


def test_the_next_one_comes_on_at_the_next_change() -> None:
    assert Rota().told(ROOM, "next", at(1, 9)) == ("tan-ruohai",)
    assert Rota().told(ROOM, "next", at(1, 20)) == ("xu-zhiyao",)
    assert Rota().told(ROOM, "lead", at(1, 9)) == ("shen-beichuan",)


def test_a_night_that_nobody_wrote_a_shift_for_is_the_leads() -> None:
    team, day = GAP
    night = at(day + 1, 23)
    assert Rota().told(team, "on_duty", night) == (ROOMS[team][2],)
    assert Rota().told(team, "on_duty", night + 12 * 60) != (ROOMS[team][2],)
    # whoever is on duty before it is followed by the day after it
    before, after = at(day + 1, 12), at(day + 2, 12)
    assert Rota().told(team, "next", before) == Rota().told(team, "on_duty", after)
    rows = [shift for shift in shifts(date(2026, 9, 1)) if (shift.team, shift.code) == (team, "night")]
    assert [(row.valid_from, row.valid_to) for row in rows] == [
        (date(2026, 8, 1), date(2026, 9, 20)),
        (date(2026, 9, 21), None),
    ]


def test_the_plants_people_change_by_the_week() -> None:
    assert Rota().told(PLANT, "on_duty", at(1, 8)) == ("ren-haoyu",)
    assert Rota().told(PLANT, "on_duty", at(8, 7)) == ("ren-haoyu",)
    assert Rota().told(PLANT, "on_duty", at(8, 8)) == ("su-mingjing",)


def test_a_relief_holds_from_when_it_is_said_and_while_it_lasts() -> None:
    relief = Relief(ROOM, at(1, 20), at(2, 8), "yan-qiubai", "tan-ruohai", posted=21)
    rota = Rota([relief])
    assert rota.told(ROOM, "on_duty", at(1, 20, 59)) == ("tan-ruohai",)
    assert rota.told(ROOM, "on_duty", at(1, 21)) == ("yan-qiubai",)
    assert rota.told(ROOM, "on_duty", at(2, 8)) == ("xu-zhiyao",)
    assert rota.told("beiling-duty", "on_duty", at(1, 21)) == Rota().told("beiling-duty", "on_duty", at(1, 21))


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
