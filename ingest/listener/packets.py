"""What the listener knows of a packet, whichever protocol version it came in.

The two codecs translate between bytes and these; everything behind them is written once for both versions.
Reason codes are the numbers of MQTT 5 (clause 2.4); the 3.1.1 codec maps them to the few that version has.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol


class Kind(IntEnum):
    """Control packet types (clause 2.1.2 / 2.2.1)."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15


class Reason(IntEnum):
    """The reason codes that the listener sends or acts upon."""

    SUCCESS = 0x00
    DISCONNECT_WITH_WILL = 0x04
    UNSPECIFIED_ERROR = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    UNSUPPORTED_PROTOCOL_VERSION = 0x84
    CLIENT_ID_NOT_VALID = 0x85
    BAD_USER_NAME_OR_PASSWORD = 0x86
    NOT_AUTHORIZED = 0x87
    SERVER_UNAVAILABLE = 0x88
    SERVER_BUSY = 0x89
    SERVER_SHUTTING_DOWN = 0x8B
    BAD_AUTHENTICATION_METHOD = 0x8C
    KEEP_ALIVE_TIMEOUT = 0x8D
    SESSION_TAKEN_OVER = 0x8E
    TOPIC_FILTER_INVALID = 0x8F
    TOPIC_NAME_INVALID = 0x90
    RECEIVE_MAXIMUM_EXCEEDED = 0x93
    TOPIC_ALIAS_INVALID = 0x94
    PACKET_TOO_LARGE = 0x95
    QUOTA_EXCEEDED = 0x97
    PAYLOAD_FORMAT_INVALID = 0x99
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9E
    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED = 0xA1


class PacketError(Exception):
    """The peer broke the protocol; the connection ends with `reason`."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Will:
    """What to say in the client's name when it goes without a word (clause 3.1.2.5)."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True)
class Connect:
    """The first packet of a client."""

    client_id: str
    clean: bool
    keep_alive_s: int
    username: str | None = None
    password: bytes | None = None
    will: Will | None = None
    receive_maximum: int = 65_535
    max_packet_bytes: int | None = None
    """Largest packet that the client takes; None: any."""
    wants_reasons: bool = True
    """Whether reason strings may be sent on acknowledgements (MQTT 5 clause 3.1.2.11.7)."""
    authentication_method: str | None = None


class Publish(NamedTuple):
    """One message. A named tuple, because one is made per message and frozen dataclasses are dear."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    duplicate: bool
    packet_id: int
    """0 at QoS 0."""
    alias: int = 0
    """0: none."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """PUBACK, PUBREC, PUBREL or PUBCOMP."""

    kind: Kind
    packet_id: int


@dataclass(frozen=True, slots=True)
class Filter:
    """One wish of a SUBSCRIBE; the last three are options of MQTT 5, whose defaults act as 3.1.1 does."""

    pattern: str
    qos: int
    no_local: bool = False
    retain_as_published: bool = False
    retain_handling: int = 0


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A SUBSCRIBE."""

    packet_id: int
    filters: tuple[Filter, ...]
    has_identifier: bool = False


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """An UNSUBSCRIBE."""

    packet_id: int
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PingRequest:
    """A PINGREQ."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """A DISCONNECT; only `reason` 0 discards the will (MQTT 5 clause 3.14.4)."""

    reason: int = 0


Packet = Connect | Publish | Acknowledgement | Subscribe | Unsubscribe | PingRequest | Disconnect


class Dialect(Protocol):
    """One protocol version on one connection: bytes to packets, and the server's answers to bytes."""

    @property
    def version(self) -> str: ...

    @property
    def explains(self) -> bool:
        """Whether the version can tell a peer why it is refused or dropped (MQTT 5)."""
        ...

    def decode(self, packet: bytes, body_at: int) -> Packet:
        """One whole packet; its body starts at `body_at`. Raises PacketError."""
        ...

    def accepted(self, offer: Offer) -> bytes: ...

    def refused(self, reason: Reason) -> bytes: ...

    def acknowledged(self, kind: Kind, packet_id: int, reason: Reason, text: str | None = None) -> bytes:
        """PUBACK or PUBREC."""
        ...

    def completed(self, packet_id: int, known: bool) -> bytes: ...

    def subscribed(self, packet_id: int, answers: list[int]) -> bytes: ...

    def unsubscribed(self, packet_id: int, existed: list[bool]) -> bytes: ...

    def publish(self, message: Publish) -> bytes: ...

    def goodbye(self, reason: Reason, text: str | None = None) -> bytes:
        """DISCONNECT from the server; empty in 3.1.1, which has none."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """What the server tells a client that it may do (CONNACK properties of MQTT 5, clause 3.2.2.3)."""

    receive_maximum: int
    max_packet_bytes: int
    topic_alias_maximum: int
    assigned_client_id: str | None = None


PING_RESPONSE = b"\xd0\x00"
"""The same in both versions (clause 3.13)."""
