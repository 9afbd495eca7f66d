"""One MQTT message at the sink."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from ingest.delivery import Receipt


class Entry(NamedTuple):
    """One message at the sink."""

    future: asyncio.Future[Receipt]
    qos: int
    packet_id: int
    size: int
    last: bool
    """Nothing of this connection is read after it, and it ends the connection."""
    whole: bool
    """False: the client has not sent the end of it, so it cannot be acknowledged."""
