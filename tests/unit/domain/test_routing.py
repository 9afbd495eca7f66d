from __future__ import annotations

from domain.matchers import parse
from domain.routing import Route, Routes

CITY = Route("city", 99, (), "city")
NORTH = Route("north", 10, parse([{"label": "district", "value": "north"}]), "north")
WATER = Route("water", 20, parse([{"label": "rule", "op": "starts", "value": "water."}]), "water", goes_on=True)


def test_the_first_route_that_fits_decides() -> None:
    assert Routes((CITY, NORTH)).teams({"district": "north"}) == ("north",)
    assert Routes((CITY, NORTH)).teams({"district": "south"}) == ("city",)


def test_a_route_that_goes_on_lets_the_next_ones_be_looked_at() -> None:
    assert Routes((CITY, WATER, NORTH)).teams({"rule": "water.balance", "district": "south"}) == ("water", "city")
    again = Route("again", 30, (), "water")
    assert Routes((WATER, again)).teams({"rule": "water.balance"}) == ("water",)


def test_no_route_fits() -> None:
    assert Routes((NORTH,)).teams({}) == ()
    assert Routes().teams({"district": "north"}) == ()
