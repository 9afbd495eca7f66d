"""The one road of records of leak detection and repair into the store, whichever door they came by: API, file, MQTT."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.leakchecks import Known, RecordRefusal, bureau_fault, register_fault, when
from domain.leakrecords import CalibrationRecord, DelayRecord, EventRecord, Record, RepairRecord, TestRecord
from domain.leaks import SPOT_CHECK
from domain.leakstates import Fact, Filed, Measured, Repaired, StepFault
from domain.refusals import Reason
from storage import leaks
from storage.calibrations import Calibration, store_calibrations
from storage.database import Connection
from storage.hourly import hint_rules
from storage.leak_events import LeakEvent, store_events
from storage.leak_register import known_parts, lock_ledgers
from storage.leak_tests import LeakTest, known_leak_tests, write_leak_tests
from storage.revisions import Fate, History, weigh

#: Of facts at one instant tests come first: a leak is found before it is repaired, and retested after.
_ORDER: dict[type[Any], int] = {TestRecord: 0, RepairRecord: 1, DelayRecord: 2, CalibrationRecord: 3, EventRecord: 4}


@dataclass(frozen=True, slots=True)
class Said:
    """A record that is well-formed in itself, and who says it. origin: ``api``, ``file`` or ``mqtt``.

    by_bureau: one of the bureau's people says it, in a file that they take in or their own session of the API.
    """

    enterprise_id: int
    record: Record
    author: str
    origin: str
    received_at: datetime
    by_bureau: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a record; refusal: why it was refused, None for what was not."""

    fate: Fate
    refusal: RecordRefusal | None = None


async def keep_records(connection: Connection, said: Sequence[Said], *, back: bool = False) -> list[Kept]:
    """Keep records and append the rules' work; what became of each, in the order given.

    They are taken in the order of what they tell, tests first at equal times, whatever order they are given in: a
    file or message may hold a finding, its repair and the retest. A record that the register or the state of its
    component's leak forbids is refused, and the others are judged without it. Records of one key in one call correct
    each other in the order given; a copy of what is stored is never refused. back: see `storage.revisions.weigh`.
    """
    if not said:
        return []
    await lock_ledgers(connection, {one.enterprise_id for one in said})
    known = await known_parts(connection, [(one.enterprise_id, one.record) for one in said])
    work = _Work(said, known, back)
    await work.refuse_illegal(connection)
    await work.store(connection)
    return work.kept()


class _Weighed:
    """The tests of a call beside what is stored of them; places: where each stands in the call."""

    def __init__(
        self, places: list[int], tests: list[LeakTest], history: Mapping[Hashable, History], back: bool
    ) -> None:
        self.places, self._all, self._history, self._back = places, tests, history, back
        self.fates, self.fresh = weigh(tests, history, back=back)

    @property
    def that_will_count(self) -> list[int]:
        """Places of tests that are neither copies nor corrected later in the call."""
        written = [place for place, fate in zip(self.places, self.fates, strict=True) if fate is not Fate.DUPLICATE]
        return [place for place, one in zip(written, self.fresh, strict=True) if one.is_current]

    def versions_of(self, chosen: Set[int]) -> list[tuple[int, int]]:
        """(place, chosen place) of all tests that have the key of a chosen one and are not stored already."""
        of_key = {test.key: place for place, test in zip(self.places, self._all, strict=True) if place in chosen}
        found = []
        for place, test in zip(self.places, self._all, strict=True):
            history = self._history.get(test.key)
            if test.key in of_key and (history is None or test.content not in history.contents):
                found.append((place, of_key[test.key]))
        return found

    def checks_replaced(self) -> list[int]:
        """Places of tests that would take the place of a spot check that is stored."""
        return [
            place
            for place, test, fate in zip(self.places, self._all, self.fates, strict=True)
            if fate is Fate.CORRECTION
            and (history := self._history.get(test.key)) is not None
            and LeakTest.purpose_of(history.contents[-1]) == SPOT_CHECK
        ]

    def without(self, refused: Container[int]) -> _Weighed:
        """The tests that are left, weighed anew."""
        left = [(place, test) for place, test in zip(self.places, self._all, strict=True) if place not in refused]
        return _Weighed([place for place, _ in left], [test for _, test in left], self._history, self._back)


