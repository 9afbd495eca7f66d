"""Which stored alert is which span. Pure.

When everything is reconciled, the alerts that are not superseded and the spans are the same, one to one. A resolved
alert is never opened again and a firing one never becomes pending again, nor one on want of data one on a violation:
people were told. Where late data would ask for that, the old row is superseded and the span gets a row of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.alerts import AlertState, Condition, Span


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert as stored, not superseded."""

    alert_id: int
    state: AlertState
    occurred_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    condition: Condition = Condition.VIOLATION


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in this order, so that there is never more than one open alert.

    superseded: alerts without a span; kept: alerts and the spans they are now; new: spans without an alert, each with
    the superseded, resolved alerts that it replaces.
    """

    superseded: list[StoredAlert]
    kept: list[tuple[StoredAlert, Span]]
    new: list[tuple[Span, list[StoredAlert]]]


def plan(stored: Sequence[StoredAlert], spans: Sequence[Span]) -> Plan:
    """Match stored alerts and spans of one (rule, alert subject), both in time order."""
    left = list(stored)
    kept: list[tuple[StoredAlert, Span]] = []
    unmatched: list[Span] = []
    for span in spans:
        candidates = [alert for alert in left if _overlap(alert, span) and _may_become(alert, span)]
        # the same beginning is the same problem; otherwise the row that is still open, otherwise the earliest
        candidates.sort(key=lambda a: (a.occurred_at != span.occurred_at, a.state is AlertState.RESOLVED))
        if candidates:
            kept.append((candidates[0], span))
            left.remove(candidates[0])
        else:
            unmatched.append(span)
    new = [(s, [a for a in left if a.state is AlertState.RESOLVED and _overlap(a, s)]) for s in unmatched]
    return Plan(superseded=left, kept=kept, new=new)


def _overlap(alert: StoredAlert, span: Span) -> bool:
    begins_before_end = span.resolved_at is None or alert.occurred_at < span.resolved_at
    ends_after_begin = alert.resolved_at is None or span.occurred_at < alert.resolved_at
    return begins_before_end and ends_after_begin


def _may_become(alert: StoredAlert, span: Span) -> bool:
    if alert.condition is not span.condition:
        return False
    if alert.fired_at is not None and span.fired_at is None:
        return False
    if alert.state is AlertState.RESOLVED:
        return span.resolved_at is not None and (alert.fired_at is None) == (span.fired_at is None)
    return True
