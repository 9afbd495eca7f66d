"""A worker that is killed in the middle. It says when it is subscribed, then stores, or says what it received.

Arguments: the database URL, the port of the broker, the number of slots, `store` or `hold`. Used by test_workers.py.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from ingest.delivery import Delivery, Receipt
from ingest.subscriber import Subscriber, SubscriberMetrics, SubscriberOptions
from storage.database import Database
from tests.integration.ingest.plant import running_writer
from tests.integration.subscriber.support import Enterprises, Sink, Strays


class Teller(Sink):
    """Says what arrives, and never commits."""

    def __init__(self) -> None:
        super().__init__()
        self.held = True

    async def submit(self, delivery: Delivery) -> Receipt:
        sys.stdout.write(delivery.payload.decode() + "\n")
        sys.stdout.flush()
        return await super().submit(delivery)


async def main(url: str, port: int, slots: int, mode: str) -> None:
    group = "plantwatch" if slots > 1 else None
    options = SubscriberOptions("127.0.0.1", port, group=group, slots=slots, lease_poll_s=0.05, adopt_after_s=3600.0)
    enterprises, registry = Enterprises(), CollectorRegistry()
    enterprises.known.add("coke-1")
    async with Database(url) as database, running_writer(database) as writer:
        sink = writer if mode == "store" else Teller()
        subscriber = Subscriber(
            database, sink, enterprises, Strays(), lambda: datetime.now(UTC), options, SubscriberMetrics(registry)
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(subscriber.run())
            while not registry.get_sample_value("plantwatch_subscriber_connections"):  # noqa: ASYNC110 - a gauge
                await asyncio.sleep(0.01)
            sys.stdout.write("subscribed\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
