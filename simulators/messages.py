"""What the simulated gateways send, and what becomes of its items by construction."""

from __future__ import annotations

from dataclasses import dataclass

from domain.refusals import Reason
from simulators.speech import Format


@dataclass(frozen=True, slots=True)
class Tally:
    """What becomes of a message's items, by construction."""

    stored: int = 0
    duplicates: int = 0
    corrections: int = 0
    refused: tuple[tuple[Reason, int], ...] = ()

    @property
    def received(self) -> int:
        return self.stored + self.duplicates + self.corrections + sum(items for _, items in self.refused)


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT publication, or one HJ 212 frame over TCP, and what it amounts to.

    qos: over TCP, 0 means that nobody answers the frame. station: MN of the data logger whose TCP connection carries
    the frame; where there is no such connection, the topic takes it.
    """

    enterprise: str
    gateway: str
    topic: str
    payload: bytes
    qos: int
    tally: Tally
    format: Format = Format.JSON
    station: str | None = None
