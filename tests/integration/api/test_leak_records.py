"""Leak detection over HTTP: all or none, every mistake named, everybody's own, and the lists that show it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.database import Database, fetch_all
from tests.integration.api.conftest import PASSWORDS, TOKEN, Client, assert_problem

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
LY = httpx.BasicAuth("ly-chem", PASSWORDS["ly-chem"])
BEARER = {"authorization": f"Bearer {TOKEN}"}
FOUND: dict[str, Any] = {
    "enterprise": "hx-coking",
    "component": "V-1",
    "tested_at": "2026-10-20T10:00:05+08:00",
    "net_umol_mol": 9000,
    "instrument": "FID-7",
    "tester": "张工",
}
REPAIR: dict[str, Any] = {
    "enterprise": "hx-coking", "record": "repair", "component": "V-1", "repaired_at": "2026-10-22T09:00:00+08:00",
    "measure": "更换填料",
}  # fmt: skip
RETEST = FOUND | {"tested_at": "2026-10-22T15:00:00+08:00", "net_umol_mol": 40, "purpose": "retest"}
DELAY: dict[str, Any] = {
    "enterprise": "hx-coking", "record": "delay", "component": "V-1", "found_at": FOUND["tested_at"],
    "filed_at": "2026-10-21T09:00:00+08:00", "ground": "shutdown", "repair_by": "2027-05-31", "document": "12号",
}  # fmt: skip
CALIBRATION: dict[str, Any] = {
    "enterprise": "hx-coking", "record": "calibration", "instrument": "FID-7", "kind": "span", "expected": 5000,
    "done_at": "2026-10-20T08:00:00+08:00", "shown": 4980,
}  # fmt: skip
EVENT: dict[str, Any] = {
    "enterprise": "hx-coking", "record": "event", "kind": "restart", "component": "V-2",
    "happened_at": "2026-10-19T08:00:00+08:00", "note": "检修后",
}  # fmt: skip
ALL = [RETEST, REPAIR, FOUND, DELAY, CALIBRATION, EVENT]
NOUNS = ("tests", "leaks", "repairs", "delays", "events", "calibrations", "instruments", "testers")


@pytest.fixture
async def works(city: Database) -> Database:
    async with city.transaction() as connection:
        await connection.execute(
            "insert into instrument (enterprise_id, serial, model, in_use_from) values"
            " (1, 'FID-7', 'TVA', '2026-01-01'), (2, 'FID-9', null, '2026-01-01');"
            "insert into leak_tester (enterprise_id, name, in_service_from) values (1, '张工', '2026-01-01');"
            "insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from, in_service_to)"
            " values (1, 'V-OLD', '阀', '苯', 'valve', 'gas', '2026-01-01', '2026-10-01')"
        )
    return city


async def post(client: Client, records: list[dict[str, Any]], *, auth: Any = None) -> httpx.Response:
    async with client(token=TOKEN, auth=auth, headers=None if auth else BEARER) as http:
        return await http.post("/v1/ldar/records", json={"author": "王工", "records": records})


async def listed(client: Client, path: str, *, auth: Any = None) -> list[dict[str, Any]]:
    async with client(token=TOKEN, auth=auth, headers=None if auth else BEARER) as http:
        answer = await http.get(f"/v1/{path}" if path.startswith("leaks") else f"/v1/ldar/{path}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def count(database: Database, *tables: str) -> dict[str, int]:
    async with database.transaction() as connection:
        return {table: (await fetch_all(connection, f"select count(*) from {table}"))[0]["count"] for table in tables}


TABLES = ("leak_test", "repair", "repair_delay", "instrument_calibration", "component_event", "leak")


async def test_records_are_written_recognised_corrected_and_listed(works: Database, client: Client) -> None:
    first = await post(client, ALL)
    assert (first.status_code, first.json()) == (
        200, {"new": 6, "corrected": 0, "same": 0, "fates": ["new"] * 6},
    )  # fmt: skip
    assert (await post(client, ALL)).json()["same"] == 6
    assert await count(works, *TABLES) == dict.fromkeys(TABLES, 1) | {"leak_test": 2}
    third = await post(client, [FOUND | {"net_umol_mol": 9100}, REPAIR])
    assert third.json() == {"new": 0, "corrected": 1, "same": 1, "fates": ["corrected", "same"]}

    tests = await listed(client, "tests")
    assert [(one["tested_at"], one["net_umol_mol"], one["purpose"]) for one in tests] == [
        ("2026-10-22T07:00:00Z", 40.0, "retest"), ("2026-10-20T02:00:05Z", 9100.0, "routine"),
    ]  # fmt: skip
    history = await listed(client, "tests?history=true&purpose=routine")
    assert [(one["net_umol_mol"], one["current"]) for one in history] == [(9100.0, True), (9000.0, False)]
    (leak,) = await listed(client, "leaks")
    assert (leak["state"], leak["attempts"], leak["closed_net_umol_mol"]) == ("closed", 1, 40.0)
    assert await listed(client, "leaks?open=true") == []
    (repair,) = await listed(client, "repairs?component=V-1")
    assert (repair["measure"], repair["author"], repair["origin"]) == ("更换填料", "王工", "api")
    (delay,) = await listed(client, "delays")
    assert (delay["repair_by"], delay["document"]) == ("2027-05-31", "12号")
    (event,) = await listed(client, "events")
    assert (event["component"], event["installation"], event["note"]) == ("V-2", None, "检修后")
    (calibration,) = await listed(client, "calibrations?instrument=FID-7")
    assert (calibration["shown"], calibration["kind"]) == (4980.0, "span")
    instruments = await listed(client, "instruments")
    assert [(one["serial"], one["last_calibrated_at"]) for one in instruments] == [
        ("FID-7", "2026-10-20T00:00:00Z"), ("FID-9", None),
    ]  # fmt: skip
    assert [one["name"] for one in await listed(client, "testers")] == ["张工"]


async def test_what_a_person_says_last_holds(works: Database, client: Client) -> None:
    """Unlike a gateway's copy that comes again."""
    for value in (9000, 20, 9000):
        answer = await post(client, [FOUND | {"net_umol_mol": value}])
    assert answer.json()["corrected"] == 1
    assert [one["net_umol_mol"] for one in await listed(client, "tests")] == [9000.0]
    await post(client, [REPAIR])
    for measure in ("更换垫片", "更换填料"):
        answer = await post(client, [REPAIR | {"measure": measure}])
    assert answer.json()["corrected"] == 1
    assert [one["measure"] for one in await listed(client, "repairs")] == ["更换填料"]
    assert len(await listed(client, "repairs?history=true")) == 3


