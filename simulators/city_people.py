"""Who is told of the city's alerts, as the site file says it: people, teams, shifts, routes. Every name is invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class DutyPerson:
    """contacts: {"channel", "address"}, most preferred first."""

    code: str
    name: str
    enterprise: str | None = None
    contacts: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DutyTeam:
    """escalation: {"after_min", "to", "severities"}; policy: what differs from the platform's own."""

    code: str
    name: str
    district: str | None = None
    enterprise: str | None = None
    lead: str | None = None
    channels: tuple[str, ...] = ()
    escalation: tuple[Mapping[str, Any], ...] = ()
    policy: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DutyShift:
    """starts_at: local time; turn: after how long the next of the members comes on; days: all, workdays or restdays."""

    team: str
    code: str
    name: str
    starts_at: str
    hours: int
    members: tuple[str, ...]
    anchor_on: date
    valid_from: date
    valid_to: date | None = None
    turn: str = "day"
    days: str = "all"


@dataclass(frozen=True, slots=True)
class AlertRoute:
    """matchers: {"label", "op", "value"}; goes_on: whether the routes behind it are looked at as well."""

    code: str
    position: int
    matchers: tuple[Mapping[str, Any], ...]
    team: str
    goes_on: bool = False

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is meant; all matchers here say what a label is."""
        return all(labels.get(matcher["label"], "") == matcher["value"] for matcher in self.matchers)
