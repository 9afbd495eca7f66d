"""A verdict opened down over HTTP, and computed again by hand from what the answer says."""

from __future__ import annotations

from datetime import datetime, timedelta
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
from tests.integration.rules.world import engine

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
LY = httpx.BasicAuth("ly-chem", PASSWORDS["ly-chem"])


@pytest.fixture
async def opened(city: Database) -> tuple[Database, int]:
    """An hour with a calibration, a fault that reads zero and a marked stretch, rolled up and judged; the finding."""
    async with city.transaction() as connection:
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
    await engine(city, "ule.hourly").step(HOUR_AT + timedelta(minutes=70))
    async with city.transaction() as connection:
        (row,) = await fetch_all(
            connection,
            "select finding_id from finding where rule_id = 'ule.hourly' and period_start = %(at)s",
            {"at": HOUR_AT},
        )
    return city, row["finding_id"]


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
    assert (explained["limit"]["preset"], explained["limit"]["enabled"]) == ("ule_coking.coke_oven_stack.so2", True)
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
            evidence='{"of": "ule.hourly", "formula": "100*hours_compliant/hours_judged",'
            ' "hours_compliant": 3, "hours_judged": 4}',
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


async def _again(city: Database, at: datetime) -> None:
    """What the services do by themselves: roll up what is dirty, judge what is to be judged."""
    await RollUp(city, lambda: at, IngestMetrics(CollectorRegistry())).step(at)
    await engine(city, "legal.hourly").step(at)


async def test_a_mark_changes_the_verdict_until_it_is_rejected(client: Client, opened: tuple[Database, int]) -> None:
    """From a permit's limit, a mark and its rejection over HTTP to three verdicts, each naming what it used."""
    city, _ = opened
    permit = {
        "enterprise": "hx-coking",
        "outlet": "S1",
        "quantity": "so2",
        "kind": "legal",
        "averaging": "hour",
        "value": 25,
        "unit": "mg/m3",
        "exempt_process": ["start_up"],
        "standard": "排污许可证",
        "clause": "表 5",
        "source": "许可证平台",
        "status": "permit",
        "enabled": True,
        "valid_from": "2026-11-02",
        "author": "张三",
        "reason": "登记",
    }
    start_up = {
        "enterprise": "hx-coking",
        "outlet": "S1",
        "dimension": "process",
        "kind": "start_up",
        "start": "2026-11-02T08:00:00+08:00",
        "end": "2026-11-02T08:40:00+08:00",
        "author": "王工",
        "reason": "启炉升温",
    }
    question = {
        "rule": "legal.hourly",
        "subject": SUBJECT,
        "from": "2026-11-02T00:00:00Z",
        "to": "2026-11-02T01:00:00Z",
    }
    async with client(token=TOKEN) as http:
        bearer = {"Authorization": f"Bearer {TOKEN}"}

        async def verdict() -> dict[str, Any]:
            (item,) = (await http.get("/v1/findings", params=question, auth=HX)).json()["items"]
            found: dict[str, Any] = (await http.get(f"/v1/findings/{item['finding_id']}", auth=HX)).json()
            return found

        limit = (await http.post("/v1/limits", json=permit, headers=bearer)).json()
        await _again(city, NOW)
        before = await verdict()
        mark = (await http.post("/v1/marks", json=start_up, auth=HX)).json()
        await _again(city, NOW + timedelta(minutes=1))
        marked = await verdict()
        touched = (await http.get(f"/v1/marks/{mark['mark_id']}", auth=HX)).json()
        rejection = {"author": "李科长", "reason": "台账无启炉记录"}
        await http.post(f"/v1/marks/{mark['mark_id']}/reject", json=rejection, headers=bearer)
        await _again(city, NOW + timedelta(minutes=2))
        after = await verdict()
    assert (before["verdict"], before["explanation"]["limit"]["limit_id"]) == ("violation", limit["limit_id"])
    assert any("不折算" in step for step in before["explanation"]["steps"])
    assert (marked["reason"], marked["explanation"]["marks"][-1]["reason"]) == ("excluded_start_up", "启炉升温")
    assert any("启炉 40 分钟；其余时间不足 45 分钟" in step for step in marked["explanation"]["steps"])
    assert marked["finding_id"] in [one["finding_id"] for one in touched["findings"]]
    assert (after["verdict"], after["value"]) == (before["verdict"], before["value"])
    assert [one["finding_id"] for one in after["history"]] == [marked["finding_id"], before["finding_id"]]
