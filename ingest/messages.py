"""From a delivery to what it holds: topic, then format. Pure; nothing here can fail, only refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from domain.refusals import TEXTS, Reason
from ingest.decode.faults import Faults, payload_head, printable
from ingest.decode.json_v1 import Samples, decode_samples
from ingest.decode.leak_tests import Record, decode_leak_tests
from ingest.delivery import Delivery, Outcome, Receipt
from ingest.topics import Kind, read_topic

#: A topic may have 65,535 bytes.
_SHOWN_CHARACTERS = 200
_STATUSES = {b"online": True, b"offline": False}


@dataclass(slots=True)
class Message:
    """One delivery taken apart. faults: what was refused without knowing the register."""

    delivery: Delivery
    gateway: str | None
    faults: Faults = field(default_factory=Faults)
    samples: Samples | None = None
    records: list[Record] = field(default_factory=list)
    online: bool | None = None

    @property
    def weight(self) -> int:
        """About how many rows it will make."""
        return (len(self.samples.codes) if self.samples else 0) + len(self.records) + 1


def read_message(delivery: Delivery) -> Message:
    """What a delivery holds. A topic that may not be published to comes before the payload's faults."""
    topic = read_topic(delivery.enterprise, delivery.topic)
    message = Message(delivery, topic.gateway)
    if topic.problem is not None:
        message.faults.add(topic.problem, printable(delivery.topic[:_SHOWN_CHARACTERS]))
    elif delivery.oversize:
        message.faults.add(Reason.OVERSIZE, f"{delivery.payload_size} bytes")
    elif topic.kind is Kind.READINGS:
        message.samples = decode_samples(delivery.payload)
        message.faults = message.samples.faults
    elif topic.kind is Kind.LEAK_TESTS:
        found = decode_leak_tests(delivery.payload)
        message.records, message.faults = found.records, found.faults
    elif (online := _STATUSES.get(delivery.payload)) is not None:
        message.online = online
    else:
        message.faults.add(Reason.BAD_STATUS, payload_head(delivery.payload))
    return message


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


def receipt(message: Message, faults: Faults, items: int) -> Receipt:
    """The answer to a message of some items after its commit; `faults` are all that was refused of it."""
    if not faults:
        return Receipt(Outcome.STORED, None, message.gateway)
    if faults.items < items:
        outcome = Outcome.PARTLY_REFUSED
    else:
        outcome = _OUTCOMES.get(next(iter(faults.by_reason)), Outcome.REFUSED_PAYLOAD)
    return Receipt(outcome, rejects_report(message.delivery, faults, items), message.gateway)


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
