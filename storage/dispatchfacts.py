"""What the dispatcher looks at: alerts that are due, as they stand, and all that may keep them from people.

Each function is one statement, however many alerts it is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row

from storage.database import Connection, fetch_all
from storage.sql import queries

_SQL = queries("dispatchfacts")


@dataclass(frozen=True, slots=True)
class FactsRow:
    """An alert as it stands, with its district and park, the outlet of a point that it is about (`enterprise/code`),
    and how far telling has come (dispatch_state and the like: None when not at all)."""

    alert_id: int
    rule_id: str
    subject: str
    severity: str
    condition: str
    state: str
    resolution: str | None
    occurred_at: datetime
    acknowledged_at: datetime | None
    realarmed_at: datetime | None
    assignee: str | None
    finding_id: int
    enterprise: str | None
    district: str | None
    park: str | None
    point_outlet: str | None
    dispatch_state: str | None
    dispatch_reason: str | None
    since_at: datetime | None
    cause_alert_id: int | None
    next_at: datetime | None
    progress: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class LatenessRow:
    """How an old alert came to be known. established_at: event time, end of the newest period that shows it; the rest
    is by the platform's clock: computed_at: when that was found; evaluated_at: when its rule last had judged all that
    was closed; missed_from, missed_to: when the rule was last not judged for long; is_waiting: there are findings of
    its series that the alert stage has not looked at. None where nothing is known."""

    alert_id: int
    established_at: datetime
    computed_at: datetime | None
    evaluated_at: datetime | None
    missed_from: datetime | None
    missed_to: datetime | None
    is_waiting: bool


async def due(connection: Connection, now: datetime, changed: Iterable[int], limit: int) -> set[int]:
    """Alerts that are due at an instant, the longest due first, and those held because of an alert that has changed."""
    rows = await (
        await connection.execute(_SQL["due"], {"now": now, "changed": list(changed), "limit": limit})
    ).fetchall()
    return {int(row[0]) for row in rows}


async def ahead(connection: Connection, now: datetime, after: int, limit: int) -> list[int]:
    """Alerts that wait for a time to come, by number, from the one after a number on."""
    rows = await (await connection.execute(_SQL["ahead"], {"now": now, "after": after, "limit": limit})).fetchall()
    return [int(row[0]) for row in rows]


async def waiting(connection: Connection, teams: Iterable[str]) -> set[int]:
    """Alerts that wait for a digest of any of these teams."""
    rows = await (await connection.execute(_SQL["waiting"], {"teams": list(teams)})).fetchall()
    return {int(row[0]) for row in rows}


async def facts(connection: Connection, alert_ids: Iterable[int]) -> list[FactsRow]:
    """Alerts by number."""
    async with connection.cursor(row_factory=class_row(FactsRow)) as cursor:
        await cursor.execute(_SQL["facts"], {"alert_ids": sorted(alert_ids)})
        return await cursor.fetchall()


async def lateness(connection: Connection, alert_ids: Iterable[int], within: timedelta) -> list[LatenessRow]:
    """How alerts came to be known, by number. within: what was found in this time was found in time; is_waiting is
    looked up where that, or an outage of the rule, may make the alert news."""
    async with connection.cursor(row_factory=class_row(LatenessRow)) as cursor:
        await cursor.execute(_SQL["lateness"], {"alert_ids": sorted(alert_ids), "within": within})
        return await cursor.fetchall()


async def changes(
    connection: Connection, alert_ids: Iterable[int], since: datetime, now: datetime
) -> dict[int, tuple[datetime, ...]]:
    """When alerts of the series of some alerts fired or were resolved within (since, now], by alert."""
    parameters = {"alert_ids": sorted(alert_ids), "since": since, "now": now}
    rows = await (await connection.execute(_SQL["changes"], parameters)).fetchall()
    return {alert_id: tuple(ats) for alert_id, ats in rows}


async def holds(connection: Connection, alert_ids: Iterable[int], now: datetime) -> list[dict[str, Any]]:
    """kind, rule_id, subject, until_at, author of what stands of some alerts' series."""
    return await fetch_all(connection, _SQL["holds"], {"alert_ids": sorted(alert_ids), "now": now})


