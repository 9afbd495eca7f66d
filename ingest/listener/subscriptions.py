"""Who wants to hear about refusals, statuses and commands in this process.

Looked up by exact filter: whoever publishes knows the few filters that are granted and match, so there is no
topic tree. Subscriptions end with their connection, because the listener keeps no sessions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ingest.listener.packets import Filter


class Subscriber(Protocol):
    """A connection that can be sent messages."""

    def deliver(self, topic: str, payload: bytes, qos: int, retain: bool) -> None: ...


class Subscriptions:
    """Filters and their subscribers, of all connections of a process."""

    def __init__(self) -> None:
        self._by_pattern: dict[str, dict[Subscriber, Filter]] = {}

    def __len__(self) -> int:
        """Filters that somebody is subscribed to."""
        return len(self._by_pattern)

    def add(self, subscriber: Subscriber, wanted: Filter) -> bool:
        """Subscribe, or replace the options of a subscription; returns whether it existed (clause 3.8.4)."""
        subscribers = self._by_pattern.setdefault(wanted.pattern, {})
        existed = subscriber in subscribers
        subscribers[subscriber] = wanted
        return existed

    def remove(self, subscriber: Subscriber, pattern: str) -> bool:
        """Unsubscribe; returns whether there was such a subscription."""
        subscribers = self._by_pattern.get(pattern, {})
        existed = subscribers.pop(subscriber, None) is not None
        if existed and not subscribers:
            del self._by_pattern[pattern]
        return existed

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        wildcards: Iterable[str] = (),
        max_qos: int = 1,
        retain: bool = False,
        publisher: Subscriber | None = None,
    ) -> None:
        """Send to every subscriber of `topic` or of one of `wildcards`, once each, at its highest granted QoS but no
        higher than `max_qos`.

        `publisher` is not sent its own message when it asked so (MQTT 5 No Local); `retain` is passed on only
        where asked for (Retain As Published, clause 3.3.1.3).
        """
        chosen: dict[Subscriber, Filter] = {}
        for pattern in (topic, *wildcards):
            for subscriber, wanted in self._by_pattern.get(pattern, {}).items():
                if wanted.no_local and subscriber is publisher:
                    continue
                if subscriber not in chosen or chosen[subscriber].qos < wanted.qos:
                    chosen[subscriber] = wanted
        for subscriber, wanted in chosen.items():
            subscriber.deliver(topic, payload, min(wanted.qos, max_qos), retain and wanted.retain_as_published)
