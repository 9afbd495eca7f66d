"""Why connections end: one list for the metric, the log line, the DISCONNECT and the fate of the will."""

from __future__ import annotations

from enum import Enum

from ingest.listener.packets import Reason


class Cause(Enum):
    """Why a connection ended. The value is the metric's label."""

    CLIENT = "client_disconnect"
    LOST = "connection_lost"
    TOO_MANY = "too_many_connections"
    CONNECT_TIMEOUT = "connect_timeout"
    REFUSED = "connect_refused"
    TAKEN_OVER = "taken_over"
    KEEP_ALIVE = "keep_alive_timeout"
    PROTOCOL = "protocol_error"
    OVERSIZE = "oversize"
    SINK_UNAVAILABLE = "sink_unavailable"
    SLOW_PEER = "slow_peer"
    SHUTDOWN = "shutdown"
    INTERNAL = "internal_error"

    @property
    def reason(self) -> Reason | None:
        """What a MQTT 5 client is told, None when there is nothing to say or nobody to hear it."""
        return _REASONS.get(self)

    @property
    def blames_us(self) -> bool:
        """The gateway did nothing, and will be back at once: its will would report an outage that is ours.

        Clause 3.1.2.5 of MQTT 5 lets a server defer wills when it fails or shuts down.
        """
        return self in (Cause.SINK_UNAVAILABLE, Cause.SHUTDOWN, Cause.INTERNAL)


_REASONS = {
    Cause.TAKEN_OVER: Reason.SESSION_TAKEN_OVER,
    Cause.KEEP_ALIVE: Reason.KEEP_ALIVE_TIMEOUT,
    Cause.PROTOCOL: Reason.PROTOCOL_ERROR,
    Cause.OVERSIZE: Reason.PACKET_TOO_LARGE,
    Cause.SINK_UNAVAILABLE: Reason.SERVER_BUSY,
    Cause.SHUTDOWN: Reason.SERVER_SHUTTING_DOWN,
    Cause.INTERNAL: Reason.UNSPECIFIED_ERROR,
}
