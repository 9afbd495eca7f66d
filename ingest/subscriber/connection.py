"""One network connection to the broker, from CONNECT to its end. A new connection is a new object.

That is how an acknowledgement can never travel on another connection than the one that delivered: packet identifiers
mean something only there (MQTT 5 clause 4.4), and whatever is unanswered when it ends is dropped with it. The broker
sends it again, and the store knows it by its natural key.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, cast

import mqtt5

from ingest.delivery import Outcome, Receipt, SinkUnavailable
from ingest.inflight import Inflight
from ingest.listener.entry import Entry
from ingest.listener.framing import Frame, FrameReader
from ingest.listener.packets import Kind, PacketError
from ingest.listener.topics import rejects_topic
from ingest.subscriber import wire
from ingest.subscriber.causes import Cause
from ingest.subscriber.door import Door, owner_of
from ingest.subscriber.metrics import SubscriberMetrics
from ingest.subscriber.options import SubscriberOptions
from ingest.subscriber.topics import Wish
from ingest.subscriber.wire import Arrival

logger = logging.getLogger(__name__)

_SUBSCRIBE_ID = 1
#: Room for the topic and the properties beside a payload of any size that is taken.
_TOPIC_BYTES, _PROPERTY_BYTES = 65_537 + 2, 64 * 1024
#: Largest packet that MQTT can announce; an oversize message is let pass to its end, the broker would repeat it.
_DRAIN_BYTES = 268_435_455
_MAX_REPLY_BACKLOG_BYTES = 1024 * 1024
#: What a gateway is told fits the contract's own limit.
_MAX_REPLY_BYTES = 256 * 1024
_FAILED = 0x80
_SESSION_TAKEN_OVER = 0x8E


class _Unanswered(NamedTuple):
    enterprise: str | None
    arrival: Arrival


class BrokerConnection(asyncio.Protocol):
    """A subscribed client for as long as one TCP connection lasts."""

    def __init__(
        self,
        client_id: str,
        wishes: Sequence[Wish],
        door: Door,
        options: SubscriberOptions,
        metrics: SubscriberMetrics,
        *,
        expects_session: bool = False,
    ) -> None:
        """expects_session: this client id was subscribed a moment ago, so a broker without its session lost it."""
        self.acknowledged = 0
        """Messages answered on this connection."""
        self.client_id = client_id
        self._wishes = wishes
        self._door = door
        self._options = options
        self._metrics = metrics
        self._expects_session = expects_session
        self._log_context = {"client_id": client_id}
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[Cause] = self._loop.create_future()
        """Resolves when the socket is closed."""
        self._transport: asyncio.Transport
        self._frames = FrameReader(max_connect_bytes=options.max_payload_bytes)
        self._frames.open_up(
            max_body_bytes=options.max_payload_bytes + _TOPIC_BYTES + _PROPERTY_BYTES,
            kept_payload_bytes=options.oversize_kept_bytes + _PROPERTY_BYTES,
            drain_bytes=_DRAIN_BYTES,
        )
        self._cause: Cause | None = None
        self._welcome = False
        self.subscribed = False
        self._taking = True
        self._reading = True
        self._keep_alive_s: float = options.keep_alive_s
        self._heard_at = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._out = bytearray()
        self._unanswered: deque[_Unanswered] = deque()
        self._failure: tuple[_Unanswered, BaseException] | None = None
        self._others_stored = False
        self._counts = [0, 0]
        self._uncounted_answers = 0
        self._inflight = Inflight[Entry](
            max_messages=options.receive_maximum,
            max_bytes=options.max_unanswered_bytes,
            answer=self._answer,
            failed=self._failed,
            settled=self._settled,
        )

    @property
    def unanswered(self) -> int:
        """Messages at the sink."""
        return len(self._inflight)

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(wire.connect(self._options, self.client_id))
        self._timer = self._loop.call_later(self._options.connect_timeout_s, self.end, Cause.TIMEOUT)

    def data_received(self, data: bytes) -> None:
        if self._cause is None:
            self._heard_at = self._loop.time()
            self._frames.feed(data)
            self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(Cause.LOST)
        if not self.over.done():
            self.over.set_result(cast(Cause, self._cause))

    # --- packets in

    def _pump(self) -> None:
        """Handle what was read, as far as the sink keeps up."""
        try:
            while self._taking and self._cause is None and not self._inflight.full:
                frame = self._frames.next()
                if frame is None:
                    self._read(True)
                    break
                self._handle(frame)
            else:
                self._read(False)
        except PacketError as error:
            logger.error("the broker broke the protocol: %s", error, extra=self._log_context)
            self.end(Cause.PROTOCOL)
        except Exception:
            logger.exception("a packet of the broker could not be handled", extra=self._log_context)
            self.end(Cause.INTERNAL)
        self._count()

    def _handle(self, frame: Frame) -> None:
        if frame.packet[0] >> 4 == Kind.PUBLISH:
            self._take(wire.read_arrival(frame))
            return
        packet = wire.read_packet(frame.packet)
        if isinstance(packet, mqtt5.ConnAckPacket):
            self._welcomed(packet)
        elif isinstance(packet, mqtt5.SubAckPacket):
            self._granted(packet)
        elif isinstance(packet, mqtt5.DisconnectPacket):
            self._dismissed(packet)

    def _take(self, arrival: Arrival) -> None:
        enterprise = owner_of(arrival)
        self._counts[arrival.qos] += 1
        if arrival.duplicate:
            self._metrics.redelivered.inc()
        try:
            future = self._door.take(arrival, enterprise)
        except Exception as error:  # noqa: BLE001 - one message must not end the connection for ever
            future = self._loop.create_future()
            future.set_exception(error)
        self._unanswered.append(_Unanswered(enterprise, arrival))
        self._inflight.add(Entry(future, arrival.qos, arrival.packet_id, len(arrival.payload), False, True))

    def _welcomed(self, packet: mqtt5.ConnAckPacket) -> None:
        result = packet.reason_code.name.lower()
        self._metrics.connects.labels(result=result).inc()
        if packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
            logger.error("the broker refused the connection: %s", result, extra=self._log_context)
            self.end(Cause.REFUSED)
            return
        self._welcome = True
        if packet.server_keep_alive is not None:
            self._keep_alive_s = packet.server_keep_alive
        if self._expects_session and not packet.session_present:
            self._metrics.sessions_lost.inc()
            logger.error("the broker lost the session, and what was queued for it", extra=self._log_context)
        granted_s = packet.session_expiry_interval
        if granted_s is not None and granted_s < self._options.session_expiry_s:
            logger.warning(
                "the broker keeps sessions for %d s only; longer outages lose messages",
                granted_s,
                extra=self._log_context,
            )
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(self._options.connect_timeout_s, self._miss_grant)
        # every time, whatever the broker remembers: a session may be older than what is subscribed to now
        self._transport.write(wire.subscribe(_SUBSCRIBE_ID, self._wishes))

    def _miss_grant(self) -> None:
        """No SUBACK yet. Behind a window full of redelivered messages it may be ours to wait for."""
        if self._reading and not len(self._inflight):
            self.end(Cause.TIMEOUT)
        else:
            self._timer = self._loop.call_later(self._options.connect_timeout_s, self._miss_grant)

    def _granted(self, packet: mqtt5.SubAckPacket) -> None:
        refused = {
            wish.pattern: code.name.lower()
            for wish, code in zip(self._wishes, packet.reason_codes, strict=False)
            if int(code) >= _FAILED
        }
        if refused or len(packet.reason_codes) != len(self._wishes):
            logger.error("the broker refused subscriptions: %s", refused, extra=self._log_context)
            self.end(Cause.REFUSED)
            return
        self.subscribed = True
        self._metrics.connections.inc()
        logger.info("subscribed at the broker", extra=self._log_context)
        if self._timer is not None:
            self._timer.cancel()
        self._watch()

    def _dismissed(self, packet: mqtt5.DisconnectPacket) -> None:
        taken_over = packet.reason_code == _SESSION_TAKEN_OVER
        logger.warning("the broker said goodbye: %s", packet.reason_code.name.lower(), extra=self._log_context)
        self.end(Cause.TAKEN_OVER if taken_over else Cause.BROKER)

    # --- answers out

    def _answer(self, entry: Entry, receipt: Receipt) -> None:
        if self._failure is not None:
            self._others_stored = True  # but not acknowledged: an older message is not
            return
        enterprise, _ = self._unanswered.popleft()
        if self._cause is not None:
            return
        if entry.qos:
            self._out += wire.acknowledge(entry.packet_id)
            self._uncounted_answers += 1
        if receipt.outcome is not Outcome.STORED:
            self._metrics.refusals.labels(outcome=receipt.outcome.value).inc()
        if enterprise is not None and receipt.rejects is not None and receipt.gateway is not None:
            topic = rejects_topic(enterprise, receipt.gateway)
            if topic is not None:
                self._reply(topic, receipt.rejects)
        for topic, payload in receipt.commands:
            self._reply(topic, payload)

    def _reply(self, topic: str, payload: bytes) -> None:
        """QoS 0: a gateway that is not listening reads its refusals from the API."""
        backlog = self._transport.get_write_buffer_size() + len(self._out)
        if backlog > _MAX_REPLY_BACKLOG_BYTES or len(payload) > _MAX_REPLY_BYTES:
            self._metrics.replies_dropped.inc()
            return
        self._out += wire.publish(topic, payload)
        self._metrics.replies_sent.inc()

    def _failed(self, error: BaseException) -> None:
        """Nothing more is acknowledged here. The others are waited for: is it the store, or this message?"""
        self._failure = (self._unanswered.popleft(), error)
        self._taking = False
        self._flush()
        if self._cause is None:
            self._loop.call_later(self._options.settle_timeout_s, self._conclude)

    def _settled(self) -> None:
        self._flush()
        if self._failure is not None and not len(self._inflight):
            self._conclude()
        elif self._cause is None:
            self._pump()

    def _conclude(self) -> None:
        """End the connection after a failure, so that the broker sends again what was not acknowledged."""
        if self._cause is not None or self._failure is None:
            return
        (enterprise, arrival), error = self._failure
        if isinstance(error, SinkUnavailable | asyncio.CancelledError):
            logger.warning("the store does not take messages: %s", error, extra=self._log_context)
            cause, its_own = Cause.SINK_UNAVAILABLE, self._others_stored
        else:
            logger.error("the sink failed", exc_info=error, extra=self._log_context)
            cause, its_own = Cause.INTERNAL, True
        if its_own and self._door.strikes.count(arrival.topic, arrival.payload):
            logger.error(
                "a message fails again and again while others are stored; it will be put aside",
                extra={**self._log_context, "enterprise": enterprise, "topic": arrival.topic},
            )
        self.end(cause)

    def _flush(self) -> None:
        if self._out and self._cause is None:
            self._transport.write(bytes(self._out))
            self._metrics.acknowledged.inc(self._uncounted_answers)
            self.acknowledged += self._uncounted_answers
            self._uncounted_answers = 0
        self._out.clear()

    # --- reading, and silence

    def _read(self, wanted: bool) -> None:
        if wanted == self._reading or self._transport.is_closing():
            return
        self._reading = wanted
        if wanted:
            self._heard_at = self._loop.time()
            self._transport.resume_reading()
        else:
            if self._taking:
                self._metrics.pauses.inc()
            self._transport.pause_reading()

    def _watch(self) -> None:
        """Ping, and end the connection when the broker has been silent for one and a half keep-alives."""
        silent_s = self._loop.time() - self._heard_at if self._reading else 0.0
        if silent_s >= 1.5 * self._keep_alive_s:
            self.end(Cause.SILENT)
            return
        self._transport.write(wire.PING)
        self._timer = self._loop.call_later(self._keep_alive_s / 2, self._watch)

    def _count(self) -> None:
        """Bring the counters up to date; not done per message, because a counter takes a lock."""
        for qos, number in enumerate(self._counts):
            if number:
                self._metrics.messages[qos].inc(number)
                self._counts[qos] = 0

    # --- going

    def end(self, cause: Cause) -> None:
        """Close at once; what is at the sink will be committed or not, and is not acknowledged."""
        if self._cause is not None:
            return
        self._cause = cause
        if self._timer is not None:
            self._timer.cancel()
        self._metrics.disconnects.labels(cause=cause.value).inc()
        if self.subscribed:
            self._metrics.connections.dec()
        if self._welcome and not self._transport.is_closing():
            self._transport.write(wire.GOODBYE)  # the session stays, for as long as CONNECT said
        if cause in (Cause.STOPPED, Cause.REFUSED):
            self._transport.close()
        else:
            self._transport.abort()

    async def settled(self) -> None:
        """Return once nothing is at the sink, whatever became of the connection."""
        await self._inflight.emptied()

    async def drain(self) -> None:
        """Take nothing more, acknowledge what is at the sink, and leave."""
        self._taking = False
        try:
            if self._cause is None:
                self._read(False)
                async with asyncio.timeout(self._options.drain_timeout_s):
                    await self._inflight.emptied()
        except TimeoutError:
            logger.warning("stopped with messages unacknowledged", extra=self._log_context)
        finally:
            self.end(Cause.STOPPED)
