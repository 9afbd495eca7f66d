"""What the subscriber's tests stand on: a real Mosquitto, a cable that can be cut and read, a sink that can be held."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import aiomqtt

from ingest.delivery import Delivery, Outcome, Receipt, SinkUnavailable
from ingest.listener.framing import FrameReader

NOW = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
PATIENCE_S = 30.0
"""Only bounds how long a broken subscriber can hang a test; nothing waits for it to pass."""

READINGS = "plantwatch/v1/ent/gw1/readings"
STATUS = "plantwatch/v1/ent/gw1/status"
PUBLISH, PUBACK, SUBSCRIBE = 3, 4, 8

CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence {persistence}
persistence_location {folder}/
max_inflight_messages 0
max_queued_messages 0
queue_qos0_messages true
"""


def executable() -> str | None:
    """Where Mosquitto is; Debian puts it where an ordinary user's PATH does not look."""
    return shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Mosquitto:
    """A broker process of our own."""

    def __init__(self, folder: Path, config: str | None = None, *, persistence: bool = True) -> None:
        self.port = free_port()
        self.folder = folder
        text = config or CONFIG.format(port=self.port, folder=folder, persistence=str(persistence).lower())
        text = text.replace("listener 1883", f"listener {self.port} 127.0.0.1")
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"{text}\nuser {pwd.getpwuid(os.getuid()).pw_name}\nlog_dest stderr\n", "utf-8")
        self._process: asyncio.subprocess.Process | None = None
        self._log: asyncio.Task[None] | None = None
        self.lines: list[str] = []

    async def start(self) -> None:
        program = executable()
        assert program is not None
        running = asyncio.Event()
        self._process = await asyncio.create_subprocess_exec(
            program, "-c", str(self._config), stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
        )
        self._log = asyncio.create_task(self._read_log(self._process, running))
        async with asyncio.timeout(PATIENCE_S):
            await running.wait()
        assert self._process.returncode is None, "\n".join(self.lines)

    async def _read_log(self, process: asyncio.subprocess.Process, running: asyncio.Event) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.lines.append(line.decode(errors="replace").rstrip())
            if b"running" in line:
                running.set()
        running.set()

    async def stop(self, *, kill: bool = False) -> None:
        """SIGTERM writes what is persistent; SIGKILL does not."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill() if kill else process.terminate()
            await process.wait()
            assert self._log is not None
            await self._log

    @asynccontextmanager
    async def client(self, identifier: str | None = None, **options: object) -> AsyncIterator[aiomqtt.Client]:
        """A stock client."""
        async with aiomqtt.Client("127.0.0.1", self.port, identifier=identifier, **options) as client:  # type: ignore[arg-type]
            yield client

    async def publish(self, *payloads: bytes, topic: str = READINGS, qos: int = 1, retain: bool = False) -> None:
        """Publish and wait for each acknowledgement."""
        async with self.client() as client:
            for payload in payloads:
                await client.publish(topic, payload, qos=qos, retain=retain)


class Seen(NamedTuple):
    """A packet on the cable."""

    connection: int
    kind: int
    packet_id: int
    """0 for kinds other than PUBLISH at QoS 1 and PUBACK."""


class Cable:
    """A TCP relay before the broker that writes down every packet, and that can be cut."""

    def __init__(self, broker: Mosquitto) -> None:
        self._broker = broker
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.sent: list[Seen] = []
        """By the subscriber."""
        self.received: list[Seen] = []
        self.changed = asyncio.Event()

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._broker.port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        for source, target, seen in ((reader, far_writer, self.sent), (far_reader, writer, self.received)):
            task = asyncio.create_task(self._relay(number, source, target, seen))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _relay(
        self, number: int, source: asyncio.StreamReader, target: asyncio.StreamWriter, seen: list[Seen]
    ) -> None:
        frames = FrameReader(max_connect_bytes=4 * 1024 * 1024)
        with suppress(OSError):
            while data := await source.read(65_536):
                frames.feed(data)
                while frame := frames.next():
                    seen.append(_seen(number, frame.packet, frame.body_at))
                target.write(data)
                await target.drain()
                self.changed.set()
        target.transport.abort()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def acknowledged(self, connection: int | None = None) -> list[int]:
        """Packet identifiers of the PUBACKs sent."""
        return [s.packet_id for s in self.sent if s.kind == PUBACK and connection in (None, s.connection)]

    def delivered(self, connection: int | None = None) -> list[int]:
        """Packet identifiers of the PUBLISHes received at QoS 1."""
        return [s.packet_id for s in self.received if s.kind == PUBLISH and connection in (None, s.connection)]

    def cut(self) -> None:
        """Both ends get a reset."""
        writers, self._writers = self._writers, set()
        for writer in writers:
            writer.transport.abort()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)


def _seen(number: int, packet: bytes, body_at: int) -> Seen:
    kind, packet_id = packet[0] >> 4, 0
    if kind == PUBACK:
        packet_id = int.from_bytes(packet[body_at : body_at + 2])
    elif kind == PUBLISH and packet[0] & 6:
        at = body_at + 2 + int.from_bytes(packet[body_at : body_at + 2])
        packet_id = int.from_bytes(packet[at : at + 2])
    return Seen(number, kind, packet_id)


class Sink:
    """Keeps what it is given. While `held`, nothing is committed until `release`d."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.committed: list[bytes] = []
        self.statuses: list[tuple[str, str, bool]] = []
        self.held = False
        self.unavailable = False
        self.poison: set[bytes] = set()
        self.receipts: dict[bytes, Receipt] = {}
        self._gates: dict[int, asyncio.Event] = {}
        self.changed = asyncio.Event()

    async def submit(self, delivery: Delivery) -> Receipt:
        number = len(self.deliveries)
        self.deliveries.append(delivery)
        self.changed.set()
        if self.held:
            gate = self._gates[number] = asyncio.Event()
            await gate.wait()
        if self.unavailable or delivery.payload in self.poison:
            raise SinkUnavailable
        self.committed.append(delivery.payload)
        self.changed.set()
        return self.receipts.get(delivery.payload, Receipt(Outcome.STORED, None, "gw1"))

    async def status(self, enterprise: str, gateway: str, online: bool, at: datetime) -> None:
        if self.unavailable:
            raise SinkUnavailable
        self.statuses.append((enterprise, gateway, online))
        self.changed.set()

    def release(self, *numbers: int) -> None:
        """Let the deliveries with these numbers, or all that wait, be committed."""
        for number in numbers or tuple(self._gates):
            self._gates[number].set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds; it is looked at whenever something arrives."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def received(self, count: int) -> None:
        await self.until(lambda: len(self.deliveries) >= count)

    async def has_committed(self, payloads: set[bytes]) -> None:
        await self.until(lambda: payloads <= set(self.committed))


class Enterprises:
    """A register with one enterprise in it."""

    def __init__(self) -> None:
        self.known = {"ent"}

    async def exists(self, enterprise: str) -> bool:
        return enterprise in self.known


class Note(NamedTuple):
    sender: str
    topic: str
    payload: bytes
    payload_size: int
    reason: str


class Strays:
    """Keeps what is put aside."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.unavailable = False
        self.changed = asyncio.Event()

    async def note(
        self, door: str, sender: str, topic: str, payload: bytes, payload_size: int, reason: str, at: datetime
    ) -> None:
        assert door == "subscriber"
        if self.unavailable:
            raise SinkUnavailable
        self.notes.append(Note(sender, topic, payload, payload_size, reason))
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()
