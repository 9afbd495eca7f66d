"""What a topic says: `plantwatch/v1/{enterprise}/{gateway}/{kind}`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from domain.refusals import Reason

_TOPIC = re.compile(r"plantwatch/v1/([a-z0-9-]{1,64})/([^/+#\0]{1,64})/([a-z0-9-]+)")
_SPARKPLUG = re.compile(r"spBv1\.0/([^/+#\0]+)/.+", re.DOTALL)


class Kind(StrEnum):
    """What the payload is, by the last level of the topic."""

    READINGS = "readings"
    LEAK_TESTS = "leak-tests"
    STATUS = "status"
    HJ212 = "hj212"
    REJECTS = "rejects"
    SPARKPLUG = "sparkplug"


#: Kinds that are part of the contract but that this version cannot decode.
_NOT_SUPPORTED = frozenset({Kind.HJ212})
_BY_LEVEL = {kind.value: kind for kind in Kind if kind is not Kind.SPARKPLUG}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic taken apart. problem: why nothing may be published there by this enterprise, None when it may."""

    gateway: str | None
    kind: Kind | None
    problem: Reason | None


@lru_cache(maxsize=65_536)
def read_topic(enterprise: str, topic: str) -> Topic:
    """The topic as published by an authenticated enterprise. A topic of another one is that before any other fault."""
    sparkplug = _SPARKPLUG.fullmatch(topic)
    if sparkplug is not None:
        foreign = sparkplug[1] != enterprise
        return Topic(None, Kind.SPARKPLUG, Reason.FOREIGN_TENANT if foreign else Reason.FORMAT_NOT_SUPPORTED)
    parts = _TOPIC.fullmatch(topic)
    if parts is None:
        return Topic(None, None, Reason.BAD_TOPIC)
    owner, gateway, name = parts.groups()
    kind = _BY_LEVEL.get(name)
    if owner != enterprise:
        return Topic(gateway, kind, Reason.FOREIGN_TENANT)
    if kind is None or kind is Kind.REJECTS:
        return Topic(gateway, kind, Reason.BAD_TOPIC)
    return Topic(gateway, kind, Reason.FORMAT_NOT_SUPPORTED if kind in _NOT_SUPPORTED else None)
