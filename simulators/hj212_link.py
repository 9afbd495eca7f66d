"""One data logger's TCP connection to the HJ 212 door.

A frame counts as sent when its 9014 came back, which carries the frame's own QN; frames that nobody answers (QoS 0)
count when they are on the wire. What a broken connection left unanswered is sent again, as the standard wants it of
a logger whose time-out has passed.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Sequence

from simulators import hj212_wire
from simulators.sending import Publication, PublishFailed, Totals

logger = logging.getLogger(__name__)

_FIRST_BACKOFF_S = 0.1
_GREATEST_BACKOFF_S = 5.0
_READ_BYTES = 64 * 1024
_QN = re.compile(rb"QN=([0-9]{17});")


class _Broken(Exception):
    """The connection ended, or an answer did not come in time."""


class Link:
    """The connection of one MN."""

    def __init__(
        self,
        totals: Totals,
        host: str,
        port: int,
        enterprise: str,
        mn: str,
        in_flight: int,
        attempts: int,
        timeout_s: float,
    ) -> None:
        """in_flight: unanswered frames at once; attempts: connections in a row that may fail or break."""
        self._totals = totals
        self._address = (host, port)
        self._name = f"{enterprise} {mn}"
        self._in_flight = in_flight
        self._attempts = attempts
        self._timeout_s = timeout_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._unread = b""

    async def send(self, messages: Sequence[Publication]) -> None:
        """Send in order and return when everything is answered that will be. Raises PublishFailed."""
        pending = list(messages)
        failures, backoff = 0, _FIRST_BACKOFF_S
        while True:
            try:
                if self._streams is None:
                    self._unread = b""
                    self._streams = await asyncio.open_connection(*self._address)
                while pending:
                    await self._send_window(pending)
                    failures, backoff = 0, _FIRST_BACKOFF_S
                return
            except (_Broken, OSError) as error:
                await self.close()
                failures += 1
                if failures >= self._attempts:
                    raise PublishFailed(f"{self._name}: {error}") from error
                logger.info("a data logger reconnects", extra={"station": self._name, "cause": str(error)})
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, _GREATEST_BACKOFF_S)

    async def close(self) -> None:
        """End the connection; a logger says no good-bye."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
            try:
                await streams[1].wait_closed()
            except OSError as error:
                logger.debug("the connection was gone already", extra={"cause": str(error)})

    async def _send_window(self, pending: list[Publication]) -> None:
        """Take answered frames off `pending`."""
        assert self._streams is not None
        reader, writer = self._streams
        window = pending[: self._in_flight]
        if reader.at_eof():
            raise _Broken("the platform closed the connection")
        awaited = Counter(qn for message in window if (qn := _awaited(message)) is not None)
        try:
            writer.write(b"".join(message.payload for message in window))
            await writer.drain()
            async with asyncio.timeout(self._timeout_s):
                await self._await_answers(reader, awaited)
        except (TimeoutError, OSError, _Broken) as error:
            left = _unanswered(window, awaited)
            pending[: len(window)] = left
            self._totals.count(window, left)
            raise _Broken(f"{len(left)} frames were not answered: {error or 'in time'}") from error
        del pending[: len(window)]
        self._totals.count(window, [])

    async def _await_answers(self, reader: asyncio.StreamReader, awaited: Counter[str]) -> None:
        while awaited.total():
            data = await reader.read(_READ_BYTES)
            if not data:
                raise _Broken("the platform closed the connection")
            *frames, self._unread = (self._unread + data).split(b"\r\n")
            for frame in frames:
                qn = hj212_wire.acknowledged_qn(frame)
                if qn is not None and awaited[qn]:
                    awaited[qn] -= 1


def _awaited(message: Publication) -> str | None:
    """The QN whose answer a frame waits for."""
    found = _QN.search(message.payload) if message.qos else None
    return None if found is None else found[1].decode()


def _unanswered(window: Sequence[Publication], awaited: Counter[str]) -> list[Publication]:
    """Those of a window that are still waited for, in order."""
    missing = Counter(awaited)
    left = []
    for message in reversed(window):  # answers come in order, so of equal numbers the later one is missing
        qn = _awaited(message)
        if qn is not None and missing[qn]:
            missing[qn] -= 1
            left.append(message)
    return left[::-1]
