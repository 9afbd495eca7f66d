"""A month in the simulated city: what every gateway sends, hour by hour, and what must come of it.

The story begins with the first hour of a local calendar month and goes on some hours into the next one, so that the
month closes. Each step is one clock hour; its messages are published when the platform's clock shows the hour's end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.clock import Clock
from domain.periods import Period
from simulators import malformed, wire
from simulators.city import GATEWAY, City
from simulators.desk import Desk
from simulators.dialects import Dialect, dialects
from simulators.duty_desk import duty_acts, duty_records
from simulators.duty_officers import Act as DutyAct
from simulators.effects import Correction, Effects, Misread
from simulators.field import Field, due
from simulators.fleet import Secret, Senders, secrets_from
from simulators.layout import lay_out
from simulators.leak_story import LeakStory
from simulators.marker import Act, MarkAct
from simulators.messages import Message, Tally
from simulators.plants import build_city
from simulators.scenario import load
from simulators.senders import LoggerSender, Sampler
from simulators.site import DEMO_MONTH
from simulators.speech import LOGGERS
from simulators.timing import Timeline
from simulators.truth import Referee, Truth

#: Enterprises whose gateways speak MQTT 3.1.1; the others speak 5.
MQTT_311 = frozenset({"lanxu-chloralkali", "qinglan-coking", "tuoyan-power", "xunfeng-semicoke", "qingyuan-water"})


@dataclass(frozen=True, slots=True)
class Step:
    """One clock hour. settle: the rules and alerts must have caught up before the clock moves on from `clock`.

    acts: what enterprises and the bureau do, after everything known at `clock` has been judged; duty: what people of
    the duty rooms do about alerts after that; between: what they do in the hour before `clock`, in order.
    """

    index: int
    period: Period
    messages: tuple[Message, ...]
    settle: bool
    acts: tuple[Act, ...] = ()
    duty: tuple[DutyAct, ...] = ()
    between: tuple[DutyAct, ...] = ()

    @property
    def clock(self) -> datetime:
        """What the platform's clock shows while the messages arrive."""
        return self.period.end


