"""What a decoder found wrong with a message, gathered by reason: how many items, and the first of them."""

from __future__ import annotations

import json

import msgspec

from domain.refusals import TEXTS, Reason

_SHOWN_CHARACTERS = 120
_HEAD_BYTES = 60


def show(value: object) -> str:
    """A value as JSON on one line, printable ASCII or Chinese, cut to a length that a person would read."""
    if isinstance(value, str):
        text = value[:_SHOWN_CHARACTERS]
    elif isinstance(value, (dict, list)):
        text = f"{type(value).__name__} of {len(value)}"
        return text.replace("dict", "object")
    else:
        text = json.dumps(value, ensure_ascii=False)
    if len(text) > _SHOWN_CHARACTERS:
        text = text[:_SHOWN_CHARACTERS] + "…"
    if isinstance(value, str):
        text = json.dumps(text, ensure_ascii=False)
    return printable(text)


def printable(text: str) -> str:
    """The text with what a database or a terminal would choke on written as escapes."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def payload_head(payload: bytes) -> str:
    """The beginning of a payload that is shown where nothing inside it can be pointed at."""
    return printable(payload[:_HEAD_BYTES].decode("utf-8", "backslashreplace")) or "(empty payload)"


class Fault(msgspec.Struct):
    """Items refused for one reason."""

    items: int
    first_item: str
    expected: str


class Faults(msgspec.Struct):
    """Refused items of one message by reason, in the order in which the reasons were met."""

    by_reason: dict[Reason, Fault] = {}

    def add(self, reason: Reason, first_item: str, *, items: int = 1, expected: str | None = None) -> None:
        """Refuse some items; the first item of a reason is the one that is shown."""
        known = self.by_reason.get(reason)
        if known is None:
            self.by_reason[reason] = Fault(items, first_item, expected or TEXTS[reason].expected)
        else:
            known.items += items

    @property
    def items(self) -> int:
        """All items refused."""
        return sum(fault.items for fault in self.by_reason.values())

    def copy(self) -> Faults:
        """The same faults, to which more can be added without touching these."""
        return Faults(
            {reason: Fault(fault.items, fault.first_item, fault.expected) for reason, fault in self.by_reason.items()}
        )

    def __bool__(self) -> bool:
        return bool(self.by_reason)
