"""How the simulated MQTT connections begin and end: what a gateway leaves as its will, says first and says last.

A dialect is made anew for each gateway and lives as long as it; the connection calls it in the order of the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from domain.clock import Clock
from simulators import sparkplug_wire, wire
from simulators.city import GATEWAY, City, Tag
from simulators.senders import aliases
from simulators.sparkplug_wire import Metric
from simulators.speech import SPARKPLUG_NODES, THINGSBOARD_GATEWAYS

_SEQ_END = 256


@dataclass(frozen=True, slots=True)
class Saying:
    """A publication that carries no items."""

    topic: str
    payload: bytes
    qos: int
    retain: bool = False


class Dialect(Protocol):
    """One gateway's manners."""

    subscriptions: Sequence[str]

    def will(self) -> Saying:
        """For the connection that is about to be made."""
        ...

    def hello(self) -> list[Saying]:
        """What is said first on a new connection."""
        ...

    def farewell(self) -> list[Saying]:
        """What is said last."""
        ...

    def dressed(self, topic: str, payload: bytes) -> bytes:
        """A payload as it goes out now."""
        ...

    def answer(self, topic: str, payload: bytes) -> list[Saying]:
        """What the gateway says to something that it was told."""
        ...


class Plain:
    """A retained status, `online` or `offline`, and nothing else."""

    def __init__(self, enterprise: str) -> None:
        self.subscriptions: Sequence[str] = (wire.topic(enterprise, GATEWAY, "rejects"),)
        self._status = wire.topic(enterprise, GATEWAY, "status")

    def will(self) -> Saying:
        return Saying(self._status, b"offline", 1, retain=True)

    def hello(self) -> list[Saying]:
        return [Saying(self._status, b"online", 1, retain=True)]

    def farewell(self) -> list[Saying]:
        return [self.will()]

    def dressed(self, topic: str, payload: bytes) -> bytes:
        return payload

    def answer(self, topic: str, payload: bytes) -> list[Saying]:
        return []


class ThingsBoardGateway(Plain):
    """Says which devices are behind it, besides."""

    def __init__(self, enterprise: str, devices: Sequence[str], clock: Clock) -> None:
        super().__init__(enterprise)
        self._devices = devices

    def hello(self) -> list[Saying]:
        return [*super().hello(), *self._all(wire.THINGSBOARD_CONNECT)]

    def farewell(self) -> list[Saying]:
        return [*self._all(wire.THINGSBOARD_DISCONNECT), *super().farewell()]

    def _all(self, topic: str) -> list[Saying]:
        return [Saying(topic, wire.thingsboard_device(device), 1) for device in self._devices]


class SparkplugNode:
    """An edge node: births before data, a death certificate as will, one sequence number for each message.

    The metrics of births are null: nothing has been measured yet when a node comes up, and what was measured before is
    sent as data. Births go out with QoS 0 as Sparkplug 3.0 (6.4.3) has it, data with QoS 1, because 0 would lose what a
    broken connection had under way.
    """

    def __init__(self, enterprise: str, tags: Sequence[Tag], clock: Clock) -> None:
        node = SPARKPLUG_NODES[enterprise]
        self._group, self._node = f"spBv1.0/{enterprise}", node
        self._clock = clock
        self._alias = aliases(tags)
        self._devices: dict[str, list[Tag]] = {}
        for tag in tags:
            self._devices.setdefault(tag.device, []).append(tag)
        self._seq = 0
        self._bd_seq = -1
        self.subscriptions: Sequence[str] = (
            f"{self._group}/NCMD/{node}",
            wire.topic(enterprise, node, "rejects"),
        )

    def will(self) -> Saying:
        self._bd_seq = (self._bd_seq + 1) % _SEQ_END
        return self._death()

    def hello(self) -> list[Saying]:
        self._seq = 0
        now = self._clock()
        node = [
            Metric(self._bd_seq, sparkplug_wire.UINT64, "bdSeq", at=now),
            Metric(False, sparkplug_wire.BOOLEAN, sparkplug_wire.REBIRTH, at=now),
        ]
        births = [Saying(f"{self._group}/NBIRTH/{self._node}", self._numbered(sparkplug_wire.payload(now, node)), 0)]
        for device, tags in self._devices.items():
            metrics = [Metric(None, name=tag.name, alias=self._alias[tag.name], at=now) for tag in tags]
            payload = self._numbered(sparkplug_wire.payload(now, metrics))
            births.append(Saying(f"{self._group}/DBIRTH/{device}", payload, 0))
        return births

    def farewell(self) -> list[Saying]:
        return [self._death()]

    def dressed(self, topic: str, payload: bytes) -> bytes:
        own = topic.startswith(f"{self._group}/DDATA/{self._node}/")
        return self._numbered(payload) if own else payload

    def answer(self, topic: str, payload: bytes) -> list[Saying]:
        told = topic == f"{self._group}/NCMD/{self._node}" and sparkplug_wire.asks_for_rebirth(payload)
        return self.hello() if told else []

    def _death(self) -> Saying:
        metric = Metric(self._bd_seq, sparkplug_wire.UINT64, "bdSeq")
        return Saying(f"{self._group}/NDEATH/{self._node}", sparkplug_wire.payload(self._clock(), [metric]), 1)

    def _numbered(self, payload: bytes) -> bytes:
        seq, self._seq = self._seq, (self._seq + 1) % _SEQ_END
        return sparkplug_wire.numbered(payload, seq)


def dialects(city: City) -> dict[str, Callable[[Clock], Dialect]]:
    """Enterprise -> what makes its dialect, of those that speak Sparkplug or ThingsBoard."""
    made: dict[str, Callable[[Clock], Dialect]] = {}
    for enterprise in sorted({*SPARKPLUG_NODES, *THINGSBOARD_GATEWAYS}):
        tags = [tag for tag in city.tags if tag.enterprise == enterprise]
        if enterprise in SPARKPLUG_NODES:
            made[enterprise] = partial(SparkplugNode, enterprise, tags)
        else:
            made[enterprise] = partial(ThingsBoardGateway, enterprise, list(dict.fromkeys(t.device for t in tags)))
    return made
