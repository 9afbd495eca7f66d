"""What must be found of how well the city is metered: fit rates by level, and the arrival rate of the month.

Assumptions. A fit rate counts each place in service for which an instrument is required, by medium and level; one with
an instrument that is installed and verified is fitted, connected or not. All levels must reach their requirement; the
value is that of the one with the smallest margin, a draw goes to the first in the order of the tables here. Water is
judged of every enterprise; energy only where there is a place of a listed medium. The arrival rate counts hours with a
reading over the hours of the month in which a connected meter was installed, of all media.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulators.city import City, Enterprise, MeteringPlace
from simulators.effects import Outcome
from simulators.events import Event, closing_clock
from simulators.timing import Timeline
from simulators.truth_totals import Totals
from simulators.truth_water import closed_days, groups, in_service, is_fitted, judged

WATER_FIT = "water.fit_rate"
ENERGY_FIT = "energy.fit_rate"
ARRIVAL = "data.arrival_rate"

LEVELS = ("unit", "secondary", "equipment")
WATER = {"water": (100.0, 95.0, 80.0)}
#: GB 17167-2006 table 3 as an audit tool prints it, in its order.
ENERGY = {
    "electricity": (100.0, 100.0, 95.0),
    "raw_coal": (100.0, 100.0, 90.0),
    "washed_coal": (100.0, 100.0, 90.0),
    "middlings": (100.0, 100.0, 90.0),
    "coke": (100.0, 100.0, 90.0),
    "diesel": (100.0, 100.0, 95.0),
    "gasoline": (100.0, 100.0, 95.0),
    "natural_gas": (100.0, 100.0, 90.0),
    "coke_oven_gas": (100.0, 90.0, 80.0),
    "blast_furnace_gas": (100.0, 90.0, 80.0),
    "steam": (100.0, 80.0, 70.0),
}
ARRIVAL_PCT = 90.0


def coverage_events(city: City, timeline: Timeline, totals: Totals, until: int) -> Iterator[Event]:
    """All judgements up to a clock value, in order for each series."""
    for clock, day, period in closed_days(timeline, until):
        fitted = {
            place.key: any(
                (meter.enterprise, meter.place) == (place.enterprise, place.code) and is_fitted(meter, day)
                for meter in city.meters
            )
            for place in city.places
        }
        places = [place for place in city.places if in_service(place, day)]
        for rule, required in ((WATER_FIT, WATER), (ENERGY_FIT, ENERGY)):
            for subject, members in _subjects(city):
                codes = {member.code for member in members}
                mine = [place for place in places if place.enterprise in codes and place.medium in required]
                outcome = _fit(mine, fitted, required)
                if outcome is None and rule == ENERGY_FIT and subject.startswith("enterprise:"):
                    continue
                reason = "no_metering_place" if members else "no_enterprise"
                yield Event(clock, rule, subject, period, outcome or Outcome("undetermined", reason))
    if closing_clock(timeline.month_hours) <= until:
        yield from _arrival(city, timeline, totals)


def _subjects(city: City) -> Iterator[tuple[str, list[Enterprise]]]:
    for enterprise in city.enterprises:
        yield f"enterprise:{enterprise.code}", [enterprise]
    yield from groups(city, list(city.enterprises))


def _fit(
    places: Iterable[MeteringPlace], fitted: dict[str, bool], required: dict[str, tuple[float, float, float]]
) -> Outcome | None:
    counts: dict[tuple[str, str], list[bool]] = {}
    for place in places:
        counts.setdefault((place.medium, place.level), []).append(fitted[place.key])
    worst: tuple[bool, float, float] | None = None  # met, margin, share
    for medium, percents in required.items():
        for level, percent in zip(LEVELS, percents, strict=True):
            if (medium, level) in counts:
                mine = counts[(medium, level)]
                share = 100 * sum(mine) / len(mine)
                row = (100 * sum(mine) >= percent * len(mine), share - percent, share)
                if worst is None or row[:2] < worst[:2]:
                    worst = row
    return None if worst is None else judged(worst[2], worst[0])


def _arrival(city: City, timeline: Timeline, totals: Totals) -> Iterator[Event]:
    clock = closing_clock(timeline.month_hours)
    for subject, members in _subjects(city):
        codes = {member.code for member in members}
        found = [
            total for place in city.places if place.enterprise in codes
            if (total := totals.of_places.get(place.key)) is not None
        ]  # fmt: skip
        hours = sum(min(total.hours, total.expected) for total in found)
        expected = sum(total.expected for total in found)
        if expected:
            outcome = judged(100 * hours / expected, 100 * hours >= ARRIVAL_PCT * expected)
        elif subject.startswith("enterprise:"):
            continue
        else:
            outcome = Outcome("undetermined", "not_metered")
        yield Event(clock, ARRIVAL, subject, timeline.month, outcome)
