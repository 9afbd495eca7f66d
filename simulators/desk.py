"""What is entered by hand, not measured: the ledger's figures, each enterprise in its own way, and new meters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from domain.periods import SITE_ZONE, add_months
from simulators import wire
from simulators.city import GATEWAY, City
from simulators.effects import Effects
from simulators.field import Field
from simulators.ledger import REPORTED_AT, Figure, as_csv, entry, figures, of_way, way_of
from simulators.ledger_table import MISPRINT
from simulators.marker import ENTERPRISE_AUTHOR, Entry, Upload
from simulators.messages import Message, Tally
from simulators.speech import Format
from simulators.timing import Timeline

#: Hours of the story in which a figure that was wrong is put right, and said once more.
_CORRECTED_AT, _REPEATED_AT = 26, 28

#: Clock value at which the months before the story are there, whatever the way.
_HISTORY_AT = 2


def reported_at(one: Figure, timeline: Timeline) -> int:
    """Clock value at which a figure is at the platform."""
    way = way_of(one)
    if one.first < timeline.first_day:
        return _HISTORY_AT
    # what is published with an hour's messages is there when that hour is over
    return timeline.hour(REPORTED_AT[way]) + (way == "mqtt")


class Desk:
    """Of one story."""

    def __init__(self, city: City, timeline: Timeline, effects: Effects, field: Field) -> None:
        self._city = city
        self._timeline = timeline
        self._effects = effects
        self._field = field
        self._all = figures(timeline.first_day)
        self._due: dict[int, list[Figure]] = {}
        for one in self._all:
            self._due.setdefault(reported_at(one, timeline), []).append(one)

    def acts(self, clock: int) -> Iterator[Entry | Upload]:
        """What is entered at a clock value of the story; nothing after its end."""
        if clock > self._timeline.hours:
            return
        due = self._due.get(clock, [])
        by_file = [one for one in due if way_of(one) == "file"]
        if by_file:
            yield Upload(f"ledger-{clock}.csv", as_csv(by_file))
        for enterprise, mine in of_way(due, "api"):
            body = {"author": ENTERPRISE_AUTHOR, "entries": [entry(one) for one in mine]}
            yield Entry(enterprise, "/v1/ledger", body)
        for change in self._effects.replacements:
            if change.posted == clock:
                yield self._replacement(change.point, change.hour, change.initial, change.reason)

    def messages(self, index: int) -> Iterator[Message]:
        """What is published with the messages of an hour: production by MQTT."""
        if index + 1 > self._timeline.hours:
            return
        for enterprise, mine in of_way(self._due.get(index + 1, []), "mqtt"):
            assert enterprise is not None
            first_said = [replace(one, value=MISPRINT[2]) if self._is_misprinted(one) else one for one in mine]
            yield _production(enterprise, first_said, Tally(stored=len(mine)))
        if index in (_CORRECTED_AT, _REPEATED_AT):
            right = [one for one in self._all if self._is_misprinted(one)]
            tally = Tally(corrections=1) if index == _CORRECTED_AT else Tally(duplicates=1)
            yield _production(MISPRINT[0][0], right, tally)

    def _is_misprinted(self, one: Figure) -> bool:
        key, offset, _ = MISPRINT
        return (one.enterprise, one.line, one.item) == key and one.first == add_months(self._timeline.first_day, offset)

    def _replacement(self, key: str, hour: int, initial: int, reason: str) -> Entry:
        """The record of a meter that was replaced in the middle of an hour."""
        point = self._city.point(key)
        assert point.counter is not None
        at = self._timeline.at(hour) + timedelta(minutes=30)
        old, new = sorted(
            (m for m in self._city.meters if (m.enterprise, m.point) == (point.enterprise, point.code)),
            key=lambda meter: meter.installed_on,
        )
        body = {
            "enterprise": point.enterprise,
            "point": point.code,
            "changed_at": at.astimezone(SITE_ZONE).isoformat(),
            "old_final": self._field.final(point, hour),
            "new_initial": round(initial * point.counter.scale, 6),
            "old_serial": old.serial,
            "new_serial": new.serial,
            "author": ENTERPRISE_AUTHOR,
            "reason": reason,
        }
        return Entry(point.enterprise, "/v1/meter-changes", body)


def _production(enterprise: str, said: list[Figure], tally: Tally) -> Message:
    payload = wire.production([entry(one) for one in said])
    topic = wire.topic(enterprise, GATEWAY, "production")
    return Message(enterprise, GATEWAY, topic, payload, 1, tally, Format.PRODUCTION)
