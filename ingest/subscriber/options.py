"""What can be set of the subscriber. Every bound that a broker could otherwise stretch has a name here."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field

_KIB = 1024
_MIB = 1024 * _KIB
_WORD = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class SubscriberOptions:
    """Where the broker is and how much is taken from it at once. Bytes, seconds and days as the names say."""

    host: str
    port: int = 1883
    tls: ssl.SSLContext | None = None
    """Trust, and a client certificate if the broker wants one; None connects without TLS."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    client_prefix: str = "plantwatch"
    """Client ids are {prefix}-{slot}; the broker's rules may rely on them."""
    group: str | None = None
    """Name of the shared subscriptions; None subscribes unshared, with a single slot and any number of workers that
    stand by. The safe choice: Mosquitto forgets shared subscriptions when it restarts, RabbitMQ has none."""
    slots: int = 1
    """Connections over all workers together, as many as workers at best. Never lower it: the sessions of the slots
    that fall away would go on collecting messages that nobody fetches."""
    sparkplug: bool = True
    """Whether slot 0 also takes Sparkplug B."""
    receive_maximum: int = 2_048
    """QoS 1 messages that the broker may have unacknowledged on one connection (MQTT 5 clause 3.1.2.11.3)."""
    max_unanswered_bytes: int = 16 * _MIB
    """Payload bytes of one connection at the sink at once; beyond it, and for QoS 0, the socket is not read."""
    max_payload_bytes: int = 256 * _KIB
    """Larger payloads are refused as oversize; part of the public contract."""
    oversize_kept_bytes: int = 4 * _KIB
    session_expiry_days: float = 7.0
    """How long the broker keeps what is queued for a slot that nobody serves."""
    keep_alive_s: int = 30
    connect_timeout_s: float = 10.0
    """From the first packet of TCP to the SUBACK."""
    backoff_first_s: float = 0.5
    backoff_cap_s: float = 60.0
    """Longest pause before the next attempt."""
    settle_timeout_s: float = 5.0
    """After a failed message: how long the others are waited for, to tell a bad message from a store that is down."""
    drain_timeout_s: float = 10.0
    """On stop: how long acknowledgements of what is at the sink are waited for."""
    lease_poll_s: float = 1.0
    lease_timeout_s: float = 5.0
    """Without an answer of the database for so long, the leases are taken for lost."""
    adopt_after_s: float = 15.0
    """A slot that nobody has taken for so long is served by a worker that has one already."""
    known_refresh_s: float = 30.0
    """How long the answer that an enterprise is registered is believed."""
    unknown_refresh_s: float = 1.0

    def __post_init__(self) -> None:
        for name in ("client_prefix", "group"):
            word = getattr(self, name)
            if word is not None and not _WORD.fullmatch(word):
                raise ValueError(f"{name} must be letters, digits, - and _, at most 40")
        if not 1 <= self.slots <= 1_000:
            raise ValueError("slots must be from 1 to 1000")
        if self.group is None and self.slots != 1:
            raise ValueError("without shared subscriptions every slot would get every message: slots must be 1")
        if not 1 <= self.receive_maximum <= 65_535:
            raise ValueError("receive_maximum must fit the two bytes of Receive Maximum and not be 0")
        if not 1 <= self.keep_alive_s <= 65_535:
            raise ValueError("keep_alive_s must be from 1 to 65535")
        if not 0 < self.session_expiry_s < 0xFFFF_FFFF:
            raise ValueError("session_expiry_days must be positive and below 49710")
        if self.password is not None and self.username is None:
            raise ValueError("a password without a user name")

    @property
    def session_expiry_s(self) -> int:
        """What the broker is told (MQTT 5 clause 3.1.2.11.2)."""
        return round(self.session_expiry_days * 86_400)

    def client_id(self, slot: int) -> str:
        """The stable identity of a slot at the broker."""
        return f"{self.client_prefix}-{slot}"
