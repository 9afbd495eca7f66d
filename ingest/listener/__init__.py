"""The main door: the server side of MQTT 3.1.1 and 5.0 for publishers only, where PUBACK means stored.

Outsiders need `Listener`, `Limits`, `ListenerMetrics`, `PasswordAuthenticator` and `server_context`; the other
modules are its insides: bytes (`wire`, `framing`, `codec311`, `codec5`), one socket (`connection`), one client
(`session`, `entry`), how fast it is read (`rate`, `pace`), all of them (`hub`, `subscriptions`), the start and
the end (`server`). It knows no payload format and no store.
"""

from __future__ import annotations

from ingest.listener.limits import Limits
from ingest.listener.metrics import ListenerMetrics
from ingest.listener.passwords import HashLookup, PasswordAuthenticator
from ingest.listener.server import Listener
from ingest.listener.tls import server_context

__all__ = [
    "HashLookup",
    "Limits",
    "Listener",
    "ListenerMetrics",
    "PasswordAuthenticator",
    "server_context",
]
