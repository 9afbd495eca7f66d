"""Holds what the platform stored, judged and told against what the simulators know they caused."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.periods import Period
from runtime.demo_people import Phones
from runtime.demo_told import check_told
from simulators.truth import Truth
from storage import pipeline
from storage.database import Connection, Database
from storage.listing.readings import list_readings
from storage.points import load_register

_EXAMPLES = 20
#: Means of the platform and of the simulators differ by the order of summation only.
_RELATIVE, _ABSOLUTE = 1e-9, 1e-6


#: (instant, value, flag) in order of time, by ``{enterprise}/{point}``.
Wanted = Mapping[str, Sequence[tuple[datetime, float, str]]]


async def check(
    database: Database, truth: Truth, phones: Phones, start: datetime, *, resent: int, readings: Sequence[Wanted]
) -> dict[str, Any]:
    """Report keys about findings, alerts, notifications and accounting; `ok` is whether nothing differs.

    start: of the story. resent: items that the simulated gateways had to send again; each of these may have become a
    duplicate. readings: what must be stored to the last bit, of some days.
    """
    async with database.transaction() as connection:
        accounts = await pipeline.read(connection, "accounting_by_enterprise")
        (kept,) = await pipeline.read(connection, "rows_kept")
        reasons = await pipeline.read(connection, "refused_by_reason")
        findings = await pipeline.read(connection, "current_findings")
        alerts = await pipeline.read(connection, "alerts_in_short")
        told, not_as_told = await check_told(connection, truth, phones, start)
        evidence = await pipeline.read(connection, "month_evidence")
        wrong_readings = [problem for wanted in readings for problem in await _readings(connection, wanted)]
    missing, unexpected = _findings(truth, findings)
    problems = [
        *wrong_readings,
        *_evidence(truth, evidence),
        *_accounting(truth, accounts, kept, resent),
        *_refusals(truth, reasons),
        *_alerts(truth, alerts),
        *not_as_told,
    ]
    states = Counter(row["state"] for row in alerts)
    return {
        "expected_findings_missing": len(missing),
        "unexpected_findings": len(unexpected),
        "alerts": {"fired": states["firing"] + states["resolved"], "resolved": states["resolved"]},
        **told,
        "readings_compared": sum(len(of_point) for wanted in readings for of_point in wanted.values()),
        "accounting_law_holds": all(_lawful(row) for row in accounts),
        "missing_examples": missing[:_EXAMPLES],
        "unexpected_examples": unexpected[:_EXAMPLES],
        "differences": problems[:_EXAMPLES],
        "ok": not missing and not unexpected and not problems and all(_lawful(row) for row in accounts),
    }


def _lawful(row: dict[str, Any]) -> bool:
    outcomes = row["stored"] + row["duplicates"] + row["corrections"] + row["refused"]
    return bool(row["received"] == outcomes)


def _findings(truth: Truth, rows: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Expected findings that are missing or different, and findings nobody expected."""
    present = {(row["rule_id"], row["subject"], row["period_start"]): row for row in rows}
    missing = []
    for key, (verdict, reason, value) in truth.findings.items():
        row = present.get(key)
        if row is None:
            if key not in truth.redundant:
                missing.append(f"{_text(key)} {verdict} {reason}: there is no such finding")
        elif (row["verdict"], row["reason"]) != (verdict, reason):
            missing.append(f"{_text(key)} {verdict} {reason}: found {row['verdict']} {row['reason']}")
        elif value is not None and not _equal(value, row["value"]):
            missing.append(f"{_text(key)} value {value}: found {row['value']}")
    unexpected = [
        f"{_text(key)} {row['verdict']} {row['reason']}"
        for key, row in present.items()
        if key not in truth.findings
        and (row["verdict"] == "violation" or not row["rule_id"].startswith(truth.violations_only))
    ]
    return missing, sorted(unexpected)


