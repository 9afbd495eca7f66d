"""A month in the simulated city: what every gateway sends, hour by hour, and what must come of it.

The story begins with the first hour of a local calendar month and goes on some hours into the next one, so that the
month closes. Each step is one clock hour; its messages are published when the platform's clock shows the hour's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from domain.periods import SITE_ZONE, Period
from domain.refusals import Reason
from simulators import wire
from simulators.city import GATEWAY, City, Point
from simulators.devices.ldar_gun import Record, record
from simulators.effects import Correction, Effects, lay_out
from simulators.field import Field, stamps
from simulators.leak_register import last_tests
from simulators.plants import build_city
from simulators.scenario import load
from simulators.timing import Timeline
from simulators.truth import Referee, Truth

#: Enterprises whose gateways speak MQTT 3.1.1; the others speak 5.
MQTT_311 = frozenset({"lanxu-chloralkali", "qinglan-coking", "tuoyan-power", "xunfeng-semicoke", "qingyuan-water"})
#: Enterprises that publish with QoS 2; all others use 1.
EXACTLY_ONCE = frozenset({"baiheng-cement"})
#: This enterprise sends its states with QoS 0 every sixth hour, just before a message that is acknowledged.
FIRE_AND_FORGET = "guangyi-solar"
#: This stack sends its minutes six times an hour; the others once.
TEN_MINUTES = "shuoyuan-coking"

#: Records of one leak-tests message, which keeps it below 256 KiB.
LEDGER_PART = 700


@dataclass(frozen=True, slots=True)
class Tally:
    """What becomes of a message's items, by construction."""

    stored: int = 0
    duplicates: int = 0
    corrections: int = 0
    refused: tuple[tuple[Reason, int], ...] = ()

    @property
    def received(self) -> int:
        return self.stored + self.duplicates + self.corrections + sum(items for _, items in self.refused)


_BECOMES = {"stored": Tally(stored=1), "duplicate": Tally(duplicates=1), "correction": Tally(corrections=1)}


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT publication and what it amounts to."""

    enterprise: str
    gateway: str
    topic: str
    payload: bytes
    qos: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Step:
    """One clock hour. settle: the rules and alerts must have caught up before the clock moves on from `clock`."""

    index: int
    period: Period
    messages: tuple[Message, ...]
    settle: bool

    @property
    def clock(self) -> datetime:
        """What the platform's clock shows while the messages arrive."""
        return self.period.end


@dataclass(slots=True)
class _Group:
    """Points of one enterprise that are read at the same minutes and travel together."""

    minutes: tuple[int, ...]
    points: list[Point] = field(default_factory=list)


