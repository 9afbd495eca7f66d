"""What is subscribed to, and whose a topic is. Pure.

The enterprise is the topic's third level (the second of Sparkplug), because a subscriber never learns who published.
The broker must guarantee that each enterprise writes only below its own code; the shipped rules do.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PLANTWATCH = "plantwatch/v1/+/+/"
_SHARED_KINDS = ("readings", "hj212", "leak-tests", "production")
#: What nodes and devices publish. Commands (NCMD, DCMD) and STATE go the other way.
_SPARKPLUG = tuple(f"spBv1.0/+/{word}/+" for word in ("NBIRTH", "NDATA", "NDEATH")) + tuple(
    f"spBv1.0/+/{word}/+/+" for word in ("DBIRTH", "DDATA", "DDEATH")
)
_OWNER = re.compile(r"(?:plantwatch/v1|spBv1\.0)/([a-z0-9-]{1,64})/.+", re.DOTALL)


class Wish(NamedTuple):
    """One subscription. fresh_retained: get the retained messages when the broker did not know the subscription."""

    pattern: str
    fresh_retained: bool


def wishes(slot: int, group: str | None, *, sparkplug: bool) -> list[Wish]:
    """What the holder of a slot subscribes to.

    Statuses and Sparkplug go unshared to slot 0: the last word of a gateway, and the births before the data, mean
    something only in order, which a group does not keep; and a shared subscription never gets retained messages
    (MQTT 5 clause 4.8.2).
    """
    share = "" if group is None else f"$share/{group}/"
    found = [Wish(f"{share}{_PLANTWATCH}{kind}", False) for kind in _SHARED_KINDS]
    if slot == 0:
        found.append(Wish(f"{_PLANTWATCH}status", True))
        if sparkplug:
            found += [Wish(pattern, False) for pattern in _SPARKPLUG]
    return found


def owner(topic: str) -> str | None:
    """The enterprise below whose code a topic lies, or None when it lies below none."""
    found = _OWNER.fullmatch(topic)
    return found[1] if found else None
