"""What people read by their role: an enterprise its own, the list by its filters, the audit log, who one is."""

from __future__ import annotations

from api.auth import Auth
from storage.database import Database
from tests.integration.api.conftest import (
    NOW,
    PASSWORD,
    PASSWORDS,
    SOON,
    TOKEN,
    Client,
    as_person,
    assert_problem,
)


async def test_an_enterprise_reads_its_own_without_the_bureaus_own_words(client: Client, manned: Database) -> None:
    async with as_person(client, "dan") as http:
        await http.post("/v1/alerts/1/comment", json={"comment": "疑似造假"})
        await http.post("/v1/alerts/1/hand-over", json={"person": "wang-wei", "comment": "悄悄去"})
        await http.post("/v1/alerts/1/shelve", json={"until": SOON, "reason": "等执法"})
    async with manned.transaction() as connection:
        await connection.execute(
            "insert into notification_decision (at, alert_id, event, team, channel, receiver, decision, reason)"
            " values (%(at)s, 1, 'firing', 'duty', 'sms', 'person:wang-wei', 'send', 'first')",
            {"at": NOW},
        )
    async with as_person(client, "hx-coking") as http:
        own = await http.get("/v1/alerts/1")
        listed = await http.get("/v1/alerts")
        for path in (
            "/v1/alerts/2",
            "/v1/alerts?assignee=wang-wei",
            "/v1/alerts?team=duty",
            "/v1/alerts?enterprise=ly-chem",
        ):
            assert_problem(await http.get(path), 403, "forbidden")
        for path in ("/v1/silences", "/v1/silences/1", "/v1/holds", "/v1/audit"):
            assert_problem(await http.get(path), 403, "forbidden")
        question = {"matchers": [{"label": "enterprise", "value": "ly-chem"}]}
        assert_problem(await http.post("/v1/silences/preview", json=question), 403, "forbidden")
        me = (await http.get("/v1/session")).json()
        districts = (await http.get("/v1/alerts", params={"district": "hainan"})).json()["items"]
    assert [item["alert_id"] for item in listed.json()["items"]] == [1]
    assert districts == []
    for word in ("疑似造假", "悄悄去", "等执法", "wang-wei"):
        assert word not in own.text
        assert word not in listed.text
    assert (own.json()["decisions"], own.json()["holds"], own.json()["assignee"]) == ([], [], None)
    assert [event["kind"] for event in own.json()["events"]] == ["commented", "handed_over", "shelved"]
    assert (me["role"], me["enterprise"], me["rights"]) == ("enterprise", "hx-coking", ["read", "report"])


async def test_filters_of_the_list(client: Client, manned: Database) -> None:
    async with manned.transaction() as connection:
        await connection.execute(
            "update alert set title = '100%_达标\\率' where alert_id = 3;"
            " insert into alert_dispatch (alert_id, state, reason, since_at, teams) values"
            " (1, 'told', 'first', '2026-11-02Z', '{wuda-duty}')"
        )
    async with as_person(client, "vera") as http:

        async def ids(**params: str) -> list[int]:
            answer = await http.get("/v1/alerts", params=params)
            return [item["alert_id"] for item in answer.raise_for_status().json()["items"]]

        assert await ids() == [3, 2, 1]
        assert await ids(live="true") == [2, 1]
        assert await ids(display="returned_unacknowledged") == [2]
        assert await ids(display="unacknowledged") == [1]
        assert await ids(display="normal") == [3]
        assert await ids(severity="warning") == [2]
        assert await ids(district="hainan") == [3, 2]
        assert await ids(district="wuda") == [1]
        async with manned.transaction() as connection:  # a park is in its district
            await connection.execute("insert into park (code, name, district) values ('hn-park', '工业园', 'hainan')")
            await connection.execute(
                "update alert set subject = 'park:hn-park', enterprise_id = null where alert_id = 1"
            )
        assert await ids(district="hainan") == [3, 2, 1]
        assert await ids(team="wuda-duty") == [1]
        assert await ids(team="duty") == []
        # as it is written: % and _ and \ stand for themselves
        assert await ids(q="%") == [3]
        assert await ids(q="0%_达") == [3]
        assert await ids(q="%_达标\\") == [3]
        assert await ids(q="100_") == []
        assert await ids(q="LY-CHEM/w-01") == [2]
        assert await ids(q="绿源") == [3, 2]
        for bad in ("", "x" * 101, "\x00"):
            assert_problem(await http.get("/v1/alerts", params={"q": bad}), 422, "validation")
        first = (await http.get("/v1/alerts", params={"display": "normal", "limit": 1, "severity": "info"})).json()
        assert first["next_cursor"] is None


async def test_the_audit_log_is_read_by_administrators_and_holds_no_secret(client: Client, manned: Database) -> None:
    async with as_person(client, "dan") as http:
        await http.post("/v1/alerts/1/acknowledge", json={"comment": "已通知"})
        assert_problem(await http.get("/v1/audit"), 403, "forbidden")
    async with as_person(client, "lea") as http:
        await http.post("/v1/marks/9/reject", json={"author": "x", "reason": "y"})  # there is none: nothing done
    async with as_person(client, "ada") as http:
        whole = await http.get("/v1/audit")
        refused = (await http.get("/v1/audit", params={"outcome": "refused"})).json()["items"]
        of_dan = (await http.get("/v1/audit", params={"actor": "DAN"})).json()["items"]
        of_alert = (await http.get("/v1/audit", params={"object": "alert:1"})).json()["items"]
        wildcard = (await http.get("/v1/audit", params={"actor": "%"})).json()["items"]
    assert [item["action"] for item in of_dan] == ["audit.read", "alert.acknowledge"]
    assert [item["object"] for item in refused] == ["/v1/audit"]
    assert [item["detail"]["text"] for item in of_alert] == ["已通知"]
    assert wildcard == []
    for secret in (PASSWORD, TOKEN, "argon2", PASSWORDS["hx-coking"]):
        assert secret not in whole.text


async def test_a_session_says_who_one_is_and_its_csrf_token(client: Client, manned: Database) -> None:
    async with as_person(client, None) as http:
        token = (await http.get("/v1/session")).json()
    async with client() as http:
        nobody = (await http.get("/v1/session")).json()
        auth: Auth = http._transport.app.state.auth  # type: ignore[attr-defined]
        cookie = {"Cookie": f"plantwatch_session={await auth.sign_in('dan', PASSWORD, '10.0.0.7')}"}
        dan = (await http.get("/v1/session", headers=cookie)).json()
        taken = await http.post(
            "/v1/alerts/1/acknowledge", json={"comment": ""}, headers={**cookie, "x-csrf-token": dan["csrf"]}
        )
    assert (token["role"], token["account"], token["csrf"]) == ("admin", None, None)
    assert (nobody["role"], nobody["name"]) == ("admin", "本机")
    assert (dan["role"], dan["account"], dan["longest_shelf_h"]) == ("duty", "dan", 24)
    assert taken.json()["acknowledged_by"] == "Dan"
