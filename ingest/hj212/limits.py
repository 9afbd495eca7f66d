"""What one HJ 212 door allows. Every bound that a peer could otherwise stretch has a name here."""

from __future__ import annotations

from dataclasses import dataclass, fields

_KIB = 1024


@dataclass(frozen=True, slots=True)
class HjLimits:
    """Bounds of a door. Bytes and seconds as the names say."""

    max_connections: int = 10_000
    max_connections_per_enterprise: int = 1_000
    max_unidentified: int = 2_000
    """Connections that have not proved yet which station they are."""
    max_unidentified_per_address: int = 256
    """Of one peer address; wide, because a load balancer or an operator's NAT shows one address for many loggers."""
    max_inflight: int = 256
    """Frames of a connection at the sink at once; a logger that sends the backlog of an outage gets this window."""
    max_inflight_bytes: int = 256 * _KIB
    """Beyond it the socket is not read."""
    max_write_buffer_bytes: int = 32 * _KIB
    """A peer that does not read what we answer is dropped beyond this: some 300 answers."""
    max_unidentified_bytes: int = 16 * _KIB
    """Bytes that may come before a whole frame does."""
    noise_kept_bytes: int = 4 * _KIB
    """How much of what is no frame goes into the record of its refusal."""
    noise_linger_s: float = 10.0
    """What is no frame is gathered so long and refused as one item, so that a noisy line does not fill the store."""
    identify_timeout_s: float = 180.0
    """From the accepted socket to a frame that says who it is; loggers connect long before their next report."""
    admit_timeout_s: float = 30.0
    """For the register and the password check, which many loggers may queue for."""
    idle_timeout_s: float = 900.0
    """From frame to frame, heartbeats included. What is no frame keeps nobody alive."""
    recheck_s: float = 300.0
    """How soon a station that was withdrawn, or whose password was changed, is sent away."""
    linger_timeout_s: float = 2.0
    """How long a dismissed peer may take to close; cutting it off at once could destroy the answer sent."""
    drain_timeout_s: float = 10.0
    """On stop: how long answers to what is at the sink are waited for."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise ValueError(f"{field.name} must be positive")
