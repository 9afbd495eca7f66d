"""Publishers that write down only what was acknowledged, and a relay that cuts connections. No code of the platform."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from types import TracebackType
from typing import Self

POINTS = 20
FIRST_AT = datetime(2026, 10, 1, tzinfo=UTC)
_BEIJING = timezone(timedelta(hours=8))
_WINDOW = 40
#: Messages a second of one publisher: enough to be in the middle of something at every fault, few enough to remember.
_PACE = 40
_ANSWER_TIMEOUT_S = 20.0
#: TSBS, IoT case: messages and entries out of order, entries missing; and what gateways send twice.
_LATE_MESSAGES, _SHUFFLED, _MISSING, _REDELIVERED = 0.05, 0.30, 0.10, 0.02

Key = tuple[str, str, datetime]


@dataclass(slots=True)
class Ledger:
    """What a publisher sent and what was promised to it."""

    name: str
    sent: dict[Key, float] = field(default_factory=dict)
    acknowledged: dict[Key, float] = field(default_factory=dict)
    reconnects: int = 0


class Relay:
    """A TCP relay with a port that stays, whatever happens behind it."""

    def __init__(self, target: Callable[[], int]) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection in the middle of whatever it carries."""
        for writer in list(self._open):
            writer.transport.abort()

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target())
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, there_writer}
        try:
            await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
        finally:
            self._open -= {writer, there_writer}

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


