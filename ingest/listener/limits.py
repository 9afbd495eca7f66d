"""What one listener process allows. Every bound that a peer could otherwise stretch has a name here."""

from __future__ import annotations

from dataclasses import dataclass, fields

_KIB = 1024
_MIB = 1024 * _KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a listener. Bytes and seconds as the names say."""

    max_payload_bytes: int = 256 * _KIB
    """Larger payloads are refused as oversize; part of the public contract."""
    oversize_kept_bytes: int = 4 * _KIB
    """How much of an oversize payload goes into the record of its refusal."""
    oversize_drain_bytes: int = 16 * _MIB
    """Up to this size a 3.1.1 client may go on after it, because it cannot be told why it was cut."""
    max_header_bytes: int = 4 * _KIB
    """Room for topic and properties in the announced maximum packet size."""
    max_connect_bytes: int = 64 * _KIB
    """Nobody is authenticated yet when this is buffered."""
    max_connections: int = 10_000
    max_connections_per_enterprise: int = 1_000
    max_inflight: int = 1_024
    """Messages of a connection at the sink at once, announced as Receive Maximum; wide, to let it batch."""
    max_inflight_bytes: int = 4 * _MIB
    """Payload bytes of a connection at the sink at once; beyond it the socket is not read."""
    max_write_buffer_bytes: int = _MIB
    """A peer that does not read what we answer is dropped beyond this."""
    max_topic_aliases: int = 32
    max_subscriptions: int = 64
    """Per connection."""
    max_known_statuses: int = 100_000
    """Gateways whose last status this process remembers for subscribers."""
    connect_timeout_s: float = 10.0
    """From the accepted socket to a whole CONNECT."""
    authenticate_timeout_s: float = 30.0
    """Long, because after a restart thousands of gateways queue for an expensive password hash."""
    linger_timeout_s: float = 2.0
    """How long a dismissed peer may take to close; cutting it off at once could destroy the reason sent."""
    drain_timeout_s: float = 10.0
    """On stop: how long acknowledgements of what is at the sink are waited for."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise ValueError(f"{field.name} must be positive")
        if self.max_inflight > 65_535:
            raise ValueError("max_inflight must fit the two bytes of Receive Maximum")
        if self.oversize_kept_bytes > self.max_payload_bytes:
            raise ValueError("oversize_kept_bytes must not exceed max_payload_bytes")

    @property
    def max_packet_bytes(self) -> int:
        """The Maximum Packet Size that MQTT 5 clients are told (clause 3.2.2.3.6)."""
        return self.max_payload_bytes + self.max_header_bytes
