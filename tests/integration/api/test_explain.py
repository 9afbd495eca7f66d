"""A verdict opened down over HTTP, and computed again by hand from what the answer says."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from ingest.metrics import IngestMetrics
from ingest.rollup import RollUp
from storage.database import Database, fetch_all
from tests.integration.api.conftest import HOUR_AT, NOW, PASSWORDS, TOKEN, Client, assert_problem, insert_finding
from tests.integration.api.month import MONTH_AT, SUBJECT, insert_hours, insert_limit, insert_mark

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
LY = httpx.BasicAuth("ly-chem", PASSWORDS["ly-chem"])


@pytest.fixture
async def opened(city: Database) -> tuple[Database, int]:
    """An hour with a calibration, a fault that reads zero and a marked stretch, rolled up and judged; the finding."""
    async with city.transaction() as connection:
        limit_id = await insert_limit(connection)
        for minute in range(60):
            if minute == 59:  # nothing was sent
                continue
            flag = {3: "C", 4: "D"}.get(minute, "N")
            value = 0.0 if flag == "D" else 26.0 + minute % 7
            for point, shown, letter in ((1, value, flag), (2, 9.5 + minute % 3 / 10, "N")):
                await connection.execute(
                    "insert into reading values (%(point)s, %(at)s, %(value)s, %(flag)s, 1, %(at)s)",
                    {"point": point, "at": HOUR_AT + timedelta(minutes=minute), "value": shown, "flag": letter},
                )
        await connection.execute(
            "insert into correction (point_id, measured_at, value, source_flag, qc_flag, received_at)"
            " values (1, %(at)s, 41.5, 'N', 1, %(later)s)",
            {"at": HOUR_AT + timedelta(minutes=20), "later": NOW},
        )
        mark = await insert_mark(connection, start=HOUR_AT, end=HOUR_AT + timedelta(minutes=3), at=HOUR_AT)
        await connection.execute(
            "update mark set dimension = 'equipment', kind = 'maintenance', point_id = 1 where mark_id = %(mark)s",
            {"mark": mark},
        )
        await connection.execute("insert into dirty_hour values (1, %(at)s), (2, %(at)s)", {"at": HOUR_AT})
    await RollUp(city, lambda: HOUR_AT, IngestMetrics(CollectorRegistry())).step(HOUR_AT + timedelta(hours=1))
    async with city.transaction() as connection:
        rows = await fetch_all(connection, "select * from hourly order by point_id", {})
        so2, o2 = rows
        converted = so2["mean"] * (21 - 8) / (21 - o2["mean"])
        evidence = {
            "pollutant": {
                "point": "S1-SO2",
                "mean": so2["mean"],
                "unit": "mg/m3",
                "valid_minutes": so2["valid_minutes"],
                "readings": so2["reading_count"],
                "marked_minutes": so2["marked_minutes"],
            },
            "o2": {"point": "S1-O2", "mean_pct": o2["mean"], "valid_minutes": 59, "readings": 59},
            "limit_id": limit_id,
            "limit": 30.0,
            "limit_unit": "mg/m3",
            "comparison": "<=",
            "decimals": 0,
            "min_valid_minutes": 45,
            "reference_o2_pct": 8.0,
            "formula": "C*(21-8)/(21-O2)",
            "converted": converted,
            "rounded": float(round(converted)),
            "marks": [mark],
        }
        finding = await insert_finding(
            connection,
            rule_id="ule.hourly",
            subject=SUBJECT,
            verdict="violation" if round(converted) > 30 else "compliant",
            reason="over_limit" if round(converted) > 30 else "within_limit",
            value=converted,
            evidence=json.dumps(evidence),
        )
    return city, finding


async def test_a_person_computes_the_verdict_from_the_answer_alone(
    client: Client, opened: tuple[Database, int]
) -> None:
    async with client() as http:
        detail = (await http.get(f"/v1/findings/{opened[1]}")).json()
    explained = detail["explanation"]
    means = {}
    for point in explained["points"]:
        assert len(point["minutes"]) == 60
        valid = [Decimal(str(minute["mean"])) for minute in point["minutes"] if minute["is_valid"]]
        assert len(valid) == point["hour"]["valid_minutes"] >= 45
        means[point["role"]] = sum(valid) / len(valid)
    limit = explained["limit"]
    twenty_one = Decimal(21)
    converted = means["pollutant"] * (twenty_one - Decimal(str(limit["reference_o2_pct"]))) / (twenty_one - means["o2"])
    assert float(converted) == pytest.approx(detail["value"], rel=1e-12)
    # GB/T 8170 is half to even
    rounded = converted.quantize(Decimal(1).scaleb(-limit["decimals"]), ROUND_HALF_EVEN)
    assert ("violation" if rounded > Decimal(str(limit["value"])) else "compliant") == detail["verdict"]
    assert any(f"→ {rounded}" in step for step in explained["steps"])


async def test_minutes_tell_flags_marks_and_corrections(client: Client, opened: tuple[Database, int]) -> None:
    async with client(token=TOKEN) as http:
        detail = (await http.get(f"/v1/findings/{opened[1]}", auth=HX)).json()
        assert_problem(await http.get(f"/v1/findings/{opened[1]}", auth=LY), 403, "forbidden")
    explained = detail["explanation"]
    so2, o2 = explained["points"]
    assert (so2["role_word"], so2["point"], o2["role_word"], o2["point"]) == ("污染物", "S1-SO2", "含氧量", "S1-O2")
    minutes = so2["minutes"]
    assert [minute["mark_id"] for minute in minutes[:4]] == [1, 1, 1, None]
    assert (minutes[3]["flags"], minutes[3]["is_valid"], minutes[3]["mean"]) == ({"C": 1}, False, None)
    assert (minutes[4]["flags"], minutes[4]["is_valid"]) == ({"D": 1}, False)  # a zero of a faulty instrument
    assert (minutes[20]["mean"], minutes[20]["corrected"]) == (41.5, 1)
    assert minutes[59] == {
        "start": "2026-11-02T00:59:00Z",
        "length_s": 60,
        "mean": None,
        "is_valid": False,
        "readings": 0,
        "valid_readings": 0,
        "corrected": 0,
        "mark_id": None,
        "flags": {},
    }
    assert so2["hour"]["marked_minutes"] == 3
    assert so2["changed_since"] is False
    (mark,) = explained["marks"]
    assert (mark["author"], mark["reason"], mark["state"]) == ("hx-coking:王工", "停炉检修", "effective")
    assert explained["limit"]["clause"] == "附件2 表1"
    assert explained["notes"] == []


async def test_what_changed_since_is_said(client: Client, opened: tuple[Database, int]) -> None:
    city, finding = opened
    async with city.transaction() as connection:
        await connection.execute("update hourly set computed_at = %(at)s", {"at": NOW})
        await connection.execute("delete from reading")
        await connection.execute("insert into mark_decision values (1, 'rejected', '李', '不符', %(at)s)", {"at": NOW})
    async with client() as http:
        explained = (await http.get(f"/v1/findings/{finding}")).json()["explanation"]
    assert all(point["changed_since"] for point in explained["points"])
    assert explained["marks"][0]["state_word"] == "已驳回"
    assert explained["notes"] == [
        "小时数据在判定之后重新计算过，平台将重新判定。",
        "该小时没有读数，或原始读数已超过保存期。",
    ]


async def test_a_month_opens_down_to_its_hours_by_reason(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        await insert_hours(connection, await insert_limit(connection), [])
        month = await insert_finding(
            connection,
            rule_id="ule.monthly",
            subject=SUBJECT,
            period_start=MONTH_AT,
            period_end=MONTH_AT + timedelta(days=30),
            reason="share_not_met",
            value=75.0,
            limit_value=95.0,
            unit="%",
            evidence=json.dumps(
                {
                    "of": "ule.hourly",
                    "formula": "100*hours_compliant/hours_judged",
                    "hours_compliant": 3,
                    "hours_judged": 4,
                }
            ),
        )
    async with client() as http:
        explained = (await http.get(f"/v1/findings/{month}")).json()["explanation"]
        parts: dict[str, Any] = {part["reason"]: part for part in explained["parts"]}
        (over,) = (await http.get(parts["over_limit"]["findings"])).json()["items"]
        hour = (await http.get(f"/v1/findings/{over['finding_id']}")).json()
    assert {reason: part["hours"] for reason, part in parts.items()} == {
        "within_limit": 3,
        "over_limit": 1,
        "excluded_stopped": 1,
        "too_few_valid_minutes": 1,
    }
    assert parts["excluded_stopped"]["reason_word"] == "工况标记：停运"
    assert explained["filled"] == "100 × 3 ÷ 4 = 75"
    assert (hour["rule_id"], hour["value"]) == ("ule.hourly", 33.4)
