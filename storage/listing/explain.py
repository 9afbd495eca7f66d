"""What a verdict rests on, opened down: hourly rows of its points, their minutes, the hours of a longer period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from domain.periods import Period
from domain.pointhours import Windows, marked_by
from domain.quality import SourceFlag
from domain.readings import HOUR_US, from_us
from domain.slots import Minutes, minutes
from storage.database import Connection, fetch_all
from storage.listing.session import Row
from storage.marks import equipment_spans
from storage.readings import effective_readings
from storage.sql import queries

_SQL = queries("listing_explain")
_FLAGS = [flag.value for flag in SourceFlag]


async def explained_points(connection: Connection, *, enterprise: str, codes: Sequence[str], hour: Period) -> list[Row]:
    """Points by code, with what is stored of one hour now.

    Each row carries `hour` (its hourly row, None where there is none) and `minutes`: the slots of the hour that have
    readings, in order, computed from the readings as the roll-up does. Counters have no slots.
    """
    points = await fetch_all(connection, _SQL["points"], {"enterprise": enterprise, "codes": list(codes)})
    if not points:
        return []
    ids = [point["point_id"] for point in points]
    rows = await fetch_all(connection, _SQL["hours"], {"point_ids": ids, "hour_at": hour.start})
    of_point = {row["point_id"]: row for row in rows}
    slots = await _slots(connection, [point for point in points if point["kind"] != "counter"], hour.start)
    return [
        point | {"hour": of_point.get(point["point_id"]), "minutes": slots.get(point["point_id"], [])}
        for point in points
    ]


async def explained_parts(
    connection: Connection, *, rule_ids: Sequence[str], subject: str, period: Period
) -> list[Row]:
    """Current verdicts on the hours of a period by rule, verdict and reason: `hours` of each."""
    return await fetch_all(
        connection,
        _SQL["parts"],
        {"rule_ids": list(rule_ids), "subject": subject, "from_at": period.start, "to_at": period.end},
    )


async def _slots(connection: Connection, points: Sequence[Row], hour_at: datetime) -> dict[int, list[Row]]:
    if not points:
        return {}
    chosen = sorted(points, key=lambda point: int(point["point_id"]))
    count = len(chosen)
    point_id = np.array([point["point_id"] for point in chosen], np.int64)
    hour_us = np.full(count, int(hour_at.timestamp()) * 1_000_000, np.int64)
    unknown = np.full(count, np.nan)
    windows = Windows(
        point_id,
        hour_us,
        np.zeros(count, np.bool_),
        np.array([point["interval_s"] for point in chosen], np.int64),
        unknown,
        unknown,
        np.zeros(count, np.int64),
        unknown,
    )
    # ranges are (from, to]: a microsecond earlier, because these hours are [start, end)
    readings, corrected = await effective_readings(connection, point_id, hour_us - 1, hour_us + HOUR_US - 1)
    if len(readings) == 0:
        return {}
    spans = await equipment_spans(connection, point_id, int(hour_us[0]), int(hour_us[0]) + HOUR_US)
    found = minutes(windows, readings, corrected, marked_by(readings, spans) if len(spans) else None)
    of_point: dict[int, list[Row]] = {}
    for position in range(len(found)):
        of_point.setdefault(int(point_id[found.window[position]]), []).append(_slot(found, position))
    return of_point


def _slot(found: Minutes, position: int) -> dict[str, Any]:
    counts = found.flag_counts[position].tolist()
    is_valid = bool(found.is_valid[position])
    return {
        "slot": int(found.slot[position]),
        "start": from_us(int(found.start_us[position])),
        "length_s": int(found.length_s[position]),
        "mean": float(found.mean[position]) if is_valid else None,
        "is_valid": is_valid,
        "readings": int(found.readings[position]),
        "valid_readings": int(found.valid_readings[position]),
        "corrected": int(found.corrected[position]),
        "mark_id": int(found.mark_id[position]) or None,
        "flags": {letter: count for letter, count in zip(_FLAGS, counts, strict=True) if count},
    }