class _Work:
    """One call of `keep_records`; records are known by their place in `said`."""

    def __init__(self, said: Sequence[Said], known: Known, back: bool) -> None:
        self._said, self._known, self._back = said, known, back
        self._faults: dict[int, RecordRefusal] = {}
        self._fates: dict[int, Fate] = {}
        self._tests = _Weighed([], [], {}, back)
        for place, one in enumerate(said):
            fault = None if one.by_bureau else bureau_fault(one.record)
            fault = fault or register_fault(one.enterprise_id, one.record, known)
            if fault is not None:
                self._faults[place] = fault
        order = sorted(range(len(said)), key=lambda p: (when(said[p].record)[1], _ORDER[type(said[p].record)]))
        self._order = [place for place in order if place not in self._faults]

    async def refuse_illegal(self, connection: Connection) -> None:
        """Refuse what cannot be a step of a leak's life."""
        places = self._of(TestRecord)
        tests = [self._test(place) for place in places]
        self._tests = _Weighed(places, tests, await known_leak_tests(connection, tests), self._back)
        self._refuse_corrections_of_spot_checks()
        steps = self._tests.that_will_count + self._of(RepairRecord) + self._of(DelayRecord)
        facts = [(self._component(place), _fact(self._said[place].record)) for place in steps]
        for place, fault in zip(steps, await leaks.illegal(connection, facts), strict=True):
            if fault is not None:
                self._faults[place] = _step_fault(self._said[place].record, fault)
        refused = {place for place in places if place in self._faults}
        if refused:
            # a test that was corrected later in this call was not judged by itself: it goes with its correction
            for place, version in self._tests.versions_of(refused):
                self._faults[place] = self._faults[version]
            self._tests = self._tests.without(self._faults.keys())
        self._order = [place for place in self._order if place not in self._faults]

    def _refuse_corrections_of_spot_checks(self) -> None:
        """A plant must not turn the bureau's check of an instant into a test of its own."""
        refused = set()
        for place in self._tests.checks_replaced():
            fault = None if self._said[place].by_bureau else bureau_fault(self._said[place].record, replaced=SPOT_CHECK)
            if fault is not None:
                self._faults[place] = fault
                refused.add(place)
        if refused:
            self._tests = self._tests.without(refused)

    async def store(self, connection: Connection) -> None:
        """Write what is left, and derive the leaks of the components concerned."""
        back = self._back
        tests = self._tests.places
        await write_leak_tests(connection, self._tests.fresh)
        self._take(tests, self._tests.fates)
        repairs = self._of(RepairRecord)
        self._take(repairs, await leaks.store_repairs(connection, [self._repair(p) for p in repairs], back=back))
        delays = self._of(DelayRecord)
        self._take(delays, await leaks.store_delays(connection, [self._delay(p) for p in delays], back=back))
        calibrations = self._of(CalibrationRecord)
        rows = [self._calibration(place) for place in calibrations]
        self._take(calibrations, await store_calibrations(connection, rows, back=back))
        events = self._of(EventRecord)
        self._take(events, await store_events(connection, [self._event(place) for place in events], back=back))
        written = {place for place, fate in self._fates.items() if fate is not Fate.DUPLICATE}
        changed = {self._component(place) for place in (*tests, *repairs, *delays) if place in written}
        if changed:
            at = max(self._said[place].received_at for place in written)
            await leaks.derive(connection, sorted(changed), at)
        if written:
            await hint_rules(connection)

    def kept(self) -> list[Kept]:
        """What became of each."""
        return [
            Kept(Fate.REFUSED, self._faults[place]) if place in self._faults else Kept(self._fates[place])
            for place in range(len(self._said))
        ]

    def _of(self, kind: type[Any]) -> list[int]:
        return [place for place in self._order if type(self._said[place].record) is kind]

    def _take(self, places: Sequence[int], fates: Iterable[Fate]) -> None:
        self._fates.update(zip(places, fates, strict=True))

    def _component(self, place: int) -> int:
        one = self._said[place]
        return self._known.components[one.enterprise_id, one.record.component].part_id  # type: ignore[union-attr, index]

    def _test(self, place: int) -> LeakTest:
        one = self._said[place]
        record = one.record
        assert isinstance(record, TestRecord)
        return LeakTest(
            component_id=self._component(place),
            tested_at=record.tested_at,
            net_umol_mol=record.net_umol_mol,
            background_umol_mol=record.background_umol_mol,
            instrument=record.instrument,
            tester=record.tester,
            received_at=one.received_at,
            purpose=record.purpose,
            method=record.method,
            reading_umol_mol=record.reading_umol_mol,
            response_factor=record.response_factor,
            dwell_s=record.dwell_s,
            visible=record.visible,
            has_time=record.has_time,
            campaign=record.campaign,
            video=record.video,
            author=one.author,
            origin=one.origin,
        )

    def _repair(self, place: int) -> leaks.RepairRecord:
        one = self._said[place]
        record = one.record
        assert isinstance(record, RepairRecord)
        return leaks.RepairRecord(
            component_id=self._component(place),
            repaired_at=record.repaired_at,
            measure=record.measure,
            repaired_by=record.repaired_by,
            author=one.author,
            origin=one.origin,
            received_at=one.received_at,
        )

    def _delay(self, place: int) -> leaks.DelayRecord:
        one = self._said[place]
        record = one.record
        assert isinstance(record, DelayRecord)
        return leaks.DelayRecord(
            component_id=self._component(place),
            found_at=record.found_at,
            filed_at=record.filed_at,
            ground=record.ground,
            repair_by=record.repair_by,
            document=record.document,
            author=one.author,
            origin=one.origin,
            received_at=one.received_at,
        )

    def _calibration(self, place: int) -> Calibration:
        one = self._said[place]
        record = one.record
        assert isinstance(record, CalibrationRecord)
        return Calibration(
            instrument_id=self._known.instruments[one.enterprise_id, record.instrument],
            done_at=record.done_at,
            kind=record.kind,
            expected=record.expected,
            shown=record.shown,
            author=one.author,
            origin=one.origin,
            received_at=one.received_at,
        )

    def _event(self, place: int) -> LeakEvent:
        one = self._said[place]
        record = one.record
        assert isinstance(record, EventRecord)
        installation = record.installation
        if installation is not None:
            installation_id, component_id = self._known.installations[one.enterprise_id, installation].part_id, None
        else:
            installation_id, component_id = None, self._component(place)
        return LeakEvent(
            enterprise_id=one.enterprise_id,
            kind=record.kind,
            component_id=component_id,
            installation_id=installation_id,
            happened_at=record.happened_at,
            note=record.note,
            author=one.author,
            origin=one.origin,
            received_at=one.received_at,
        )


def _fact(record: Record) -> Fact:
    """A record as a step of a leak's life."""
    match record:
        case TestRecord():
            return Measured(record.tested_at, record.net_umol_mol, record.visible, record.purpose, record.has_time)
        case RepairRecord():
            return Repaired(record.repaired_at, record.found_at)
        case DelayRecord():
            return Filed(record.filed_at, record.found_at, record.ground, record.repair_by, record.document)
        case _:
            raise TypeError(f"{type(record).__name__} is no step of a leak")


def _step_fault(record: Record, fault: StepFault) -> RecordRefusal:
    return RecordRefusal(Reason.ILLEGAL_STEP, when(record)[0], fault.what, f"{fault.rule}；应为：{fault.expected}")
