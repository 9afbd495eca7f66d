"""Series whose alerts come and go: told once that they do, then held until they have been quiet. Pure.

A change is that an alert of the series fires or is resolved, by the platform's clock: what somebody at the desk sees.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.dispatch.contract import AlertFacts, Flap
from domain.teams import TeamPolicy


def extended(flap: Flap, alert: AlertFacts, policy: TeamPolicy, now: datetime) -> Flap:
    """A flapping series, held for longer when it has changed since."""
    newest = max((at for at in alert.changes if at <= now), default=flap.since_at)
    changes = flap.changes + sum(flap.until - policy.flap_quiet < at <= now for at in alert.changes)
    until = newest + policy.flap_quiet
    return flap if until <= flap.until else replace(flap, until=until, changes=changes)


def begun(alert: AlertFacts, policy: TeamPolicy, now: datetime) -> Flap | None:
    """The flapping that a series shows now, None when it changes no more often than others."""
    recent = [at for at in alert.changes if now - policy.flap_window < at <= now]
    if len(recent) < policy.flap_changes or max(recent) + policy.flap_quiet <= now:
        return None
    until = max(recent) + policy.flap_quiet
    return Flap(alert.rule_id, alert.subject, now, until, len(recent), alert.alert_id)
