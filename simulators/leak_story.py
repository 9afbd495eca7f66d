"""What is told of leak detection and repair in a story: tests, repairs, filings, calibrations, events, and when.

In the first hour every enterprise uploads the newest test of each component from before the story. What happens in the
month is sent by the gateway in the evening of its day, unless a scenario says otherwise: single facts of
scenarios/ldar.toml and leaks.toml, and whole campaigns of honest and of dishonest teams (leak_campaign.py). Whoever
tests has calibrated on that day, with the exception of those who are to be caught. The bureau posts its spot checks
over the API: no gateway may send them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from domain.errors import BadInput
from domain.periods import SITE_ZONE, local_day
from simulators import leak_wire, wire
from simulators.city import GATEWAY, City
from simulators.devices.ldar_gun import MODEL, RESPONSE_TIME_S, record
from simulators.effects import Effects
from simulators.leak_crew import calibrations
from simulators.leak_register import last_tests
from simulators.leak_rounds import rounds
from simulators.leak_shapes import Campaign, Fact, Filing, Happening, Instrument, Mending, Probe, Told
from simulators.marker import BUREAU_AUTHOR, Entry
from simulators.messages import Message, Tally
from simulators.scenario import Scenario
from simulators.speech import Format
from simulators.timing import Timeline

#: Records of one message, which keeps it below 256 KiB.
PART = 500
#: Hour of the day with whose messages the facts of a day are sent.
EVENING = 19
_BECOMES = {
    "stored": lambda n: Tally(stored=n),
    "duplicate": lambda n: Tally(duplicates=n),
    "correction": lambda n: Tally(corrections=n),
}


class LeakStory:
    """Everything that is told, in order of the hours in which it is sent. seed: of the story."""

    def __init__(self, seed: int, city: City, timeline: Timeline, effects: Effects) -> None:
        self._seed = seed
        self._city = city
        self._timeline = timeline
        told = [*self._history()]
        found = [*self._single(effects), *self._scenarios(effects.leak_scenarios)]
        told += found
        told += self._calibrated(found)
        #: The campaigns of the month.
        self.rounds = rounds(city.components, timeline.first_day)
        for each in self.rounds:
            told += self._round(each.made)
        told = [one for one in told if one.sent < timeline.hours]
        #: In order of arrival, then of time.
        self.told: tuple[Told, ...] = tuple(sorted(told, key=lambda one: (one.sent, one.at, _order(one.fact))))
        self._by_hour: dict[int, list[Told]] = {}
        for one in self.told:
            self._by_hour.setdefault(one.sent, []).append(one)

    def messages(self, index: int) -> Iterator[Message]:
        """What gateways send of it with the messages of an hour."""
        mine: dict[str, list[Told]] = {}
        for one in self._by_hour.get(index, ()):
            if not one.is_bureaus:
                mine.setdefault(one.enterprise, []).append(one)
        for enterprise, told in mine.items():
            for first in range(0, len(told), PART):
                part = told[first : first + PART]
                topic = wire.topic(enterprise, GATEWAY, "leak-tests")
                body = leak_wire.payload([one.fact for one in part])
                yield Message(enterprise, GATEWAY, topic, body, 1, tally(part), Format.LEAK_TESTS)

    def acts(self, clock: int) -> Iterator[Entry]:
        """What the bureau posts at a clock value: the tests of its spot checks."""
        checks = [one for one in self._by_hour.get(clock - 1, ()) if one.is_bureaus]
        if checks:
            records = [{"enterprise": one.enterprise} | leak_wire.said(one.fact) for one in checks]
            yield Entry(None, "/v1/ldar/records", {"author": BUREAU_AUTHOR, "records": records})

    def _history(self) -> Iterator[Told]:
        """One test of every component from before the story, some minutes apart on each day."""
        so_far: dict[tuple[str, date], int] = {}
        for component, day in last_tests(self._timeline.first_day, self._city.components):
            number = so_far[component.enterprise, day] = so_far.get((component.enterprise, day), -1) + 1
            at = datetime.combine(day, time(8, 30), tzinfo=SITE_ZONE) + timedelta(seconds=240 * number)
            yield Told(component.enterprise, 0, record(self._seed, component.key, at, gun=number % 4 + 1))

    def _single(self, effects: Effects) -> Iterator[Told]:
        for test in effects.leak_tests:
            key = f"{test.enterprise}/{test.component}"
            made = record(self._seed, key, test.tested_at, test.net_umol_mol)
            yield Told(test.enterprise, test.sent, made, test.becomes)

    def _scenarios(self, scenarios: Iterable[Scenario]) -> Iterator[Told]:
        for scenario in scenarios:
            if scenario.kind == "leak":
                for entry in scenario["facts"]:
                    yield self._told(scenario.enterprise, entry, scenario["component"])
            elif scenario.kind == "leak_event":
                yield self._told(scenario.enterprise, scenario.params, scenario.get("component"))
            elif scenario.kind == "spot_check":
                yield from self._spot_check(scenario)

    def _told(self, enterprise: str, entry: Mapping[str, Any], component: str | None) -> Told:
        fact = self._fact(enterprise, entry, component)
        sent = self._timeline.hour(entry["sent"]) if "sent" in entry else self._evening(Told(enterprise, 0, fact).at)
        return Told(enterprise, sent, fact, entry.get("becomes", "stored"))

    def _evening(self, at: datetime) -> int:
        """The hour in the evening of the same day, or the very hour when that is later."""
        day = (local_day(at) - self._timeline.first_day).days
        return max(0, day * 24 + EVENING, self._timeline.clock_of(at.replace(minute=0, second=0, microsecond=0)))

    def _fact(self, enterprise: str, entry: Mapping[str, Any], component: str | None) -> Fact:
        instant = self._timeline.instant
        found = instant(entry["found"]) if "found" in entry else None
        if "test" in entry:
            return record(
                self._seed, f"{enterprise}/{component}", instant(entry["test"]), float(entry.get("net", -1.0)),
                purpose=entry.get("purpose", "routine"), visible=entry.get("visible", False),
            )  # fmt: skip
        if "repair" in entry:
            assert component is not None
            assert found is not None
            return Mending(component, found, instant(entry["repair"]), entry.get("measure", "更换垫片"), "维修班")
        if "filing" in entry:
            assert component is not None
            assert found is not None
            return Filing(
                component, found, instant(entry["filing"]), entry.get("ground", "shutdown"),
                local_day(instant(f"{entry['repair_by']} 00:00")), entry.get("document", "延修备案（虚构）"),
            )  # fmt: skip
        for kind in ("restart", "release"):
            if kind in entry:
                return Happening(kind, instant(entry[kind]), component, entry.get("installation"), entry.get("comment"))
        raise BadInput(f"{enterprise}/{component}: expected test, repair, filing, restart or release: {entry}")

    def _spot_check(self, scenario: Scenario) -> Iterator[Told]:
        """The bureau tests `points` ordinary components of a unit; the first of them have the given readings."""
        at = self._timeline.instant(scenario["at"])
        leaks = scenario["leaks"]
        mine = [c for c in self._city.components if c.enterprise == scenario.enterprise and c.unit == scenario["unit"]]
        chosen = [c for c in mine if c.reachable and c.medium == scenario["medium"] and "X-" not in c.code]
        for number, component in enumerate(chosen[scenario["skip"] :][: scenario["points"]]):
            net = float(leaks[number]) if number < len(leaks) else None
            tested = at + timedelta(minutes=3 * number)
            made = record(self._seed, component.key, tested, net, purpose="spot_check", gun=1)
            yield Told(scenario.enterprise, self._evening(tested), made)
            if number < len(leaks) and "mended_after_days" in scenario.params:
                mended = tested + timedelta(days=scenario["mended_after_days"])
                mending = Mending(component.code, tested, mended, "更换填料", "维修班")
                yield Told(scenario.enterprise, self._evening(mended), mending)
                again = record(self._seed, component.key, mended + timedelta(hours=1), 21.5, purpose="retest", gun=1)
                yield Told(scenario.enterprise, self._evening(again.tested_at), again)

    def _calibrated(self, told: Iterable[Told]) -> Iterator[Told]:
        """The calibrations of every instrument on every day of the story on which it was used."""
        days = {
            (one.enterprise, one.fact.instrument, local_day(one.at))
            for one in told
            if isinstance(one.fact, Probe) and one.fact.instrument is not None
        }
        for enterprise, serial, day in sorted(days):
            instrument = Instrument(serial, MODEL, RESPONSE_TIME_S)
            rng = np.random.default_rng([self._seed, day.toordinal(), int(serial[-2:])])
            for check in calibrations(rng, instrument, day):
                yield Told(enterprise, self._evening(check.done_at), check)

    def _round(self, made: Campaign) -> Iterator[Told]:
        facts: list[Fact] = [*made.checks, *made.tests, *made.mendings, *made.filings]
        for fact in facts:
            one = Told(made.enterprise, 0, fact)
            yield replace(one, sent=self._evening(one.at))
        if made.also is not None:
            yield from self._round(made.also)


def tally(part: Iterable[Told]) -> Tally:
    """What becomes of some facts, by construction."""
    whole = Tally()
    for one in part:
        one_more = _BECOMES[one.becomes](1)
        whole = Tally(
            whole.stored + one_more.stored,
            whole.duplicates + one_more.duplicates,
            whole.corrections + one_more.corrections,
        )
    return whole


def _order(fact: Fact) -> int:
    """At equal times tests come first."""
    return 0 if isinstance(fact, Probe) else 1
