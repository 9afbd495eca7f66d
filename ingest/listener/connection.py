"""One socket: from accept to close. Knows bytes, timers and back-pressure; what packets mean is the
session's.

An end is a small procedure of its own. A socket that is closed while unread input waits in the kernel sends a
reset, and the reset overtakes the DISCONNECT that says why. So our side is shut first, input is thrown away,
and the peer is given a moment to close.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from enum import Enum
from typing import cast

from domain.errors import WorldFailed
from ingest.delivery import CertificateAuthenticator
from ingest.listener.causes import Cause
from ingest.listener.codec5 import LEVEL as LEVEL_5
from ingest.listener.codec5 import Mqtt5
from ingest.listener.codec311 import LEVEL as LEVEL_311
from ingest.listener.codec311 import Mqtt311, protocol_level
from ingest.listener.framing import Frame, FrameReader
from ingest.listener.hub import Hub
from ingest.listener.pace import Pace
from ingest.listener.packets import Connect, Dialect, Kind, Offer, PacketError, Reason
from ingest.listener.rate import UNLIMITED
from ingest.listener.session import Session
from ingest.listener.tls import named_enterprises

logger = logging.getLogger(__name__)

_CONNECT_BYTE = Kind.CONNECT << 4
#: A timer later than this many seconds was held up by more than load.
_STALL_S = 5.0


class _State(Enum):
    CONNECTING = 1
    AUTHENTICATING = 2
    OPEN = 3
    ENDED = 4


class Connection(asyncio.Protocol):
    """One socket of the listener."""

    def __init__(self, hub: Hub, connections: set[Connection]) -> None:
        self._hub = hub
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._state = _State.CONNECTING
        self._frames = FrameReader(max_connect_bytes=hub.limits.max_connect_bytes)
        self._reading = True
        self._stopping = False
        self._heard_at = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._admission: asyncio.Task[None] | None = None
        self._session: Session | None = None
        self._pace: Pace | None = None
        self._unpaid_bytes = 0
        self._paid_messages = 0
        self._dialect: Dialect | None = None
        self._transport: asyncio.Transport
        self.closed: asyncio.Future[None] = self._loop.create_future()

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)
        self._hub.metrics.connections.inc()
        if self._hub.stopping:
            self.abort()  # its TLS handshake ended after we stopped listening
            return
        if len(self._connections) > self._hub.limits.max_connections:
            self.end(Cause.TOO_MANY)
            return
        raw = transport.get_extra_info("socket")
        if raw is not None:
            # A gateway may ask for no keep-alive at all; its power cut would leave the socket here for ever.
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._timer = self._loop.call_later(self._hub.limits.connect_timeout_s, self._connect_timed_out)

    def data_received(self, data: bytes) -> None:
        if self._state is _State.ENDED:
            return
        self._heard_at = self._loop.time()
        self._unpaid_bytes += len(data)
        self._frames.feed(data)
        self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(Cause.LOST)
        if self._timer is not None:
            self._timer.cancel()
        self._connections.discard(self)
        self._hub.metrics.connections.dec()
        if not self.closed.done():
            self.closed.set_result(None)

    # --- packets

    def _pump(self) -> None:
        """Handle what was read, as far as the sink keeps up and the rates allow."""
        room = UNLIMITED if self._pace is None else self._pace.room()
        try:
            for _ in range(room):
                if not self._wants_input():
                    self._hold()
                    break
                frame = self._next_frame()
                if frame is None:
                    self._read(True)
                    break
                self._handle(frame)
            else:
                self._hold()
                if room:
                    self._loop.call_soon(self.go_on)  # not all of the packets need be messages that cost something
        except PacketError as exc:
            context = self._log_context()
            logger.info("a peer broke the protocol: %s", exc, extra=context)
            self.end(Cause.PROTOCOL, exc.reason, str(exc))
        except Exception:
            # One peer's packet must never stop the service for the others.
            logger.exception("a packet could not be handled", extra=self._log_context())
            self.end(Cause.INTERNAL)
        if self._session is not None:
            self._session.count()
            if self._pace is not None:
                messages, self._paid_messages = self._session.messages - self._paid_messages, self._session.messages
                size, self._unpaid_bytes = self._unpaid_bytes, 0
                if not self._pace.spend(messages, size):
                    self._hold()

    def _wants_input(self) -> bool:
        if self._state is _State.OPEN:
            session = cast(Session, self._session)
            return not (session.inflight.full or session.finishing or self._stopping)
        return self._state is _State.CONNECTING

    def _next_frame(self) -> Frame | None:
        if self._state is _State.CONNECTING and self._frames.first_byte not in (None, _CONNECT_BYTE):
            raise PacketError(Reason.PROTOCOL_ERROR, "the first packet is no CONNECT")
        return self._frames.next()

    def _handle(self, frame: Frame) -> None:
        if self._session is not None and self._dialect is not None:
            self._session.handle(self._dialect.decode(frame.packet, frame.body_at), frame)
        else:
            self._connect(frame)

    def go_on(self) -> None:
        if self._state is _State.OPEN:
            self._pump()

    def _hold(self) -> None:
        if self._state is not _State.ENDED:
            self._read(False)

    def _read(self, wanted: bool) -> None:
        if wanted == self._reading:
            return
        self._reading = wanted
        if wanted:
            self._heard_at = self._loop.time()
            self._transport.resume_reading()
        else:
            if self._session is not None and self._session.inflight.full:
                self._hub.metrics.pauses.inc()
            self._transport.pause_reading()

    def write(self, data: bytes) -> None:
        if self._state is _State.ENDED:
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > self._hub.limits.max_write_buffer_bytes:
            self.end(Cause.SLOW_PEER)

    # --- coming in

    def _connect(self, frame: Frame) -> None:
        level = protocol_level(frame.packet, frame.body_at)
        if level not in (LEVEL_311, LEVEL_5):
            self._dialect = Mqtt311() if level < LEVEL_311 else Mqtt5()
            self._refuse(Reason.UNSUPPORTED_PROTOCOL_VERSION)
            return
        dialect: Dialect = Mqtt311() if level == LEVEL_311 else Mqtt5()
        self._dialect = dialect
        try:
            connect = cast(Connect, dialect.decode(frame.packet, frame.body_at))
        except PacketError as exc:
            if dialect.explains:
                self._refuse(exc.reason)
            raise
        if connect.authentication_method is not None:
            self._refuse(Reason.BAD_AUTHENTICATION_METHOD)
        elif not connect.client_id and not connect.clean and not dialect.explains:
            self._refuse(Reason.CLIENT_ID_NOT_VALID)  # 3.1.1 clause 3.1.3.1
        else:
            self._cancel_timer()
            self._state = _State.AUTHENTICATING
            self._admission = self._loop.create_task(self._admit(connect, dialect), name="listener.admit")

    async def _admit(self, connect: Connect, dialect: Dialect) -> None:
        limits = self._hub.limits
        answer = await self._identify(connect)
        self._admission = None
        if self._state is _State.ENDED:
            return
        if isinstance(answer, Reason):
            self._refuse(answer)
            return
        assigned = None if connect.client_id else f"auto-{secrets.token_hex(8)}"
        session = Session(self._hub, self, dialect, connect, answer, assigned or connect.client_id)
        if not self._hub.admit(session):
            self._refuse(Reason.QUOTA_EXCEEDED)
            return
        self._session = session
        self._pace = self._hub.paces.of(answer, self.go_on)
        self._state = _State.OPEN
        self._frames.open_up(
            max_body_bytes=limits.max_packet_bytes,
            kept_payload_bytes=limits.max_header_bytes + limits.oversize_kept_bytes,
            drain_bytes=limits.oversize_drain_bytes,
        )
        offer = Offer(limits.max_inflight, limits.max_packet_bytes, limits.max_topic_aliases, assigned)
        self.write(dialect.accepted(offer))
        self._hub.metrics.connects.labels(version=dialect.version, result="accepted").inc()
        logger.debug("a client connected", extra=self._log_context())
        self._heard_at = self._loop.time()
        if connect.keep_alive_s:
            self._watch(connect.keep_alive_s * 1.5)  # clause 3.1.2.10
        self._pump()

    async def _identify(self, connect: Connect) -> str | Reason:
        """The enterprise code, or why the client is refused."""
        try:
            async with asyncio.timeout(self._hub.limits.authenticate_timeout_s):
                return await self._authenticated(connect)
        except (WorldFailed, TimeoutError):
            # Foreseen, and met by every client that tries meanwhile: no traceback.
            logger.warning("nobody can be identified at present", extra=self._log_context())
            return Reason.SERVER_UNAVAILABLE
        except Exception:
            logger.exception("the authenticator failed", extra=self._log_context())
            return Reason.SERVER_UNAVAILABLE

    async def _authenticated(self, connect: Connect) -> str | Reason:
        """A certificate that names an enterprise stands for the password; one that names none is asked for besides."""
        authenticator = self._hub.authenticator
        named = named_enterprises(self._transport.get_extra_info("peercert") or {})
        if not named or not isinstance(authenticator, CertificateAuthenticator):
            enterprise = await authenticator.authenticate(connect.username, connect.password)
            return Reason.BAD_USER_NAME_OR_PASSWORD if enterprise is None else enterprise
        if len(named) == 1:
            enterprise = await authenticator.authenticate_certificate(named[0], connect.username)
            if enterprise is not None:
                return enterprise
        logger.info("a client certificate was not accepted", extra={**self._log_context(), "names": named})
        return Reason.NOT_AUTHORIZED

    def _refuse(self, reason: Reason) -> None:
        dialect = cast(Dialect, self._dialect)
        self._hub.metrics.connects.labels(version=dialect.version, result=reason.name.lower()).inc()
        self.write(dialect.refused(reason))
        self.end(Cause.REFUSED)

    # --- timers

    def _connect_timed_out(self) -> None:
        self.end(Cause.CONNECT_TIMEOUT)

    def _watch(self, allowed_s: float, due: float | None = None) -> None:
        """End the connection `allowed_s` after the last byte; silence while we do not read is our own.

        A timer that comes late (due: when it should have) means that this process or machine stood still, and the
        peer perhaps with it: it gets a whole period more to speak.
        """
        now = self._loop.time()
        if due is not None and now - due > _STALL_S:
            self._heard_at = now
        silent_s = now - self._heard_at if self._reading else 0.0
        if silent_s >= allowed_s:
            self.end(Cause.KEEP_ALIVE)
        else:
            due = now + allowed_s - silent_s
            self._timer = self._loop.call_at(due, self._watch, allowed_s, due)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- going

    def end(self, cause: Cause, reason: Reason | None = None, text: str | None = None) -> None:
        """End the connection, once: tell the peer why where the version can, leave the hub, close.

        `reason` overrides the one that goes with the cause.
        """
        if self._state is _State.ENDED:
            return
        had_session = self._session is not None
        reason = reason or cause.reason
        if had_session and reason is not None and self._dialect is not None:
            goodbye = self._dialect.goodbye(reason, text)
            if goodbye:
                self._transport.write(goodbye)
        self._state = _State.ENDED
        self._cancel_timer()
        if self._pace is not None:
            self._pace.close()
        if self._admission is not None:
            self._admission.cancel()
        self._hub.metrics.disconnects.labels(reason=cause.value).inc()
        if self._session is not None:
            self._session.ended(cause)
        logger.debug("a connection ended: %s", cause.value, extra=self._log_context())
        self._close(cause)

    def _close(self, cause: Cause) -> None:
        if cause in (Cause.SLOW_PEER, Cause.TOO_MANY):
            self._transport.abort()
            return
        self._timer = self._loop.call_later(self._hub.limits.linger_timeout_s, self._transport.abort)
        leaves_first = cause in (Cause.CLIENT, Cause.LOST) or self._transport.is_closing()
        if leaves_first or not self._transport.can_write_eof():
            if not self._transport.is_closing():
                self._read(True)  # TLS waits for the peer's word of farewell
            self._transport.close()
        else:
            try:
                self._transport.write_eof()
            except OSError:
                self._transport.abort()  # the peer was gone before us
                return
            self._read(True)

    async def drain(self) -> None:
        """Stop reading, answer what is at the sink, then say goodbye. Cancel to stop waiting."""
        self._stopping = True
        if self._state is _State.OPEN:
            self._read(False)
        if self._session is not None:
            await self._session.inflight.emptied()
        self.end(Cause.SHUTDOWN)

    def abort(self) -> None:
        """Close without waiting for anything."""
        self.end(Cause.SHUTDOWN)
        self._transport.abort()

    def _log_context(self) -> dict[str, object]:
        peer = self._transport.get_extra_info("peername")
        return {"peer": peer, **(self._session.log_context if self._session is not None else {})}
