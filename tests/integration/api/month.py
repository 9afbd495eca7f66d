"""A month of verdicts on one pollutant, with a limit, marks and a closed month: what reports and standings rest on."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from storage.database import Connection
from tests.integration.api.conftest import HOUR_AT, insert_finding

#: Local midnight of 2026-11-01.
MONTH_AT = HOUR_AT - timedelta(hours=32)
SUBJECT = "pollutant:hx-coking/S1/so2"


def hour(number: int) -> datetime:
    """Start of an hour of the month."""
    return MONTH_AT + timedelta(hours=number)


def evidence(value: float | None, limit_id: int, marks: list[int]) -> str:
    """As the rules write it."""
    judged = {} if value is None else {"converted": value, "rounded": float(round(value))}
    return json.dumps(
        {
            "pollutant": {"point": "S1-SO2", "mean": 26.9, "valid_minutes": 60, "readings": 60},
            "o2": {"point": "S1-O2", "mean_pct": 9.5, "valid_minutes": 60, "readings": 60},
            "limit_id": limit_id,
            "limit": 30.0,
            "decimals": 0,
            "reference_o2_pct": 8.0,
            "marks": marks,
            **judged,
        }
    )


async def insert_limit(connection: Connection, **changes: Any) -> int:
    """A shipped ultra-low limit of coke-oven stacks, changed as told; gives its id."""
    row = {
        "origin": "preset",
        "preset": "ule.coke_oven_stack.so2",
        "process": "coke_oven_stack",
        "quantity": "so2",
        "kind": "ule",
        "averaging": "hour",
        "value": 30.0,
        "reference_o2_pct": 8.0,
        "standard": "环大气〔2024〕5号",
        "clause": "附件2 表1",
        "source": "转发文件",
        "confidence": "V2",
        "status": "policy",
        "enabled": True,
        "created_at": MONTH_AT,
    } | changes
    cursor = await connection.execute(
        "insert into emission_limit (origin, preset, process, quantity, kind, averaging, region, value, unit, decimals,"
        " reference_o2_pct, exempt_process, standard, clause, source, confidence, status, enabled, valid_from, author,"
        " reason, created_at) values (%(origin)s, %(preset)s, %(process)s, %(quantity)s, %(kind)s, %(averaging)s,"
        " 'any', %(value)s, 'mg/m3', 0, %(reference_o2_pct)s, '{}', %(standard)s, %(clause)s, %(source)s,"
        " %(confidence)s, %(status)s, %(enabled)s, '2024-01-19', 'plantwatch', '', %(created_at)s) returning limit_id",
        row,
    )
    found = await cursor.fetchone()
    assert found is not None
    return int(found[0])


async def insert_hours(connection: Connection, limit_id: int, marks: list[int], **changes: Any) -> list[int]:
    """Six hours by the ultra-low limit: three kept it, one did not, one was excluded, one had too little data."""
    verdicts = [
        ("compliant", "within_limit", 21.4),
        ("compliant", "within_limit", 29.7),
        ("compliant", "within_limit", 30.0),
        ("violation", "over_limit", 33.4),
        ("undetermined", "excluded_stopped", None),
        ("undetermined", "too_few_valid_minutes", None),
    ]
    return [
        await insert_finding(
            connection,
            **{
                "rule_id": "ule.hourly",
                "subject": SUBJECT,
                "period_start": hour(number),
                "period_end": hour(number + 1),
                "verdict": verdict,
                "reason": reason,
                "value": value,
                "evidence": evidence(value, limit_id, marks if reason == "excluded_stopped" else []),
                "computed_at": hour(number + 1) + timedelta(minutes=10),
            }
            | changes,
        )
        for number, (verdict, reason, value) in enumerate(verdicts)
    ]


async def insert_mark(connection: Connection, **changes: Any) -> int:
    """A mark that the source stood still in the fifth hour, changed as told; gives its id."""
    row = {"start": hour(4), "end": hour(5), "at": hour(5), "reason": "停炉检修", "kind": "stopped"} | changes
    cursor = await connection.execute(
        "insert into mark (enterprise_id, outlet_id, dimension, kind, start_at, end_at, origin, author, reason,"
        " created_at)"
        " values (1, 1, 'process', %(kind)s, %(start)s, %(end)s, 'manual', 'hx-coking:王工', %(reason)s, %(at)s)"
        " returning mark_id",
        row,
    )
    found = await cursor.fetchone()
    assert found is not None
    return int(found[0])
