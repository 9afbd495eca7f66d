"""The floor under the alert stage: the same rows read and the same rows written, with nothing decided in between.

What the platform wrote is taken from its database as bytes of COPY, and written into a copy of the state before with
one COPY a table and one UPDATE. Nobody who keeps these tables can do with less.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from runtime.bench.children import BenchFailed
from storage.database import Connection, Database, fetch_all

#: Rows a step adds: what comes out after a mark, and where it goes in.
_ADDED = {
    "alert": "copy (select * from alert where alert_id > %(mark)s) to stdout (format binary)",
    "alert_event": "copy (select * from alert_event where event_id > %(mark)s) to stdout (format binary)",
    "notification": "copy (select * from notification where notification_id > %(mark)s) to stdout (format binary)",
    "notification_alert": "copy (select * from notification_alert where notification_id > %(mark)s)"
    " to stdout (format binary)",
    "notification_decision": "copy (select * from notification_decision where decision_id > %(mark)s)"
    " to stdout (format binary)",
}
_INTO = {
    "alert": "copy alert from stdin (format binary)",
    "alert_event": "copy alert_event from stdin (format binary)",
    "notification": "copy notification from stdin (format binary)",
    "notification_alert": "copy notification_alert from stdin (format binary)",
    "notification_decision": "copy notification_decision from stdin (format binary)",
}
_MARKS = """
select coalesce((select max(alert_id) from alert), 0) as alert,
       coalesce((select max(event_id) from alert_event), 0) as alert_event,
       coalesce((select max(notification_id) from notification), 0) as notification,
       coalesce((select max(notification_id) from notification_alert), 0) as notification_alert,
       coalesce((select max(decision_id) from notification_decision), 0) as notification_decision
"""
#: Of the series that changed: their alerts, and how far telling about them has come.
_CHANGED_ALERTS = """
copy (select a.* from alert a join finding f using (finding_id)
      where a.alert_id <= %(mark)s and (f.period_start > %(hour)s or a.state = 'resolved')) to stdout (format binary)
"""
_CHANGED_DISPATCH = """
copy (select d.* from alert_dispatch d join alert a using (alert_id) join finding f using (finding_id)
      where f.period_start > %(hour)s or a.state = 'resolved') to stdout (format binary)
"""
_OPEN = """
select alert_id, rule_id, subject, enterprise_id, severity, state, title, summary, details, occurred_at, detected_at,
       fired_at, last_seen_at, finding_id, acknowledged_at
from alert where state in ('pending', 'firing')
"""
_WORK = """
select f.finding_id, f.rule_id, f.subject, f.enterprise_id, f.period_start, f.period_end, f.verdict, f.reason, f.value,
       f.limit_value, f.unit, f.evidence
from alert_work w join finding f using (finding_id)
"""
_UPDATE_ALERT = """
update alert a
set state = t.state, title = t.title, summary = t.summary, details = t.details, last_seen_at = t.last_seen_at,
    resolved_at = t.resolved_at, resolution = t.resolution, finding_id = t.finding_id, notified_at = t.notified_at
from touched_alert t where a.alert_id = t.alert_id
"""
_PUT_DISPATCH = """
insert into alert_dispatch select * from touched_dispatch
on conflict (alert_id) do update
set state = excluded.state, reason = excluded.reason, since_at = excluded.since_at, told_at = excluded.told_at,
    told_count = excluded.told_count, next_at = excluded.next_at
"""


@dataclass(slots=True)
class Written:
    """What an evaluation wrote, by table, as bytes of binary COPY."""

    added: dict[str, bytes] = field(default_factory=dict)
    alerts: bytes = b""
    dispatch: bytes = b""


async def marks(database: Database) -> dict[str, int]:
    """How far each table has come."""
    async with database.transaction() as connection:
        (row,) = await fetch_all(connection, _MARKS)
    return {name: int(value) for name, value in row.items()}


async def written(database: Database, before: dict[str, int], hour: datetime) -> Written:
    """What has come since. hour: start of the hour in which the open alerts began."""
    found = Written()
    async with database.transaction() as connection:
        for table, statement in _ADDED.items():
            found.added[table] = await _out(connection, statement, {"mark": before[table]})
        found.alerts = await _out(connection, _CHANGED_ALERTS, {"mark": before["alert"], "hour": hour})
        found.dispatch = await _out(connection, _CHANGED_DISPATCH, {"hour": hour})
    return found


async def bare_pass(database: Database, rows: Written) -> None:
    """Read every open alert and every new finding, and write what the platform wrote."""
    async with database.transaction() as connection:
        await fetch_all(connection, _OPEN)
        await fetch_all(connection, _WORK)
        for table, statement in _INTO.items():
            await _in(connection, statement, rows.added[table])
        await connection.execute("create temp table touched_alert (like alert) on commit drop")
        await connection.execute("create temp table touched_dispatch (like alert_dispatch) on commit drop")
        await _in(connection, "copy touched_alert from stdin (format binary)", rows.alerts)
        await _in(connection, "copy touched_dispatch from stdin (format binary)", rows.dispatch)
        await connection.execute(_UPDATE_ALERT)
        await connection.execute(_PUT_DISPATCH)
        await connection.execute("delete from alert_work")


async def same_rows(ours: Database, bare: Database) -> None:
    """Raises BenchFailed unless both databases hold equally many rows of each table that the stage writes."""
    counts = []
    for database in (ours, bare):
        async with database.transaction() as connection:
            counts += await fetch_all(
                connection,
                """select (select count(*) from alert where state = 'firing') as firing,
                          (select count(*) from alert where state = 'resolved') as resolved,
                          (select count(*) from alert_event) as events,
                          (select count(*) from notification) as notifications,
                          (select count(*) from notification_decision) as decisions,
                          (select count(*) from alert_dispatch) as dispatches,
                          (select count(*) from alert_work) as work""",
            )
    if counts[0] != counts[1]:
        raise BenchFailed(f"the bare pass did not write what the platform wrote: {counts[1]}, expected {counts[0]}")


async def _out(connection: Connection, statement: str, parameters: dict[str, object]) -> bytes:
    async with connection.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        return b"".join([bytes(block) async for block in copy])


async def _in(connection: Connection, statement: str, rows: bytes) -> None:
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        await copy.write(rows)