async def stopped(connection: Connection, kind: str, now: datetime, longest: timedelta) -> dict[str, datetime]:
    """Outlets (`enterprise/code`) under a process mark of a kind, and when it is over."""
    rows = await (await connection.execute(_SQL["stopped"], {"kind": kind, "now": now, "longest": longest})).fetchall()
    return dict(rows)


async def causes(
    connection: Connection, rules: Iterable[str], enterprises: Iterable[str], now: datetime
) -> list[dict[str, Any]]:
    """alert_id, rule_id, subject, enterprise, point_outlet (of those about a point) of firing alerts of some rules and
    enterprises (and of none)."""
    parameters = {"rules": sorted(rules), "enterprises": sorted(enterprises), "now": now}
    return await fetch_all(connection, _SQL["causes"], parameters)


async def dark(
    connection: Connection, enterprises: Iterable[str], offline: Sequence[str], forget: timedelta
) -> list[dict[str, Any]]:
    """enterprise, point, outlet, gateways of points that only gateways (subjects) among those offline have sent.

    forget: a gateway that has not sent a point for so long while another one did has nothing to do with it any more.
    """
    parameters = {"enterprises": sorted(enterprises), "offline": list(offline), "forget": forget}
    return await fetch_all(connection, _SQL["dark"], parameters)


async def behind(connection: Connection, gateways: Iterable[str], forget: timedelta) -> dict[str, frozenset[str]]:
    """The outlets (`enterprise/code`) of the points that gateways (subjects) have sent; none of a gateway that has sent
    a point of no outlet. forget: as in dark()."""
    rows = await fetch_all(connection, _SQL["behind"], {"gateways": sorted(gateways), "forget": forget})
    return {row["gateway"]: frozenset(row["outlets"]) for row in rows}


async def notices(connection: Connection, now: datetime) -> list[dict[str, Any]]:
    """enterprise, from_at, to_at of old alerts that somebody asked to be told of."""
    return await fetch_all(connection, _SQL["notices"], {"now": now})


async def flaps(connection: Connection, alert_ids: Iterable[int], now: datetime) -> list[dict[str, Any]]:
    """rule_id, subject, since_at, until_at, changes, alert_id of the series of some alerts that flap."""
    return await fetch_all(connection, _SQL["flaps"], {"alert_ids": sorted(alert_ids), "now": now})


async def floods(connection: Connection) -> list[dict[str, Any]]:
    """flood_id, team, began_at, alerts, digests, last_digest_at of floods that are not over."""
    return await fetch_all(connection, _SQL["floods"])


async def came(connection: Connection, since: Mapping[str, datetime], now: datetime) -> dict[str, tuple[int, int]]:
    """(how many alerts each team was told of, or waits for, since an instant of its own; critical ones of these that
    were told by themselves)."""
    if not since:
        return {}
    parameters = {
        "teams": list(since),
        "sinces": list(since.values()),
        "earliest": min(since.values()),
        "now": now,
    }
    rows = await (await connection.execute(_SQL["came"], parameters)).fetchall()
    return {team: (alerts, critical) for team, alerts, critical in rows}


async def group_last(connection: Connection, since: datetime, now: datetime) -> dict[tuple[str, str], datetime]:
    """When a (team, group) was last told of a new alert within (since, now]."""
    rows = await (await connection.execute(_SQL["group_last"], {"since": since, "now": now})).fetchall()
    return {(team, key): at for team, key, at in rows}


async def held_counts(connection: Connection) -> dict[str, int]:
    """Numbers of held alerts by reason."""
    return dict(await (await connection.execute(_SQL["held_counts"])).fetchall())


async def flood_count(connection: Connection) -> int:
    """How many teams are in a flood."""
    row = await (await connection.execute(_SQL["flood_count"])).fetchone()
    return 0 if row is None else int(row[0])
