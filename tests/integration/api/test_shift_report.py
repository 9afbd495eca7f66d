"""The shift report (交接班记录) from what is stored, as JSON, PDF and XLSX."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from storage.database import Connection, Database
from tests.integration.api.conftest import HOUR_AT, TOKEN, Client, assert_problem, insert_alert, insert_finding
from tests.integration.api.test_roster import NIGHT, PEOPLE

HOSTILE = "=HYPERLINK(\"http://x\")<b>&amp;\n</para><img src='x'/>" + "长" * 10_000
#: The day shift of 2 November begins here, which is HOUR_AT; NOW is three hours later.
REPORT = "/v1/roster/duty/shift-report"


async def alert(connection: Connection, minutes: dict[str, int], teams: str = "{duty}", **changes: Any) -> int:
    """An alert with its history: kind of event -> minutes after the shift's beginning."""
    key = await insert_alert(connection, 1, **changes)
    await connection.execute(
        "insert into alert_dispatch (alert_id, state, reason, since_at, teams) values (%s, 'told', 'first', %s, %s)",
        (key, HOUR_AT, teams),
    )
    for kind, after in minutes.items():
        at = HOUR_AT + timedelta(minutes=after)
        if kind == "told":
            await connection.execute("update alert set notified_at = %s where alert_id = %s", (at, key))
            continue
        await connection.execute(
            "insert into alert_event (alert_id, at, kind, actor, comment, detail) values (%s, %s, %s, %s, '', %s)",
            (key, at, kind, "王维", '{"name": "杜甫"}' if kind == "handed_over" else None),
        )
    return key


def ended(minutes: int) -> dict[str, Any]:
    return {"state": "resolved", "resolved_at": HOUR_AT + timedelta(minutes=minutes)}


@pytest.fixture
async def shift(city: Database) -> Database:
    async with city.transaction() as connection:
        await connection.execute(PEOPLE)
        assert await insert_finding(connection) == 1
        subject = "pollutant:hx-coking/S1/so2"
        await alert(connection, {"firing": 10, "told": 11, "acknowledged": 17}, subject=subject)
        await alert(connection, {"firing": 20, "told": 20, "resolved": 50}, subject="point:a", **ended(50))
        await alert(connection, {"firing": -300, "acknowledged": -250, "handed_over": 30}, subject="point:b")
        await alert(
            connection,
            {"firing": -300, "resolved": -200, "return_confirmed": 45},
            subject="point:before",
            **ended(-200),
        )
        await alert(connection, {"firing": -10, "resolved": 200}, subject="point:later", severity="info", **ended(200))
        await alert(connection, {"firing": 30}, "{other}", subject="point:other")
        # held back from all teams at once, with no route: the built-in team's; and those of history, which nobody saw
        await alert(connection, {"firing": 40}, "{}", subject="point:held")
        await alert(connection, {"firing": 41}, "{}", subject="point:history")
        await alert(connection, {"firing": 41, "resolved": 41}, "{}", subject="point:history", **ended(41))
        await connection.execute(
            "update alert_dispatch set (reason, state) = ('historical', 'silent') where alert_id = 8;"
            "update alert_dispatch set (reason, state) = ('resolved', 'over') where alert_id = 9;"
            "insert into notification_decision (at, alert_id, event, team, decision, reason)"
            f" select '{HOUR_AT}', n, 'firing', 'duty', 'drop', 'historical' from generate_series(8, 9) n"
        )
        await connection.execute(
            "insert into alert_hold (kind, rule_id, subject, alert_id, from_at, until_at, author, reason) values"
            " ('shelved', 'r', 's', 1, %(at)s, %(until)s, '王维', '检修'),"
            " ('out_of_service', 'r', 's', 6, %(at)s, null, '王维', '别组的')",
            {"at": HOUR_AT, "until": HOUR_AT + timedelta(hours=8)},
        )
        await connection.execute(
            "insert into silence (matchers, starts_at, ends_at, author, comment, created_at) values"
            " (%s, %s, %s, '李白', '演习', %s)",
            (
                '[{"label": "enterprise", "op": "in", "value": ["hx-coking", "ly-chem"]}]',
                HOUR_AT,
                HOUR_AT + timedelta(hours=1),
                HOUR_AT,
            ),
        )
        await connection.execute(
            "insert into notification (alert_id, event, team, channel, receiver, idempotency_key, group_key, body,"
            " state, attempts, queued_at, next_attempt_at, last_error) values"
            " (1, 'firing', 'duty', 'sms', 'person:wang-wei', 'a', '', '{}', 'sent', 1, %(at)s, %(at)s, null),"
            " (1, 'escalated', 'duty', 'sms', 'person:li-bai', 'b', '', '{}', 'failed', 4, %(at)s, %(at)s,"
            " 'no such number 13800000001, ask admin@example.org'),"
            " (1, 'firing', 'other', 'sms', 'person:x', 'c', '', '{}', 'sent', 1, %(at)s, %(at)s, null)",
            {"at": HOUR_AT + timedelta(minutes=20)},
        )
        await connection.execute(
            "insert into notification_decision (at, alert_id, event, team, channel, receiver, decision, reason) values"
            " (%(at)s, 1, 'escalated', 'duty', 'sms', 'person:li-bai', 'send', 'unacknowledged'),"
            " (%(at)s, 1, 'escalated', 'duty', 'sms', 'person:du-fu', 'drop', 'no_receiver'),"
            " (%(at)s, 1, 'firing', 'duty', 'sms', 'person:wang-wei', 'send', 'first')",
            {"at": HOUR_AT + timedelta(minutes=26)},
        )
    return city


