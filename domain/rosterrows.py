"""People, teams, shifts and routes from rows in the words of the site file, as the register's tables hold them too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from domain.errors import BadInput
from domain.matchers import parse
from domain.roster import Override, Roster
from domain.routing import Route, Routes
from domain.shifts import Shift
from domain.teams import Contact, Person, Team, TeamPolicy, parse_steps

Rows = Iterable[Mapping[str, Any]]


def roster_of(people: Rows, teams: Rows, shifts: Rows, overrides: Sequence[Override] = ()) -> Roster:
    """The roster that rows tell. Raises BadInput naming the team whose escalation or policy is wrong."""
    return Roster(
        {row["code"]: _person(row) for row in people},
        {row["code"]: _team(row) for row in teams},
        [shift_of(row) for row in shifts],
        overrides,
    )


def routes_of(rows: Rows) -> Routes:
    """The routes that rows tell. Raises BadInput naming the route whose matchers are wrong."""
    return Routes(tuple(_route(row) for row in rows))


def shift_of(row: Mapping[str, Any]) -> Shift:
    """One shift."""
    return Shift(**{name: row[name] for name in _SHIFT}, members=tuple(row["members"]))


_SHIFT = (
    "team", "code", "name", "starts_at", "hours", "anchor_on", "valid_from", "valid_to", "days", "seats", "turn",
    "every",
)  # fmt: skip


def _person(row: Mapping[str, Any]) -> Person:
    contacts = tuple(Contact(contact["channel"], contact["address"]) for contact in row["contacts"])
    return Person(row["code"], row["name"], row["enterprise"], contacts, row["active"])


def _team(row: Mapping[str, Any]) -> Team:
    try:
        steps, policy = parse_steps(row["escalation"]), TeamPolicy.parse(row["policy"])
    except BadInput as error:
        raise BadInput(f"team {row['code']}: {error}") from error
    return Team(
        row["code"], row["name"], row["district"], row["enterprise"], row["lead"], tuple(row["channels"]), steps, policy
    )


def _route(row: Mapping[str, Any]) -> Route:
    try:
        matchers = parse(row["matchers"])
    except BadInput as error:
        raise BadInput(f"route {row['code']}: {error}") from error
    return Route(row["code"], row["position"], matchers, row["team"], row["goes_on"])
