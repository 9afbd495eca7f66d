"""Due days over all regimes, the forecast, and the work list on screen, as a workbook and as text."""

from __future__ import annotations

import csv
import io

import httpx
import pytest
from openpyxl import load_workbook

from storage.database import Database
from tests.integration.api.conftest import PASSWORDS, TOKEN, Client, assert_problem

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def works(city: Database) -> Database:
    """V-1 overdue by one regime and due soon by another, V-2 due in the next year, a leak on each."""
    async with city.transaction() as connection:
        await connection.execute(
            """
            insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status,
                              confidence, enabled, severity, definition) values
                ('ldar.gb37822', 1, 'ldar', '密封点泄漏检测周期', 'leak_schedule', 'GB 37822-2019', '8.3.1', 'law',
                 '现行', 'V', true, 'warning', '{"params": {"months": {"valve": 6, "pump": 6}}}'),
                ('ldar.gb31571', 1, 'ldar', '石油化学', 'leak_schedule', 'GB 31571-2015', '5.3', 'law',
                 '现行', 'V', true, 'warning', '{"params": {"months": {"valve": 3, "pump": 3}}}'),
                ('ldar.old', 1, 'ldar', '旧', 'leak_schedule', '旧', '1', 'law', '现行', 'V', false, 'warning', '{}'),
                ('ldar.wuhai_yearly', 1, 'ldar', '每年', 'yearly_campaign', '方案', '一', 'draft', '送审稿', 'V', true,
                 'warning', '{}'),
                ('ldar.first_attempt', 1, 'ldar', '首次维修', 'leak_repair', 'GB 37822-2019', '8.4', 'law', '现行',
                 'V', true, 'warning', '{"params": {"step": "attempt"}}'),
                ('ldar.repair', 1, 'ldar', '修复', 'leak_repair', 'GB 37822-2019', '8.4', 'law', '现行', 'V', true,
                 'warning', '{"params": {"step": "repair"}}');
            insert into component_due (component_id, rule_id, enterprise_id, anchor, anchor_on, due_on) values
                (1, 'ldar.gb37822', 1, 'test', '2026-05-10', '2026-11-10'),
                (1, 'ldar.gb31571', 1, 'restart', '2026-07-30', '2026-10-30'),
                (1, 'ldar.old', 1, 'test', '2020-01-01', '2020-07-01'),
                (2, 'ldar.wuhai_yearly', 1, 'year', '2027-01-01', '2027-12-31');
            insert into leak (component_id, found_at, net_umol_mol, visible, state, attempts) values
                (1, '2026-10-30 02:00Z', 8200, false, 'found', 0),
                (2, '2026-10-20 02:00Z', null, true, 'closed', 1),
                (2, '2026-10-29 02:00Z', 700, false, 'still_leaking', 1);
            insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict,
                                 reason, evidence, computed_at) values
                ('ldar.first_attempt', 1, 'component:hx-coking/V-1', 1, '2026-10-30 02:00Z', '2026-11-04 16:00Z',
                 'compliant', 'due_soon', '{"due_on": "2026-11-04"}', '2026-11-01Z'),
                ('ldar.repair', 1, 'component:hx-coking/V-1', 1, '2026-10-30 02:00Z', '2026-11-14 16:00Z',
                 'compliant', 'scheduled', '{"due_on": "2026-11-14"}', '2026-11-01Z');
            """
        )
    return city


async def test_every_regime_has_its_due_day_and_the_strictest_is_first(client: Client, works: Database) -> None:
    async with client() as http:
        first, second, _ = (await http.get("/v1/ldar")).json()["items"]
    assert first["strictest"] == {
        "rule_id": "ldar.gb31571",
        "title": "石油化学",
        "due_day": "2026-10-30",
        "anchor": "restart",
        "anchor_word": "检修后投用",
        "anchor_on": "2026-07-30",
    }
    assert [(duty["rule_id"], duty["due_day"]) for duty in first["duties"]] == [
        ("ldar.gb31571", "2026-10-30"),
        ("ldar.gb37822", "2026-11-10"),
    ]
    assert second["strictest"]["due_day"] == "2027-12-31"


