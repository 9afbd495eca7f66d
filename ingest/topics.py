"""What a topic says: ours (`plantwatch/v1/{enterprise}/{gateway}/{kind}`), Sparkplug B, ThingsBoard. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from domain.refusals import Reason

_TOPIC = re.compile(r"plantwatch/v1/([a-z0-9-]{1,64})/([^/+#\0]{1,64})/([a-z0-9-]+)")
_SPARKPLUG = re.compile(r"spBv1\.0/([^/+#\0]+)/(.+)", re.DOTALL)
_SPARKPLUG_REST = re.compile(r"([A-Z]+)/([^/+#\0]{1,64})(?:/([^/+#\0]{1,64}))?")


class Kind(StrEnum):
    """What the payload is."""

    READINGS = "readings"
    LEAK_TESTS = "leak-tests"
    PRODUCTION = "production"
    STATUS = "status"
    HJ212 = "hj212"
    REJECTS = "rejects"
    SPARKPLUG = "sparkplug"
    THINGSBOARD_DEVICE = "v1/devices/me/telemetry"
    THINGSBOARD_GATEWAY = "v1/gateway/telemetry"
    THINGSBOARD_CONNECT = "v1/gateway/connect"
    THINGSBOARD_DISCONNECT = "v1/gateway/disconnect"


_BY_LEVEL = {kind.value: kind for kind in Kind if "/" not in kind.value and kind is not Kind.SPARKPLUG}
_THINGSBOARD = {kind.value: kind for kind in Kind if "/" in kind.value}
#: ThingsBoard topics that carry no telemetry.
_THINGSBOARD_OTHER = ("v1/devices/", "v1/gateway/")
#: Message type of Sparkplug -> whether its topic names a device.
_SPARKPLUG_TYPES = {"NBIRTH": False, "NDEATH": False, "NDATA": False, "DBIRTH": True, "DDEATH": True, "DDATA": True}


@dataclass(frozen=True, slots=True)
class Sparkplug:
    """The parts of a Sparkplug topic below its group, which is the enterprise."""

    type: str
    """NBIRTH, NDEATH, NDATA, DBIRTH, DDEATH or DDATA."""
    node: str
    device: str
    """Empty for messages of the node itself."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic taken apart. problem: why nothing may be published there by this enterprise, None when it may."""

    gateway: str | None
    """Who reports: the gateway of our topics, the node of Sparkplug."""
    kind: Kind | None
    problem: Reason | None
    sparkplug: Sparkplug | None = None


@lru_cache(maxsize=65_536)
def read_topic(enterprise: str, topic: str) -> Topic:
    """The topic as published by an authenticated enterprise. A topic of another one is that before any other fault."""
    sparkplug = _SPARKPLUG.fullmatch(topic)
    if sparkplug is not None:
        return _read_sparkplug(enterprise, *sparkplug.groups())
    thingsboard = _THINGSBOARD.get(topic)
    if thingsboard is not None:
        return Topic(None, thingsboard, None)
    if topic.startswith(_THINGSBOARD_OTHER):
        return Topic(None, None, Reason.FORMAT_NOT_SUPPORTED)
    parts = _TOPIC.fullmatch(topic)
    if parts is None:
        return Topic(None, None, Reason.BAD_TOPIC)
    owner, gateway, name = parts.groups()
    kind = _BY_LEVEL.get(name)
    if owner != enterprise:
        return Topic(gateway, kind, Reason.FOREIGN_TENANT)
    if kind is None or kind is Kind.REJECTS:
        return Topic(gateway, kind, Reason.BAD_TOPIC)
    return Topic(gateway, kind, None)


def _read_sparkplug(enterprise: str, group: str, rest: str) -> Topic:
    if group != enterprise:
        return Topic(None, Kind.SPARKPLUG, Reason.FOREIGN_TENANT)
    parts = _SPARKPLUG_REST.fullmatch(rest)
    if parts is None:
        return Topic(None, Kind.SPARKPLUG, Reason.BAD_TOPIC)
    name, node, device = parts.groups()
    if _SPARKPLUG_TYPES.get(name) is not (device is not None):
        # commands are ours to send; a device where none belongs, or none where one does
        return Topic(node, Kind.SPARKPLUG, Reason.BAD_TOPIC)
    return Topic(node, Kind.SPARKPLUG, None, Sparkplug(name, node, device or ""))
