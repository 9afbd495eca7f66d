"""What an enterprise took in from outside in a month: by its meters, and before it was registered by its own report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum

from domain.metering import Place, PlaceLevel, WaterUse, WaterUser, in_month
from rules.evaluators.account import AccountWindow
from rules.evaluators.contract import Evidence, json_day

REPORTED = "water.reported"


@dataclass(frozen=True, slots=True)
class Volume:
    """m3 of a month. known: what is known of it; why: None when it is complete, else ``not_metered``, a reason of
    `MonthTotal.why`, or ``partial_year`` where nobody reported a month before registration."""

    first: date
    known: float
    source: str
    why: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether a verdict may rest on it."""
        return self.why is None

    def evidence(self) -> Evidence:
        """As JSON."""
        return {
            "month": json_day(self.first),
            "m3": self.known,
            "source": self.source,
            **({} if self.why is None else {"why": self.why}),
        }


def intake_places(window: AccountWindow, enterprise: str, first: date) -> list[Place]:
    """Unit-level places of water by which an enterprise takes in from outside, in service in a month."""
    return [
        place
        for place in window.register.places_of.get(enterprise, ())
        if place.medium == "water"
        and place.level == PlaceLevel.UNIT
        and place.flow == "in"
        and place.parent is None
        and (place.intake is not None or place.use == WaterUse.FRESH)
        and in_month(place, first)
    ]


def intake_volume(window: AccountWindow, user: WaterUser, first: date) -> Volume:
    """What an enterprise took in from outside in a month of the window."""
    if first < user.registered_from.replace(day=1):
        reported = window.ledger.month(user.code, REPORTED, first)
        return Volume(first, reported or 0.0, "reported", "partial_year" if reported is None else None)
    return metered_volume(window, intake_places(window, user.code, first), first)


def metered_volume(window: AccountWindow, places: Iterable[Place], first: date) -> Volume:
    """What the meters of some places passed in a month, together."""
    totals = [window.metered(place, first) for place in places]
    known = fsum(total.total for total in totals if total is not None and total.total is not None)
    if not totals or any(total is None for total in totals):
        return Volume(first, known, "metered", "not_metered")
    why = next((total.why for total in totals if total is not None and total.why is not None), None)
    return Volume(first, known, "metered", why)


def lacking(volumes: Sequence[Volume]) -> str | None:
    """Why some months are not enough for a verdict: ``not_metered``, ``incomplete_data`` or ``partial_year``, the
    first of these; None when nothing lacks."""
    why = {volume.why for volume in volumes} - {None}
    if not why:
        return None
    if "not_metered" in why:
        return "not_metered"
    return "partial_year" if why == {"partial_year"} else "incomplete_data"
