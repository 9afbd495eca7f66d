"""Models of people: who can be told, their teams and shifts, and the routes by which alerts find a team."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from domain.errors import BadInput
from domain.matchers import parse
from domain.shifts import TurnLength
from domain.teams import Days, TeamPolicy, parse_steps
from runtime.siteitems import Code, Item, Name, Plain

ChannelCode = Annotated[str, Plain, Field(pattern=r"^[a-z0-9-]{1,40}$")]
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(:00)?")


def _clock(value: object) -> object:
    """A time of day as people, spreadsheets and TOML write it: 8:00, 08:00:00, a local time."""
    if isinstance(value, time):
        value = value.isoformat("seconds")
    if isinstance(value, str) and (found := _CLOCK.fullmatch(value.strip())) is not None:
        return f"{found[1]:0>2}:{found[2]}"
    return value


ClockTime = Annotated[
    str, Plain, BeforeValidator(_clock), Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["20:00"])
]


def _contact(value: object) -> object:
    """In a table's cell a contact is channel:address."""
    if isinstance(value, str):
        channel, colon, address = value.partition(":")
        if not colon:
            raise ValueError("expected channel and address, in a table as channel:address")
        return {"channel": channel.strip(), "address": address.strip()}
    return value


class ContactItem(Item):
    """A way to reach a person. What is wrong with it is told without its address."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    channel: ChannelCode
    address: Annotated[str, Plain, Field(min_length=1, max_length=200)]


class Person(Item):
    """Somebody who can be told; contacts: most preferred first. active = false: has left, and stays for history."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    code: Code
    name: Name
    enterprise: Code | None = None
    contacts: list[Annotated[ContactItem, BeforeValidator(_contact)]] = Field(default_factory=list, max_length=20)
    active: bool = True


def _steps(value: object) -> object:
    if not isinstance(value, list):
        raise ValueError("expected a list of steps with after_min, to and severities")
    try:
        return [step.row() for step in parse_steps(value)] if value else []
    except BadInput as error:
        raise ValueError(str(error)) from error


def _policy(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError("expected a table")
    try:
        TeamPolicy.parse(value)
    except BadInput as error:
        raise ValueError(str(error)) from error
    return value


def _matchers(value: object) -> object:
    if not isinstance(value, list):
        raise ValueError("expected a list of label, op and value")
    try:
        return [matcher.row() for matcher in parse(value)]
    except BadInput as error:
        raise ValueError(str(error)) from error


class Team(Item):
    """People who are told together. lead: who is told in a gap of the roster. channels: that reach the group as such.

    escalation: the steps, the default ones when empty; policy: what differs from the defaults (domain/teams.py).
    """

    code: Code
    name: Name
    district: Code | None = None
    enterprise: Code | None = None
    lead: Code | None = None
    channels: list[ChannelCode] = Field(default_factory=list)
    escalation: Annotated[list[dict[str, Any]], BeforeValidator(_steps)] = Field(default_factory=list, max_length=20)
    policy: Annotated[dict[str, Any], BeforeValidator(_policy)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _coherent(self) -> Team:
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("channels names one twice")
        if any(step["to"] == f"team:{self.code}" for step in self.escalation):
            raise ValueError("an escalation step names the team itself; expected on_duty, next or lead")
        return self


class DutyShift(Item):
    """A shift (班次) of a team, in local time; it belongs to the day on which it begins.

    members: in the order of their turns. anchor_on: day from which the first of them have theirs, valid_from when left
    out. valid_to: first day on which it does not begin any more.
    """

    team: Code
    code: Code
    name: Name
    starts_at: ClockTime
    hours: Annotated[float, Field(gt=0, le=24, allow_inf_nan=False)]
    days: Days = "all"
    members: list[Code] = Field(min_length=1, max_length=200)
    seats: Annotated[int, Field(ge=1, le=200)] = 1
    turn: TurnLength = "day"
    every: Annotated[int, Field(ge=1, le=366)] = 1
    anchor_on: date | None = None
    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _anchored(cls, said: Any) -> Any:
        if isinstance(said, dict) and said.get("anchor_on") is None and "valid_from" in said:
            return said | {"anchor_on": said["valid_from"]}
        return said

    @model_validator(mode="after")
    def _coherent(self) -> DutyShift:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to must be after valid_from")
        if self.seats > len(set(self.members)):
            raise ValueError(f"{self.seats} seats, but {len(set(self.members))} members: expected no more than members")
        return self


class AlertRoute(Item):
    """Alerts that all matchers fit go to a team; the first that fits by position decides, and those behind it as long
    as goes_on says so."""

    code: Code
    position: Annotated[int, Field(ge=0, le=1_000_000)]
    matchers: Annotated[list[dict[str, Any]], BeforeValidator(_matchers)] = Field(default_factory=list, max_length=50)
    team: Code
    goes_on: bool = False