async def report(http: httpx.AsyncClient, query: str = "") -> Any:
    answer = await http.get(f"{REPORT}{query}")
    assert answer.status_code == 200, answer.text
    assert "1380000" not in answer.text
    assert "example.org" not in answer.text
    return answer.json()


async def test_what_a_shift_saw(shift: Database, client: Client) -> None:
    async with client() as http:
        found = await report(http)
    assert (found["shift_name"], found["people"][0]["name"], found["taker"][0]["name"]) == ("白班", "王维", "李白")
    assert (found["from_at"], found["until_at"]) == ("2026-11-02T00:00:00Z", "2026-11-02T12:00:00Z")
    assert (found["as_of"], found["is_over"]) == ("2026-11-02T03:00:00Z", False)
    figures = ("fired", "fired_critical", "ended", "open", "open_untaken", "taken_median_min")
    assert [found[name] for name in figures] == [3, 3, 1, 4, 2, 6.0]
    alerts = {one["alert_id"]: one for one in found["alerts"]}
    assert {key: (one["state_word"], one["is_new"]) for key, one in alerts.items()} == {
        1: ("已签收", True),
        2: ("已恢复未签收", True),
        3: ("已签收（未通知）", False),
        5: ("未签收（未通知）", False),  # it ends within the shift, but has not yet
        7: ("未签收（未通知）", True),
    }
    assert (alerts[1]["taken_by"], alerts[1]["taken_after_min"], alerts[3]["assignee"]) == ("王维", 6.0, "杜甫")
    assert [(one["kind_word"], one["what"]) for one in found["holds"]] == [
        ("搁置", "二氧化硫超标"),
        ("静默", "企业 属于 hx-coking、ly-chem"),
    ]
    assert [(one["event_word"], one["receiver"]) for one in found["escalations"]] == [("升级", "李白")]
    assert [(one["at"], one["alert_id"], one["action_word"], one["actor"]) for one in found["actions"]] == [
        ("2026-11-02T00:17:00Z", 1, "签收", "王维"),
        ("2026-11-02T00:30:00Z", 3, "转交给杜甫", "王维"),
        ("2026-11-02T00:45:00Z", 4, "确认恢复", "王维"),  # it ended in the shift before
    ]
    (sms,) = found["deliveries"]
    assert (sms["messages"], sms["sent"], sms["failed"], sms["repeats"]) == (2, 1, 1, 3)
    assert sms["last_error"] == "no such number …, ask …"


async def test_a_shift_of_the_past_is_told_as_it_stood_at_its_end(shift: Database, client: Client) -> None:
    async with client() as http:
        found = await report(http, "?at=2026-11-02T07:59:59%2B08:00")
    assert (found["shift_name"], found["is_over"], found["as_of"]) == ("夜班", True, "2026-11-02T00:00:00Z")
    states = {one["alert_id"]: (one["state_word"], one["ended_at"]) for one in found["alerts"]}
    assert states == {
        3: ("已签收（未通知）", None),
        4: ("已结束", "2026-11-01T20:40:00Z"),
        5: ("未签收（未通知）", None),
    }
    assert found["alerts"][0]["assignee"] is None  # it was given away later


async def test_what_was_held_back_from_all_teams_is_its_that_the_routes_say(shift: Database, client: Client) -> None:
    async with shift.transaction() as connection:
        await connection.execute(
            "insert into alert_route (code, position, matchers, team_id) values"
            """ ('x', 1, '[{"label": "district", "op": "=", "value": "wuda"}]', 2)"""
        )
    async with client() as http:
        found = await report(http)
    assert 7 not in [one["alert_id"] for one in found["alerts"]]


