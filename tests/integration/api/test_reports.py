"""The monthly report: the same for ever as known at one instant, and a document that people can open and print."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from storage.database import Database
from tests.integration.api.conftest import HOUR_AT, NOW, PASSWORDS, TOKEN, Client, assert_problem, insert_finding
from tests.integration.api.month import SUBJECT, evidence, hour, insert_hours, insert_limit, insert_mark

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
LY = httpx.BasicAuth("ly-chem", PASSWORDS["ly-chem"])
THEN = "2026-11-02T01:00:00Z"


@pytest.fixture
async def judged(city: Database) -> Database:
    """Six judged hours, a limit and a mark; two reasons that would be mischief in a page or a workbook."""
    async with city.transaction() as connection:
        mark = await insert_mark(connection, reason="<script>alert(1)</script>")
        await insert_mark(connection, start=hour(8), end=hour(9), at=hour(9), reason='=HYPERLINK("http://x","y")')
        await insert_hours(connection, await insert_limit(connection), [mark])
    return city


async def _report(http: httpx.AsyncClient, **params: str) -> dict[str, Any]:
    response = await http.get("/v1/reports/ule", params={"month": "2026-11", **params})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_the_report_says_what_was_judged_by_what(client: Client, judged: Database) -> None:
    async with client() as http:
        report = await _report(http)
    assert report["title"] == "乌海市 2026 年 11 月超低排放月报"
    assert report["as_known_at"] == "2026-11-02T03:00:00Z"
    (item,) = report["items"]
    assert (item["ule"]["numerator"], item["ule"]["denominator"], item["ule"]["share_pct"]) == (3, 4, 75.0)
    assert item["verdict_word"] == "未出结论"
    assert item["limits"] == [{"limit_id": 1, "kind": "ule", "hours": 6}]
    assert item["marks"] == [{"mark_id": 1, "hours": 1}]
    (over,) = report["exceedances"]
    assert (over["hour_at"], over["converted"], over["rounded"], over["limit"]) == (
        "2026-10-31T19:00:00Z",
        33.4,
        33,
        30,
    )
    assert (over["measured"], over["o2_pct"], over["limit_id"]) == (26.9, 9.5, 1)
    (limit,) = report["limits"]
    assert (limit["value"], limit["reference_o2_pct"], limit["clause"], limit["status_word"]) == (
        30.0,
        8.0,
        "附件2 表1",
        "政策文件",
    )
    assert [(rule["rule_id"], rule["version"], rule["hours"]) for rule in report["rules"]] == [("ule.hourly", 1, 6)]
    assert [(mark["mark_id"], mark["used_hours"], mark["state_word"]) for mark in report["marks"]] == [
        (1, 1, "有效"),
        (2, 0, "有效"),
    ]


async def test_what_comes_later_changes_the_report_of_now_and_not_the_one_of_then(
    client: Client, judged: Database
) -> None:
    async with client() as http:
        before = await _report(http, as_known_at=THEN)
        workbook = (await http.get(f"/v1/reports/ule?month=2026-11&format=xlsx&as_known_at={THEN}")).content
        assert before["inputs_sha256"] == (await _report(http))["inputs_sha256"]  # nothing has come since
        seen = {before["inputs_sha256"]}
        later = HOUR_AT + timedelta(hours=2)
        async with judged.transaction() as connection:  # a late reading: the fourth hour is judged anew, still over
            new = await insert_finding(
                connection,
                rule_id="ule.hourly",
                subject=SUBJECT,
                period_start=hour(3),
                period_end=hour(4),
                value=33.5,
                evidence=evidence(33.5, 1, []),
                computed_at=later,
                superseded_at=later + timedelta(days=1),
            )
            await connection.execute(
                "update finding set superseded_at = %(at)s, superseded_by = %(by)s"
                " where period_start = %(start)s and rule_id = 'ule.hourly' and finding_id <> %(by)s",
                {"at": later, "by": new, "start": hour(3)},
            )
        changes = [
            "insert into mark_decision values (1, 'rejected', '李', '不符', %(at)s)",
            "insert into mark (enterprise_id, outlet_id, dimension, kind, start_at, end_at, origin, author, reason,"
            " created_at, supersedes)"
            " select 1, 1, 'process', 'stopped', start_at, end_at, 'manual', 'a', 'b', %(at)s, 2"
            " from mark where mark_id = 2",
        ]
        for change in changes:
            after = await _report(http)
            assert after["inputs_sha256"] not in seen
            seen.add(after["inputs_sha256"])
            async with judged.transaction() as connection:
                await connection.execute(change, {"at": NOW})
                # an edit of the limit: the row that judged stays the row that judged
                await connection.execute("update emission_limit set superseded_at = %(at)s", {"at": NOW})
        now = await _report(http)
        assert now["inputs_sha256"] not in seen
        assert [over["converted"] for over in now["exceedances"]] == [33.5]
        assert [mark["state_word"] for mark in now["marks"]] == ["已驳回", "已被取代", "有效"]
        assert await _report(http, as_known_at=THEN) == before
        again = (await http.get(f"/v1/reports/ule?month=2026-11&format=xlsx&as_known_at={THEN}")).content
    assert again == workbook


async def test_a_report_of_the_future_is_refused(client: Client) -> None:
    async with client() as http:
        late = await http.get("/v1/reports/ule", params={"month": "2026-11", "as_known_at": "2026-11-02T03:00:01Z"})
        assert assert_problem(late, 422, "validation")["errors"][0]["name"] == "as_known_at"
        assert_problem(await http.get("/v1/reports/ule?month=2026-13"), 422, "validation")
        assert_problem(await http.get("/v1/reports/ule?month=2026-11&format=pdf"), 422, "validation")
        assert_problem(await http.get("/v1/reports/ule?month=2026-11&enterprise=nobody"), 404, "not-found")


async def test_an_enterprise_gets_its_own_report(client: Client, judged: Database) -> None:
    async with client(token=TOKEN) as http:
        own = (await http.get("/v1/reports/ule?month=2026-11", auth=HX)).json()
        other = (await http.get("/v1/reports/ule?month=2026-11", auth=LY)).json()
        foreign = await http.get("/v1/reports/ule?month=2026-11&enterprise=hx-coking", auth=LY)
    assert (own["title"], len(own["items"])) == ("海西焦化 2026 年 11 月超低排放月报", 1)
    assert (other["items"], other["marks"], other["exceedances"]) == ([], [], [])
    assert_problem(foreign, 403, "forbidden")


async def test_the_workbook_holds_the_figures_and_no_formula(client: Client, judged: Database) -> None:
    async with client() as http:
        report = await _report(http)
        response = await http.get("/v1/reports/ule?month=2026-11&format=xlsx")
    assert "ule-2026-11.xlsx" in response.headers["content-disposition"]
    book = load_workbook(io.BytesIO(response.content))
    assert book.sheetnames == ["汇总", "限值", "标记", "规则版本", "超限时段", "说明"]
    summary = [[cell.value for cell in row] for row in book["汇总"].iter_rows()]
    assert summary[0][0] == report["title"]
    assert ["输入数据 SHA-256", report["inputs_sha256"]] in [row[:2] for row in summary]
    assert summary[-1][:6] == ["海西焦化", "S1 焦炉烟囱", "二氧化硫", 3, 4, 75]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == '=HYPERLINK("http://x","y")' for cell in cells)
    assert not any(cell.data_type == "f" for cell in cells)
    assert all(sheet.page_setup.orientation == "landscape" for sheet in book.worksheets[:-1])


async def test_the_page_stands_alone_and_prints(client: Client, judged: Database, tmp_path: Path) -> None:
    async with client() as http:
        report = await _report(http)
        page = (await http.get("/v1/reports/ule?month=2026-11&format=html")).text
    assert report["inputs_sha256"] in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not any(word in page for word in ("src=", "href=", "@import", "url("))
    (tmp_path / "report.html").write_text(page, "utf-8")
    printed = await asyncio.to_thread(_print, tmp_path)
    assert printed.startswith(b"%PDF")
    boxes = [[float(side) for side in box.split()] for box in re.findall(rb"/MediaBox *\[([^]]*)\]", printed)]
    assert boxes
    for box in boxes:  # A4 across, 297 by 210 mm in points
        assert box == pytest.approx([0, 0, 842, 595], abs=1)


def _print(folder: Path) -> bytes:
    """The PDF that a browser makes of report.html."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium here to print with")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    where = [f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={folder / 'report.pdf'}"]
    page = (folder / "report.html").as_uri()
    subprocess.run([browser, *options, *where, page], check=True, capture_output=True, timeout=120)
    return (folder / "report.pdf").read_bytes()
