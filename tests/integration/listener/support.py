"""What the listener's tests stand on: a sink that records and can be held, and a client that speaks raw
bytes.

The sink is the seam that the design names, so standing in for it is no mock of our own code. The raw client
exists because real clients are too well-behaved to show the edges of the protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

import mqtt5

from ingest.delivery import Delivery, Outcome, Receipt, SinkUnavailable
from tests.integration.listener import wire311

NOW = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
PATIENCE_S = 20.0
"""Only bounds how long a broken listener can hang a test; nothing waits for it to pass."""

READINGS = "plantwatch/v1/ent/gw1/readings"
STATUS = "plantwatch/v1/ent/gw1/status"
REJECTS = "plantwatch/v1/ent/gw1/rejects"


class RecordingSink:
    """Keeps what it is given. While `held`, nothing is committed until `release`d."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.statuses: list[tuple[str, str, bool]] = []
        self.status_times: list[datetime] = []
        self.held = False
        self.unavailable = False
        self.broken = False
        self.outcomes: dict[bytes, Receipt] = {}
        self.status_gate: asyncio.Event | None = None
        """Holds the next status, and only that one."""
        self._gates: dict[int, asyncio.Event] = {}
        self._changed = asyncio.Event()

    async def submit(self, delivery: Delivery) -> Receipt:
        number = len(self.deliveries)
        self.deliveries.append(delivery)
        self._changed.set()
        if self.held:
            self._gates[number] = asyncio.Event()
            await self._gates[number].wait()
        if self.unavailable:
            raise SinkUnavailable
        if self.broken:
            raise ZeroDivisionError("a defect of the sink")
        return self.outcomes.get(delivery.payload, Receipt(Outcome.STORED, None, "gw1"))

    async def status(self, enterprise: str, gateway: str, online: bool, at: datetime) -> None:
        if self.unavailable:
            raise SinkUnavailable
        gate, self.status_gate = self.status_gate, None
        if gate is not None:
            await gate.wait()
        self.statuses.append((enterprise, gateway, online))
        self.status_times.append(at)
        self._changed.set()

    def release(self, *numbers: int) -> None:
        """Let the deliveries with these numbers, or all that wait, be committed."""
        for number in numbers or tuple(self._gates):
            self._gates[number].set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds; it is looked at whenever something arrives."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def received(self, count: int) -> None:
        await self.until(lambda: len(self.deliveries) >= count)

    @property
    def payloads(self) -> list[bytes]:
        return [delivery.payload for delivery in self.deliveries]


class OnePassword:
    """Lets any enterprise in that says the right word."""

    def __init__(self) -> None:
        self.broken = False
        self.gate: asyncio.Event | None = None

    async def authenticate(self, username: str | None, password: bytes | None) -> str | None:
        if self.gate is not None:
            await self.gate.wait()
        if self.broken:
            raise ConnectionError("no database")
        return username if password == b"right" else None


class Raw:
    """A TCP connection that sends bytes and reads whole packets."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, *packets: bytes) -> None:
        self.writer.write(b"".join(packets))

    async def packet(self) -> bytes:
        """The next packet, or b"" at the end of the stream."""
        async with asyncio.timeout(PATIENCE_S):
            first = await self.reader.read(1)
            if not first:
                return b""
            length, shift, header = 0, 0, first
            while True:
                digit = await self.reader.readexactly(1)
                header += digit
                length |= (digit[0] & 0x7F) << shift
                shift += 7
                if digit[0] < 0x80:
                    break
            return header + await self.reader.readexactly(length)

    async def packet5(self) -> mqtt5.Packet:
        wire = await self.packet()
        assert wire, "the connection was closed without a packet"
        return mqtt5.read(memoryview(wire))[0]

    async def ended(self) -> None:
        """The peer has closed, with nothing more to say."""
        with suppress(ConnectionResetError):
            assert await self.packet() == b""

    async def silent(self, ping: bytes = wire311.PING) -> None:
        """Nothing is on its way to us: the answer to a ping is the next packet."""
        self.send(ping)
        assert await self.packet() == wire311.PONG

    def drop(self) -> None:
        """Vanish, as in a power cut."""
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


def publish5(
    payload: bytes,
    *,
    topic: str = READINGS,
    qos: int = 0,
    packet_id: int | None = None,
    alias: int | None = None,
    retain: bool = False,
    duplicate: bool = False,
) -> bytes:
    return mqtt5.PublishPacket(
        topic,
        payload,
        qos=mqtt5.QoS(qos),
        packet_id=packet_id,
        topic_alias=alias,
        retain=retain,
        duplicate=duplicate,
    ).write()
