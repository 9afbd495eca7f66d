"""What was said before of the alerts of new messages, for those that say it again. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class ToldBefore(Protocol):
    """How often a team was told that an alert lasts, when first and last, and last of how much."""

    @property
    def count(self) -> int: ...
    @property
    def first_at(self) -> datetime: ...
    @property
    def last_at(self) -> datetime: ...
    @property
    def last_value(self) -> float | None: ...


class HandedOver(Protocol):
    """Who handed an alert over last, when, and what they wrote."""

    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def comment(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Past:
    """told: by (alert, team). received: names in a message, by (alert, team, when it was queued). handed: by alert."""

    told: Mapping[tuple[int, str], ToldBefore] = field(default_factory=dict)
    received: Mapping[tuple[int, str, datetime], Sequence[str]] = field(default_factory=dict)
    handed: Mapping[int, HandedOver] = field(default_factory=dict)
