"""Signs of false data by outlet, and in leak tests by enterprise: what the data look like, never why."""

from __future__ import annotations

from domain.periods import Period
from storage.database import Connection, fetch_all
from storage.listing.emissions import outlet_subject
from storage.listing.session import Row
from storage.sql import queries

_SQL = queries("listing_signs")


async def list_signs(
    connection: Connection,
    *,
    days: Period,
    enterprise_id: int | None,
    outlet: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Row]:
    """One page of outlets by enterprise and code, which `after` is of.

    days: whole local days. Each row carries `score`, the sum of the weights of the signs that were seen, each once a
    day at most, and `signs`: what was seen, the heaviest first.
    """
    after_enterprise, after_outlet = after or (None, None)
    span = {"from_at": days.start, "to_at": days.end}
    rows = await fetch_all(
        connection,
        _SQL["scores"],
        {
            **span,
            "enterprise_id": enterprise_id,
            "outlet": outlet,
            "after_enterprise": after_enterprise,
            "after_outlet": after_outlet,
            "limit": limit,
        },
    )
    if not rows:
        return []
    seen = await fetch_all(connection, _SQL["seen"], {**span, "subjects": [outlet_subject(row) for row in rows]})
    of_outlet: dict[str, list[Row]] = {}
    for sign in seen:
        of_outlet.setdefault(sign["subject"], []).append(sign)
    for row in rows:
        row["signs"] = of_outlet.get(outlet_subject(row), [])
    return rows


async def list_leak_signs(
    connection: Connection, *, days: Period, enterprise_id: int | None, after: str | None, limit: int
) -> list[Row]:
    """One page of enterprises by code, which `after` is, on whose days or campaigns LDAR signs were looked for.

    days: whole local days in which periods begin. Each row carries `judged`, findings with enough records, `seen`,
    those with a sign, and `signs`: what was seen, the most frequent first.
    """
    span = {"from_at": days.start, "to_at": days.end}
    asked = {**span, "enterprise_id": enterprise_id, "after": after, "limit": limit}
    rows = await fetch_all(connection, _SQL["leak_enterprises"], asked)
    subjects = {f"enterprise:{row['enterprise']}": row for row in rows}
    for row in rows:
        row["signs"] = []
    if rows:
        for sign in await fetch_all(connection, _SQL["leak_seen"], {**span, "subjects": list(subjects)}):
            subjects[sign["subject"]]["signs"].append(sign)
    return rows