async def test_what_was_held_back_at_a_park_is_of_the_team_of_its_district(shift: Database, client: Client) -> None:
    async with shift.transaction() as connection:
        await connection.execute("insert into park (code, name, district) values ('wd-park', '工业园', 'wuda')")
        await connection.execute("update alert set subject = 'park:wd-park', enterprise_id = null where alert_id = 7")
        await connection.execute(
            "insert into alert_route (code, position, matchers, team_id) values"
            """ ('x', 1, '[{"label": "district", "op": "=", "value": "wuda"}]', 2)"""
        )
    async with client() as http:
        found = await report(http)
    assert 7 not in [one["alert_id"] for one in found["alerts"]]


async def test_notes_and_changes_are_in_it(shift: Database, client: Client) -> None:
    async with client() as http:
        await http.post("/v1/roster/duty/handovers", json={"note": "白班交", "actor": "王维"})
        before = {
            "note": "夜班交",
            "at": "2026-11-02T07:00:00+08:00",
            "actor": "李白",
            "giver": "li-bai",
            "taker": "wang-wei",
        }
        await http.post("/v1/roster/duty/handovers", json=before)
        begins = NIGHT | {"from_at": "2026-11-02T10:00:00+08:00", "replaces": "wang-wei"}
        await http.post("/v1/roster/duty/overrides", json=begins)
        found = await report(http, "?at=2026-11-02T10:30:00%2B08:00")
    assert ([one["note"] for one in found["received"]], [one["note"] for one in found["given"]]) == (
        ["夜班交"],
        ["白班交"],
    )
    # two people had a part of it, and it is one shift
    assert [one["name"] for one in found["people"]] == ["王维", "杜甫"]
    assert (found["from_at"], found["until_at"]) == ("2026-11-02T00:00:00Z", "2026-11-02T12:00:00Z")
    assert [one["person"]["name"] for one in found["overrides"]] == ["杜甫"]


async def test_as_documents(shift: Database, client: Client) -> None:
    async with shift.transaction() as connection:
        await connection.execute("update alert set title = %s where alert_id = 1", (HOSTILE,))
        await connection.execute("update person set name = %s where code = 'wang-wei'", (HOSTILE[:200],))
    async with client() as http:
        answers = {kind: await http.get(f"{REPORT}?format={kind}") for kind in ("pdf", "xlsx")}
        again = await http.get(f"{REPORT}?format=pdf")
    for kind, answer in answers.items():
        assert answer.status_code == 200, answer.text
        assert f"filename=shift-duty-20261102-0800.{kind}" in answer.headers["content-disposition"]
    assert answers["pdf"].headers["content-type"] == "application/pdf"
    assert answers["pdf"].content.startswith(b"%PDF-")
    assert answers["pdf"].content == again.content
    book = load_workbook(io.BytesIO(answers["xlsx"].content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n", "d"}
    fired = next(sheet for sheet in book if sheet.title == "班末未结束的告警")["E"]
    assert [cell.value for cell in fired[1:]][:2] == [datetime(2026, 11, 2, 3), datetime(2026, 11, 2, 8, 10)]  # noqa: DTZ001
    assert fired[1].number_format == "yyyy-mm-dd hh:mm"
    assert HOSTILE in [cell.value for cell in cells]


@pytest.mark.parametrize(
    ("query", "status", "name"),
    [
        ("?at=2026-11-03T10:00:00%2B08:00", 422, "validation"),
        ("?at=2026-11-02T10:00:00", 422, "validation"),
        ("?format=html", 422, "validation"),
    ],
)
async def test_what_cannot_be_told(shift: Database, client: Client, query: str, status: int, name: str) -> None:
    async with client() as http:
        assert_problem(await http.get(f"{REPORT}{query}"), status, name)


async def test_a_gap_has_no_report_and_enterprises_see_none(shift: Database, client: Client) -> None:
    async with client() as http:
        assert_problem(await http.get("/v1/roster/empty/shift-report"), 404, "not-found")
        assert_problem(await http.get("/v1/roster/nobody/shift-report"), 404, "not-found")
    async with client(token=TOKEN, auth=("hx-coking", "hx-password")) as http:
        assert_problem(await http.get(REPORT), 403, "forbidden")


def test_the_shift_begins_with_the_hour() -> None:
    assert datetime.fromisoformat("2026-11-02T08:00:00+08:00") == HOUR_AT