async def test_the_work_list_of_an_enterprise(client: Client, works: Database) -> None:
    async with client() as http:
        found = (await http.get("/v1/ldar/worklist?enterprise=hx-coking")).json()
        longer = (await http.get("/v1/ldar/worklist?enterprise=hx-coking&days=0")).json()
    assert (found["as_of"], found["overdue"], found["enterprise_name"]) == ("2026-11-02", 1, "海西焦化")
    (test,) = found["tests"]
    assert (test["code"], test["days_left"], test["status"], test["status_word"]) == (
        "V-1",
        -3,
        "overdue",
        "已逾期 3 天",
    )
    assert [duty["standard"] for duty in test["duties"]] == ["GB 31571-2015", "GB 37822-2019"]
    assert [(leak["code"], leak["status_word"], leak["days_left"]) for leak in found["leaks"]] == [
        ("V-1", "首次维修 2 天后到期", 2),
        ("V-2", "没有期限", None),
    ]
    assert longer["tests"] == found["tests"]


async def test_the_work_list_as_a_workbook_and_as_text(client: Client, works: Database) -> None:
    async with client() as http:
        book = await http.get("/v1/ldar/worklist.xlsx?enterprise=hx-coking")
        text = await http.get("/v1/ldar/worklist.csv?enterprise=hx-coking")
    assert "ldar-hx-coking-2026-11-02.xlsx" in book.headers["content-disposition"]
    sheets = load_workbook(io.BytesIO(book.content))
    assert sheets.sheetnames == ["待检测", "待修复", "说明"]
    rows = [[cell.value for cell in row] for row in sheets["待检测"].iter_rows()]
    assert rows[0][0] == "海西焦化 密封点检测与修复工作清单"
    heads = next(row for row in rows if row[0] == "状态")
    line = dict(zip(heads, rows[rows.index(heads) + 1], strict=True))
    assert (line["密封点编码"], line["到期日"], line["剩余天数"], line["类型"]) == ("V-1", "2026-10-30", -3, "阀门")
    assert line["最严要求"] == "GB 31571-2015（检修后投用 2026-07-30 起算）"
    assert text.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig"))))
    assert [(line["事项"], line["密封点编码"], line["状态"]) for line in lines] == [
        ("检测", "V-1", "已逾期 3 天"),
        ("修复", "V-1", "首次维修 2 天后到期"),
        ("修复", "V-2", "没有期限"),
    ]


async def test_the_forecast_counts_later_cycles(client: Client, works: Database) -> None:
    async with client() as http:
        found = (await http.get("/v1/ldar/forecast?enterprise=hx-coking&months=8")).json()
        city = (await http.get("/v1/ldar/forecast?months=24")).json()
    assert [(item["month"], item["unit_name"], item["components"], item["overdue"]) for item in found["items"]] == [
        ("2026-11", "苯加氢", 1, 1),
        ("2027-02", "苯加氢", 1, 0),
        ("2027-05", "苯加氢", 1, 0),
    ]
    assert {item["unit_name"] for item in city["items"]} == {None}
    december = [item for item in city["items"] if item["month"] == "2027-12"]
    assert [(item["kind_word"], item["components"]) for item in december] == [("阀门", 1)]


async def test_an_enterprise_has_its_own_list_and_no_other(client: Client, works: Database) -> None:
    async with client(token=TOKEN) as http:
        own = await http.get("/v1/ldar/worklist", auth=HX)
        assert own.json()["enterprise"] == "hx-coking"
        assert (await http.get("/v1/ldar/worklist.xlsx", auth=HX)).status_code == 200
        for path in ("worklist", "worklist.xlsx", "worklist.csv", "forecast"):
            assert_problem(await http.get(f"/v1/ldar/{path}?enterprise=ly-chem", auth=HX), 403, "forbidden")
        for path in ("worklist", "worklist.xlsx", "worklist.csv"):
            assert_problem(await http.get(f"/v1/ldar/{path}", headers=BEARER), 422, "validation")
        assert_problem(await http.get("/v1/ldar/worklist?enterprise=nobody", headers=BEARER), 404, "not-found")
