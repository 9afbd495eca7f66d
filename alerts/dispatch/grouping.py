"""What makes several alerts one message. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from alerts.dispatch.contract import AlertFacts, TeamState, Telling
from domain.alerts import Severity
from domain.roster import Team
from domain.telling import Reason


def group_key(alert: AlertFacts, team: Team) -> str:
    """What a team's alerts have in common when they go into one message.

    What belongs to no enterprise (the city, a district, a rule, a channel) has a group of its own.
    """
    parts = []
    for key in team.policy.group_by:
        if key == "cause":
            value = alert.rule_id.partition(".")[0]
        elif key == "enterprise":
            value = alert.enterprise or alert.subject
        else:
            value = alert.labels.get(key, "")
        parts.append(f"{key}={value}")
    return " ".join(parts)


def held_until(
    telling: Telling, key: str, state: TeamState, last: Mapping[tuple[str, str], datetime], now: datetime
) -> datetime | None:
    """Until when a group's interval keeps a first telling back; None when it does not. Never the highest severity."""
    if telling.facts.severity is Severity.CRITICAL:
        return None
    if state.held is Reason.GROUP_INTERVAL:  # it waits for the interval that it met, not for later ones
        until = state.next_at or now
        return min(until, now + telling.team.policy.group_interval) if until > now else None
    told_at = last.get((telling.team.code, key))
    if told_at is None:
        return None
    until = min(told_at, now) + telling.team.policy.group_interval
    return until if until > now else None


def grouped(tellings: Iterable[tuple[Telling, str]], *, as_one: bool) -> list[tuple[str, Sequence[Telling]]]:
    """(group key, tellings) of each message of a team, by the tellings' event, receivers and group key.

    as_one: whatever the key. More groups than the team's flood count for the same receivers become one, too.
    """
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], dict[str, list[Telling]]] = defaultdict(dict)
    for telling, key in tellings:
        receivers = tuple((receiver.channel, receiver.name) for receiver in telling.receivers)
        groups[telling.event, receivers].setdefault("" if as_one else key, []).append(telling)
    found: list[tuple[str, Sequence[Telling]]] = []
    for by_key in groups.values():
        most = next(iter(by_key.values()))[0].team.policy.flood_count
        if len(by_key) > most:
            found.append(("", _sorted(telling for tellings in by_key.values() for telling in tellings)))
        else:
            found += [(key, _sorted(tellings)) for key, tellings in by_key.items()]
    return found


def _sorted(tellings: Iterable[Telling]) -> Sequence[Telling]:
    return sorted(tellings, key=lambda telling: telling.facts.order)