class Story:
    """month: (year, month); live_hours: how far it goes into the next month."""

    def __init__(self, month: tuple[int, int] = (2026, 10), seed: int = 1, live_hours: int = 30) -> None:
        self.city: City = build_city(month)
        self.timeline = Timeline(self.city.month, live_hours)
        self.effects: Effects = lay_out(load(), self.city, self.timeline)
        self.seed = seed
        self._field = Field(seed, self.city, self.effects)
        self._tallies: dict[int, tuple[tuple[str, Tally], ...]] = {}
        self._settle: set[int] | None = None
        styles = list(wire.TimeStyle)
        self._styles = {e.code: styles[n % len(styles)] for n, e in enumerate(self.city.enterprises)}
        self._groups = {e.code: self._grouped(e.code) for e in self.city.enterprises}
        self.referee = Referee(self.city, self.timeline, self.effects, self._field)

    @property
    def start(self) -> datetime:
        """Start of the first hour."""
        return self.timeline.at(0)

    @property
    def end(self) -> datetime:
        """Clock value after the last step."""
        return self.timeline.at(self.timeline.hours)

    @property
    def mqtt_versions(self) -> dict[str, str]:
        """Enterprise -> "3.1.1" or "5"."""
        return {e.code: "3.1.1" if e.code in MQTT_311 else "5" for e in self.city.enterprises}

    def steps(self) -> Iterator[Step]:
        """The story's hours in order; the same steps each time."""
        return (self.step(index) for index in range(self.timeline.hours))

    def continue_normal(self) -> Iterator[Step]:
        """The hours after the story, for ever; nothing unusual happens in them."""
        index = self.timeline.hours
        while True:
            yield self.step(index)
            index += 1

    def step(self, index: int) -> Step:
        """Hour number `index`, from 0."""
        messages = tuple(self._messages(index))
        self._tallies[index] = tuple((message.enterprise, message.tally) for message in messages)
        if self._settle is None:
            self._settle = self.referee.decisive(self.timeline.hours)
        settle = index + 1 in self._settle or (index + 1) % 24 == 1  # days close one hour after midnight
        return Step(index, self.timeline.period(index), messages, settle)

    def truth(self, until: datetime) -> Truth:
        """What the platform must hold when its clock shows `until` and all messages of the steps so far are in."""
        clock = self.timeline.clock_of(until)
        for index in range(clock):
            if index not in self._tallies:
                self.step(index)
        return self.referee.truth(clock, (pair for index in range(clock) for pair in self._tallies[index]))

    # What one hour sends ---------------------------------------------------------------------------------------------

    def _messages(self, index: int) -> Iterator[Message]:
        if index == 0:
            yield from self._ledgers()
        for enterprise in self._groups:
            silent = False
            for silence in self.effects.silences:
                if silence.enterprise == enterprise and silence.start <= index < silence.end:
                    silent = True
                elif silence.enterprise == enterprise and silence.end == index:
                    for hour in range(silence.start, silence.end):
                        yield from self._hour(enterprise, hour)
            if not silent:
                yield from self._hour(enterprise, index)
        yield from self._extras(index)

    def _extras(self, index: int) -> Iterator[Message]:
        for correction in self.effects.corrections:
            if correction.sent == index:
                yield self._correction(correction)
        for again in self.effects.redeliveries:
            if again.sent == index:
                for hour in range(again.start, again.end):
                    for message in self._hour(again.enterprise, hour):
                        tally = Tally(duplicates=message.tally.stored)
                        yield Message(
                            message.enterprise, message.gateway, message.topic, message.payload, message.qos, tally
                        )
        for refused in self.effects.refused:
            if refused.sent == index:
                tally = Tally(stored=refused.stored, refused=((refused.reason, refused.items),))
                yield Message(refused.enterprise, GATEWAY, refused.topic, refused.payload, 1, tally)
        for test in self.effects.leak_tests:
            if test.sent == index:
                key = f"{test.enterprise}/{test.component}"
                made = record(self.seed, key, test.component, test.tested_at, test.net_umol_mol)
                yield self._leak_tests(test.enterprise, [made], _BECOMES[test.becomes])

    def _hour(self, enterprise: str, hour: int) -> Iterator[Message]:
        """The ordinary messages of one gateway for one hour, as first sent."""
        qos = 2 if enterprise in EXACTLY_ONCE else 1
        rest: list[wire.Sample] = []
        for group in self._groups[enterprise]:
            samples = self._samples(group, hour)
            if len(group.minutes) == 60:
                size = 10 if enterprise == TEN_MINUTES else 60
                for first in range(0, 60, size):
                    yield self._readings(enterprise, samples[first : first + size], qos)
            elif enterprise == FIRE_AND_FORGET and group.points[0].kind == "state" and hour % 6 == 0:
                yield self._readings(enterprise, samples, 0)
            else:
                rest += samples
        yield self._readings(enterprise, rest, qos)

    def _samples(self, group: _Group, hour: int) -> list[wire.Sample]:
        day, part = divmod(hour, 24)
        shown = self._field.day(day)
        points = [point for point in group.points if not self._field.lost(point.key, hour)]
        count = len(group.minutes)
        window = slice(part * count, part * count + count)
        codes = [point.code for point in points]
        rows = zip(*(shown.values[point.key][window] for point in points), strict=True)
        flagged = [(p.code, shown.flags[p.key][window]) for p in points if p.key in shown.flags]
        start = self.timeline.at(hour)
        samples: list[wire.Sample] = []
        for number, (minute, row) in enumerate(zip(group.minutes, rows, strict=False)):
            flags = {code: letters[number] for code, letters in flagged if letters[number] != "N"}
            samples.append((start + timedelta(minutes=minute), dict(zip(codes, row, strict=True)), flags))
        return samples

    def _readings(self, enterprise: str, samples: list[wire.Sample], qos: int) -> Message:
        payload = wire.readings(samples, self._styles[enterprise])
        tally = Tally(stored=sum(len(values) for _, values, _ in samples))
        return Message(enterprise, GATEWAY, wire.topic(enterprise, GATEWAY, "readings"), payload, qos, tally)

    def _correction(self, correction: Correction) -> Message:
        code = correction.point.split("/")[1]
        start = self.timeline.at(correction.hour)
        samples: list[wire.Sample] = [(start + timedelta(minutes=m), {code: correction.value}, {}) for m in range(60)]
        message = self._readings(correction.enterprise, samples, 1)
        return Message(
            message.enterprise, message.gateway, message.topic, message.payload, 1, Tally(corrections=len(samples))
        )

    def _ledgers(self) -> Iterator[Message]:
        """All test records from before the story, as a newly connected enterprise uploads them."""
        records: dict[str, list[Record]] = {}
        for component, day in last_tests(self.timeline.first_day, self.city.components):
            at = datetime.combine(day, time(10), tzinfo=SITE_ZONE)
            made = record(self.seed, component.key, component.code, at)
            records.setdefault(component.enterprise, []).append(made)
        for enterprise, made_of in records.items():
            for first in range(0, len(made_of), LEDGER_PART):
                part = made_of[first : first + LEDGER_PART]
                yield self._leak_tests(enterprise, part, Tally(stored=len(part)))

    def _leak_tests(self, enterprise: str, records: list[Record], tally: Tally) -> Message:
        topic = wire.topic(enterprise, GATEWAY, "leak-tests")
        return Message(enterprise, GATEWAY, topic, wire.leak_tests(records), 1, tally)

    def _grouped(self, enterprise: str) -> list[_Group]:
        groups: dict[tuple[str, int], _Group] = {}
        for point in self.city.points:
            if point.enterprise == enterprise:
                group = groups.setdefault((point.kind, point.interval_s), _Group(stamps(point)))
                group.points.append(point)
        return list(groups.values())
