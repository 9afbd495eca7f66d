"""Sparkplug sequence numbers: whether a message of a node is missing."""

from __future__ import annotations

from ingest.topics import Sparkplug


class Sequences:
    """The last sequence number of each node that this process hears."""

    def gap(self, enterprise: str, topic: Sparkplug, seq: int | None, *, duplicate: bool) -> bool:
        """Note a message at arrival; whether messages before it are missing."""
        raise NotImplementedError
