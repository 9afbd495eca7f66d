"""What one listener process allows. Every bound that a peer could otherwise stretch has a name here."""

from __future__ import annotations

from dataclasses import dataclass, fields

_KIB = 1024
_MIB = 1024 * _KIB
_RATES = frozenset(
    {
        "max_messages_per_s",
        "max_bytes_per_s",
        "max_messages_per_s_per_enterprise",
        "max_bytes_per_s_per_enterprise",
    }
)


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
    max_messages_per_s: float | None = 20_000
    """PUBLISH packets of a connection; 0 or None: no limit, as for the other rates. Beyond a rate the socket is not
    read, nothing is refused. A gateway that puts a thousand meters into a message each, every second, needs a
    twentieth of it; the backlog of an hour's outage of such a gateway is taken in three minutes."""
    max_bytes_per_s: float | None = 32 * _MIB
    """Bytes that are read from a connection, of all packets, as they are inside TLS. 128 messages of the largest size;
    a quarter of a gigabit line."""
    max_messages_per_s_per_enterprise: float | None = 50_000
    """PUBLISH packets of all connections of an enterprise to this process: about half of what one process takes off
    its sockets, so that one plant gone wild leaves the other half to the city. N processes allow N times as much."""
    max_bytes_per_s_per_enterprise: float | None = 64 * _MIB
    """Likewise for bytes: what two connections may send."""
    rate_burst_s: float = 2.0
    """Seconds of a rate that may come at once after a quieter time."""
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
            value = getattr(self, field.name)
            if field.name in _RATES and (value is None or value == 0):
                continue
            if value <= 0:
                raise ValueError(f"{field.name} must be positive")
        for rate in (self.max_bytes_per_s, self.max_bytes_per_s_per_enterprise):
            if rate and rate < self.max_payload_bytes:
                # The largest message alone would keep its sender waiting beyond any keep-alive.
                raise ValueError("a rate in bytes must let the largest payload through in a second")
        if self.max_inflight > 65_535:
            raise ValueError("max_inflight must fit the two bytes of Receive Maximum")
        if self.oversize_kept_bytes > self.max_payload_bytes:
            raise ValueError("oversize_kept_bytes must not exceed max_payload_bytes")

    @property
    def max_packet_bytes(self) -> int:
        """The Maximum Packet Size that MQTT 5 clients are told (clause 3.2.2.3.6)."""
        return self.max_payload_bytes + self.max_header_bytes
