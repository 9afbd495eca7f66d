"""Who asked that alerts on old periods be told: of which enterprise, of which span, until when that is decided."""

from __future__ import annotations

from datetime import datetime

from domain.periods import Period
from storage.database import Connection
from storage.sql import queries

_SQL = queries("historynotices")


async def open_notice(
    connection: Connection, enterprise_id: int, span: Period, until_at: datetime, author: str, now: datetime
) -> int:
    """Ask that alerts that occur in a span be told, if they are decided about until an instant; the notice's number."""
    parameters = {
        "enterprise_id": enterprise_id,
        "from_at": span.start,
        "to_at": span.end,
        "until_at": until_at,
        "author": author,
        "now": now,
    }
    row = await (await connection.execute(_SQL["open"], parameters)).fetchone()
    assert row is not None, "an insert without condition returns its row"
    return int(row[0])


async def widen_notice(connection: Connection, notice_id: int, span: Period, until_at: datetime) -> None:
    """Ask the same of a span more."""
    parameters = {"notice_id": notice_id, "from_at": span.start, "to_at": span.end, "until_at": until_at}
    await connection.execute(_SQL["widen"], parameters)
