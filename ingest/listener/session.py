"""What a gateway may do once it is let in: publish, subscribe to its own topics, ping, leave.

A client that has more unanswered than the Receive Maximum it was told is not thrown out for it (MQTT 5 clause 3.3.4
lets us): reading stops at that number, so the surplus waits in the socket and nobody can tell it from a client that
waited. Only QoS 2 messages without PUBREL, which we have to remember, end a connection that goes beyond it.

A session ends with its connection. What is at the sink by then is still committed, only not acknowledged; the
gateway sends it again and the store knows it by its natural key. Hence nothing here needs to survive.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from ingest.delivery import Delivery, Outcome, Receipt, SinkUnavailable
from ingest.inflight import Inflight
from ingest.listener.causes import Cause
from ingest.listener.entry import Entry
from ingest.listener.framing import Frame
from ingest.listener.hub import OFFLINE, ONLINE, Hub
from ingest.listener.packets import (
    PING_RESPONSE,
    Acknowledgement,
    Connect,
    Dialect,
    Disconnect,
    Filter,
    Kind,
    Packet,
    PacketError,
    PingRequest,
    Publish,
    Reason,
    Subscribe,
    Unsubscribe,
)
from ingest.listener.topics import status_gateway, subscription_refusal

logger = logging.getLogger(__name__)

_REASONS = {
    Outcome.STORED: Reason.SUCCESS,
    Outcome.PARTLY_REFUSED: Reason.SUCCESS,
    Outcome.REFUSED_PAYLOAD: Reason.PAYLOAD_FORMAT_INVALID,
    Outcome.REFUSED_TOPIC: Reason.TOPIC_NAME_INVALID,
    Outcome.REFUSED_TENANT: Reason.NOT_AUTHORIZED,
    Outcome.REFUSED_OVERSIZE: Reason.QUOTA_EXCEEDED,
}

_PARTLY = "some items were refused; the gateway's rejects topic says which"

_GRANTED_QOS = 1
_SEND_RETAINED_ALWAYS, _SEND_RETAINED_IF_NEW = 0, 1
_OUTGOING_WINDOW = 1_024


class Link(Protocol):
    """The connection below a session."""

    def write(self, data: bytes) -> None: ...

    def end(self, cause: Cause, reason: Reason | None = None, text: str | None = None) -> None:
        """End the connection; the session hears of it by `ended`."""
        ...

    def go_on(self) -> None:
        """The sink has finished something: read again, if reading had stopped."""
        ...


class Session:
    """One client between its CONNECT and the end of its connection."""

    def __init__(
        self, hub: Hub, link: Link, dialect: Dialect, connect: Connect, enterprise: str, client_id: str
    ) -> None:
        self.key = (enterprise, client_id)
        self.log_context = {"enterprise": enterprise, "client_id": client_id}
        self._hub = hub
        self._link = link
        self._dialect = dialect
        self._will = connect.will
        self._window = min(connect.receive_maximum, _OUTGOING_WINDOW)
        self._aliases: dict[int, str] = {}
        self._subscribed: set[str] = set()
        self._outgoing: set[int] = set()
        self._last_outgoing = 0
        self._unreleased: dict[int, bool] = {}
        """QoS 2 packet identifiers in use, and whether their PUBREC was sent (clause 4.3.3)."""
        self._answers = bytearray()
        self._counts = [0, 0, 0]
        self.messages = 0
        """PUBLISH packets received, as of the last `count`."""
        self.finishing = False
        """Nothing more of this connection is to be read."""
        self.inflight = Inflight[Entry](
            max_messages=hub.limits.max_inflight,
            max_bytes=hub.limits.max_inflight_bytes,
            answer=self._answer,
            failed=self._failed,
            settled=self._settled,
        )

    # --- packets in

    def handle(self, packet: Packet, frame: Frame) -> None:
        """Act upon one packet. Raises PacketError."""
        match packet:
            case Publish():
                self._publish(packet, frame)
            case Acknowledgement():
                self._acknowledgement(packet)
            case PingRequest():
                self._link.write(PING_RESPONSE)
            case Subscribe():
                self._subscribe(packet)
            case Unsubscribe():
                self._unsubscribe(packet)
            case Disconnect():
                if packet.reason == Reason.SUCCESS:
                    self._will = None
                self._link.end(Cause.CLIENT)
            case _:
                raise PacketError(Reason.PROTOCOL_ERROR, "a second CONNECT")

    def _publish(self, packet: Publish, frame: Frame) -> None:
        topic = self._resolve(packet) if packet.alias or not packet.topic else packet.topic
        qos, packet_id = packet.qos, packet.packet_id
        self._counts[qos] += 1
        if qos == 2 and self._is_repeated(packet_id):
            return
        limits = self._hub.limits
        payload = packet.payload
        size = len(payload) + frame.missing
        oversize = size > limits.max_payload_bytes or frame.missing > 0
        if oversize:
            payload = payload[: limits.oversize_kept_bytes]
            self.finishing = self._dialect.explains or not frame.drained
        gateway = None if oversize else status_gateway(self.key[0], topic)
        if gateway is not None and payload in (ONLINE, OFFLINE):
            future = self._hub.report_status(self.key[0], gateway, payload, retain=packet.retain, publisher=self)
        else:
            future = self._hub.submit(
                Delivery(
                    self.key[0],
                    self.key[1],
                    topic,
                    payload,
                    size,
                    qos,
                    packet.retain,
                    packet.duplicate,
                    self._hub.now(),
                    oversize,
                )
            )
        self.inflight.add(Entry(future, qos, packet_id, len(payload), self.finishing, frame.drained))

    def _resolve(self, packet: Publish) -> str:
        """The topic behind an alias (MQTT 5 clause 3.3.2.3.4)."""
        if packet.alias > self._hub.limits.max_topic_aliases:
            raise PacketError(Reason.TOPIC_ALIAS_INVALID, "the topic alias is above the announced maximum")
        if packet.topic:
            self._aliases[packet.alias] = packet.topic
            return packet.topic
        topic = self._aliases.get(packet.alias)
        if topic is None:
            raise PacketError(Reason.PROTOCOL_ERROR, "the topic alias was never set")
        return topic

    def _is_repeated(self, packet_id: int) -> bool:
        """Whether a QoS 2 message is here already; answers it again if it was answered (clause 4.3.3)."""
        answered = self._unreleased.get(packet_id)
        if answered is None:
            if self._dialect.explains and len(self._unreleased) >= self._hub.limits.max_inflight:
                raise PacketError(Reason.RECEIVE_MAXIMUM_EXCEEDED, "too many messages without PUBREL")
            self._unreleased[packet_id] = False
            return False
        if answered:
            self._link.write(self._dialect.acknowledged(Kind.PUBREC, packet_id, Reason.SUCCESS))
        return True

    def _acknowledgement(self, packet: Acknowledgement) -> None:
        if packet.kind is Kind.PUBACK:
            self._outgoing.discard(packet.packet_id)
        elif packet.kind is Kind.PUBREL:
            answered = self._unreleased.get(packet.packet_id)
            if answered is False:
                raise PacketError(Reason.PROTOCOL_ERROR, "PUBREL before PUBREC")
            self._unreleased.pop(packet.packet_id, None)
            # An unknown identifier is completed all the same: the client may carry it over from a connection
            # that broke after our PUBREC, when its message was stored.
            self._link.write(self._dialect.completed(packet.packet_id, answered is not None))
        else:
            raise PacketError(Reason.PROTOCOL_ERROR, "an answer to a QoS 2 message that was never sent")

    def _subscribe(self, packet: Subscribe) -> None:
        if packet.has_identifier:
            raise PacketError(
                Reason.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED, "subscription identifiers are not supported"
            )
        answers: list[int] = []
        retained: list[Filter] = []
        for wish in packet.filters:
            refusal = subscription_refusal(self.key[0], wish.pattern)
            known = wish.pattern in self._subscribed
            if refusal is None and not known and len(self._subscribed) >= self._hub.limits.max_subscriptions:
                refusal = Reason.QUOTA_EXCEEDED
            if refusal is not None:
                answers.append(refusal)
                continue
            qos = min(wish.qos, _GRANTED_QOS)
            granted = Filter(wish.pattern, qos, wish.no_local, wish.retain_as_published, wish.retain_handling)
            self._subscribed.add(wish.pattern)
            existed = self._hub.subscriptions.add(self, granted)
            answers.append(qos)
            if wish.retain_handling == _SEND_RETAINED_ALWAYS or (
                wish.retain_handling == _SEND_RETAINED_IF_NEW and not existed
            ):
                retained.append(granted)
        self._link.write(self._dialect.subscribed(packet.packet_id, answers))
        for granted in retained:
            self._send_retained(granted)

    def _send_retained(self, granted: Filter) -> None:
        retained = self._hub.retained(self.key[0], granted.pattern)
        if retained is not None:
            self.deliver(*retained, granted.qos, True)

    def _unsubscribe(self, packet: Unsubscribe) -> None:
        existed = []
        for pattern in packet.patterns:
            self._subscribed.discard(pattern)
            existed.append(self._hub.subscriptions.remove(self, pattern))
        self._link.write(self._dialect.unsubscribed(packet.packet_id, existed))

    # --- answers out

    def _answer(self, entry: Entry, receipt: Receipt) -> None:
        self._hub.settle(self.key[0], receipt)
        if entry.qos and entry.whole:
            reason = _REASONS[receipt.outcome]
            text = _PARTLY if receipt.outcome is Outcome.PARTLY_REFUSED else None
            kind = Kind.PUBACK
            if entry.qos == 2:
                kind = Kind.PUBREC
                if reason is not Reason.SUCCESS and self._dialect.explains:
                    self._unreleased.pop(entry.packet_id, None)  # an error ends the exchange (clause 3.5.2.1)
                else:
                    self._unreleased[entry.packet_id] = True
            self._answers += self._dialect.acknowledged(kind, entry.packet_id, reason, text)
        if entry.last:
            self._flush()
            self._link.end(Cause.OVERSIZE)

    def _failed(self, error: BaseException) -> None:
        self._flush()
        if isinstance(error, SinkUnavailable | asyncio.CancelledError):
            logger.info("the store is not available; the client is sent away", extra=self.log_context)
            self._link.end(Cause.SINK_UNAVAILABLE)
        else:
            logger.error("the sink failed", exc_info=error, extra=self.log_context)
            self._link.end(Cause.INTERNAL)

    def _settled(self) -> None:
        self._flush()
        self._link.go_on()

    def _flush(self) -> None:
        if self._answers:
            self._link.write(bytes(self._answers))
            self._answers.clear()

    def deliver(self, topic: str, payload: bytes, qos: int, retain: bool) -> None:
        """Send a message to this client, at QoS 0 when its window for QoS 1 is full (clause 4.9)."""
        packet_id = self._free_packet_id() if qos and len(self._outgoing) < self._window else 0
        message = Publish(topic, payload, 1 if packet_id else 0, retain, False, packet_id)
        encoded = self._dialect.publish(message)
        if not encoded:
            return
        if packet_id:
            self._outgoing.add(packet_id)
        self._link.write(encoded)

    def _free_packet_id(self) -> int:
        """Never endless: the window is smaller than the number of identifiers."""
        while True:
            self._last_outgoing = self._last_outgoing % 65_535 + 1
            if self._last_outgoing not in self._outgoing:
                return self._last_outgoing

    def count(self) -> None:
        """Bring the counters up to date; not done per message, because a counter takes a lock."""
        for qos, number in enumerate(self._counts):
            if number:
                self._hub.metrics.publishes[qos].inc(number)
                self._counts[qos] = 0
                self.messages += number

    # --- the end

    def taken_over(self) -> None:
        """Another connection of this enterprise has the client id now (clause 3.1.4)."""
        self._link.end(Cause.TAKEN_OVER)

    def ended(self, cause: Cause) -> None:
        """The connection is over: leave, and carry out the will unless it was discarded."""
        self.count()
        for pattern in self._subscribed:
            self._hub.subscriptions.remove(self, pattern)
        self._hub.leave(self)
        if self._will is not None and not cause.blames_us:
            self._hub.carry_out(self._will, *self.key)
        self._will = None
