"""The topics that the listener itself has to know: `status` and `rejects` of an enterprise's own gateways.

What any other topic means is the sink's business; it refuses and accounts what it does not know.
"""

from __future__ import annotations

from ingest.listener.packets import Reason

_PREFIX = "plantwatch/v1/"
_STATUS = "/status"
_REJECTS = "/rejects"


def status_gateway(enterprise: str, topic: str) -> str | None:
    """The gateway whose status topic this is, or None unless it is one of this enterprise's own."""
    return _gateway(enterprise, topic, _STATUS) if topic.endswith(_STATUS) else None


def status_topic(enterprise: str, gateway: str) -> str:
    return f"{_PREFIX}{enterprise}/{gateway}{_STATUS}"


def rejects_topic(enterprise: str, gateway: str) -> str | None:
    """Where a gateway reads what was refused; None for a name that is no topic level."""
    return f"{_PREFIX}{enterprise}/{gateway}{_REJECTS}" if _is_level(gateway) else None


def any_rejects_filter(enterprise: str) -> str:
    """The one wildcard that is granted: the rejects of all gateways of an enterprise."""
    return f"{_PREFIX}{enterprise}/+{_REJECTS}"


def subscription_refusal(enterprise: str, pattern: str) -> Reason | None:
    """Why an enterprise may not subscribe to this filter, or None when it may."""
    if pattern.startswith("$share/"):
        return Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
    own = (
        pattern == any_rejects_filter(enterprise)
        or _gateway(enterprise, pattern, _REJECTS) is not None
        or _gateway(enterprise, pattern, _STATUS) is not None
    )
    return None if own else Reason.NOT_AUTHORIZED


def _gateway(enterprise: str, topic: str, leaf: str) -> str | None:
    start = f"{_PREFIX}{enterprise}/"
    if not (topic.startswith(start) and topic.endswith(leaf)):
        return None
    gateway = topic[len(start) : -len(leaf)]
    return gateway if _is_level(gateway) else None


def _is_level(name: str) -> bool:
    return bool(name) and not any(character in name for character in "/+#\0")
