"""From a delivery to what it holds: topic, then format. Pure; nothing here can fail, only refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial

import msgspec

from domain.periods import local_day
from domain.readings import to_us
from domain.refusals import TEXTS, Reason
from ingest.decode.faults import Faults, payload_head, printable
from ingest.decode.hj212 import decode_hj212
from ingest.decode.hj212_numbers import DeliveryNumbers
from ingest.decode.json_v1 import decode_samples
from ingest.decode.leak_tests import PlacedRecord, decode_leak_tests
from ingest.decode.production import Record as FigureRecord
from ingest.decode.production import decode_production
from ingest.decode.register import View
from ingest.decode.samples import Samples
from ingest.decode.sparkplug import parse_sparkplug, resolve_sparkplug
from ingest.decode.thingsboard import decode_device, decode_gateway, decode_presence
from ingest.delivery import Delivery, Outcome, Receipt
from ingest.sparkplug import Sequences
from ingest.topics import Kind, Topic, read_topic

#: A topic may have 65,535 bytes.
_SHOWN_CHARACTERS = 200
_STATUSES = {b"online": True, b"offline": False}
#: About how many payload bytes a value takes in formats that are taken apart later.
_BYTES_A_VALUE = 32


class Message(msgspec.Struct):
    """One delivery taken apart. faults: what was refused without knowing the register."""

    delivery: Delivery
    gateway: str | None
    faults: Faults = msgspec.field(default_factory=Faults)
    samples: Samples | None = None
    deferred: Callable[[View], Samples] | None = None
    """What takes it apart once the register is known; for formats whose names mean nothing without it."""
    records: list[PlacedRecord] = []
    figures: list[FigureRecord] = []
    online: bool | None = None
    is_history: bool = False
    """Whether it comes from a file: what it says of a gateway is no sign of that gateway's life."""

    @property
    def recorded(self) -> int:
        """Records of leaks and figures for the ledger."""
        return len(self.records) + len(self.figures)

    @property
    def weight(self) -> int:
        """About how many rows it will make."""
        if self.deferred is not None:
            return len(self.delivery.payload) // _BYTES_A_VALUE + 1
        return (len(self.samples.codes) if self.samples else 0) + self.recorded + 1


def read_message(delivery: Delivery, sequences: Sequences) -> Message:
    """What a delivery holds. A topic that may not be published to comes before the payload's faults.

    sequences: takes note of each Sparkplug message; call once a delivery, in order of arrival.
    """
    topic = read_topic(delivery.enterprise, delivery.topic)
    if topic.kind is Kind.READINGS and topic.problem is None and not delivery.oversize:
        samples = decode_samples(delivery.payload)
        return Message(delivery, topic.gateway, samples.faults, samples)
    message = Message(delivery, topic.gateway)
    if topic.problem is not None:
        message.faults.add(topic.problem, printable(delivery.topic[:_SHOWN_CHARACTERS]))
    elif delivery.oversize:
        message.faults.add(Reason.OVERSIZE, f"{delivery.payload_size} bytes")
    elif topic.kind is Kind.LEAK_TESTS:
        found = decode_leak_tests(delivery.payload, delivery.received_at)
        message.records, message.faults = found.records, found.faults
    elif topic.kind is Kind.PRODUCTION:
        said = decode_production(delivery.payload, delivery.enterprise, local_day(delivery.received_at))
        message.figures, message.faults = said.records, said.faults
    elif topic.kind is Kind.STATUS:
        if (online := _STATUSES.get(delivery.payload)) is not None:
            message.online = online
        else:
            message.faults.add(Reason.BAD_STATUS, payload_head(delivery.payload))
    else:
        message.deferred = _deferred(delivery, topic, sequences)
    return message


def _deferred(delivery: Delivery, topic: Topic, sequences: Sequences) -> Callable[[View], Samples]:
    payload = delivery.payload
    if topic.sparkplug is not None:
        parsed = parse_sparkplug(payload)
        gap = sequences.gap(delivery.enterprise, topic.sparkplug, parsed.seq, duplicate=delivery.duplicate)
        received_us = to_us(delivery.received_at)
        return partial(resolve_sparkplug, parsed, topic.sparkplug, delivery.enterprise, received_us, gap)
    match topic.kind:
        case Kind.HJ212:
            return partial(decode_hj212, payload, numbers=DeliveryNumbers(sequences.numbers))
        case Kind.THINGSBOARD_DEVICE:
            return partial(decode_device, payload, to_us(delivery.received_at))
        case Kind.THINGSBOARD_GATEWAY:
            return partial(decode_gateway, payload, to_us(delivery.received_at))
        case _:
            return partial(decode_presence, payload, topic.kind is Kind.THINGSBOARD_CONNECT)


def unreadable(delivery: Delivery, error: BaseException) -> Message:
    """A delivery whose content broke something of ours: one refused item, with the error as what was expected of it."""
    message = Message(delivery, read_topic(delivery.enterprise, delivery.topic).gateway)
    problem = printable(f"{type(error).__name__}: {error}".splitlines()[0])[:500]
    message.faults.add(
        Reason.BAD_PAYLOAD, payload_head(delivery.payload), expected=f"content that can be stored: {problem}"
    )
    return message


_OUTCOMES = {
    Reason.FOREIGN_TENANT: Outcome.REFUSED_TENANT,
    Reason.BAD_TOPIC: Outcome.REFUSED_TOPIC,
    Reason.FORMAT_NOT_SUPPORTED: Outcome.REFUSED_TOPIC,
    Reason.OVERSIZE: Outcome.REFUSED_OVERSIZE,
}


def receipt(message: Message, faults: Faults, items: int, commands: tuple[tuple[str, bytes], ...]) -> Receipt:
    """The answer to a message of some items after its commit; `faults` are all that was refused of it."""
    if not faults:
        return Receipt(Outcome.STORED, None, message.gateway, commands) if commands else _stored(message.gateway)
    if faults.items < items:
        outcome = Outcome.PARTLY_REFUSED
    else:
        outcome = _OUTCOMES.get(next(iter(faults.by_reason)), Outcome.REFUSED_PAYLOAD)
    return Receipt(outcome, rejects_report(message.delivery, faults, items), message.gateway, commands)


@lru_cache(maxsize=65_536)
def _stored(gateway: str | None) -> Receipt:
    return Receipt(Outcome.STORED, None, gateway)


def rejects_report(delivery: Delivery, faults: Faults, items: int) -> bytes:
    """What a gateway is told of a message in which something was refused."""
    return msgspec.json.encode(
        {
            "topic": printable(delivery.topic),
            "received_at": _rfc3339(delivery.received_at),
            "items": items,
            "refused": [
                {
                    "reason": reason.value,
                    "items": fault.items,
                    "first_item": fault.first_item,
                    "expected": fault.expected,
                    "chinese": TEXTS[reason].chinese,
                }
                for reason, fault in faults.by_reason.items()
            ],
        }
    )


def _rfc3339(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
