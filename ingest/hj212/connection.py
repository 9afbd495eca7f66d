"""One socket: from accept to close. Knows bytes, timers and back-pressure; what frames mean is the session's.

An end is a small procedure of its own. A socket that is closed while unread input waits in the kernel sends a reset,
and the reset overtakes the answer that says why. So our side is shut first, input is thrown away, and the peer is given
a moment to close.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Awaitable, Coroutine
from enum import Enum
from typing import Any, TypeVar, cast

from domain.errors import WorldFailed
from ingest.decode.hj212_frames import Frame, FrameReader, Noise
from ingest.hj212.admission import find, identify, mn_of
from ingest.hj212.causes import Cause
from ingest.hj212.gate import Refusal, Station
from ingest.hj212.hub import Hub
from ingest.hj212.noise import NoiseHeap
from ingest.hj212.protocol import REFUSED, Say, qn_rtn, reply
from ingest.hj212.session import Session
from ingest.hj212.timers import Timers

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: A pause after which a frame without its CR LF counts as ended.
_PAUSE_S = 1.0
#: A timer later than this many seconds was held up by more than load.
_STALL_S = 5.0
#: Silent peers are asked after a minute whether they live, and given up after another.
_KEEP_ALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 3))
_SHOWN_CHARACTERS = 64


class _State(Enum):
    IDENTIFYING = 1
    ASKING = 2
    """The register is asked; nothing is handled meanwhile."""
    OPEN = 3
    ENDED = 4


class Connection(asyncio.BufferedProtocol):
    """One socket of the door."""

    def __init__(self, hub: Hub, connections: set[Connection]) -> None:
        self._hub = hub
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._state = _State.IDENTIFYING
        self._reader = FrameReader()
        self._items: deque[Frame | Noise] = deque()
        self._noise = NoiseHeap(hub.limits.noise_kept_bytes)
        self._anonymous_bytes = 0
        self._reading = True
        self._ended_by_peer = False
        self._stopping = False
        self._heard_at = self._loop.time()
        self._timers = Timers()
        self._question: asyncio.Task[None] | None = None
        self._session: Session | None = None
        self._transport: asyncio.Transport
        self._address = ""
        self._anonymous = False
        """Whether the hub counts it among those that have not said who they are."""
        self.peer = ""
        self.closed: asyncio.Future[None] = self._loop.create_future()

    # --- asyncio.BufferedProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)
        self._hub.metrics.connections.inc()
        host, port = (transport.get_extra_info("peername") or ("", 0))[:2]
        self._address, self.peer = host, f"{host}:{port}"
        if len(self._connections) > self._hub.limits.max_connections:
            self.end(Cause.TOO_MANY)
            return
        self._anonymous = True
        problem = self._hub.arrive(host)
        if problem is not None:
            self.end(problem)
            return
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, seconds in _KEEP_ALIVE:
                if hasattr(socket, name):
                    raw.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)
        self._timers.start("identify", self._hub.limits.identify_timeout_s, lambda: self.end(Cause.IDENTIFY_TIMEOUT))

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._hub.chunk

    def buffer_updated(self, nbytes: int) -> None:
        if self._state is _State.ENDED:
            return
        if self._session is None:
            self._anonymous_bytes += nbytes
        self._items += self._reader.feed(bytes(memoryview(self._hub.chunk)[:nbytes]))
        if self._reader.pending:
            self._timers.start("pause", _PAUSE_S, self._paused)
        self._pump()

    def eof_received(self) -> bool:
        """The peer has nothing more to say, yet may wait for answers."""
        if self._state is _State.ENDED:
            return False
        self._ended_by_peer = True
        self._items += self._reader.flush()
        self._pump()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(Cause.LOST)
        self._timers.stop("linger")
        self._connections.discard(self)
        self._hub.metrics.connections.dec()
        if not self.closed.done():
            self.closed.set_result(None)

    # --- frames

    def _paused(self) -> None:
        self._items += self._reader.flush()
        self._pump()

    def _pump(self) -> None:
        """Handle what was read, as far as the sink keeps up."""
        try:
            while self._items and self._wants_input():
                self._handle(self._items.popleft())
        except Exception as error:  # noqa: BLE001 - one peer's frame must never stop the service for the others
            self._hub.log.say(logging.ERROR, "a frame could not be handled", self._log_context(), error)
            self.end(Cause.INTERNAL)
        if self._state is _State.ENDED:
            return
        if self._ended_by_peer and self._is_answered():
            self.end(Cause.CLIENT)
        elif self._state is _State.IDENTIFYING and self._anonymous_bytes > self._hub.limits.max_unidentified_bytes:
            self.end(Cause.NO_FRAME)
        else:
            # while the register is asked too: else nobody would notice that the peer has gone
            self._read(not self._items and (self._wants_input() or self._state is _State.ASKING))

    def _is_answered(self) -> bool:
        waiting = self._items or self._state is _State.ASKING
        return not waiting and (self._session is None or not len(self._session.window))

    def _wants_input(self) -> bool:
        if self._state is _State.OPEN:
            session = cast(Session, self._session)
            return not (session.window.full or session.finishing or self._stopping)
        return self._state is _State.IDENTIFYING

    def _handle(self, item: Frame | Noise) -> None:
        if isinstance(item, Noise):
            self._take_noise(item)
        elif self._session is None:
            self._state = _State.ASKING
            self._begin(self._admit(item))
        elif self._session.take(item):
            self._heard_at = self._loop.time()

    def go_on(self) -> None:
        if self._state is _State.OPEN:
            self._pump()

    def _read(self, wanted: bool) -> None:
        if wanted == self._reading or self._ended_by_peer or self._state is _State.ENDED:
            return
        self._reading = wanted
        if wanted:
            self._heard_at = self._loop.time()
            self._transport.resume_reading()
        else:
            if self._session is not None and self._session.window.full:
                self._hub.metrics.pauses.inc()
            self._transport.pause_reading()

    def write(self, data: bytes) -> None:
        if self._state is _State.ENDED:
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > self._hub.limits.max_write_buffer_bytes:
            self.end(Cause.SLOW_PEER)

    # --- noise

    def _take_noise(self, noise: Noise) -> None:
        self._hub.metrics.noise_bytes.inc(len(noise.data))
        if noise.blank:
            return
        self._noise.add(noise.data)
        if self._session is not None and "noise" not in self._timers:
            self._timers.start("noise", self._hub.limits.noise_linger_s, self._settle_noise)

    def _settle_noise(self) -> None:
        """Say in somebody's books, or among the strays, what was no frame."""
        if not self._noise.size:
            return
        data, size = self._noise.take()
        if self._session is None:
            self._hub.note_stray("", self.peer, data, size, "no_frame")
        elif self._state is _State.ENDED:
            self._session.last_noise(data, size)
        else:
            self._session.take_noise(data, size)

    def _gather_last_noise(self) -> None:
        for item in (*self._items, *self._reader.close()):
            if isinstance(item, Noise):
                self._hub.metrics.noise_bytes.inc(len(item.data))
                self._noise.add_last(item.data)
        self._items.clear()
        self._settle_noise()

    # --- coming in

    async def _admit(self, frame: Frame) -> None:
        """Let the sender of a first frame in, or tell it why not."""
        answer = await self._asked(identify(self._hub.gate, frame))
        if answer is None:
            return
        if isinstance(answer, Station):
            self._open(frame, answer)
        elif isinstance(answer, Refusal):
            self._hub.metrics.refused[answer].inc()
            self._dismiss(frame, answer.value, qn_rtn(answer), Cause.REFUSED)
        else:
            # nothing in it can be believed, so nobody is answered; the next frame may be better
            self._hub.metrics.bad_crc.inc()
            self._hub.note_stray(mn_of(frame), self.peer, frame.raw, len(frame.raw), "bad_crc")
            self._state = _State.IDENTIFYING
        self._pump()

    def _open(self, frame: Frame, station: Station) -> None:
        session = Session(self._hub, self, station, frame.header.get("PW", ""))
        if not self._hub.admit(station, session):
            self._dismiss(frame, Cause.TOO_MANY_OF_ENTERPRISE.value, REFUSED, Cause.TOO_MANY_OF_ENTERPRISE)
            return
        self._settle_noise()  # of before: nobody's
        self._session = session
        self._no_longer_anonymous()
        self._timers.stop("identify")
        self._state = _State.OPEN
        self._hub.metrics.accepted.inc()
        self._heard_at = self._loop.time()
        self._watch()
        self._timers.start("recheck", self._hub.limits.recheck_s, self._recheck)
        session.take(frame)

    def _dismiss(self, frame: Frame, problem: str, returned: int, cause: Cause) -> None:
        facts = {**self._log_context(), "mn": mn_of(frame)[:_SHOWN_CHARACTERS], "problem": problem}
        self._hub.log.say(logging.INFO, "a logger may not come in", facts)
        if frame.wants_answer:
            self._hub.metrics.answers[Say.REQUEST_ACK].inc()
            self.write(reply(frame, Say.REQUEST_ACK, "2017", returned))
        self._hub.note_stray(mn_of(frame), self.peer, frame.raw, len(frame.raw), problem)
        self.end(cause)

    # --- asking the register

    def ask(self, frame: Frame, mn: str) -> None:
        self._state = _State.ASKING
        self._begin(self._ask(frame, mn))

    async def _ask(self, frame: Frame, mn: str) -> None:
        found = await self._asked(find(self._hub.gate, mn))
        if found is None or self._session is None:
            return
        self._state = _State.OPEN
        self._session.answered(frame, found)
        self._pump()

    def _recheck(self) -> None:
        self._timers.start("recheck", self._hub.limits.recheck_s, self._recheck)
        if self._state is _State.OPEN and self._session is not None:
            self._session.forget_siblings()
            self._begin(self._check_again(self._session))

    async def _check_again(self, session: Session) -> None:
        """Send a station away of which the register now says something else; it may come back as what it is."""
        try:
            found = await find(self._hub.gate, session.station.mn)
        except WorldFailed:
            return  # the register will be asked again
        if found != session.station:
            self.end(Cause.WITHDRAWN)

    def _begin(self, question: Coroutine[Any, Any, None]) -> None:
        self._question = self._loop.create_task(question, name="hj212.question")
        self._question.add_done_callback(self._over)

    def _over(self, done: asyncio.Task[None]) -> None:
        if not done.cancelled() and (error := done.exception()) is not None:
            self._hub.log.say(logging.ERROR, "an answer of the register was not coped with", self._log_context(), error)
            self.end(Cause.INTERNAL)

    async def _asked(self, question: Awaitable[T]) -> T | None:
        """The answer; None when the connection is over by then."""
        try:
            async with asyncio.timeout(self._hub.limits.admit_timeout_s):
                answer = await question
        except (WorldFailed, TimeoutError) as error:
            # foreseen, and met by every logger that tries meanwhile: no traceback
            facts = {**self._log_context(), "problem": str(error)}
            self._hub.log.say(logging.WARNING, "nobody can be identified at present", facts)
            self.end(Cause.REGISTER_UNAVAILABLE)
            return None
        except Exception as error:  # noqa: BLE001 - the connection must not hang for a defect of ours
            self._hub.log.say(logging.ERROR, "the register could not be asked", self._log_context(), error)
            self.end(Cause.INTERNAL)
            return None
        return None if self._state is _State.ENDED else answer

    # --- timers

    def _watch(self, due: float | None = None) -> None:
        """End the connection when no frame came for too long; silence while we do not read is our own.

        A timer that comes late (due: when it should have) means that this process or machine stood still, and the
        peer perhaps with it: it gets a whole period more to speak.
        """
        now = self._loop.time()
        if due is not None and now - due > _STALL_S:
            self._heard_at = now
        silent_s = now - self._heard_at if self._reading else 0.0
        left_s = self._hub.limits.idle_timeout_s - silent_s
        if left_s <= 0:
            self.end(Cause.IDLE)
        else:
            self._timers.start("idle", left_s, lambda: self._watch(now + left_s))

    # --- going

    def end(self, cause: Cause) -> None:
        """End the connection, once: leave the hub, close."""
        if self._state is _State.ENDED:
            return
        self._state = _State.ENDED
        self._timers.stop_all()
        if self._question is not None and self._question is not asyncio.current_task():
            self._question.cancel()
        self._no_longer_anonymous()
        self._gather_last_noise()
        self._hub.metrics.disconnects[cause].inc()
        logger.debug("a connection ended: %s", cause.value, extra=self._log_context())
        if self._session is not None:
            self._session.ended(cause)
        self._close(cause)

    def _no_longer_anonymous(self) -> None:
        if self._anonymous:
            self._anonymous = False
            self._hub.identified(self._address)

    def _close(self, cause: Cause) -> None:
        if cause.abrupt:
            self._transport.abort()
            return
        self._timers.start("linger", self._hub.limits.linger_timeout_s, self._transport.abort)
        if self._ended_by_peer or self._transport.is_closing() or not self._transport.can_write_eof():
            self._transport.close()
            return
        try:
            self._transport.write_eof()
        except OSError:
            self._transport.abort()  # the peer was gone before us
            return
        if not self._reading:
            self._transport.resume_reading()

    async def drain(self) -> None:
        """Take nothing more, answer what is at the sink, then close. Cancel to stop waiting."""
        self._stopping = True
        if self._state is _State.OPEN:
            self._read(False)
        if self._session is not None:
            await self._session.window.emptied()
        self.end(Cause.SHUTDOWN)

    def abort(self) -> None:
        """Close without waiting for anything."""
        self.end(Cause.SHUTDOWN)
        self._transport.abort()

    def _log_context(self) -> dict[str, object]:
        return {"peer": self.peer, **({} if self._session is None else self._session.log_context)}
