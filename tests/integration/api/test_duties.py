"""Duties over HTTP: records all or none, what proves them, where each stands, and the calendar."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from domain.periods import day_start
from rules.engine import Engine, EngineSettings
from rules.pack import load_packs
from storage.database import Database, fetch_all
from tests.integration.api.conftest import NOW, PASSWORDS, TOKEN, Client, assert_problem
from tests.unit.domain.test_attachments import PDF, XLSX

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
LY = httpx.BasicAuth("ly-chem", PASSWORDS["ly-chem"])
OPERATOR = {"headers": {"authorization": f"Bearer {TOKEN}"}}
SOIL: dict[str, Any] = {
    "duty": "duty.soil_monitoring",
    "enterprise": "ly-chem",
    "done_on": "2026-10-20",
    "documents": [{"kind": "report", "reference": "TR-2026-018"}],
    "note": "由第三方机构监测",
}
DISPATCH = {"duty": "duty.retrofit_dispatch", "done_on": "2026-10-14"}


@pytest.fixture
async def bound(city: Database) -> Database:
    """The city a year earlier, ly-chem on the list of soil units, and the shipped duties in the table of rules."""
    async with city.transaction() as connection:
        await connection.execute("update enterprise set registered_from = '2025-06-01'")
        await connection.execute(
            "insert into enterprise_list values (2, 'soil_key_unit', '2025-12-01', null, '2025年度名录')"
        )
    await Engine(city, load_packs(), EngineSettings()).sync(NOW)
    return city


async def judge(database: Database) -> None:
    rules = load_packs()
    chosen = {rule_id: found for rule_id, found in rules.variants.items() if rule_id.startswith(("duty.", "platform."))}
    await Engine(database, type(rules)(chosen, rules.pack_of, ()), EngineSettings()).step(NOW)


async def post(client: Client, records: list[dict[str, Any]], author: str = "王工", **who: Any) -> httpx.Response:
    async with client(token=TOKEN, **(who or OPERATOR)) as http:
        return await http.post("/v1/duties/records", json={"author": author, "records": records})


async def get(client: Client, path: str, **who: Any) -> Any:
    async with client(token=TOKEN, **(who or OPERATOR)) as http:
        answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def attach(
    client: Client, record_id: int, content: bytes, name: str = "报告.pdf", kind: str = "report", **who: Any
) -> httpx.Response:
    async with client(token=TOKEN, **(who or OPERATOR)) as http:
        return await http.post(
            f"/v1/duties/records/{record_id}/attachments",
            params={"kind": kind, "name": name, "author": "王工"},
            content=content,
        )


async def test_records_are_written_corrected_and_listed(bound: Database, client: Client) -> None:
    answer = await post(client, [SOIL, DISPATCH])
    assert (answer.status_code, answer.json()) == (200, {"new": 2, "corrected": 0, "same": 0, "record_ids": [1, 2]})
    assert (await post(client, [SOIL])).json() == {"new": 0, "corrected": 0, "same": 1, "record_ids": [1]}
    own = {key: value for key, value in SOIL.items() if key != "enterprise"} | {"note": "更正"}
    assert (await post(client, [own], auth=LY)).json() == {"new": 0, "corrected": 1, "same": 0, "record_ids": [3]}
    listed = (await get(client, "/v1/duties/records"))["items"]
    assert [(one["record_id"], one["subject"], one["author"], one["state"]) for one in listed] == [
        (3, "enterprise:ly-chem", "ly-chem:王工", "effective"),
        (2, "city:wuhai", "王工", "effective"),
    ]
    assert listed[0]["documents"] == [
        {"kind": "report", "kind_word": "监测（检测、试验）报告", "reference": "TR-2026-018"}
    ]
    history = (await get(client, "/v1/duties/records?history=true&duty=duty.soil_monitoring"))["items"]
    assert [(one["record_id"], one["state"]) for one in history] == [(3, "effective"), (1, "superseded")]
    assert [one["record_id"] for one in (await get(client, "/v1/duties/records", auth=LY))["items"]] == [3]
    assert (await get(client, "/v1/duties/records?from_day=2026-10-15&to_day=2026-10-20"))["items"] == listed[:1]


async def test_one_mistake_and_nothing_is_written_and_all_are_named(bound: Database, client: Client) -> None:
    wrong = [
        SOIL,
        SOIL | {"done_on": "2026-11-03"},
        SOIL | {"done_on": "2025-05-31"},
        SOIL | {"done_on": "2025-11-30"},
        SOIL | {"duty": "duty.soil"},
        SOIL | {"enterprise": "hx-coking", "done_on": "2026-10-19"},
        SOIL | {"enterprise": "nobody", "done_on": "2026-10-18"},
        SOIL | {"documents": [{"kind": "video", "reference": "x"}], "done_on": "2026-10-17"},
        SOIL | {"note": "另一份"},
        SOIL | {"done_by": "x"},
        {"duty": "duty.meter_verification", "subject": "place:ly-chem/W1", "done_on": "2026-10-17"},
        DISPATCH | {"subject": "city:other"},
    ]
    problem = assert_problem(await post(client, wrong), 422, "validation")
    found = {one["name"]: one["expected"] for one in problem["errors"]}
    assert set(found) == {
        "records.1.done_on", "records.2.done_on", "records.3.done_on", "records.4.duty", "records.5.duty",
        "records.6.subject", "records.7.documents.0", "records.8.done_on", "records.9.done_by", "records.10.duty",
        "records.11.subject",
    }  # fmt: skip
    assert "不晚于今天（2026-11-02）" in found["records.1.done_on"]
    assert "不早于登记日 2025-06-01" in found["records.2.done_on"]
    assert "2025-12-01 起" in found["records.3.done_on"]
    assert "duty.soil_monitoring" in found["records.4.duty"]
    assert "不要求其办理" in found["records.5.duty"]
    assert "更新登记的检定日期" in found["records.10.duty"]
    assert (await get(client, "/v1/duties/records"))["items"] == []


async def test_who_may_record_what(bound: Database, client: Client) -> None:
    assert_problem(await post(client, [SOIL], auth=HX), 403, "forbidden")
    assert_problem(
        await post(client, [SOIL | {"enterprise": None, "subject": "enterprise:ly-chem"}], auth=HX), 403, "forbidden"
    )
    assert_problem(await post(client, [DISPATCH], auth=LY), 403, "forbidden")
    assert_problem(await post(client, [SOIL], headers={}), 401, "unauthorized")
    await post(client, [SOIL, DISPATCH])
    for path in ("/v1/duties/records/1", "/v1/duties/records/2"):
        async with client(token=TOKEN, auth=HX) as http:
            assert_problem(await http.get(path), 403, "forbidden")
    assert_problem(await attach(client, 1, PDF, auth=HX), 403, "forbidden")
    assert_problem(await attach(client, 2, PDF, auth=LY), 403, "forbidden")
    async with client(token=TOKEN, auth=HX) as http:
        body = {"author": "x", "reason": "y"}
        assert_problem(await http.post("/v1/duties/records/1/withdraw", json=body), 403, "forbidden")
        assert_problem(await http.get("/v1/duties?enterprise=ly-chem"), 403, "forbidden")
        assert_problem(await http.get("/v1/duties/calendar.ics?enterprise=ly-chem"), 403, "forbidden")


async def test_attachments_come_back_as_they_were_and_safely(bound: Database, client: Client) -> None:
    await post(client, [SOIL])
    answer = await attach(client, 1, PDF, name="报告 2026（终稿）.pdf", auth=LY)
    assert answer.status_code == 200, answer.text
    added = answer.json()
    assert (added["media_type"], added["size_bytes"], added["new"]) == ("application/pdf", len(PDF), True)
    again = (await attach(client, 1, PDF, auth=LY)).json()
    assert (again["attachment_id"], again["new"]) == (added["attachment_id"], False)
    async with client(token=TOKEN, auth=LY) as http:
        got = await http.get(f"/v1/duties/attachments/{added['attachment_id']}")
    assert got.content == PDF
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"].startswith("attachment; filename=attachment-1.pdf; filename*=UTF-8''%E6")
    async with client(token=TOKEN, auth=HX) as http:
        assert_problem(await http.get("/v1/duties/attachments/1"), 403, "forbidden")
        assert_problem(await http.get("/v1/duties/attachments/2"), 404, "not-found")
    # a correction of the same day takes over what was attached; a withdrawn record takes it along
    await post(client, [SOIL | {"note": "更正"}])
    detail = await get(client, "/v1/duties/records/2")
    assert [one["attachment_id"] for one in detail["attachments"]] == [1]
    assert_problem(await attach(client, 1, XLSX, name="x.xlsx"), 409, "conflict")
    async with client(token=TOKEN, auth=LY) as http:
        body = {"author": "王工", "reason": "报告有误"}
        withdrawn = (await http.post("/v1/duties/records/2/withdraw", json=body)).json()
        assert (withdrawn["state"], withdrawn["withdrawn_by"]) == ("withdrawn", "ly-chem:王工")
        assert_problem(await http.post("/v1/duties/records/2/withdraw", json=body), 409, "conflict")
        assert_problem(await http.post("/v1/duties/records/9/withdraw", json=body), 404, "not-found")


@pytest.mark.parametrize(
    ("changes", "content", "status", "name"),
    [
        ({"name": "../../etc/passwd.pdf"}, PDF, 422, "name"),
        ({"name": "a\nb.pdf"}, PDF, 422, "name"),
        ({"name": "x" * 10_000 + ".pdf"}, PDF, 422, "name"),
        ({"name": "x.exe"}, b"MZ", 422, "name"),
        ({"name": "x.xlsx"}, PDF, 422, "content"),
        ({"name": "x.pdf"}, b"", 422, "content"),
        ({"name": "x.pdf"}, b"<html><script>alert(1)</script>", 422, "content"),
        ({"kind": "video"}, PDF, 422, "kind"),
    ],
)
async def test_hostile_files(
    bound: Database, client: Client, changes: dict[str, str], content: bytes, status: int, name: str
) -> None:
    await post(client, [SOIL])
    problem = assert_problem(await attach(client, 1, content, **changes), status, "validation")  # type: ignore[arg-type]
    assert [one["name"] for one in problem["errors"]] == [name]
    assert (await get(client, "/v1/duties/records/1"))["attachments"] == []


async def test_a_file_that_is_too_big_is_refused_before_it_is_read_whole(bound: Database, client: Client) -> None:
    await post(client, [SOIL])

    async def endless() -> Any:
        while True:
            yield b"0" * 1_048_576

    async with client(token=TOKEN, **OPERATOR) as http:
        path, params = "/v1/duties/records/1/attachments", {"kind": "report", "name": "x.pdf", "author": "王工"}
        told = await http.post(path, params=params, content=b"", headers={"content-length": str(10**12)})
        assert_problem(told, 413, "too-large")
        assert_problem(await http.post(path, params=params, content=endless()), 413, "too-large")


async def test_where_duties_stand(bound: Database, client: Client) -> None:
    await judge(bound)
    states = (await get(client, "/v1/duties"))["items"]
    assert [(one["duty"], one["subject"], one["state"], one["due_day"]) for one in states] == [
        ("duty.hidden_danger", "enterprise:ly-chem", "scheduled", "2027-12-01"),
        ("duty.retrofit_dispatch", "city:wuhai", "scheduled", "2026-11-15"),
        ("duty.soil_monitoring", "enterprise:ly-chem", "due_soon", "2026-12-31"),
    ]
    dispatch = states[1]
    # of sixteen months none was dispatched
    assert (dispatch["overdue_terms"], dispatch["overdue_since"]) == (17, "2025-06-15T16:00:00Z")
    overdue = (await get(client, "/v1/duties?state=overdue"))["items"]
    assert [one["duty"] for one in overdue] == ["duty.retrofit_dispatch"]
    await post(client, [SOIL | {"documents": []}, DISPATCH])
    await judge(bound)
    own = (await get(client, "/v1/duties", auth=LY))["items"]
    assert [(one["state"], one["missing"]) for one in own] == [("scheduled", []), ("done_without_evidence", ["report"])]
    assert (await attach(client, 1, PDF)).status_code == 200
    await judge(bound)
    (soil,) = (await get(client, "/v1/duties?duty=duty.soil_monitoring"))["items"]
    assert (soil["state"], soil["done_day"], soil["record_id"]) == ("done_in_time", "2026-10-20", 1)
    (dispatch,) = (await get(client, "/v1/duties?duty=duty.retrofit_dispatch"))["items"]
    assert (dispatch["state"], dispatch["overdue_terms"]) == ("scheduled", 0)
    seen, path = [], "/v1/duties?limit=1"
    page = await get(client, path)
    seen += page["items"]
    while page["next_cursor"]:
        page = await get(client, f"{path}&cursor={page['next_cursor']}")
        seen += page["items"]
    assert [one["duty"] for one in seen] == ["duty.hidden_danger", "duty.retrofit_dispatch", "duty.soil_monitoring"]


async def with_leaks(database: Database) -> None:
    """Two sealing points due on a day, one of them by the other schedule earlier; an open leak with its term."""
    async with database.transaction() as connection:
        await connection.execute(
            "insert into component_due (component_id, rule_id, enterprise_id, anchor, anchor_on, due_on) values"
            " (1, 'ldar.gb37822', 1, 'test', '2026-05-20', '2026-11-20'),"
            " (1, 'ldar.wuhai_yearly', 1, 'year', '2026-01-01', '2026-12-31'),"
            " (2, 'ldar.gb37822', 1, 'test', '2026-05-20', '2026-11-20')"
        )
        await connection.execute(
            "insert into leak (component_id, found_at, visible, state)"
            " values (1, '2026-10-30T02:00:00Z', false, 'found'), (2, '2026-10-30T03:00:00Z', false, 'closed')"
        )
        await connection.execute(
            "insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status,"
            " confidence, enabled, severity, definition) values ('ldar.example', 1, 'x', '泄漏点15日内修复',"
            " 'leak_repair', 'GB 37822-2019', '8.4', 'law', '现行', 'V', true, 'warning', '{}')"
        )
        for code in ("V-1", "V-2"):
            await connection.execute(
                "insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict,"
                " reason, evidence, computed_at) values ('ldar.example', 1, %s, 1, %s, %s, 'compliant',"
                " 'scheduled', '{}', %s)",
                (
                    f"component:hx-coking/{code}",
                    f"2026-10-30T0{2 if code == 'V-1' else 3}:00:00Z",
                    day_start(date(2026, 11, 15)),
                    NOW,
                ),
            )


async def test_a_calendar_of_everything_with_a_date(bound: Database, client: Client) -> None:
    await with_leaks(bound)
    await judge(bound)
    mine = await get(client, "/v1/duties/calendar", auth=HX)
    assert (mine["enterprise"], mine["from_day"]) == ("hx-coking", "2026-09-03")
    assert [(one["day"], one["kind"], one["count"], one["state"]) for one in mine["items"]] == [
        ("2026-11-14", "leak", 1, "scheduled"),
        ("2026-11-20", "ldar", 2, "scheduled"),
    ]
    theirs = await get(client, "/v1/duties/calendar?enterprise=ly-chem&to_day=2028-01-01")
    assert [(one["day"], one["kind"]) for one in theirs["items"]] == [("2026-12-31", "duty"), ("2027-12-01", "duty")]
    nobodys = await get(client, "/v1/duties/calendar?from_day=2026-11-01")
    assert [(one["day"], one["subject"]) for one in nobodys["items"]] == [("2026-11-15", "city:wuhai")]
    async with client(token=TOKEN, **OPERATOR) as http:
        assert_problem(await http.get("/v1/duties/calendar?from_day=2026-11-02&to_day=2026-11-01"), 422, "validation")
        assert_problem(await http.get("/v1/duties/calendar?to_day=2999-01-01"), 422, "validation")
        assert_problem(await http.get("/v1/duties/calendar?enterprise=nobody"), 404, "not-found")


async def test_telephones_subscribe_with_the_enterprises_own_account(bound: Database, client: Client) -> None:
    await with_leaks(bound)
    await judge(bound)
    async with client(token=TOKEN) as http:
        refused = await http.get("/v1/duties/calendar.ics")
        assert_problem(refused, 401, "unauthorized")
        assert "Basic" in refused.headers["www-authenticate"]
    events = {}
    for auth in (HX, LY):
        async with client(token=TOKEN, auth=auth) as http:
            answer = await http.get("/v1/duties/calendar.ics")
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        for event in Calendar.from_ical(answer.content).walk("VEVENT"):
            events[str(event["SUMMARY"])] = event
    assert sorted(events) == [
        "土壤和地下水年度监测，截止日",
        "土壤污染隐患排查，截止日",
        "密封点泄漏检测：2 个密封点，截止日",
        "泄漏点15日内修复：1 处泄漏，截止日",
    ]
    soil = events["土壤和地下水年度监测，截止日"]
    assert soil["DTSTART"].dt == date(2026, 12, 31)
    assert [alarm["TRIGGER"].dt for alarm in soil.walk("VALARM")] == [-timedelta(days=7), timedelta(hours=9)]
    assert "凭证：监测（检测、试验）报告" in str(soil["DESCRIPTION"])
    uid = str(soil["UID"])
    await post(client, [SOIL])
    await judge(bound)
    async with client(token=TOKEN, auth=LY) as http:
        done, _ = Calendar.from_ical((await http.get("/v1/duties/calendar.ics")).content).walk("VEVENT")
    assert (str(done["UID"]), str(done["SUMMARY"])) == (uid, "〔按期办结〕土壤和地下水年度监测，截止日")
    assert done.walk("VALARM") == []


async def test_records_leave_work_for_the_rules_and_nothing_else(bound: Database, client: Client) -> None:
    await post(client, [SOIL, DISPATCH])
    await attach(client, 1, PDF)
    async with bound.transaction() as connection:
        work = await fetch_all(connection, "select kind, key from rule_work order by seq", {})
        stored = await fetch_all(connection, "select documents from duty_record order by record_id", {})
    assert [(row["kind"], row["key"]) for row in work] == [("duty", 2), ("duty", 0), ("duty", 2)]
    assert json.loads(json.dumps(stored[0]["documents"])) == SOIL["documents"]