class Plant:
    """A gateway over MQTT 5 with QoS 1: JSON, twenty values a message."""

    def __init__(self, enterprise: str, port: int, username: str | None, password: str, chance: random.Random) -> None:
        self.ledger = Ledger(enterprise)
        self._enterprise = enterprise
        self._port = port
        self._username = username
        self._password = password
        self._chance = chance
        self._minute = 0
        self._held: list[bytes] = []
        self._keys: dict[bytes, dict[Key, float]] = {}
        self._waiting: OrderedDict[int, bytes] = OrderedDict()
        self._last_id = 0
        self._paced_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until stopped, then until everything is acknowledged."""
        pause = 0.05
        while not stop.is_set() or self._waiting or self._held:
            try:
                await self._session(stop)
                pause = 0.05
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                self.ledger.reconnects += 1
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)

    async def _session(self, stop: asyncio.Event) -> None:
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await self._greet(reader, writer)
            for packet_id, payload in self._waiting.items():  # what was on its way: again, marked as such
                writer.write(self._packet(packet_id, payload, again=True))
            while self._waiting or not stop.is_set() or self._held:
                burst = min(_WINDOW - len(self._waiting), self._allowed())
                for _ in range(burst if not stop.is_set() else min(burst, len(self._held))):
                    self._publish(writer, self._held.pop() if stop.is_set() else self._next())
                async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                    await writer.drain()
                    if self._waiting:
                        await self._answer(reader, writer)
                    else:
                        await asyncio.sleep(1 / _PACE)
        finally:
            writer.transport.abort()

    def _allowed(self) -> int:
        """How many messages the pace allows now."""
        now = asyncio.get_running_loop().time()
        allowed = int((now - self._paced_at) * _PACE)
        if allowed > 0:
            self._paced_at = now
        return min(allowed, _WINDOW)

    def _publish(self, writer: asyncio.StreamWriter, payload: bytes) -> None:
        while True:
            self._last_id = self._last_id % 65_535 + 1
            if self._last_id not in self._waiting:
                break
        self._waiting[self._last_id] = payload
        self.ledger.sent |= self._keys[payload]
        writer.write(self._packet(self._last_id, payload))

    def _next(self) -> bytes:
        """The next message, or one that was held back."""
        if self._held and self._chance.random() < _LATE_MESSAGES:
            return self._held.pop(self._chance.randrange(len(self._held)))
        payload = self._make()
        if self._chance.random() < _LATE_MESSAGES and len(self._held) < 50:
            self._held.append(payload)
            payload = self._make()
        return payload

    def _values(self, at: datetime) -> dict[str, float]:
        return {
            f"P-{n}": round(20 + n + self._chance.random() * 9, 3)
            for n in range(POINTS)
            if self._chance.random() >= _MISSING
        } or {"P-0": 1.0}

    def _make(self) -> bytes:
        samples, keys = [], {}
        for _ in range(self._chance.choice((1, 1, 1, 5))):
            at = FIRST_AT + timedelta(minutes=self._minute)
            self._minute += 1
            values = self._values(at)
            samples.append({"at": at.isoformat(), "values": values})
            keys |= {(self._enterprise, code, at): value for code, value in values.items()}
        if self._chance.random() < _SHUFFLED:
            self._chance.shuffle(samples)
        payload = json.dumps(samples).encode()
        self._keys[payload] = keys
        return payload

    def _acknowledged(self, payload: bytes) -> None:
        self.ledger.acknowledged |= self._keys[payload]
        if self._chance.random() < _REDELIVERED:
            self._held.append(payload)
        else:
            self._keys.pop(payload, None) if payload not in self._held else None

    # --- MQTT 5

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flags = 0x02 | (0xC0 if self._username else 0)
        body = b"\0\4MQTT\5" + bytes([flags]) + b"\0\x3c\0" + _text(f"gw-{self._enterprise}")
        if self._username:
            body += _text(self._username) + _text(self._password)
        writer.write(_framed(0x10, body))
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            kind, answer = await _packet(reader)
        if kind != 0x20 or answer[1] != 0:
            raise OSError(f"not let in: {answer!r}")

    def _packet(self, packet_id: int, payload: bytes, *, again: bool = False) -> bytes:
        topic = f"plantwatch/v1/{self._enterprise}/gw/readings"
        return _framed(0x3A if again else 0x32, _text(topic) + packet_id.to_bytes(2) + b"\0" + payload)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kind, body = await _packet(reader)
        if kind == 0xE0:
            raise OSError("dismissed")
        if kind == 0x40:
            packet_id, code = int.from_bytes(body[:2]), body[2] if len(body) > 2 else 0
            payload = self._waiting.pop(packet_id)
            if code == 0:
                self._acknowledged(payload)
            else:  # a broker without subscribers (0x10) has kept nothing
                self._held.append(payload)
                await asyncio.sleep(0.05)


class Broker(Plant):
    """The same gateway, publishing to a broker."""

    def __init__(self, enterprise: str, port: int, chance: random.Random) -> None:
        super().__init__(enterprise, port, None, "", chance)


class Logger(Plant):
    """A data logger that speaks HJ 212-2017 over TCP and wants an acknowledgement of each frame."""

    def __init__(self, enterprise: str, port: int, mn: str, password: str, chance: random.Random) -> None:
        super().__init__(enterprise, port, mn, password, chance)
        self._mn = mn

    def _make(self) -> bytes:
        at = FIRST_AT + timedelta(minutes=self._minute)
        self._minute += 1
        values = self._values(at)
        items = [f"DataTime={at.astimezone(_BEIJING):%Y%m%d%H%M%S}"]
        items += [
            f"a{21000 + int(code[2:])}-Rtd={value},a{21000 + int(code[2:])}-Flag=N" for code, value in values.items()
        ]
        area = ";".join(items).encode()
        self._keys[area] = {(self._enterprise, code, at): value for code, value in values.items()}
        return area

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """There is none: every frame says who sends it."""

    def _packet(self, packet_id: int, payload: bytes, *, again: bool = False) -> bytes:
        qn = f"{FIRST_AT:%Y%m%d}{packet_id:09d}"
        segment = f"QN={qn};ST=31;CN=2011;PW={self._password};MN={self._mn};Flag=5;CP=&&".encode() + payload + b"&&"
        return b"##%04d" % len(segment) + segment + b"%04X\r\n" % _crc(segment)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frame = await reader.readuntil(b"\r\n")
        if b"CN=9014" not in frame:
            return
        packet_id = int(frame.split(b"QN=")[1][8:17])
        payload = self._waiting.pop(packet_id, None)
        if payload is not None:
            self._acknowledged(payload)


def _crc(segment: bytes) -> int:
    """HJ 212-2017 Annex A."""
    crc = 0xFFFF
    for byte in segment:
        crc = (crc >> 8) ^ byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2) + data


def _framed(first: int, body: bytes) -> bytes:
    size, length = bytearray(), len(body)
    while True:
        length, part = divmod(length, 128)
        size.append(part | (0x80 if length else 0))
        if not length:
            return bytes([first]) + bytes(size) + body


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        part = (await reader.readexactly(1))[0]
        length |= (part & 0x7F) << shift
        shift += 7
        if part < 0x80:
            return first & 0xF0, await reader.readexactly(length)
