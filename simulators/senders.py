"""From what devices show to what their gateways send: one class for each way of speaking.

All of them send the same instants and values; see speech.py for who speaks how.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from simulators import hj212_wire, sparkplug_wire, wire
from simulators.city import GATEWAY, Point, Station, Tag
from simulators.field import Field, due
from simulators.messages import Message, Tally
from simulators.speech import LOGGERS, REAL_TIME, SPARKPLUG_NODES, Format, command, data_key, factor
from simulators.timing import Timeline

#: Enterprises that publish with QoS 2; all others use 1.
EXACTLY_ONCE = frozenset({"baiheng-cement"})
#: This enterprise sends its states with QoS 0 every sixth hour, just before a message that is acknowledged.
FIRE_AND_FORGET = "guangyi-solar"

Fate = Literal["stored", "corrections"]

#: A data logger sends its minute so long after it has begun.
_LOGGER_DELAY = timedelta(seconds=5)
#: Milliseconds after the hour at which the frames of each command follow.
_TURN = {REAL_TIME: 0, "2051": 100, "2061": 200, "2031": 300}


class Sender(Protocol):
    """One gateway or data logger. points: what it measures."""

    points: list[Point]

    def hour(self, hour: int, *, late: bool) -> Iterator[Message]:
        """The ordinary messages of one hour, as first sent; late: with a backlog."""
        ...

    def correction(self, samples: Sequence[wire.Sample], sent: datetime) -> Iterator[Message]:
        """Other values for instants that were sent before."""
        ...


@dataclass(slots=True)
class Group:
    """Points that are read at the same minutes and travel together."""

    points: list[Point] = field(default_factory=list)

    def minutes(self, hour: int) -> tuple[int, ...]:
        """When they are read, in minutes after the hour."""
        return due(self.points[0], hour)

    @property
    def by_the_minute(self) -> bool:
        """Whether there is a reading in each minute."""
        return self.points[0].interval_s == 60


def grouped(points: Sequence[Point]) -> list[Group]:
    """Points by kind, interval and what they say, in order of their first appearance."""
    groups: dict[tuple[str, int, str | None], Group] = {}
    for point in points:
        statistic = point.statistic if point.interval_s >= 86_400 else command(point)
        groups.setdefault((point.kind, point.interval_s, statistic), Group()).points.append(point)
    return list(groups.values())


class Sampler:
    """Takes samples of the field."""

    def __init__(self, field: Field, timeline: Timeline) -> None:
        self._field = field
        self.timeline = timeline

    def take(self, group: Group, hour: int) -> list[wire.Sample]:
        """The samples of one hour, in order of time; points whose readings are lost are not in them."""
        day, part = divmod(hour, 24)
        minutes = group.minutes(hour)
        if not minutes:
            return []
        shown = self._field.day(day)
        points = [point for point in group.points if not self._field.lost(point.key, hour)]
        count = len(minutes)
        first = part * count if group.points[0].interval_s < 86_400 else 0
        window = slice(first, first + count)
        codes = [point.code for point in points]
        rows = zip(*(shown.values[point.key][window] for point in points), strict=True)
        flagged = [(p.code, shown.flags[p.key][window]) for p in points if p.key in shown.flags]
        start = self.timeline.at(hour)
        samples: list[wire.Sample] = []
        for number, (minute, row) in enumerate(zip(minutes, rows, strict=False)):
            flags = {code: letters[number] for code, letters in flagged if letters[number] != "N"}
            samples.append((start + timedelta(minutes=minute), dict(zip(codes, row, strict=True)), flags))
        return samples


class JsonSender:
    """Our own JSON."""

    def __init__(self, enterprise: str, points: list[Point], sampler: Sampler, style: wire.TimeStyle) -> None:
        self.points = points
        self._enterprise = enterprise
        self._sampler = sampler
        self._style = style
        self._groups = grouped(points)
        self._qos = 2 if enterprise in EXACTLY_ONCE else 1

    def hour(self, hour: int, *, late: bool) -> Iterator[Message]:
        rest: list[wire.Sample] = []
        for group in self._groups:
            samples = self._sampler.take(group, hour)
            if group.by_the_minute:
                yield self._message(samples, self._qos)
            elif self._enterprise == FIRE_AND_FORGET and group.points[0].kind == "state" and hour % 6 == 0:
                yield self._message(samples, 0)
            else:
                rest += samples
        yield self._message(rest, self._qos)

    def correction(self, samples: Sequence[wire.Sample], sent: datetime) -> Iterator[Message]:
        yield self._message(samples, 1, "corrections")

    def _message(self, samples: Sequence[wire.Sample], qos: int, fate: Fate = "stored") -> Message:
        topic = wire.topic(self._enterprise, GATEWAY, "readings")
        payload = wire.readings(samples, self._style)
        return Message(self._enterprise, GATEWAY, topic, payload, qos, _tally(samples, fate))


class ThingsBoardSender:
    """Telemetry of several devices through one ThingsBoard gateway."""

    def __init__(self, enterprise: str, points: list[Point], sampler: Sampler, tags: Mapping[str, Tag]) -> None:
        """tags: by point code."""
        self.points = points
        self._enterprise = enterprise
        self._sampler = sampler
        self._tags = tags
        self._groups = grouped(points)

    def hour(self, hour: int, *, late: bool) -> Iterator[Message]:
        samples = [sample for group in self._groups for sample in self._sampler.take(group, hour)]
        yield self._message(samples)

    def correction(self, samples: Sequence[wire.Sample], sent: datetime) -> Iterator[Message]:
        yield self._message(samples, "corrections")

    def _message(self, samples: Sequence[wire.Sample], fate: Fate = "stored") -> Message:
        devices: dict[str, list[tuple[datetime, dict[str, float]]]] = {}
        for at, values, _ in samples:
            rows: dict[str, dict[str, float]] = {}
            for code, value in values.items():
                tag = self._tags[code]
                rows.setdefault(tag.device, {})[tag.name] = tag.raw(value)
            for device, row in rows.items():
                devices.setdefault(device, []).append((at, row))
        payload = wire.thingsboard(devices)
        topic = wire.THINGSBOARD_TELEMETRY
        return Message(self._enterprise, GATEWAY, topic, payload, 1, _tally(samples, fate), Format.THINGSBOARD)


class SparkplugSender:
    """DDATA by alias, one message for each device and hour; the sequence number is the session's to add."""

    def __init__(self, enterprise: str, points: list[Point], sampler: Sampler, tags: Mapping[str, Tag]) -> None:
        """tags: by point code."""
        self.points = points
        self._enterprise = enterprise
        self._sampler = sampler
        self._tags = tags
        self._alias = aliases(tags.values())
        self._groups = grouped(points)

    def hour(self, hour: int, *, late: bool) -> Iterator[Message]:
        samples = [sample for group in self._groups for sample in self._sampler.take(group, hour)]
        yield from self._messages(samples, self._sampler.timeline.at(hour + 1), historical=late)

    def correction(self, samples: Sequence[wire.Sample], sent: datetime) -> Iterator[Message]:
        yield from self._messages(samples, sent, historical=True, fate="corrections")

    def _messages(
        self, samples: Sequence[wire.Sample], sent: datetime, *, historical: bool, fate: Fate = "stored"
    ) -> Iterator[Message]:
        devices: dict[str, list[sparkplug_wire.Metric]] = {}
        for at, values, _ in samples:
            for code, value in values.items():
                tag = self._tags[code]
                metric = sparkplug_wire.Metric(
                    tag.raw(value), alias=self._alias[tag.name], at=at, historical=historical
                )
                devices.setdefault(tag.device, []).append(metric)
        node = SPARKPLUG_NODES[self._enterprise]
        for device, metrics in devices.items():
            topic = f"spBv1.0/{self._enterprise}/DDATA/{device}"
            payload = sparkplug_wire.payload(sent, metrics)
            tally = _counted(len(metrics), fate)
            yield Message(self._enterprise, node, topic, payload, 1, tally, Format.SPARKPLUG)


