"""What must be found of gateways: that one has fallen silent as a whole, and that it reports again.

Assumptions. A gateway is who the topic, the data logger or the Sparkplug node says; ThingsBoard names none. It is
judged hour by hour from the first hour of which it brought anything, as the meters are: an hour in which none of its
points has a reading is silent, one in which any has is reporting; every gateway here has a point that is due every
half hour or more often, so that one hour is enough. Only changes are recorded. When late data undo a recorded
silence, that hour's finding becomes one that says nothing new (redundant: a platform may also leave no current
finding for that hour).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulators.city import GATEWAY, City
from simulators.effects import Effects, Outcome
from simulators.events import Arrivals, Event
from simulators.speech import THINGSBOARD_GATEWAYS
from simulators.timing import Timeline

RULE = "data.gateway_offline"
_REPORTING, _SILENT = Outcome("compliant", "gateway_reporting"), Outcome("violation", "gateway_silent")


def gateway_events(city: City, timeline: Timeline, effects: Effects, until: int, arrivals: Arrivals) -> Iterator[Event]:
    """All judgements up to a clock value, in order for each gateway."""
    for enterprise in city.enterprises:
        code = enterprise.code
        silent = [range(one.start, one.end) for one in effects.silences if one.enterprise == code]
        mute = [range(one.start, one.end) for one in effects.logger_silences if one.enterprise == code]
        if code not in THINGSBOARD_GATEWAYS:
            yield from _Gateway(f"{code}/{GATEWAY}", timeline, silent, arrivals.judged_first).events(until)
        for station in city.stations:
            if station.enterprise == code:
                logger = _Gateway(f"{code}/{station.gateway}", timeline, silent + mute, arrivals.judged_first)
                yield from logger.events(until)


@dataclass(slots=True)
class _Gateway:
    """silences: hours in which it sends nothing; what it measured in them comes with the messages of the next one."""

    name: str
    timeline: Timeline
    silences: list[range]
    judged_first: bool

    def events(self, until: int) -> Iterator[Event]:
        recorded: dict[int, tuple[Outcome, bool]] = {}
        for clock in range(2, until + 1):
            for data, since in self._looks(clock):
                yield from self._record(recorded, clock, data, since)

    def _looks(self, clock: int) -> Iterator[tuple[int, int]]:
        """(what has arrived by, first hour that is looked at) of each look at a clock value."""
        late = any(silence.stop + 1 == clock for silence in self.silences)
        if late and not self.judged_first:
            yield clock, 0
            return
        yield clock - self.judged_first, clock - 2
        if late:
            yield clock, 0

    def _record(self, recorded: dict[int, tuple[Outcome, bool]], clock: int, data: int, since: int) -> Iterator[Event]:
        earlier = [hour for hour in recorded if hour < since]
        before = recorded[max(earlier)][0] if earlier else None
        for hour in range(since, clock - 1):
            outcome = _REPORTING if self._arrives(hour) <= data else _SILENT
            redundant = outcome == before
            if (not redundant or hour in recorded) and recorded.get(hour) != (outcome, redundant):
                recorded[hour] = (outcome, redundant)
                yield Event(clock, RULE, f"gateway:{self.name}", self.timeline.period(hour), outcome, redundant)
            before = outcome

    def _arrives(self, hour: int) -> int:
        return max((silence.stop + 1 for silence in self.silences if hour in silence), default=hour + 1)
