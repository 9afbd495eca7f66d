"""Why a connection to the broker ended."""

from __future__ import annotations

from enum import Enum


class Cause(Enum):
    """One of these per connection; the values are metric labels."""

    REFUSED = "refused"
    """The broker did not let us in, or did not grant a subscription."""
    LOST = "lost"
    BROKER = "broker"
    """The broker said goodbye."""
    TAKEN_OVER = "taken_over"
    """Somebody else uses our client id."""
    SILENT = "silent"
    TIMEOUT = "timeout"
    """No CONNACK or SUBACK in time."""
    PROTOCOL = "protocol"
    SINK_UNAVAILABLE = "sink_unavailable"
    INTERNAL = "internal"
    LEASE_LOST = "lease_lost"
    STOPPED = "stopped"