async def test_one_mistake_and_nothing_is_written_and_all_are_named(works: Database, client: Client) -> None:
    wrong = [
        FOUND,
        FOUND | {"component": "V-9"},
        FOUND | {"component": "V-OLD"},
        FOUND | {"tested_at": "2025-12-31T23:59:59+08:00"},
        FOUND | {"tested_at": "2026-10-21"},
        FOUND | {"tested_at": "21/10/2026 10:00"},
        FOUND | {"tested_at": "2026/10/21 10:00"},
        FOUND | {"tested_at": "2026-02-29T10:00:00+08:00"},
        FOUND | {"tested_at": "2026-11-03T10:00:00+08:00"},
        FOUND | {"component": "V-2", "net_umol_mol": -3},
        FOUND | {"component": "V-2", "reading_umol_mol": 10, "background_umol_mol": 2},
        FOUND | {"component": "V-2", "campaign": "2026-H9", "tested_at": "2026-10-20T10:01:00+08:00"},
        FOUND | {"component": "V-2", "porpose": "retest", "visible": "yes"},
        FOUND | {"enterprise": "nobody"},
        FOUND | {"enterprise": "\0", "tested_at": "2026-10-20T10:02:00+08:00"},
        CALIBRATION | {"instrument": "FID-8"},
        EVENT | {"component": None, "installation": "XX"},
        {"enterprise": "hx-coking", "record": "mystery"},
        FOUND | {"net_umol_mol": 8000},
    ]
    problem = assert_problem(await post(client, wrong), 422, "validation")
    assert [(one["name"], one["value"]) for one in problem["errors"]] == [
        ("records.1.component", "V-9"),
        ("records.2.tested_at", "2026-10-20"),
        ("records.3.tested_at", "2025-12-31"),
        ("records.4.tested_at", "2026-10-21"),
        ("records.5.tested_at", "21/10/2026 10:00"),
        ("records.6.tested_at", "2026/10/21 10:00"),
        ("records.7.tested_at", "2026-02-29T10:00:00+08:00"),
        ("records.8.tested_at", "2026-11-03T10:00:00+08:00"),
        ("records.9.net_umol_mol", "-3"),
        ("records.10.net_umol_mol", "9000"),
        ("records.11.campaign", "2026-H9"),
        ("records.12.porpose", "retest"),
        ("records.12.visible", "yes"),
        ("records.13.enterprise", "nobody"),
        ("records.14.enterprise", "\0"),
        ("records.15.instrument", "FID-8"),
        ("records.16.installation", "XX"),
        ("records.17.record", "mystery"),
        ("records.18.tested_at", "2026-10-20T10:00:05+08:00"),
    ]
    by_name = {one["name"]: one["expected"] for one in problem["errors"]}
    assert "自该日停用" in by_name["records.2.tested_at"]
    assert "记录早于投用" in by_name["records.3.tested_at"]
    assert "2026 年不是闰年" in by_name["records.7.tested_at"]
    assert "第 0 条已报" in by_name["records.18.tested_at"]
    assert "一条也没有写入" in problem["detail"]
    assert await count(works, *TABLES) == dict.fromkeys(TABLES, 0)


