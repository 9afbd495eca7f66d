"""What the connections of one process share: the sink, the gate, who is connected, strays and statuses.

Processes that share a port by SO_REUSEPORT share none of this: a logger that comes back to another process leaves its
old connection to the TCP keep-alive or the idle time-out.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from datetime import datetime
from typing import Protocol

from domain.clock import Clock
from domain.errors import WorldFailed
from ingest.delivery import Delivery, QueueingSink, Receipt, Sink, SinkUnavailable
from ingest.hj212.causes import Cause
from ingest.hj212.gate import Station, StationGate
from ingest.hj212.limits import HjLimits
from ingest.hj212.metrics import HjMetrics
from ingest.hj212.quiet import QuietLog

logger = logging.getLogger(__name__)

_DOOR = "hj212"
_PASSWORD = re.compile(rb"PW=[^;&]*", re.IGNORECASE)
#: What is read from a socket at once; with the frame reader's buffer it bounds what a connection holds.
_CHUNK_BYTES = 8192


class Strays(Protocol):
    """Where frames are noted that belong to nobody in the register."""

    async def note(
        self, door: str, sender: str, topic: str, payload: bytes, payload_size: int, reason: str, at: datetime
    ) -> None:
        """Return after the commit, or at once when too many were kept lately. Raises a WorldFailed."""
        ...


class Member(Protocol):
    """A connection that proved which station it is."""

    def taken_over(self) -> None:
        """Another connection is that station now."""
        ...


class Hub:
    """Shared state of a door."""

    def __init__(
        self, sink: Sink, gate: StationGate, strays: Strays, now: Clock, limits: HjLimits, metrics: HjMetrics
    ) -> None:
        self.gate = gate
        self.now = now
        self.limits = limits
        self.metrics = metrics
        self.chunk = bytearray(_CHUNK_BYTES)
        """Where every connection reads to: what was read is copied out before another may."""
        self.log = QuietLog(logger, asyncio.get_running_loop().time)
        self._sink = sink
        self._enqueue = sink.enqueue if isinstance(sink, QueueingSink) else None
        self._strays = strays
        self._waiting = 0
        self._unidentified: Counter[str] = Counter()
        self._members: dict[str, Member] = {}
        self._per_enterprise: Counter[str] = Counter()
        self._per_gateway: Counter[tuple[str, str]] = Counter()
        self._status_tails: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._background: set[asyncio.Future[Receipt] | asyncio.Task[None]] = set()

    # --- who is here

    def arrive(self, address: str) -> Cause | None:
        """Count a connection of nobody yet; why it may not stay, or None. `identified` must follow in any case."""
        self._waiting += 1
        self._unidentified[address] += 1
        limits = self.limits
        too_many = self._waiting > limits.max_unidentified
        if too_many or self._unidentified[address] > limits.max_unidentified_per_address:
            return Cause.TOO_MANY_UNIDENTIFIED
        return None

    def identified(self, address: str) -> None:
        """The connection said who it is, or is gone."""
        self._waiting -= 1
        self._unidentified[address] -= 1
        if not self._unidentified[address]:
            del self._unidentified[address]

    def admit(self, station: Station, member: Member) -> bool:
        """Let a connection in, ending the one of the same MN; False when the enterprise has too many."""
        previous = self._members.get(station.mn)
        if previous is None and self._per_enterprise[station.enterprise] >= self.limits.max_connections_per_enterprise:
            return False
        self._members[station.mn] = member
        self._per_enterprise[station.enterprise] += 1
        self._per_gateway[station.enterprise, station.gateway] += 1
        if previous is not None:
            previous.taken_over()
        self.metrics.stations.inc()
        self._report(station, True)
        return True

    def leave(self, station: Station, member: Member, cause: Cause) -> None:
        """Forget a connection that was let in; its gateway is gone when no other connection speaks for it."""
        if self._members.get(station.mn) is member:
            del self._members[station.mn]
        self.metrics.stations.dec()
        self._per_enterprise[station.enterprise] -= 1
        if not self._per_enterprise[station.enterprise]:
            del self._per_enterprise[station.enterprise]
        gateway = (station.enterprise, station.gateway)
        self._per_gateway[gateway] -= 1
        if not self._per_gateway[gateway]:
            del self._per_gateway[gateway]
            if not cause.blames_us:
                self._report(station, False)

    # --- what they say

    def submit(self, delivery: Delivery) -> asyncio.Future[Receipt]:
        """Hand a frame to the sink; the future resolves after the commit."""
        if self._enqueue is not None:
            return self._enqueue(delivery)
        return asyncio.get_running_loop().create_task(self._sink.submit(delivery))

    def submit_last_words(self, delivery: Delivery) -> None:
        """Hand over what nobody will be answered for."""
        future = self.submit(delivery)
        self._background.add(future)
        future.add_done_callback(self._last_words_done)

    def _last_words_done(self, done: asyncio.Future[Receipt]) -> None:
        self._background.discard(done)
        if not done.cancelled() and (error := done.exception()) is not None:
            level = logging.WARNING if isinstance(error, SinkUnavailable) else logging.ERROR
            self.log.say(level, "noise of an ended connection was not recorded", {}, error)

    def note_stray(self, sender: str, peer: str, payload: bytes, size: int, reason: str) -> None:
        """Keep a frame of nobody, while the answer is already on its way. Its PW may be right for somebody: masked."""
        payload = _PASSWORD.sub(b"PW=******", payload)
        task = asyncio.get_running_loop().create_task(self._note(sender, peer, payload, size, reason))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _note(self, sender: str, peer: str, payload: bytes, size: int, reason: str) -> None:
        try:
            await self._strays.note(_DOOR, sender, peer, payload, size, reason, self.now())
        except WorldFailed as error:
            self.metrics.lost_strays.inc()
            self.log.say(logging.WARNING, "a stray could not be noted", {"peer": peer, "problem": str(error)})
        except Exception as error:  # noqa: BLE001 - a stray's bytes must not stop the service
            self.metrics.lost_strays.inc()
            self.log.say(logging.ERROR, "noting a stray failed", {"peer": peer}, error)

    def _report(self, station: Station, online: bool) -> None:
        """Record the status of a gateway after whatever was said of it before: the last word counts."""
        key = (station.enterprise, station.gateway)
        task = asyncio.get_running_loop().create_task(self._status(key, online, self._status_tails.get(key)))
        self._status_tails[key] = task
        task.add_done_callback(lambda done: self._forget_tail(key, done))

    async def _status(self, key: tuple[str, str], online: bool, before: asyncio.Task[None] | None) -> None:
        at = self.now()
        if before is not None:
            await asyncio.wait((before,))
        facts: dict[str, object] = {"enterprise": key[0], "gateway": key[1], "online": online}
        try:
            await self._sink.status(*key, online, at)
        except SinkUnavailable:
            # nobody tells it again; silence of the station's points tells the same story later
            self.log.say(logging.WARNING, "the status of a gateway was lost", facts)
        except Exception as error:  # noqa: BLE001 - nobody waits for this task
            self.log.say(logging.ERROR, "recording a status failed", facts, error)

    def _forget_tail(self, key: tuple[str, str], done: asyncio.Task[None]) -> None:
        if self._status_tails.get(key) is done:
            del self._status_tails[key]

    async def quiet(self) -> None:
        """Return once all that was begun on nobody's behalf is recorded."""
        while pending := [*self._background, *self._status_tails.values()]:
            await asyncio.wait(pending)
