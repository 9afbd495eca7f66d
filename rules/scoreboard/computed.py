"""What a source gives for a target."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rules.scoreboard.standing import Point


@dataclass(frozen=True, slots=True)
class Computed:
    """points: in order of days. missing: why there is no figure that a state may rest on; then the points are older or
    incomplete ones. basis: what the newest one rests on, as JSON. parts: of targets with several kinds of numbers."""

    points: list[Point] = field(default_factory=list)
    missing: str = ""
    basis: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, list[Point]] = field(default_factory=dict)
