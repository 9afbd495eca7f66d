"""What can be sent, what becomes of it, and how much of it was acknowledged; for all kinds of connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from domain.errors import WorldFailed
from simulators.speech import Format


class Items(Protocol):
    """How many items a message holds."""

    @property
    def received(self) -> int: ...


class Publication(Protocol):
    """What can be published; messages.Message is one."""

    @property
    def enterprise(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def qos(self) -> int: ...
    @property
    def tally(self) -> Items: ...
    @property
    def format(self) -> Format: ...
    @property
    def station(self) -> str | None: ...


class PublishFailed(WorldFailed):
    """The platform did not take a simulated message."""


class Totals:
    """What was acknowledged so far, and what had to be sent again."""

    def __init__(self) -> None:
        self.published_messages = 0
        self.published_values = 0
        self.resent_messages = 0
        self.resent_values = 0
        self.messages_by_format: Counter[str] = Counter()
        self.values_by_format: Counter[str] = Counter()

    def count(self, sent: Sequence[Publication], left: Sequence[Publication]) -> None:
        """Note an attempt: `left` are those of `sent` that were not acknowledged."""
        self.published_messages += len(sent) - len(left)
        self.resent_messages += len(left)
        self.resent_values += sum(message.tally.received for message in left)
        for sign, messages in ((1, sent), (-1, left)):
            for message in messages:
                self.published_values += sign * message.tally.received
                self.messages_by_format[message.format] += sign
                self.values_by_format[message.format] += sign * message.tally.received
