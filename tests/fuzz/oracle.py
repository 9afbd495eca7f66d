"""What must hold of every message, whatever it is; and what one message comes to when it is taken on its own."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from domain.leakrecords import TestRecord
from domain.ledger import ITEMS
from domain.periods import local_day
from domain.quality import QcFlag, SourceFlag
from domain.readings import DAY_US, to_us
from domain.refusals import Reason
from ingest.batch import Batch, assemble
from ingest.check import EARLIEST_US
from ingest.decode import json_v1
from ingest.decode.hj212_frames import Frame, FrameReader, Noise, split
from ingest.decode.hj212_quirks import Quirk
from ingest.decode.register import Birth
from ingest.delivery import Delivery, Outcome, Receipt
from ingest.messages import Message, read_message, receipt
from ingest.registry import Registry
from ingest.sparkplug import Sequences
from ingest.topics import Kind, read_topic
from tests.fuzz.corpus import ENTERPRISE

#: Bounds of what a person is shown, in characters. Names are cut to 80 and texts to 120, of which each may have to be
#: written as an escape of up to ten; `expected` of a strict station lists all deviations of a frame.
FIRST_ITEM_CHARACTERS = 2_200
EXPECTED_CHARACTERS = 1_000
_LETTERS = frozenset(ord(letter) for letter in SourceFlag)
_QC = frozenset((int(QcFlag.GOOD), int(QcFlag.SUSPECT)))
_QUIRKS = frozenset(quirk.value for quirk in Quirk)
#: Formats whose good messages may hold no value: presence, births and deaths, commands without data.
_MAY_BE_EMPTY = frozenset(
    (Kind.STATUS, Kind.HJ212, Kind.SPARKPLUG, Kind.THINGSBOARD_CONNECT, Kind.THINGSBOARD_DISCONNECT)
)


@dataclass(slots=True)
class Verdict:
    """What a message came to on its own. problems: laws that it broke; the rest means nothing when there are any."""

    problems: list[str] = field(default_factory=list)
    items: int = 0
    receipt: Receipt | None = None
    refused: dict[Reason, int] = field(default_factory=dict)
    stored: list[tuple[str, int, float, str]] = field(default_factory=list)
    """(point code, instant, value, flag) of what was accepted."""
    leak_records: int = 0
    """Records of leaks that are well-formed; the register and the state of leaks have their say at the store."""


class Oracle:
    """Takes messages one by one in their order, and remembers of each what the platform would: births and numbers."""

    def __init__(self, registry: Registry, births: Mapping[tuple[str, str], Birth] | None = None) -> None:
        """births: what was heard before, in place of what the registry has."""
        entry = registry.entry(ENTERPRISE)
        assert entry is not None
        if births is not None:
            entry.view.births = dict(births)
        self._registry, self._entry = registry, entry
        self._sequences = Sequences()
        self._codes = {number: code for code, number in entry.points.items()}

    def examine(self, delivery: Delivery) -> Verdict:
        """Never raises; that reading the message did is a problem."""
        verdict = Verdict()
        try:
            message = read_message(delivery, self._sequences)
            batch = assemble([message], self._registry)
            answer = receipt(message, batch.faults[0], batch.items[0], ())
        except Exception as error:  # noqa: BLE001 - that nothing is raised is what is tested
            verdict.problems.append(f"raised {type(error).__name__}: {error}"[:300])
            return verdict
        verdict.items, verdict.receipt = batch.items[0], answer
        verdict.refused = {reason: fault.items for reason, fault in batch.faults[0].by_reason.items()}
        verdict.leak_records = len(batch.leak_records)
        problems = verdict.problems
        _check_roads(message, problems)
        _check_account(message, batch, problems)
        _check_faults(batch, problems)
        _check_readings(delivery, batch, self._codes, problems)
        _check_leak_records(delivery, batch, problems)
        _check_figures(delivery, batch, problems)
        _check_receipt(batch, answer, problems)
        _check_words(batch, problems)
        if not problems:
            for births in batch.births.values():
                self._entry.view.births.update(births)
            verdict.stored = _stored(batch, self._codes)
        return verdict


def _check_roads(message: Message, problems: list[str]) -> None:
    """Where a format is read by two roads, a quick one for what is in order and a slow one, they mean the same."""
    payload = message.delivery.payload
    kind = read_topic(message.delivery.enterprise, message.delivery.topic).kind
    if message.delivery.oversize:
        return
    if kind is Kind.READINGS and message.samples is not None:
        if repr(message.samples) != repr(json_v1._decode_slowly(payload)):
            problems.append("the quick road of our JSON says something else than the slow one")
    elif kind is Kind.HJ212 and message.deferred is not None:
        pieces = split(payload)
        if b"".join(_bytes_of(piece) for piece in pieces) != payload:
            problems.append("bytes were lost between frames")
        reader = FrameReader()
        middle = len(payload) // 2
        found = reader.feed(payload[:middle]) + reader.feed(payload[middle:]) + reader.close()
        frames = [piece.raw for piece in pieces if isinstance(piece, Frame)]
        if frames != [piece.raw for piece in found if isinstance(piece, Frame)]:
            problems.append("other frames are found when the stream is cut")


def _bytes_of(piece: Frame | Noise) -> bytes:
    return piece.raw if isinstance(piece, Frame) else piece.data


def _check_account(message: Message, batch: Batch, problems: list[str]) -> None:
    items, faults = batch.items[0], batch.faults[0]
    accepted = len(batch.readings) + len(batch.leak_records) + len(batch.figures)
    if faults.items + accepted != items:
        problems.append(f"account: {items} items, {faults.items} refused, {accepted} accepted")
    if items == 0:
        topic = read_topic(message.delivery.enterprise, message.delivery.topic)
        if topic.problem is not None or topic.kind not in _MAY_BE_EMPTY or message.delivery.oversize:
            problems.append("account: no item")
        if topic.kind is Kind.HJ212 and b"##" not in message.delivery.payload:
            problems.append("account: no item, and no frame")
    if any(fault.items < 1 for fault in faults.by_reason.values()):
        problems.append("account: a reason without items")
    if message.weight < 1:
        problems.append("a message that weighs nothing")


def _check_faults(batch: Batch, problems: list[str]) -> None:
    for reason, fault in batch.faults[0].by_reason.items():
        for name, text, bound in (
            ("first_item", fault.first_item, FIRST_ITEM_CHARACTERS),
            ("expected", fault.expected, EXPECTED_CHARACTERS),
        ):
            if not text or not text.isprintable():
                problems.append(f"{reason}: {name} cannot be printed: {text[:100]!a}")
            if len(text) > bound:
                problems.append(f"{reason}: {name} has {len(text)} characters")


def _check_readings(delivery: Delivery, batch: Batch, codes: dict[int, str], problems: list[str]) -> None:
    readings = batch.readings
    if len(readings) == 0:
        return
    latest = to_us(delivery.received_at) + DAY_US
    if int(readings.measured_us.min()) < EARLIEST_US or int(readings.measured_us.max()) > latest:
        problems.append(f"instants from {readings.measured_us.min()} to {readings.measured_us.max()}")
    if not all(map(math.isfinite, readings.value.tolist())):
        problems.append("a value that is not finite")
    if not _LETTERS.issuperset(readings.source_flag.tolist()):
        problems.append(f"flags {readings.source_flag.tolist()}")
    if not _QC.issuperset(readings.qc_flag.tolist()):
        problems.append(f"qc flags {readings.qc_flag.tolist()}")
    if not codes.keys() >= set(readings.point_id.tolist()):
        problems.append("a point that is not registered")
    if (
        len({len(column) for column in (batch.reading_owner, batch.is_first, readings.value, readings.received_us)})
        != 1
    ):
        problems.append("columns of unequal length")


def _check_leak_records(delivery: Delivery, batch: Batch, problems: list[str]) -> None:
    for said in batch.leak_records:
        record = said.record
        for name, value in ((one.name, getattr(record, one.name)) for one in fields(record)):
            if isinstance(value, datetime) and not EARLIEST_US <= to_us(value) <= to_us(delivery.received_at) + DAY_US:
                problems.append(f"a record of leaks: {name} at {value}")
            if isinstance(value, float) and not math.isfinite(value):
                problems.append(f"a record of leaks: {name} is not finite")
            if isinstance(value, str) and not _is_storable(value):
                problems.append(f"a record of leaks: {name} that no database can hold")
        if isinstance(record, TestRecord) and record.net_umol_mol is None and record.method == "instrument":
            problems.append("a test by instrument without a figure")
        if isinstance(record, TestRecord) and record.net_umol_mol is not None and record.net_umol_mol < 0:
            problems.append("a net value below zero")


def _check_figures(delivery: Delivery, batch: Batch, problems: list[str]) -> None:
    today = local_day(delivery.received_at)
    for figure in batch.figures:
        if figure.enterprise != delivery.enterprise:
            problems.append("a figure of another enterprise")
        if not (math.isfinite(figure.value) and figure.value >= 0):
            problems.append(f"a figure of {figure.value}")
        if figure.first.year < 2000 or (figure.first > today and not ITEMS[figure.item].planned):
            problems.append(f"a figure of {figure.first}")
        if not _is_storable(figure.evidence):
            problems.append("an evidence that no database can hold")


def _check_receipt(batch: Batch, answer: Receipt, problems: list[str]) -> None:
    faults, items = batch.faults[0], batch.items[0]
    if (answer.rejects is None) is not (answer.outcome is Outcome.STORED) or bool(faults) is (answer.rejects is None):
        problems.append(f"receipt {answer.outcome} does not fit its faults")
    if answer.rejects is None:
        return
    report = json.loads(answer.rejects.decode("utf-8"))
    if report["items"] != items or sum(refusal["items"] for refusal in report["refused"]) != faults.items:
        problems.append("the rejects report does not add up")
    if not report["topic"].isprintable():
        problems.append("the topic of the rejects report cannot be printed")


def _check_words(batch: Batch, problems: list[str]) -> None:
    """What else goes into the store."""
    for status in batch.statuses:
        if not _is_storable(status.gateway) or not 0 < len(status.gateway) <= 200:
            problems.append(f"gateway {status.gateway[:100]!a}")
    for births in batch.births.values():
        for birth in births.values():
            names = birth.node, birth.device, *(name for name, _, _ in birth.metrics)
            if not all(map(_is_storable, names)):
                problems.append("a birth that no database can hold")
            if birth.bd_seq is not None and not 0 <= birth.bd_seq < 2**15:
                problems.append(f"bdSeq {birth.bd_seq}")
    for quirk in batch.quirks:
        if quirk.quirk not in _QUIRKS or quirk.frames < 1 or not _is_storable(quirk.device):
            problems.append(f"quirk {quirk}")
    for topic, _ in batch.commands[0]:
        if not topic.startswith(f"spBv1.0/{ENTERPRISE}/NCMD/"):
            problems.append(f"a command to {topic[:100]!a}")


def _is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold a text: no U+0000, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _stored(batch: Batch, codes: dict[int, str]) -> list[tuple[str, int, float, str]]:
    readings = batch.readings
    columns = (readings.point_id, readings.measured_us, readings.value, readings.source_flag)
    found = zip(*(column.tolist() for column in columns), strict=True)
    return [(codes[point_id], at_us, value, chr(flag)) for point_id, at_us, value, flag in found]
