"""What must be found of the coke-oven stacks, from what the scenarios did to them.

Verdicts and reasons are the ones that scenarios/emissions.toml states; the hours it does not name are ordinary and
therefore compliant. Values are recomputed from the minutes that were sent: mean of the valid ones, times
13 / (21 - mean oxygen).

Assumptions. A minute counts when its flag is N and its value lies within the physical range of the register. The
month's share counts the hours as they are known when the month closes or later, all of the month's hours being in
service; below 75 % judged hours it is undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from domain.periods import HOUR, month_of
from simulators.city import City, Point
from simulators.effects import POLLUTANTS, Effects, Outcome
from simulators.events import Arrivals, Event, closing_clock
from simulators.field import Field
from simulators.timing import Timeline

HOURLY = "ule.coke_oven_stack.{}.hourly"
MONTHLY = "ule.coke_oven_stack.{}.monthly"

_NORMAL = Outcome("compliant", "within_limit")
_NO_DATA = Outcome("undetermined", "no_data")


class Stacks:
    """The coke-oven stacks of a story."""

    def __init__(self, city: City, timeline: Timeline, effects: Effects, field: Field) -> None:
        self._city = city
        self._timeline = timeline
        self._effects = effects
        self._field = field
        self._means: dict[tuple[str, int], NDArray[np.float64]] = {}

    @property
    def outlets(self) -> list[str]:
        """Keys of the outlets that the rules apply to."""
        return [f"{o.enterprise}/{o.code}" for o in self._city.outlets if o.process == "coke_oven_stack"]

    def events(self, until: int, arrivals: Arrivals) -> Iterator[Event]:
        """All judgements up to a clock value, in order for each series."""
        for outlet in self.outlets:
            for quantity in POLLUTANTS:
                hourly = sorted(self._hours(outlet, quantity, until, arrivals), key=lambda event: event.clock)
                yield from hourly
                yield from self._months(outlet, quantity, hourly, until)

    def _hours(self, outlet: str, quantity: str, until: int, arrivals: Arrivals) -> Iterator[Event]:
        enterprise = outlet.split("/")[0]
        for hour in range(until - 1):
            judged, arrived = closing_clock(hour + 1), arrivals.at(enterprise, hour)
            outcome = self._sent(outlet, quantity, hour)
            if arrived > judged or (arrived == judged and arrivals.judged_first):
                yield self._event(judged, outlet, quantity, hour, _NO_DATA)
            if max(arrived, judged) <= until:
                yield self._event(max(arrived, judged), outlet, quantity, hour, outcome)
        for correction in self._effects.corrections:
            if (correction.outlet, correction.quantity) == (outlet, quantity) and correction.sent + 1 <= until:
                yield self._event(correction.sent + 1, outlet, quantity, correction.hour, correction.outcome)

    def _event(self, clock: int, outlet: str, quantity: str, hour: int, outcome: Outcome) -> Event:
        period = self._timeline.period(hour)
        return Event(clock, HOURLY.format(quantity), f"outlet:{outlet}", period, outcome)

    def _sent(self, outlet: str, quantity: str, hour: int) -> Outcome:
        outcome = self._effects.outcomes.get((outlet, quantity, hour), _NORMAL)
        if outcome.verdict == "undetermined" or outcome.value is not None:
            return outcome
        return outcome._replace(value=self.converted(outlet, quantity, hour))

    def converted(self, outlet: str, quantity: str, hour: int) -> float:
        """Hourly mean at 8 % oxygen of what was first sent, mg/m3; NaN when nothing valid was sent."""
        measured = self._mean(self._city.outlet_point(outlet, quantity), hour)
        oxygen = self._mean(self._city.outlet_point(outlet, "o2"), hour)
        return measured * (21 - 8) / (21 - oxygen)

    def _mean(self, point: Point, hour: int) -> float:
        day, part = divmod(hour, 24)
        key = (point.key, day)
        if key not in self._means:
            values, flags = self._field.minutes(point, day)
            low = -np.inf if point.physical_min is None else point.physical_min
            high = np.inf if point.physical_max is None else point.physical_max
            valid = ((flags == "N") & (values >= low) & (values <= high)).reshape(24, -1)
            total = np.where(valid, values.reshape(24, -1), 0.0).sum(axis=1)
            count = valid.sum(axis=1)
            self._means[key] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return float(self._means[key][part])

    def _months(self, outlet: str, quantity: str, hourly: list[Event], until: int) -> Iterator[Event]:
        month = self._city.month
        while True:
            first, last = ((at - self._city.month.start) // HOUR for at in (month.start, month.end))
            closed = closing_clock(last)
            if closed > until:
                return
            inside = [event for event in hourly if month.start <= event.period.start < month.end]
            clocks = {closed} | {event.clock for event in inside if event.clock > closed}
            before: Outcome | None = None
            for clock in sorted(clocks):
                outcome = _share([event for event in inside if event.clock <= clock], last - first)
                if outcome != before:
                    yield Event(clock, MONTHLY.format(quantity), f"outlet:{outlet}", month, outcome)
                before = outcome
            month = month_of(month.end)


def _share(events: list[Event], hours: int) -> Outcome:
    """Events are in order of clock, so the last one of an hour is the current one."""
    current = {event.period.start: event.outcome.verdict for event in events}
    verdicts = list(current.values())
    compliant, violating = verdicts.count("compliant"), verdicts.count("violation")
    judged = compliant + violating
    if judged * 100 < hours * 75:
        return Outcome("undetermined", "insufficient_data")
    share = 100 * compliant / judged
    if compliant * 100 >= judged * 95:
        return Outcome("compliant", "share_met", share)
    return Outcome("violation", "share_not_met", share)
