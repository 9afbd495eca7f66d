"""Why connections end: one list for the metric, the log line and the status of the gateway."""

from __future__ import annotations

from enum import Enum


class Cause(Enum):
    """Why a connection ended. The value is the metric's label."""

    CLIENT = "closed_by_peer"
    LOST = "connection_lost"
    TOO_MANY = "too_many_connections"
    TOO_MANY_UNIDENTIFIED = "too_many_unidentified"
    TOO_MANY_OF_ENTERPRISE = "too_many_of_enterprise"
    IDENTIFY_TIMEOUT = "identify_timeout"
    NO_FRAME = "no_frame"
    REFUSED = "refused"
    REGISTER_UNAVAILABLE = "register_unavailable"
    TAKEN_OVER = "taken_over"
    WITHDRAWN = "withdrawn"
    IDLE = "idle"
    SINK_UNAVAILABLE = "sink_unavailable"
    SLOW_PEER = "slow_peer"
    SHUTDOWN = "shutdown"
    INTERNAL = "internal_error"

    @property
    def blames_us(self) -> bool:
        """The logger did nothing, and will be back at once: calling it gone would report an outage that is ours."""
        return self in (Cause.SINK_UNAVAILABLE, Cause.REGISTER_UNAVAILABLE, Cause.SHUTDOWN, Cause.INTERNAL)

    @property
    def abrupt(self) -> bool:
        """Nothing that was written to the peer is worth waiting for."""
        return self in (Cause.SLOW_PEER, Cause.TOO_MANY, Cause.TOO_MANY_UNIDENTIFIED)
