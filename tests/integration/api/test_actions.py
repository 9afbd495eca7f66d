"""What people do to alerts by the API: by role, twice, together, too late, and in words that nobody meant well."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from storage.database import Database, fetch_all
from tests.integration.api.conftest import HOUR_AT, NOW, PEOPLE, SOON, Client, as_person, assert_problem

HOSTILE = "<img src=x onerror=alert(1)> '; drop table alert; -- {{7*7}} %s \u202e\n第二行"


async def _rows(database: Database, query: str) -> list[dict[str, Any]]:
    async with database.transaction() as connection:
        return await fetch_all(connection, query)


async def _news(database: Database) -> list[tuple[int, str]]:
    rows = await _rows(database, "select alert_id, kind from alert_news order by news_id")
    return [(row["alert_id"], row["kind"]) for row in rows]


@pytest.mark.parametrize("login", [*PEOPLE, "hx-coking", None])
async def test_who_may_do_what(client: Client, manned: Database, login: str | None) -> None:
    rank = 3 if login is None else -1 if login == "hx-coking" else list(PEOPLE).index(login)
    name = {"actor": "值班电话"} if login is None else {}
    async with as_person(client, login) as http:
        for path, body, least in [
            ("alerts/1/acknowledge", {"comment": ""}, 1),
            ("alerts/2/confirm", {"comment": "看到了"}, 1),
            ("alerts/1/comment", {"comment": "企业称在检修"}, 1),
            ("alerts/1/shelve", {"until": SOON, "reason": "检修"}, 1),
            ("alerts/1/unshelve", {}, 1),
            ("alerts/1/hand-over", {"person": "wang-wei"}, 1),
            ("alerts/1/out-of-service", {"reason": "拆除"}, 2),
            ("alerts/1/in-service", {}, 2),
            (
                "silences",
                {"matchers": [{"label": "enterprise", "value": "hx-coking"}], "ends": SOON, "comment": "x"},
                2,
            ),
            ("silences/1/end", {}, 2),
        ]:
            answer = await http.post(f"/v1/{path}", json=body | name)
            if rank >= least:
                assert answer.status_code in (200, 201), (path, answer.text)
            else:
                assert_problem(answer, 403, "forbidden")
        assert (await http.get("/v1/audit")).status_code == (200 if rank == 3 else 403)
        assert (await http.get("/v1/silences")).status_code == (200 if rank >= 0 else 403)
        assert (await http.get("/v1/holds")).status_code == (200 if rank >= 0 else 403)
        me = (await http.get("/v1/session")).json()
    audited = await _rows(manned, "select actor, role, action, object, outcome from audit order by audit_id")
    assert {row["outcome"] for row in audited} == (
        {"done"} if rank == 3 else {"refused"} if rank < 1 else {"done", "refused"}
    )
    assert {row["role"] for row in audited} == {me["role"]}
    if rank == 3:
        assert [row["object"] for row in audited] == ["alert:1", "alert:2", *["alert:1"] * 6, "silence:1", "silence:1"]
        who = {"值班电话"} if login is None else {"Ada <ada>"}
        assert {row["actor"] for row in audited} == who


async def test_other_rooms_ask_for_roles_too(client: Client, manned: Database) -> None:
    """Records are for duty, decisions for lead; whoever may not is refused before the body is looked at."""
    for login, records, decisions in [("vera", 403, 403), ("dan", 422, 403), ("lea", 422, 422), ("ada", 422, 422)]:
        async with as_person(client, login) as http:
            for path in ("marks", "meter-changes", "ledger", "ldar/records", "duties/records"):
                assert (await http.post(f"/v1/{path}", json={})).status_code == records, (login, path)
            for path in ("limits", "rules/ule.coke_oven_stack.so2.hourly/decisions", "targets/T001/values"):
                answer = await http.post(f"/v1/{path}", json={})
                assert answer.status_code in (decisions, 404, 405), (login, path, answer.text)
            for path in ("enterprises", "rules", "scoreboard", "strays", "limits"):
                assert (await http.get(f"/v1/{path}")).status_code == 200, (login, path)


async def test_the_account_signs_whatever_the_body_says(client: Client, manned: Database) -> None:
    async with as_person(client, "dan") as http:
        detail = (await http.post("/v1/alerts/1/acknowledge", json={"actor": "市长", "comment": ""})).json()
    assert detail["acknowledged_by"] == "Dan"
    async with as_person(client, None) as http:
        problem = assert_problem(await http.post("/v1/alerts/1/comment", json={"comment": "x"}), 422, "validation")
    assert [(item["in"], item["name"]) for item in problem["errors"]] == [("body", "actor")]


async def test_of_two_people_one_takes_it_and_the_other_reads_who(client: Client, manned: Database) -> None:
    async with as_person(client, "dan") as one, as_person(client, "lea") as other:
        answers = await asyncio.gather(
            *(http.post("/v1/alerts/1/acknowledge", json={"comment": ""}) for http in (one, other))
        )
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert won.status_code == 200
    problem = assert_problem(lost, 409, "conflict")
    assert won.json()["acknowledged_by"] in problem["detail"]
    assert "11月2日 11:00" in problem["detail"] or "2026-11-02 11:00" in problem["detail"], problem["detail"]
    assert await _news(manned) == [(1, "acknowledged")]


async def test_told_anew_it_may_be_taken_anew(client: Client, manned: Database) -> None:
    async with manned.transaction() as connection:
        await connection.execute(
            "update alert set acknowledged_at = %(at)s, acknowledged_by = '甲', realarmed_at = %(later)s"
            " where alert_id = 1",
            {"at": HOUR_AT, "later": HOUR_AT + timedelta(hours=1)},
        )
    async with as_person(client, "dan") as http:
        assert (await http.get("/v1/alerts/1")).json()["display"] == "unacknowledged"
        taken = await http.post("/v1/alerts/1/acknowledge", json={"comment": "再看"})
        assert (taken.json()["display"], taken.json()["acknowledged_by"]) == ("acknowledged", "Dan")
        assert_problem(await http.post("/v1/alerts/1/acknowledge", json={"comment": ""}), 409, "conflict")


async def test_what_is_over_is_confirmed_once(client: Client, manned: Database) -> None:
    async with as_person(client, "dan") as http:
        assert (await http.get("/v1/alerts/2")).json()["display"] == "returned_unacknowledged"
        for path, body in [
            ("2/acknowledge", {"comment": ""}),
            ("2/shelve", {"until": SOON, "reason": "x"}),
            ("2/hand-over", {"person": "wang-wei"}),
            ("1/confirm", {"comment": ""}),  # lasts
            ("3/confirm", {"comment": ""}),  # nobody was told
            ("1/unshelve", {}),  # on no shelf
        ]:
            assert_problem(await http.post(f"/v1/alerts/{path}", json=body), 409, "conflict")
        assert_problem(await http.post("/v1/alerts/9/confirm", json={"comment": ""}), 404, "not-found")
        confirmed = (await http.post("/v1/alerts/2/confirm", json={"comment": "已核实"})).json()
        assert (confirmed["display"], confirmed["acknowledged_by"]) == ("normal", "Dan")
        assert confirmed["events"][-1]["kind"] == "return_confirmed"
        assert_problem(await http.post("/v1/alerts/2/confirm", json={"comment": ""}), 409, "conflict")
        noted = (await http.post("/v1/alerts/2/comment", json={"comment": "事后补记"})).json()
        assert noted["events"][-1]["comment"] == "事后补记"
    assert await _news(manned) == []


async def test_shelving_is_limited_by_role_and_time(client: Client, manned: Database) -> None:
    def until(**span: float) -> dict[str, str]:
        return {"until": (NOW + timedelta(**span)).isoformat(), "reason": "检修"}

    async with as_person(client, "dan") as http:
        assert_problem(await http.post("/v1/alerts/1/shelve", json=until(hours=24, seconds=1)), 403, "forbidden")
        assert_problem(await http.post("/v1/alerts/1/shelve", json=until(seconds=0)), 422, "validation")
        shelved = (await http.post("/v1/alerts/1/shelve", json=until(hours=24))).json()
        assert shelved["display"] == "shelved"
        assert [(hold["kind"], hold["author"], hold["reason"]) for hold in shelved["holds"]] == [
            ("shelved", "Dan", "检修")
        ]
        assert shelved["events"][-1]["detail"] == {"until_at": "2026-11-03T03:00:00+00:00"}
        again = assert_problem(await http.post("/v1/alerts/1/shelve", json=until(hours=1)), 409, "conflict")
        assert "Dan" in again["detail"]
        (held,) = (await http.get("/v1/holds")).json()["items"]
        assert (held["alert_id"], held["open_alert_id"], held["enterprise"]) == (1, 1, "hx-coking")
        released = (await http.post("/v1/alerts/1/unshelve", json={"comment": "提前结束"})).json()
        assert (released["display"], released["holds"]) == ("unacknowledged", [])
        assert (await http.get("/v1/holds")).json()["items"] == []
    async with as_person(client, "lea") as http:
        assert_problem(await http.post("/v1/alerts/1/shelve", json=until(days=7, seconds=1)), 403, "forbidden")
        assert (await http.post("/v1/alerts/1/shelve", json=until(days=7))).status_code == 200
    assert await _news(manned) == [(1, "released")]
    rows = await _rows(manned, "select ended_by from alert_hold order by hold_id")
    assert [row["ended_by"] for row in rows] == ["Dan", None]


async def test_of_two_who_shelve_together_one_does(client: Client, manned: Database) -> None:
    async with as_person(client, "lea") as http:
        answers = await asyncio.gather(
            *(http.post("/v1/alerts/1/shelve", json={"until": SOON, "reason": "x"}) for _ in range(4)),
            *(http.post("/v1/alerts/1/out-of-service", json={"reason": "x"}) for _ in range(4)),
        )
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [409] * 6
    assert len(await _rows(manned, "select hold_id from alert_hold")) == 2


async def test_out_of_service_outlives_the_alert(client: Client, manned: Database) -> None:
    """An alarm that is over may be taken out, and put back."""
    async with as_person(client, "lea") as http:
        taken = (await http.post("/v1/alerts/2/out-of-service", json={"reason": "表已拆除"})).json()
        assert taken["display"] == "returned_unacknowledged"  # over all the same
        assert [hold["kind"] for hold in taken["holds"]] == ["out_of_service"]
        assert_problem(await http.post("/v1/alerts/2/out-of-service", json={"reason": "x"}), 409, "conflict")
        back = (await http.post("/v1/alerts/2/in-service", json={})).json()
        assert back["holds"] == []
        assert_problem(await http.post("/v1/alerts/2/in-service", json={}), 409, "conflict")
        (await http.post("/v1/alerts/1/out-of-service", json={"reason": "x", "until": SOON})).raise_for_status()
        assert (await http.get("/v1/alerts/1")).json()["display"] == "out_of_service"
    assert await _news(manned) == []


async def test_handing_over(client: Client, manned: Database) -> None:
    async with as_person(client, "dan") as http:
        for person, said in [("nobody", "没有人员"), ("gone", "李白")]:
            refused = await http.post("/v1/alerts/1/hand-over", json={"person": person})
            assert said in assert_problem(refused, 422, "validation")["detail"]
        given = (await http.post("/v1/alerts/1/hand-over", json={"person": "wang-wei", "comment": "请去现场"})).json()
        assert given["assignee"] == "wang-wei"
        assert given["events"][-1]["detail"] == {"person": "wang-wei", "name": "王维", "from": None}
        assert_problem(await http.post("/v1/alerts/1/hand-over", json={"person": "wang-wei"}), 409, "conflict")
        mine = (await http.get("/v1/alerts", params={"assignee": "wang-wei"})).json()["items"]
        assert [item["alert_id"] for item in mine] == [1]
    assert await _news(manned) == [(1, "handed_over")]


async def test_hostile_words_are_words(client: Client, manned: Database) -> None:
    async with as_person(client, "dan") as http:
        noted = (await http.post("/v1/alerts/1/comment", json={"comment": HOSTILE})).json()
        assert noted["events"][-1]["comment"] == HOSTILE
        for comment in ("", "   ", "\n", "x" * 1001, "a\x00b", 7, None, ["x"]):
            assert_problem(await http.post("/v1/alerts/1/comment", json={"comment": comment}), 422, "validation")
        surrogate = b'{"comment": "\\ud800"}'
        refused = await http.post(
            "/v1/alerts/1/comment", content=surrogate, headers={"content-type": "application/json"}
        )
        assert_problem(refused, 422, "validation")
    assert len(await _rows(manned, "select 1 from alert_event where kind = 'commented'")) == 1


async def test_silences(client: Client, manned: Database) -> None:
    hx = [{"label": "enterprise", "op": "in", "value": ["hx-coking"]}, {"label": "severity", "value": "critical"}]
    async with as_person(client, "lea") as http:
        for matchers in (
            [],
            [{"label": "severity", "value": "critical"}],
            [{"label": "enterprise", "op": "!=", "value": "nobody"}],
            [{"label": "rule", "op": "starts", "value": ""}],
            [{"label": "subject", "op": "starts", "value": "point:"}],
            [{"label": "kind", "op": "in", "value": ["point", "outlet"]}],
            [{"label": "park", "value": ""}],
            [{"label": "mood", "value": "x"}],
            [{"label": "rule", "op": "~", "value": ".*"}],
            [{"label": "rule", "value": "x"}] * 21,
        ):
            body = {"matchers": matchers, "ends": SOON, "comment": "x"}
            assert_problem(await http.post("/v1/silences", json=body), 422, "validation")
        for ends in (NOW - timedelta(hours=1), NOW, NOW + timedelta(days=31, seconds=1)):
            body = {"matchers": hx, "ends": ends.isoformat(), "comment": "x"}
            assert_problem(await http.post("/v1/silences", json=body), 422, "validation")
        seen = (await http.post("/v1/silences/preview", json={"matchers": hx})).json()
        assert seen == {"open_alerts": 1, "alert_ids": [1]}
        made = await http.post("/v1/silences", json={"matchers": hx, "ends": SOON, "comment": HOSTILE})
        assert made.status_code == 201
        assert (made.json()["state"], made.json()["open_alerts"], made.json()["comment"]) == ("active", 1, HOSTILE)
        assert made.json()["matchers"] == [
            {"label": "enterprise", "op": "in", "value": ["hx-coking"]},
            {"label": "severity", "op": "=", "value": "critical"},
        ]
        later = {"matchers": hx, "starts": SOON, "ends": (NOW + timedelta(days=31)).isoformat(), "comment": "x"}
        assert (await http.post("/v1/silences", json=later)).json()["state"] == "scheduled"
        states = {s: (await http.get("/v1/silences", params={"state": s})).json()["items"] for s in ("active", "over")}
        assert [item["silence_id"] for item in states["active"]] == [1]
        assert states["over"] == []
        ended = (await http.post("/v1/silences/1/end", json={"comment": "提前完工"})).json()
        assert (ended["state"], ended["ended_by"]) == ("over", "Lea")
        assert_problem(await http.post("/v1/silences/1/end", json={}), 409, "conflict")
        assert_problem(await http.post("/v1/silences/99/end", json={}), 404, "not-found")
    assert await _news(manned) == [(1, "released")]


async def test_a_silence_of_a_district_shows_the_alerts_on_its_parks(client: Client, manned: Database) -> None:
    async with manned.transaction() as connection:
        await connection.execute("insert into park (code, name, district) values ('wd-park', '工业园', 'wuda')")
        await connection.execute(
            "update alert set subject = 'park:wd-park', enterprise_id = null where alert_id = 1 and state = 'firing'"
        )
    async with as_person(client, "lea") as http:
        question = {"matchers": [{"label": "district", "value": "wuda"}, {"label": "park", "value": "wd-park"}]}
        assert (await http.post("/v1/silences/preview", json=question)).json() == {"open_alerts": 1, "alert_ids": [1]}