@pytest.mark.parametrize(
    ("records", "names", "word"),
    [
        ([REPAIR], ["records.0.repaired_at"], "没有未修复的泄漏"),
        ([FOUND, RETEST], ["records.1.tested_at"], "没有维修记录"),
        (
            [FOUND, REPAIR, RETEST, DELAY | {"filed_at": "2026-10-23T09:00:00+08:00"}],
            ["records.3.filed_at"],
            "没有未修",
        ),
        ([REPAIR, DELAY], ["records.0.repaired_at", "records.1.filed_at"], "没有未修复的泄漏"),
    ],
)
async def test_an_illegal_step_and_nothing_is_written(
    works: Database, client: Client, records: list[dict[str, Any]], names: list[str], word: str
) -> None:
    problem = assert_problem(await post(client, records), 422, "validation")
    assert [one["name"] for one in problem["errors"]] == names
    assert word in problem["errors"][0]["expected"]
    assert "应为：" in problem["errors"][0]["expected"]
    assert await count(works, *TABLES) == dict.fromkeys(TABLES, 0)
    async with works.transaction() as connection:
        assert await fetch_all(connection, "select kind from rule_work where kind = 'leak_test'") == []


@pytest.mark.parametrize("body", [{}, {"author": "x", "records": []}, {"author": "", "records": [FOUND]}, [FOUND], 7])
async def test_a_body_of_another_shape_is_refused(works: Database, client: Client, body: Any) -> None:
    async with client() as http:
        assert_problem(await http.post("/v1/ldar/records", json=body), 422, "validation")


async def test_a_body_that_was_cut_is_refused(works: Database, client: Client) -> None:
    async with client() as http:
        answer = await http.post(
            "/v1/ldar/records",
            content=b'{"author":"x","records":[{"component":"V-1"',
            headers={"content-type": "application/json"},
        )
    assert_problem(answer, 422, "validation")


