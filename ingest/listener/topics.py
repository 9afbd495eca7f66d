"""The topics that the listener itself has to know: what may be subscribed to, and who gets what is sent.

Those are `status` and `rejects` of an enterprise's own gateways, the commands to its own Sparkplug nodes and the state
of their host, and what ThingsBoard clients subscribe to before they say anything. What any other topic means is the
sink's business; it refuses and accounts what it does not know.
"""

from __future__ import annotations

from datetime import datetime

from ingest.listener.packets import Reason

_PREFIX = "plantwatch/v1/"
_STATUS = "/status"
_REJECTS = "/rejects"
_SPARKPLUG = "spBv1.0"
_HOST = f"{_SPARKPLUG}/STATE/"

HOST_ID = "plantwatch"
"""What Sparkplug nodes have to be configured with as their primary host."""

HOST_STATE_TOPIC = _HOST + HOST_ID

#: Granted so that ThingsBoard's own clients start up; nothing is ever sent there.
_THINGSBOARD = frozenset(
    {
        "v1/devices/me/attributes",
        "v1/devices/me/attributes/response/+",
        "v1/devices/me/rpc/request/+",
        "v1/devices/me/rpc/response/+",
        "v1/gateway/attributes",
        "v1/gateway/attributes/response",
        "v1/gateway/rpc",
    }
)


def status_gateway(enterprise: str, topic: str) -> str | None:
    """The gateway whose status topic this is, or None unless it is one of this enterprise's own."""
    return _gateway(enterprise, topic, _STATUS) if topic.endswith(_STATUS) else None


def status_topic(enterprise: str, gateway: str) -> str:
    return f"{_PREFIX}{enterprise}/{gateway}{_STATUS}"


def rejects_topic(enterprise: str, gateway: str) -> str | None:
    """Where a gateway reads what was refused; None for a name that is no topic level."""
    return f"{_PREFIX}{enterprise}/{gateway}{_REJECTS}" if _is_level(gateway) else None


def any_rejects_filter(enterprise: str) -> str:
    """The rejects of all gateways of an enterprise."""
    return f"{_PREFIX}{enterprise}/+{_REJECTS}"


def host_state(at: datetime) -> bytes:
    """The retained message that says that we, a Sparkplug host, are there (Sparkplug 3.0 clause 6.4.27)."""
    return b'{"online":true,"timestamp":%d}' % round(at.timestamp() * 1000)


def is_host_filter(pattern: str) -> bool:
    """Whether this filter matches `HOST_STATE_TOPIC`, by name or as all hosts."""
    return pattern in (HOST_STATE_TOPIC, _HOST + "+", _HOST + "#")


def command_filters(enterprise: str, topic: str) -> tuple[str, ...]:
    """The filters, of those that are granted, that match the topic of a command; () unless it is one to a node of
    this enterprise."""
    parent, _, name = topic.rpartition("/")
    if _is_command(enterprise, topic, device=False):
        return (topic, f"{topic}/#")
    if _is_level(name) and _is_command(enterprise, parent, device=False):
        return (topic, f"{parent}/+", f"{parent}/#")
    return ()


def subscription_refusal(enterprise: str, pattern: str) -> Reason | None:
    """Why an enterprise may not subscribe to this filter, or None when it may."""
    if pattern.startswith("$share/"):
        return Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
    own = (
        pattern == any_rejects_filter(enterprise)
        or _gateway(enterprise, pattern, _REJECTS) is not None
        or _gateway(enterprise, pattern, _STATUS) is not None
        or _is_command(enterprise, pattern, device=True)
        or (pattern.startswith(_HOST) and (is_host_filter(pattern) or _is_level(pattern[len(_HOST) :])))
        or pattern in _THINGSBOARD
    )
    return None if own else Reason.NOT_AUTHORIZED


def _gateway(enterprise: str, topic: str, leaf: str) -> str | None:
    start = f"{_PREFIX}{enterprise}/"
    if not (topic.startswith(start) and topic.endswith(leaf)):
        return None
    gateway = topic[len(start) : -len(leaf)]
    return gateway if _is_level(gateway) else None


def _is_command(enterprise: str, topic: str, *, device: bool) -> bool:
    """`spBv1.0/{enterprise}/NCMD|DCMD/{node}`, and with `device` also a device, or a wildcard, below it."""
    levels = topic.split("/")
    if len(levels) == 5 and device and (levels[4] in ("+", "#") or _is_level(levels[4])):
        levels.pop()
    return (
        len(levels) == 4
        and levels[:2] == [_SPARKPLUG, enterprise]
        and levels[2] in ("NCMD", "DCMD")
        and _is_level(levels[3])
    )


def _is_level(name: str) -> bool:
    return bool(name) and not any(character in name for character in "/+#\0")
