"""Sparkplug sequence numbers: whether messages of a node are missing, and how often it is asked for a birth.

One process hears a node at a time: through the listener by its connection, through a broker because Sparkplug is
subscribed to by one worker only. Nothing here outlives the process: a node whose connection is cut is born again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from domain.readings import SECOND_US
from ingest.decode.hj212_numbers import RequestNumbers
from ingest.topics import Sparkplug

_MODULUS = 256
#: Redelivered messages lie at most this far behind the newest one.
_REDELIVERY_WINDOW = 128


@dataclass(slots=True)
class _Node:
    last: int
    is_owing: bool
    """Messages are missing, and no birth came since."""


class Sequences:
    """The last sequence number of each node that this process hears, and when each was last asked for a birth."""

    def __init__(self, *, max_nodes: int = 100_000, ask_again_us: int = 10 * SECOND_US) -> None:
        """max_nodes: of more nodes, those are forgotten that were silent the longest. ask_again_us: least time between
        two requests to a node: births are long, and a node that miscounts would send nothing else."""
        self._max_nodes = max_nodes
        self._ask_again_us = ask_again_us
        self._nodes: OrderedDict[tuple[str, str], _Node] = OrderedDict()
        self._asked_us: OrderedDict[str, int] = OrderedDict()
        self.numbers = RequestNumbers()
        """What HJ 212 has in place of sequence numbers; kept here because it is as the process hears it, too."""

    def gap(self, enterprise: str, topic: Sparkplug, seq: int | None, *, duplicate: bool) -> bool:
        """Note a message at arrival; whether messages before it are missing, and the node was not born again since.

        NBIRTH begins a count wherever it says (0 to 255, clause 6.4.19), NDEATH has no number. The number that came
        last is no gap when it comes again, nor is an older one that is marked as duplicate. Before its first message
        nothing is known of a node, hence nothing is missing.
        """
        if topic.type == "NDEATH":
            return False
        key = (enterprise, topic.node)
        node = self._nodes.get(key)
        if seq is None:
            return node is not None and node.is_owing
        seq %= _MODULUS
        if node is None or topic.type == "NBIRTH":
            self._nodes[key] = _Node(seq, False)
            self._nodes.move_to_end(key)
            if len(self._nodes) > self._max_nodes:
                self._nodes.popitem(last=False)
            return False
        self._nodes.move_to_end(key)
        ahead = (seq - node.last) % _MODULUS
        if ahead > 1 and not (duplicate and ahead >= _MODULUS - _REDELIVERY_WINDOW):
            node.is_owing = True
        if not duplicate or ahead < _MODULUS - _REDELIVERY_WINDOW:
            node.last = seq
        return node.is_owing

    def due(self, commands: tuple[tuple[str, bytes], ...], at_us: int) -> tuple[tuple[str, bytes], ...]:
        """Those of some (topic, payload) whose topic was not sent to a moment before `at_us`; they count as sent."""
        if not commands:
            return commands
        return tuple(command for command in commands if self._is_due(command[0], at_us))

    def _is_due(self, topic: str, at_us: int) -> bool:
        asked_us = self._asked_us.get(topic)
        if asked_us is not None and 0 <= at_us - asked_us < self._ask_again_us:
            return False
        self._asked_us[topic] = at_us
        self._asked_us.move_to_end(topic)
        if len(self._asked_us) > self._max_nodes:
            self._asked_us.popitem(last=False)
        return True
