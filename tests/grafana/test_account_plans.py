"""The boards of accounts look up findings by key: what other rules have found must not make them slower."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tests.grafana.macros import expand
from tests.grafana.plant import NOW
from tests.grafana.test_dashboards import DASHBOARDS, everything, panels

Connection = psycopg.Connection[tuple[object, ...]]
BOARDS = ("water", "balance", "energy", "carbon", "targets", "city")
#: Findings of hourly rules on points, beside which those of accounts are few.
_CROWD = """
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, evidence,
                     computed_at)
select 'crowd.' || n % 5, 1, 'point:x/' || n % 1000, 1, t.at, t.at + interval '1 hour', 'compliant', 'reporting', '{}',
       t.at
from generate_series(1, 60000) n
cross join lateral (select timestamptz '2026-06-01T00:00:00Z' + n / 1000 * interval '1 hour' as at) t;
"""


@pytest.fixture(scope="module")
def crowded(filled_url: str) -> Iterator[Connection]:
    with psycopg.connect(filled_url, options="-c timezone=UTC") as connection:
        connection.execute(_CROWD)
        connection.execute("analyze finding")
        connection.execute("set local role dash_reader")
        yield connection
        connection.rollback()


def _cases() -> Iterator[Any]:
    for name in BOARDS:
        uid = f"plantwatch-{name}"
        for panel in panels(DASHBOARDS[uid]):
            for target in panel["targets"]:
                yield pytest.param(uid, target["rawSql"], id=f"{uid}/{panel['title']}")


def _scans(plan: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    if "Relation Name" in plan:
        yield plan["Node Type"], plan["Relation Name"], plan.get("Index Cond") or plan.get("Recheck Cond", "")
    for part in plan.get("Plans", []):
        yield from _scans(part)


@pytest.mark.parametrize(("uid", "sql"), list(_cases()))
def test_no_panel_reads_all_findings(uid: str, sql: str, crowded: Connection) -> None:
    query = expand(sql, start=NOW - timedelta(days=330), end=NOW, chosen=everything(uid))
    (text,) = crowded.execute(b"explain (format json) " + query.encode()).fetchone() or ("",)
    (top,) = text if isinstance(text, list) else json.loads(str(text))
    for node, relation, condition in _scans(top["Plan"]):
        if relation == "finding":
            assert node != "Seq Scan", query
            assert "rule_id" in condition or "finding_id" in condition, query
