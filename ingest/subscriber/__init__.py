"""The second door: for cities that already run a broker. It subscribes, hands over, and acknowledges after the commit.

Nothing here knows a format; of the store it knows only the leases that decide who may use which client id.
"""

from __future__ import annotations

from ingest.subscriber.door import EnterpriseBook, StrayBook
from ingest.subscriber.metrics import SubscriberMetrics
from ingest.subscriber.options import SubscriberOptions
from ingest.subscriber.service import Subscriber

__all__ = ["EnterpriseBook", "StrayBook", "Subscriber", "SubscriberMetrics", "SubscriberOptions"]