async def test_an_enterprise_reports_and_sees_its_own_alone(works: Database, client: Client) -> None:
    own = [{key: value for key, value in one.items() if key != "enterprise"} for one in ALL]
    assert (await post(client, own, auth=HX)).json()["new"] == 6
    for noun in ("tests", "repairs", "delays", "events", "calibrations"):
        said = {(one["author"], one["origin"]) for one in await listed(client, noun, auth=HX)}
        assert said == {("hx-coking:王工", "api")}, noun
    for noun in NOUNS:
        mine = await listed(client, noun, auth=HX)
        assert {one["enterprise"] for one in mine} == {"hx-coking"}, noun
        assert {one["enterprise"] for one in await listed(client, noun, auth=LY)} <= {"ly-chem"}, noun
    assert_problem(await post(client, [FOUND], auth=LY), 403, "forbidden")
    for noun in NOUNS:
        async with client(token=TOKEN, auth=LY) as http:
            path = "/v1/leaks" if noun == "leaks" else f"/v1/ldar/{noun}"
            assert_problem(await http.get(f"{path}?enterprise=hx-coking"), 403, "forbidden")


async def test_a_code_of_another_enterprise_is_unknown(works: Database, client: Client) -> None:
    problem = assert_problem(await post(client, [FOUND | {"enterprise": "ly-chem"}]), 422, "validation")
    assert [one["name"] for one in problem["errors"]] == ["records.0.component"]


async def test_the_request_that_the_page_shows(works: Database, client: Client) -> None:
    page = (Path(__file__).parents[3] / "docs" / "ldar.zh-CN.md").read_text("utf-8")
    _, text = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    async with works.transaction() as connection:
        await connection.execute("update component set code = 'P-0101' where code = 'V-1'")
    async with client(token=TOKEN, auth=HX) as http:
        answer = await http.post("/v1/ldar/records", json=json.loads(text))
    assert answer.json() == {"new": 2, "corrected": 0, "same": 0, "fates": ["new", "new"]}
    assert json.dumps(answer.json(), separators=(",", ":")) in page


async def test_lists_go_by_when_it_happened(works: Database, client: Client) -> None:
    await post(client, ALL)
    span = "from=2026-10-20T00:00:00%2B08:00&to=2026-10-21T00:00:00%2B08:00"
    lengths = {noun: len(await listed(client, f"{noun}?{span}")) for noun in NOUNS[:6]}
    assert lengths == {"tests": 1, "leaks": 1, "repairs": 0, "delays": 0, "events": 0, "calibrations": 1}


async def test_an_enterprise_neither_reports_nor_corrects_spot_checks(works: Database, client: Client) -> None:
    """The rule of spot checks judges it by them."""
    check = FOUND | {"purpose": "spot_check", "net_umol_mol": 8000}
    answer = await post(client, [check, FOUND | {"component": "V-2"}], auth=HX)
    (error,) = assert_problem(answer, 422, "validation")["errors"]
    assert (error["name"], error["value"]) == ("records.0.purpose", "spot_check")
    assert error["expected"].endswith("监督抽查由监管人员报送")
    assert await count(works, "leak_test") == {"leak_test": 0}

    assert (await post(client, [check])).json()["new"] == 1
    answer = await post(client, [FOUND | {"net_umol_mol": 12}], auth=HX)
    (error,) = assert_problem(answer, 422, "validation")["errors"]
    assert (error["name"], error["value"]) == ("records.0.tested_at", FOUND["tested_at"])
    assert "监督抽查" in error["expected"]
    assert [one["net_umol_mol"] for one in await listed(client, "tests")] == [8000.0]
    assert (await post(client, [check | {"net_umol_mol": 8100}])).json()["corrected"] == 1


async def test_what_the_bureau_made_of_a_test_an_enterprise_does_not_say_back(works: Database, client: Client) -> None:
    assert (await post(client, [FOUND], auth=HX)).json()["new"] == 1
    assert (await post(client, [FOUND | {"purpose": "spot_check"}])).json()["corrected"] == 1
    assert_problem(await post(client, [FOUND], auth=HX), 422, "validation")
    assert [one["purpose"] for one in await listed(client, "tests")] == ["spot_check"]