def _evidence(truth: Truth, rows: list[dict[str, Any]]) -> list[str]:
    """Numerators, denominators and excluded hours that are not what they must be."""
    present = {(row["rule_id"], row["subject"], row["period_start"]): row["evidence"] for row in rows}
    return [
        f"evidence of {_text(key)}: {name} {present.get(key, {}).get(name)}, expected {value}"
        for key, wanted in truth.evidence.items()
        for name, value in wanted.items()
        if present.get(key, {}).get(name) != value
    ]


def _equal(expected: float, found: float | None) -> bool:
    return found is not None and math.isclose(expected, found, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)


def _text(key: tuple[str, str, Any]) -> str:
    rule, subject, start = key
    return f"{rule} {subject} {start.isoformat()}"


def _accounting(truth: Truth, accounts: list[dict[str, Any]], kept: dict[str, Any], resent: int) -> list[str]:
    problems = []
    found = {row["enterprise"]: row for row in accounts}
    for enterprise, wanted in truth.accounting.items():
        row = found.get(enterprise)
        for name in ("received", "stored", "duplicates", "corrections", "refused"):
            expected, got = getattr(wanted, name), 0 if row is None else row[name]
            # a gateway that had to send again may have been heard twice
            slack = resent if name in ("received", "duplicates") else 0
            if not expected <= got <= expected + slack:
                problems.append(f"accounting of {enterprise}: {name} {got}, expected {expected}")
    for name, kinds in {
        "stored": ("readings", "leak_tests", "leak_facts", "figures"),
        "corrections": ("corrections", "leak_test_corrections", "leak_fact_corrections", "figure_corrections"),
        "refused": ("refused_items",),
    }.items():
        booked, there = sum(row[name] for row in accounts), sum(kept[kind] for kind in kinds)
        if booked != there:
            problems.append(f"accounting says {booked} {name}, the tables hold {there}")
    return problems


def _refusals(truth: Truth, rows: list[dict[str, Any]]) -> list[str]:
    found = {(row["enterprise"], row["reason"]): row["items"] for row in rows}
    return [
        f"refusals {key}: {found.get(key, 0)}, expected {truth.refusals.get(key, 0)}"
        for key in sorted(found.keys() | truth.refusals.keys())
        if found.get(key, 0) != truth.refusals.get(key, 0)
    ]


async def _readings(connection: Connection, wanted: Wanted) -> list[str]:
    """Readings that are not stored as they must be: same double, same flag."""
    problems = []
    by_enterprise: dict[str, list[str]] = {}
    for key in wanted:
        by_enterprise.setdefault(key.partition("/")[0], []).append(key)
    for enterprise, keys in by_enterprise.items():
        register = await load_register(connection, enterprise)
        ids = {} if register is None else {point.code: point.point_id for point in register.points}
        for key in keys:
            expected = wanted[key]
            if not expected:
                continue
            period = Period(expected[0][0], expected[-1][0] + timedelta(microseconds=1))
            point_id = ids[key.partition("/")[2]]
            rows = await list_readings(
                connection, point_id=point_id, period=period, after=None, limit=2 * len(expected) + 100
            )
            found = {row["measured_at"]: (row["value"], row["source_flag"]) for row in rows}
            for at, value, flag in expected:
                if found.get(at) != (value, flag):
                    problems.append(f"reading {key} at {at.isoformat()}: {found.get(at)}, expected {(value, flag)}")
    return problems


def _alerts(truth: Truth, rows: list[dict[str, Any]]) -> list[str]:
    found = {(row["rule_id"], row["subject"], row["occurred_at"]): row["state"] for row in rows}
    return [
        f"alert {_text(key)}: {found.get(key)}, expected {truth.alerts.get(key)}"
        for key in sorted(found.keys() | truth.alerts.keys())
        if found.get(key) != truth.alerts.get(key)
    ] + ([f"{len(rows)} alerts, {len(found)} distinct"] if len(rows) != len(found) else [])
