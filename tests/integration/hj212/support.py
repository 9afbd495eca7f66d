"""What the tests of the HJ 212 door stand on: a register in memory, a book of strays, a logger that speaks raw bytes.

The frames are built here from the standard alone, so that an error in the platform's own encoder cannot hide.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Self

from domain.errors import StorageUnavailable
from ingest.hj212 import HjServer
from ingest.hj212.gate import Station
from ingest.passwords import hash_password
from tests.integration.listener.support import PATIENCE_S, RecordingSink

__all__ = ["PATIENCE_S", "RecordingSink"]

#: 09:00 in Wuhai.
NOW = datetime(2026, 11, 2, 1, tzinfo=UTC)
MN = "010000A8900016F000169DC0"
SIBLING = "010000A8900016F000169DC1"
STRANGER = "010000A8900016F000169DC2"
PW = "123456"
TOPIC = "plantwatch/v1/coke-1/cems-1/hj212"


def crc(segment: bytes) -> int:
    """HJ 212-2017 annex A, bit by bit."""
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            register = register >> 1 ^ 0xA001 if register & 1 else register >> 1
    return register


def framed(segment: str | bytes, *, wrong_crc: bool = False) -> bytes:
    data = segment.encode() if isinstance(segment, str) else segment
    return b"##%04d%s%04X\r\n" % (len(data), data, crc(data) ^ (0x100 if wrong_crc else 0))


def upload(
    number: int = 1, *, cn: str = "2011", mn: str = MN, pw: str = PW, flag: int | None = 5, cp: str | None = None
) -> bytes:
    """A frame with a QN and a value of its own."""
    if cp is None:
        cp = f"DataTime=2026110208{number // 60 % 60:02d}{number % 60:02d};a21026-Rtd={number}.0,a21026-Flag=N"
    flag_field = "" if flag is None else f"Flag={flag};"
    return framed(f"QN={qn(number)};ST=31;CN={cn};PW={pw};MN={mn};{flag_field}CP=&&{cp}&&")


def qn(number: int) -> str:
    return f"20261102{number:09d}"


def acknowledgement(number: int = 1, *, cn: str = "9014", mn: str = MN, pw: str = PW, cp: str = "") -> bytes:
    """What the host says to `upload(number)` in the 2017 edition."""
    return framed(f"QN={qn(number)};ST=91;CN={cn};PW={pw};MN={mn};Flag=4;CP=&&{cp}&&")


@cache
def hashed(password: str = PW) -> str:
    return hash_password(password)


class Stations:
    """A register in memory: a strict station, its sibling, and a stranger of another enterprise."""

    def __init__(self) -> None:
        ours = Station(MN, "coke-1", "cems-1", "2017", True, "hj212", date(2026, 1, 1), None, hashed())
        self.by_mn = {
            MN: ours,
            SIBLING: replace(ours, mn=SIBLING, gateway="cems-2"),
            STRANGER: replace(ours, mn=STRANGER, enterprise="steel-2", gateway="cems-9"),
        }
        self.asked: list[str] = []
        self.unavailable = False
        self.broken = False
        self.gate: asyncio.Event | None = None
        self._was_asked = asyncio.Event()

    async def until_asked(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self._was_asked.wait()

    def change(self, mn: str = MN, **what: Any) -> None:
        self.by_mn[mn] = replace(self.by_mn[mn], **what)

    async def station(self, mn: str) -> Station | None:
        self.asked.append(mn)
        self._was_asked.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.unavailable:
            raise StorageUnavailable
        if self.broken:
            raise ZeroDivisionError("a defect of the register")
        return self.by_mn.get(mn)


class Strays:
    """Keeps what is put aside."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, bytes, str]] = []
        self.sizes: list[int] = []
        self.unavailable = False
        self._changed = asyncio.Event()

    async def note(
        self, door: str, sender: str, topic: str, payload: bytes, payload_size: int, reason: str, at: datetime
    ) -> None:
        assert (door, at) == ("hj212", NOW)
        assert re.fullmatch(r"127\.0\.0\.1:[0-9]+", topic)
        if self.unavailable:
            raise StorageUnavailable
        self.noted.append((sender, payload, reason))
        self.sizes.append(payload_size)
        self._changed.set()

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return [(sender, reason) for sender, _, reason in self.noted]

    async def received(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.noted) < count:
                self._changed.clear()
                await self._changed.wait()


def masked(frame: bytes, pw: str = PW) -> bytes:
    return frame.replace(f"PW={pw};".encode(), b"PW=******;")


async def gone(host: HjServer) -> None:
    """Return once no socket is open."""
    async with asyncio.timeout(PATIENCE_S):
        while host.connections:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0)


class Logger:
    """A data logger's TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, *pieces: bytes) -> None:
        self.writer.write(b"".join(pieces))

    async def answer(self) -> bytes:
        """The next answer, or b"" at the end of the stream."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readline()

    async def ended(self) -> None:
        """The host has closed, with nothing more to say."""
        with suppress(ConnectionResetError):
            assert await self.answer() == b""

    async def silent(self) -> None:
        """Nothing is on its way to us: the answer to a heartbeat is the next frame."""
        self.send(upload(999, cn="9015", cp=""))
        assert await self.answer() == acknowledgement(999, cn="9013")

    def drop(self) -> None:
        """Vanish without a word: the host is told by a reset."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()
