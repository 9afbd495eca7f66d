"""The third door: HJ 212 data loggers by TCP. It reads headers, never values; what a frame holds is the decoder's.

Outsiders need `HjServer`, `HjLimits`, `HjMetrics` and `RegisteredStations`; the other modules are its insides: which
command gets which answer (`protocol`), who may come in (`gate`, `admission`), one socket (`connection`), one logger
(`session`, `pending`), all of them (`hub`), the start and the end (`server`).
"""

from __future__ import annotations

from ingest.hj212.limits import HjLimits
from ingest.hj212.metrics import HjMetrics
from ingest.hj212.register import RegisteredStations
from ingest.hj212.server import HjServer

__all__ = ["HjLimits", "HjMetrics", "HjServer", "RegisteredStations"]
