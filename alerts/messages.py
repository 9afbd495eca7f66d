"""The message that a receiver gets: everything about one occasion of one alert, as JSON. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.wording import occasion_title
from domain.alerts import Condition, Occasion, Resolution, Severity, Span

#: What is said of an occasion beside that an alert fires or is over.
OCCASION_WORDS = {
    Occasion.REPEATED: "仍未签收",
    Occasion.REALARMED: "长时间未恢复",
    Occasion.ESCALATED: "无人签收，升级",
    Occasion.HANDED_OVER: "移交",
}


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom to tell: a configured channel and the receiver's label there. Never an address or a secret."""

    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery. The same idempotency_key always means the same message: a receiver may drop a repeat.

    may_repeat: an earlier attempt may have reached the receiver; mentions: addresses in the channel of the people whom
    a message to a group is for.
    """

    notification_id: int
    event: Occasion
    channel: str
    receiver: str
    idempotency_key: str
    attempt: int
    body: Mapping[str, Any]
    may_repeat: bool = False
    mentions: tuple[str, ...] = ()

    def payload(self) -> dict[str, Any]:
        """The JSON to send."""
        head = {
            "event": str(self.event),
            "notification_id": self.notification_id,
            "idempotency_key": self.idempotency_key,
        }
        # a body from before there were groups is that of its one alert
        return head | (dict(self.body) | head if "alerts" in self.body else {"alert": dict(self.body)})


def idempotency_key(
    rule_id: str,
    subject: str,
    alert_id: int,
    detected_at: datetime,
    occasion: Occasion,
    receiver: Receiver,
    team: str,
    nth: str,
) -> str:
    """One key per message: its first alert, the occasion, who gets it from which team, and a number that tells repeats
    apart. Another database's alert of the same number gets another one."""
    parts = (
        rule_id, subject, str(alert_id), detected_at.isoformat(), occasion, receiver.channel, receiver.name, team, nth,
    )  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def headed(
    title: str,
    occasion: Occasion,
    resolution: Resolution | None,
    condition: Condition = Condition.VIOLATION,
    reason: str | None = None,
) -> str:
    """An alert's title, its head saying what the message is about: `【严重·仍未签收】...`."""
    if occasion is Occasion.RESOLVED:
        return occasion_title(title, occasion, resolution, condition, reason)
    word = OCCASION_WORDS.get(occasion)
    head, bracket, rest = title.partition("】")
    return f"{head}·{word}{bracket}{rest}" if word and bracket and head.startswith("【") else title


def alert_body(
    occasion: Occasion,
    *,
    alert_id: int,
    rule_id: str,
    subject: str,
    enterprise: str | None,
    severity: Severity,
    span: Span,
    resolution: Resolution | None,
    detected_at: datetime,
    notified_at: datetime,
    title: str,
    summary: str,
    details: Mapping[str, Any],
    finding_id: int,
    url: str,
    api_url: str,
    condition: Condition = Condition.VIOLATION,
    acknowledged_at: datetime | None = None,
    acknowledged_by: str | None = None,
) -> dict[str, Any]:
    """What a message says about the alert. url: its page at the duty desk; api_url: the same by the API.

    occurred_at, fired_at, resolved_at, last_seen_at are event time; detected_at (the alert stage saw it) and queued_at
    (this message was written) are the platform's clock.
    """
    return {
        "id": alert_id,
        "rule": rule_id,
        "rule_title": details.get("rule_title"),
        "subject": subject,
        "subject_name": details.get("subject_name"),
        "enterprise": enterprise,
        "enterprise_name": details.get("enterprise_name"),
        "severity": str(severity),
        "state": "resolved" if occasion is Occasion.RESOLVED else "firing",
        "resolution": str(resolution) if occasion is Occasion.RESOLVED and resolution is not None else None,
        "condition": str(condition),
        "title": headed(title, occasion, resolution, condition, details.get("reason")),
        "summary": summary,
        "occurred_at": span.occurred_at.isoformat(),
        "detected_at": detected_at.isoformat(),
        "queued_at": notified_at.isoformat(),
        "fired_at": _text(span.fired_at),
        "last_seen_at": span.last_seen_at.isoformat(),
        "resolved_at": _text(span.resolved_at) if occasion is Occasion.RESOLVED else None,
        "value": details.get("value"),
        "limit": details.get("limit"),
        "unit": details.get("unit"),
        "reason": details.get("reason"),
        "standard": details.get("standard"),
        "clause": details.get("clause"),
        "finding_id": finding_id,
        "details": {key: details[key] for key in ("components", "component_count", "shortcomings") if key in details},
        "acknowledged_at": _text(acknowledged_at),
        "acknowledged_by": acknowledged_by,
        "url": url,
        "api_url": api_url,
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
