"""Many messages as the columns of one transaction, and what became of each item."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np

from domain.periods import local_day
from domain.quality import QcFlag
from domain.readings import HOUR_US, Bool, Int8, Int64, Readings, dirty_hours, empty_readings, from_us, to_us
from domain.refusals import Reason
from domain.reported import Figure
from ingest.check import check_ranges, check_time
from ingest.decode.faults import Faults, printable
from ingest.decode.register import Birth, View
from ingest.decode.samples import Samples
from ingest.messages import Message
from ingest.registry import Entry, Registry
from storage.accounting import Account
from storage.gateways import GatewayStatus
from storage.leak_records import Kept, Said
from storage.quirks import Quirk
from storage.refusals import Refusal, RefusedMessage
from storage.revisions import Fate

STORED, DUPLICATE, CORRECTION = 0, 1, 2
_FATES = {Fate.STORED: STORED, Fate.DUPLICATE: DUPLICATE, Fate.CORRECTION: CORRECTION}


@dataclass(slots=True)
class Batch:
    """Some messages of known enterprises, checked. Message numbers are positions in `messages`."""

    messages: Sequence[Message]
    enterprise_ids: list[int]
    faults: list[Faults]
    """All that is refused, by message."""
    items: list[int]
    """Items received, by message."""
    readings: Readings
    """In order of point, time and arrival."""
    reading_owner: Int64
    """Message number of each reading."""
    is_first: Bool
    """Where a reading is the first of its point and instant within the batch."""
    leak_records: list[Said]
    """Of leak detection and repair, in order of arrival."""
    leak_paths: list[str]
    """Where each stands in its payload."""
    leak_owner: list[int]
    figures: list[Figure]
    """For the ledger, in order of arrival."""
    figure_owner: list[int]
    figure_authors: list[str]
    """Who says each: the enterprise with its gateway."""
    statuses: list[GatewayStatus]
    quirks: list[Quirk]
    births: dict[str, dict[tuple[str, str], Birth]]
    """Sparkplug births by enterprise, then node and device."""
    commands: list[tuple[tuple[str, bytes], ...]]
    """What to send to the sender, by message."""
    ignored: int
    """Values that the register says are not kept."""

    @property
    def puzzled(self) -> set[str]:
        """Enterprises of which something was unknown: a fresher register may know it."""
        return {
            message.delivery.enterprise
            for message, faults in zip(self.messages, self.faults, strict=True)
            if not _REGISTER_REASONS.isdisjoint(faults.by_reason)
        }


_REGISTER_REASONS = frozenset(
    {
        Reason.UNKNOWN_POINT,
        Reason.UNKNOWN_LINE,
        Reason.UNKNOWN_STATION,
        Reason.NO_BIRTH,
        Reason.CANNOT_DECRYPT,
    }
)


class _Gather:
    """The columns while they grow."""

    def __init__(self) -> None:
        self.point_id: list[int] = []
        self.values: list[float] = []
        self.flags: list[str] = []
        self.at_us: list[int] = []
        self.sizes: list[int] = []
        self.qc_flag: list[int] = []
        self.received_us: list[int] = []
        self.owner: list[int] = []

    def add(self, owner: int, samples: Samples, entry: Entry, received_us: int, faults: Faults) -> None:
        find = entry.points.get
        point_id = [find(code, 0) for code in samples.codes]
        qc_flag = [check_time(at_us, received_us) for at_us in samples.at_us]
        if 0 in point_id or any(isinstance(verdict, Reason) for verdict in qc_flag):
            _refuse(samples, point_id, qc_flag, faults)
        count = len(samples.sizes)
        self.point_id += point_id
        self.values += samples.values
        self.flags.append(samples.flags)
        self.at_us += samples.at_us
        self.sizes += samples.sizes
        self.qc_flag += [QcFlag.FAIL if isinstance(verdict, Reason) else verdict for verdict in qc_flag]
        self.received_us += [received_us] * count
        self.owner += [owner] * count

    def columns(self, registry: Registry) -> tuple[Readings, Int64]:
        sizes = np.array(self.sizes, np.int64)
        point_id = np.array(self.point_id, np.int64)
        value = np.array(self.values, np.float64)
        flags: Int8 = np.frombuffer("".join(self.flags).encode("ascii"), np.int8)
        qc_flag = np.repeat(np.array(self.qc_flag, np.int16), sizes)
        qc_flag = check_ranges(
            value, qc_flag, registry.traits.physical_min[point_id], registry.traits.physical_max[point_id]
        )
        readings = Readings(
            point_id,
            np.repeat(np.array(self.at_us, np.int64), sizes),
            value,
            flags,
            qc_flag,
            np.repeat(np.array(self.received_us, np.int64), sizes),
        )
        return readings, np.repeat(np.array(self.owner, np.int64), sizes)


def _refuse(samples: Samples, point_id: list[int], qc_flag: list[Reason | QcFlag], faults: Faults) -> None:
    """Refuse samples of impossible time and values of unknown points; point 0 marks what is not to be stored."""
    start = 0
    for path, at_us, size, verdict in zip(samples.paths, samples.at_us, samples.sizes, qc_flag, strict=True):
        end = start + size
        if isinstance(verdict, Reason):
            if size:
                faults.add(verdict, f"{path} at {from_us(at_us).isoformat()}", items=size)
            point_id[start:end] = [0] * size
        else:
            for position in range(start, end):
                if point_id[position] == 0:
                    where = f"{path}.values.{samples.codes[position][:80]}"
                    faults.add(Reason.UNKNOWN_POINT, f"{printable(where)} = {samples.values[position]!r}")
        start = end


def assemble(messages: Sequence[Message], registry: Registry) -> Batch:
    """The columns of some messages whose enterprises the registry knows."""
    gather = _Gather()
    batch = Batch(messages, [], [], [], *_NOTHING, [], [], [], [], [], [], [], [], {}, [], 0)
    tally = _Tally()
    for number, message in enumerate(messages):
        delivery = message.delivery
        entry = registry.entry(delivery.enterprise)
        assert entry is not None, "the caller has set unknown enterprises aside"
        samples, faults = message.samples, message.faults
        if message.deferred is not None:
            samples = message.deferred(tally.view(delivery.enterprise, entry))
            faults = samples.faults
            tally.take(batch, message, entry, samples)
        items = faults.items + message.recorded
        if samples is not None or message.recorded:
            faults = faults.copy()  # a batch that fails is assembled again
        if samples is not None:
            items += len(samples.codes)
            gather.add(number, samples, entry, to_us(delivery.received_at), faults)
        if message.records:
            _add_records(batch, number, message, entry)
        if message.figures:
            _add_figures(batch, number, message, entry, faults)
        if message.online is not None and message.gateway is not None:
            tally.status(entry, message.gateway, message.online, message)
        batch.enterprise_ids.append(entry.enterprise_id)
        batch.faults.append(faults)
        batch.items.append(items)
        batch.commands.append(() if samples is None else tuple(samples.commands))
    batch.statuses = list(tally.statuses.values())
    batch.quirks = [Quirk(*key, frames) for key, frames in sorted(tally.quirks.items())]
    readings, owner = gather.columns(registry)
    order = _order(readings.point_id, readings.measured_us)
    order = order[np.searchsorted(readings.point_id[order], 1) :]  # point 0 was refused
    batch.readings, batch.reading_owner = readings.take(order), owner[order]
    batch.is_first = np.ones(len(order), np.bool_)
    point_id, measured_us = batch.readings.point_id, batch.readings.measured_us
    batch.is_first[1:] = (point_id[1:] != point_id[:-1]) | (measured_us[1:] != measured_us[:-1])
    return batch


def _order(point_id: Int64, measured_us: Int64) -> Int64:
    """Positions in order of point, time and arrival."""
    if len(point_id) == 0:
        return point_id
    first_us = int(measured_us.min())
    span_us = int(measured_us.max()) - first_us + 1
    if span_us * (int(point_id.max()) + 1) < _INT64:
        # one key sorts in half the time of two; a batch of live data spans hours, so it fits
        return np.argsort(point_id * span_us + (measured_us - first_us), kind="stable")
    return np.lexsort((measured_us, point_id))


_INT64 = 2**63


class _Tally:
    """What formats of their own say besides values, while a batch is assembled."""

    def __init__(self) -> None:
        self.statuses: dict[tuple[int, str], GatewayStatus] = {}
        self.quirks: Counter[tuple[int, str, date, str]] = Counter()
        self._views: dict[str, View] = {}

    def view(self, enterprise: str, entry: Entry) -> View:
        """The register with the births of this batch laid over it: they count only once committed."""
        view = self._views.get(enterprise)
        if view is None:
            births = ChainMap({}, entry.view.births)
            view = self._views[enterprise] = replace(entry.view, births=births)
        return view

    def status(self, entry: Entry, gateway: str, online: bool, message: Message) -> None:
        status = GatewayStatus(entry.enterprise_id, gateway, online, message.delivery.received_at)
        self.statuses[status.enterprise_id, status.gateway] = status

    def take(self, batch: Batch, message: Message, entry: Entry, samples: Samples) -> None:
        enterprise = message.delivery.enterprise
        view = self._views[enterprise]
        for birth in samples.births:
            view.births[birth.node, birth.device] = birth
            batch.births.setdefault(enterprise, {})[birth.node, birth.device] = birth
        for gateway, online in samples.online:
            self.status(entry, gateway, online, message)
        day = _day_of_hour(to_us(message.delivery.received_at) // HOUR_US)
        for (device, quirk), frames in samples.quirks.items():
            self.quirks[entry.enterprise_id, device, day, quirk] += frames
        batch.ignored += samples.ignored


_NOTHING = (
    empty_readings(),
    np.empty(0, np.int64),
    np.empty(0, np.bool_),
)


def _add_records(batch: Batch, number: int, message: Message, entry: Entry) -> None:
    """The register is asked when they are stored: it may hold a hundred thousand components of an enterprise."""
    received_at = message.delivery.received_at
    author = printable(f"{message.delivery.enterprise}:{message.gateway or ''}")
    for one in message.records:
        batch.leak_records.append(Said(entry.enterprise_id, one.record, author, "mqtt", received_at))
        batch.leak_paths.append(one.path)
        batch.leak_owner.append(number)


def take_refusals(batch: Batch, kept: Sequence[Kept]) -> list[Fate]:
    """Add to a batch's faults what the store refused of its records of leaks; the fates of the others, whose owners
    alone the batch has from now on."""
    fates: list[Fate] = []
    owners: list[int] = []
    for number, path, one in zip(batch.leak_owner, batch.leak_paths, kept, strict=True):
        if one.refusal is None:
            owners.append(number)
            fates.append(one.fate)
        else:
            is_step = one.refusal.reason is Reason.ILLEGAL_STEP
            where = printable(f"{path}.{one.refusal.field}{'：' if is_step else ' = '}{one.refusal.said}")
            batch.faults[number].add(one.refusal.reason, where, expected=printable(one.refusal.expected))
    batch.leak_owner = owners
    return fates


def _add_figures(batch: Batch, number: int, message: Message, entry: Entry, faults: Faults) -> None:
    author = f"{message.delivery.enterprise}:{message.gateway or ''}"
    for record in message.figures:
        line = record.figure.line
        if line is not None and line not in entry.lines:
            faults.add(Reason.UNKNOWN_LINE, f"{record.path}.line = {line}")
        else:
            batch.figures.append(record.figure)
            batch.figure_owner.append(number)
            batch.figure_authors.append(printable(author))


@dataclass(frozen=True, slots=True)
class Books:
    """What became of a batch, to be committed with it."""

    accounts: list[Account]
    refused: list[RefusedMessage]


def close_books(batch: Batch, reading_fate: Int64, record_fate: Sequence[Fate]) -> Books:
    """The accounts and refusals of a batch, given the fate of every reading and record: of leaks, then figures."""
    owners = np.r_[batch.reading_owner, np.array(batch.leak_owner + batch.figure_owner, np.int64)]
    fates = np.r_[reading_fate, np.array([_FATES[fate] for fate in record_fate], np.int64)]
    counts = np.bincount(owners * 3 + fates, minlength=len(batch.messages) * 3).reshape(-1, 3).tolist()
    accounts: dict[tuple[int, date], Account] = {}
    refused: list[RefusedMessage] = []
    for number, message in enumerate(batch.messages):
        items, faults = batch.items[number], batch.faults[number]
        if items == 0:
            continue  # a status is no item and enters no book
        delivery = message.delivery
        day = _day_of_hour(to_us(delivery.received_at) // HOUR_US)
        key = (batch.enterprise_ids[number], day)
        account = accounts.get(key)
        if account is None:
            account = accounts[key] = Account(key[0], day)
        stored, duplicates, corrections = counts[number]
        account.messages += 1
        account.received += items
        account.stored += stored
        account.duplicates += duplicates
        account.corrections += corrections
        if faults:
            account.refused += faults.items
            refused.append(_refused_message(batch.enterprise_ids[number], message, faults))
    return Books(list(accounts.values()), refused)


@lru_cache(maxsize=64)
def _day_of_hour(hour: int) -> date:
    # local days begin on whole hours, and messages of one hour come by the thousand
    return local_day(from_us(hour * HOUR_US))


def _refused_message(enterprise_id: int, message: Message, faults: Faults) -> RefusedMessage:
    delivery = message.delivery
    return RefusedMessage(
        enterprise_id,
        None if message.gateway is None else printable(message.gateway),
        printable(delivery.client_id),
        printable(delivery.topic),
        delivery.received_at,
        delivery.payload,
        delivery.payload_size,
        [Refusal(reason, fault.items, fault.first_item, fault.expected) for reason, fault in faults.by_reason.items()],
    )


def changed_hours(batch: Batch, reading_fate: Int64, registry: Registry) -> tuple[Int64, Int64]:
    """point_id and hour of everything that a batch stored or corrected."""
    changed = batch.readings.take(reading_fate != DUPLICATE)
    return dirty_hours(changed, registry.traits.counters(changed.point_id))
