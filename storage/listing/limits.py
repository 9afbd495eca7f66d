"""Limits as the API shows and edits them: a row is never altered, an edit is a new row that supersedes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from domain.errors import Conflict, NotFound
from domain.limits import RATE_UNIT, Averaging, Limit, LimitBook, LimitKind, Region, first_overlap
from storage.database import Connection, fetch_all
from storage.listing.session import Row, fetch_one
from storage.site import note_limits, write_rows
from storage.sql import queries

_SQL = queries("listing_limits")


@dataclass(frozen=True, slots=True)
class LimitFilter:
    """None: not filtered. as_known_at: rows that were current at that instant instead of the current ones."""

    enterprise_id: int | None = None
    outlet: str | None = None
    process: str | None = None
    quantity: str | None = None
    kind: str | None = None
    status: str | None = None
    enabled: bool | None = None
    as_known_at: datetime | None = None


async def list_limits(connection: Connection, wanted: LimitFilter, *, after: int | None, limit: int) -> list[Row]:
    """One page by limit_id; `after` is a limit_id."""
    return await fetch_all(connection, _SQL["limits"], {**asdict(wanted), "after": after, "limit": limit})


async def limits_by_id(connection: Connection, limit_ids: Sequence[int]) -> list[Row]:
    """Rows of these ids, current or superseded, by id; unknown ids are absent."""
    return await fetch_all(connection, _SQL["by_id"], {"limit_ids": list(limit_ids)})


async def get_limit(connection: Connection, limit_id: int) -> Row:
    """One row, current or superseded. Raises NotFound."""
    rows = await limits_by_id(connection, [limit_id])
    if not rows:
        raise NotFound(f"没有限值 {limit_id}")
    return rows[0]


async def limit_history(connection: Connection, limit_id: int, *, limit: int) -> list[Row]:
    """What was ever said of the scope and first day of a row, newest first, at most `limit`."""
    rows = await _found(connection, "history", {"limit_id": limit_id, "limit": limit})
    return sorted(rows, key=lambda row: -int(row["limit_id"]))


async def get_outlet(connection: Connection, enterprise: str, outlet: str) -> Row:
    """An outlet by its codes. Raises NotFound."""
    row = await fetch_one(connection, _SQL["outlet"], {"enterprise": enterprise, "outlet": outlet})
    if row is None:
        raise NotFound(f"企业 {enterprise} 没有排口 {outlet}")
    return row


async def effective_limits(connection: Connection, outlet: Row, day: date) -> tuple[date | None, list[Row]]:
    """What holds at an outlet on a local day, and since when the city is a key region (None: never).

    A row per quantity, kind and averaging that anything is said of, one more for rates (kg/h): `limit` is the row that
    holds, None when the winning one is disabled; `winner` the row that decides; `overruled` the others, the better ones
    first.
    """
    rows = await _found(connection, "of_outlet", {"outlet_id": outlet["outlet_id"], "process": outlet["process"]})
    by_id = {row["limit_id"]: row for row in rows}
    city = await fetch_one(connection, queries("limits")["key_region_from"], {})
    since = None if city is None else city["key_region_from"]
    book = LimitBook((_limit(row) for row in rows), since)
    place = f"{outlet['enterprise']}/{outlet['outlet']}"
    found = []
    asked = {(row["quantity"], row["kind"], row["averaging"], row["unit"] == RATE_UNIT) for row in rows}
    for quantity, kind, averaging, rate in sorted(asked):
        ranked = book.ranked(place, outlet["process"], quantity, LimitKind(kind), Averaging(averaging), day, rate=rate)
        if ranked:
            chosen = [by_id[one.limit_id] for one in ranked]
            found.append(
                {
                    "quantity": quantity,
                    "kind": kind,
                    "averaging": averaging,
                    "limit": chosen[0] if ranked[0].enabled else None,
                    "winner": chosen[0],
                    "overruled": chosen[1:],
                }
            )
    return since, found


async def add_limit(connection: Connection, row: Row, at: datetime, *, over_preset: bool = False) -> int:
    """Say a limit from now on; gives its id. Supersedes a person's row of the same scope and first day.

    row: the columns of the site file's `limit`, with `author`. over_preset: the row is to overrule a shipped one, so no
    person may have done so before. Raises NotFound for an unknown outlet or preset, and Conflict when another row of
    the scope speaks of one of its days.
    """
    if row["outlet"] is not None:
        await get_outlet(connection, row["enterprise"], row["outlet"])
    if row["preset"] is not None and await fetch_one(connection, _SQL["preset"], {"preset": row["preset"]}) is None:
        raise NotFound(f"没有预置限值 {row['preset']}")
    await connection.execute(_SQL["one_writer"])
    present = await _scope(connection, row)
    same = [other for other in present if other["valid_from"] == row["valid_from"]]
    if over_preset and same:
        raise Conflict(f"人工登记的限值 {same[0]['limit_id']} 已优先于这条预置限值，请对那一条操作")
    others = [_limit(other) for other in present if other["valid_from"] != row["valid_from"]]
    clash = first_overlap([*others, _limit({**row, "limit_id": 0, "origin": "operator"})])
    if clash is not None:
        other = next(one for one in clash if one.limit_id != 0)
        raise Conflict(
            f"与限值 {other.limit_id}（{other.valid_from} 至 {other.valid_to or '今后'}）的有效期重叠；"
            "请先给那一条写上更早的 valid_to，或用相同的 valid_from 替换它"
        )
    await write_rows(connection, "limit", [{**row, "origin": "operator", "confidence": "operator"}], at)
    await note_limits(connection, [(row["enterprise"], row["valid_from"])])
    written = await _scope(connection, row)
    return next(int(one["limit_id"]) for one in written if one["valid_from"] == row["valid_from"])


async def _scope(connection: Connection, row: Row) -> list[Row]:
    names = ("enterprise", "outlet", "process", "quantity", "kind", "averaging", "region", "unit")
    return await _found(connection, "scope", {name: row[name] for name in names})


async def _found(connection: Connection, block: str, parameters: Row) -> list[Row]:
    """The whole rows whose ids a block gives, by id."""
    found = await fetch_all(connection, _SQL[block], parameters)
    return await limits_by_id(connection, [row["limit_id"] for row in found]) if found else []


def _limit(row: Row) -> Limit:
    return Limit(
        limit_id=row["limit_id"],
        origin=row["origin"],
        outlet=None if row["outlet"] is None else f"{row['enterprise']}/{row['outlet']}",
        process=row["process"],
        quantity=row["quantity"],
        kind=LimitKind(row["kind"]),
        averaging=Averaging(row["averaging"]),
        region=Region(row["region"]),
        value=row["value"],
        unit=row["unit"],
        decimals=row["decimals"],
        reference_o2_pct=row["reference_o2_pct"],
        exempt_process=tuple(row["exempt_process"]),
        status=row["status"],
        enabled=row["enabled"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
    )