class Story:
    """month: (year, month); live_hours: how far it goes into the next month. days: end after so many days instead.

    secrets: of data loggers, by MN; those of the others follow from the salt, which nobody should be able to guess
    where they matter.
    """

    def __init__(
        self,
        month: tuple[int, int] = DEMO_MONTH,
        seed: int = 1,
        live_hours: int = 30,
        *,
        days: int | None = None,
        secrets: Mapping[str, Secret] | None = None,
        salt: str = "",
    ) -> None:
        self.city: City = build_city(month)
        self.timeline = Timeline(self.city.month, live_hours, days)
        self.effects: Effects = lay_out(load(), self.city, self.timeline)
        self.seed = seed
        self._field = Field(seed, self.city, self.effects)
        self.leaks = LeakStory(seed, self.city, self.timeline, self.effects)
        self._duty_records = duty_records(self.timeline)
        self._desk = Desk(self.city, self.timeline, self.effects, self._field)
        self._tallies: dict[int, tuple[tuple[str, Tally], ...]] = {}
        self._settle: set[int] | None = None
        self._duty: dict[int, list[DutyAct]] = {}
        self.secrets = secrets_from(self.city.stations, salt) | dict(secrets or {})
        senders = Senders(self.city, Sampler(self._field, self.timeline), self.secrets)
        self._senders = {e.code: senders.of(e.code) for e in self.city.enterprises}
        self._loggers = {
            code: [sender for sender in mine if isinstance(sender, LoggerSender)]
            for code, mine in self._senders.items()
        }
        self.referee = Referee(self.city, self.timeline, self.effects, self._field, self.leaks)

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

    @property
    def tcp_stations(self) -> dict[str, str]:
        """MN -> enterprise of the data loggers that have a TCP connection of their own."""
        return {s.mn: s.enterprise for s in self.city.stations if LOGGERS[s.enterprise].over_tcp}

    @property
    def dialects(self) -> dict[str, Callable[[Clock], Dialect]]:
        """Enterprise -> how its MQTT connection begins and ends, of those that do not speak our JSON only."""
        return dialects(self.city)

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
            for act in self.referee.acts(self.timeline.hours):
                self._duty.setdefault(act.clock, []).append(act)
        clock = index + 1
        at_hour = tuple(act for act in self._duty.get(clock, ()) if not act.after)
        between = tuple(act for act in self._duty.get(index, ()) if act.after)
        # days close one hour after midnight; who acts before the next hour has been told all there is
        settle = clock in self._settle or clock % 24 == 1 or len(at_hour) < len(self._duty.get(clock, ()))
        acts = tuple(self._acts(clock))
        return Step(index, self.timeline.period(index), messages, settle, acts, at_hour, between)

    def truth(self, until: datetime) -> Truth:
        """What the platform must hold when its clock shows `until` and all messages of the steps so far are in."""
        clock = self.timeline.clock_of(until)
        for index in range(clock):
            if index not in self._tallies:
                self.step(index)
        return self.referee.truth(clock, (pair for index in range(clock) for pair in self._tallies[index]))

    def _acts(self, clock: int) -> Iterator[Act]:
        yield from self._desk.acts(clock)
        yield from duty_acts(self._duty_records, clock)
        yield from self.leaks.acts(clock)
        for mark in self.effects.marks:
            for what, when in (("post", mark.posted), ("reject", mark.rejected)):
                if when == clock:
                    minutes = [self.timeline.at(0) + timedelta(minutes=minute) for minute in (mark.start, mark.end)]
                    yield MarkAct(what, mark, *minutes)

    # What one hour sends ---------------------------------------------------------------------------------------------

    def _messages(self, index: int) -> Iterator[Message]:
        yield from self.leaks.messages(index)
        for enterprise in self._senders:
            silent = False
            for silence in self.effects.silences:
                if silence.enterprise == enterprise and silence.start <= index < silence.end:
                    silent = True
                elif silence.enterprise == enterprise and silence.end == index:
                    for hour in range(silence.start, silence.end):
                        yield from self._hour(enterprise, hour, late=True)
            if not silent:
                yield from self._hour(enterprise, index)
        yield from self._extras(index)

    def _extras(self, index: int) -> Iterator[Message]:
        for correction in self.effects.corrections:
            if correction.sent == index:
                yield from self._correction(correction)
        for misread in self.effects.misreads:
            if misread.sent == index:
                yield from self._reread(misread)
        for again in self.effects.redeliveries:
            if again.sent == index:
                for hour in range(again.start, again.end):
                    for message in self._hour(again.enterprise, hour):
                        yield replace(message, tally=Tally(duplicates=message.tally.stored))
        for refused in self.effects.refused:
            if refused.sent == index:
                losses = () if refused.reason is None else ((refused.reason, refused.items),)
                tally = Tally(stored=refused.stored, refused=losses)
                yield Message(refused.enterprise, GATEWAY, refused.topic, refused.payload, 1, tally)
        for wrong in self.effects.malformed:
            if wrong.sent == index:
                yield malformed.message(wrong, self.timeline.at(index), self._loggers)
        yield from self._desk.messages(index)

    def _hour(self, enterprise: str, hour: int, *, late: bool = False) -> Iterator[Message]:
        """The ordinary messages of one enterprise for one hour, as first sent."""
        loggers_silent = False
        backlog: Iterable[int] = ()
        for silence in self.effects.logger_silences:
            if silence.enterprise == enterprise:
                loggers_silent |= silence.start <= hour < silence.end
                if hour == silence.end:
                    backlog = range(silence.start, silence.end)
        for sender in self._senders[enterprise]:
            if isinstance(sender, LoggerSender):
                for missed in backlog:
                    yield from sender.hour(missed, late=True)
                if loggers_silent:
                    continue
            yield from sender.hour(hour, late=late)

    def named_readings(self, day: int) -> dict[str, list[tuple[datetime, float, str]]]:
        """What must be stored, to the last bit, of the points that have names of their own on the wire.

        By point key the (instant, value, flag) of one local day, 0 being the month's first, in order of time and
        without corrections; what never was sent is left out.
        """
        made: dict[str, list[tuple[datetime, float, str]]] = {}
        shown, start = self._field.day(day), self.timeline.at(day * 24)
        for tag in self.city.tags:
            point = self.city.point(f"{tag.enterprise}/{tag.point}")
            values = shown.values[point.key]
            flags = shown.flags.get(point.key) or ["N"] * len(values)
            minutes = [hour * 60 + minute for hour in range(24) for minute in due(point, hour)]
            made[point.key] = [
                (start + timedelta(minutes=minute), tag.stored(value), flag)
                for number, (minute, value, flag) in enumerate(zip(minutes, values, flags, strict=True))
                if not self._field.lost(point.key, day * 24 + number * 24 // len(minutes))
            ]
        return made

    def _correction(self, correction: Correction) -> Iterator[Message]:
        code = correction.point.split("/")[1]
        start = self.timeline.at(correction.hour)
        samples: list[wire.Sample] = [(start + timedelta(minutes=m), {code: correction.value}, {}) for m in range(60)]
        for sender in self._senders[correction.enterprise]:
            if any(point.code == code for point in sender.points):
                # the frames of the hour went out before: request numbers never go backwards by themselves
                yield from sender.correction(samples, self.timeline.at(correction.sent + 1) + timedelta(seconds=1))

    def _reread(self, misread: Misread) -> Iterator[Message]:
        enterprise, code = misread.point.split("/")
        sample: wire.Sample = (self.timeline.at(misread.hour + 1), {code: self._field.right(misread)}, {})
        for sender in self._senders[enterprise]:
            if any(point.code == code for point in sender.points):
                yield from sender.correction([sample], self.timeline.at(misread.sent + 1) + timedelta(seconds=1))