def aliases(tags: Iterable[Tag]) -> dict[str, int]:
    """Metric name to alias; unique in the node, in the order of the register."""
    return {tag.name: number for number, tag in enumerate(tags, 1)}


class LoggerSender:
    """HJ 212 frames of one outlet's data logger: one for each minute in which anything is due."""

    def __init__(
        self,
        station: Station,
        points: list[Point],
        sampler: Sampler,
        tags: Mapping[str, Tag],
        password: str,
        sm4_key: bytes | None,
    ) -> None:
        """tags: by point code."""
        self.points = points
        self.station = station
        self.how = LOGGERS[station.enterprise]
        self.header = hj212_wire.Header(
            station.mn, password, station.edition, acknowledge=self.how.over_tcp, sm4_key=sm4_key
        )
        self._sampler = sampler
        self._tags = tags
        self._groups = grouped(points)
        self._code = {point.code: factor(station.edition, point.quantity) for point in points}
        self._key = {point.code: data_key(point) for point in points}

    def hour(self, hour: int, *, late: bool) -> Iterator[Message]:
        by_frame: dict[tuple[str, datetime], tuple[dict[str, float], dict[str, str]]] = {}
        for group in self._groups:
            for at, values, flags in self._sampler.take(group, hour):
                known, marks = by_frame.setdefault((command(group.points[0]), at), ({}, {}))
                known.update(values)
                marks.update(flags)
        for number in sorted({number for number, _ in by_frame}):
            samples = [(at, *by_frame[(cn, at)]) for cn, at in sorted(by_frame) if cn == number]
            ends = None if number == REAL_TIME else self._sampler.timeline.at(hour + 1)
            yield from self._messages(samples, ends, late=late, number=number)

    def correction(self, samples: Sequence[wire.Sample], sent: datetime) -> Iterator[Message]:
        yield from self._messages(samples, sent, fate="corrections")

    def _messages(
        self,
        samples: Sequence[wire.Sample],
        sent: datetime | None,
        *,
        late: bool = False,
        fate: Fate = "stored",
        number: str = REAL_TIME,
    ) -> Iterator[Message]:
        size = self.how.frames_per_message
        for first in range(0, len(samples), size):
            part = samples[first : first + size]
            frames = []
            for order, (at, values, flags) in enumerate(part, first):
                qn = at + _LOGGER_DELAY if sent is None else sent + timedelta(milliseconds=_TURN[number] + order)
                habits = self._habits(at) if order + 1 < len(samples) else hj212_wire.STANDARD
                factors = self.factors(values, flags)
                frames.append(self.frame(qn, at, factors, late=late, habits=habits, number=number))
            yield self.message(b"".join(frames), _tally(part, fate))

    def frame(
        self,
        sent: datetime,
        at: datetime,
        factors: Sequence[hj212_wire.Factor],
        *,
        late: bool = False,
        habits: hj212_wire.Habits = hj212_wire.STANDARD,
        number: str = REAL_TIME,
    ) -> bytes:
        """One frame of this logger; number: CN."""
        return hj212_wire.data(self.header, hj212_wire.qn(sent), at, factors, late=late, habits=habits, number=number)

    def factors(self, values: Mapping[str, float], flags: Mapping[str, str]) -> list[hj212_wire.Factor]:
        """What a frame says of some points, by point code."""
        return [
            (self._code[code], self._key[code], repr(self._tags[code].raw(value)), flags.get(code, "N"))
            for code, value in values.items()
        ]

    def message(self, payload: bytes, tally: Tally, *, answered: bool = True) -> Message:
        """A message of this logger; answered: whether a host has to acknowledge it."""
        station = self.station
        return Message(
            station.enterprise,
            station.gateway,
            wire.topic(station.enterprise, station.gateway, "hj212"),
            payload,
            1 if answered else 0,
            tally,
            self.how.format,
            station.mn if self.how.over_tcp else None,
        )

    def _habits(self, at: datetime) -> hj212_wire.Habits:
        if self.station.profile == "strict":
            return hj212_wire.STANDARD
        return hj212_wire.Habits(lower_case_crc=True, no_line_end=at.minute == 15, trailing_semicolon=at.minute == 30)


def _tally(samples: Sequence[wire.Sample], fate: Fate) -> Tally:
    return _counted(sum(len(values) for _, values, _ in samples), fate)


def _counted(items: int, fate: Fate) -> Tally:
    return Tally(stored=items) if fate == "stored" else Tally(corrections=items)
