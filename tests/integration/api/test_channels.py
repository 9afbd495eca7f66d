"""How channels stand, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import httpx
import pytest

from alerts.messages import Message
from alerts.outbox import Outbox
from alerts.templates.sheet import sheet
from domain.errors import ChannelFailed
from storage import channels
from storage.database import Database, fetch_all
from tests.integration.api.conftest import HOUR_AT, NOW, PASSWORDS, TOKEN, Client, as_person, assert_problem


async def test_how_channels_stand(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        await channels.configure(connection, "sms", "sms", False, 60, HOUR_AT)
        await channels.configure(connection, "log", "log", True, None, HOUR_AT)
        await channels.answered(connection, "sms", HOUR_AT)
        await channels.failed(connection, "sms", "answered HTTP 503", HOUR_AT + timedelta(minutes=1), gave_up=False)
        await channels.failed(connection, "sms", "code 22: refused", HOUR_AT + timedelta(minutes=2), gave_up=True)
    async with client() as http:
        log, sms = (await http.get("/v1/channels")).json()["items"]
    assert (log["channel"], log["works"], log["failures"], log["rate_per_min"]) == ("log", None, 0, None)
    assert (sms["works"], sms["failures"], sms["last_error"], sms["queued"]) == (False, 2, "code 22: refused", 0)
    assert sms["failing_since"] < sms["gave_up_at"] == sms["last_failure_at"]
    async with city.transaction() as connection:
        await channels.answered(connection, "sms", HOUR_AT + timedelta(minutes=3))
    async with client() as http:
        _, sms = (await http.get("/v1/channels")).json()["items"]
    assert (sms["works"], sms["failures"], sms["failing_since"], sms["gave_up_at"]) == (True, 0, None, None)


async def test_not_for_enterprises(client: Client) -> None:
    code, password = next(iter(PASSWORDS.items()))
    async with client(token=TOKEN) as http:
        refused = await http.get("/v1/channels", auth=httpx.BasicAuth(code, password))
    assert_problem(refused, 403, "forbidden")


CONTACTS = """
insert into person (code, name, contacts) values
    ('li-na', '李娜', '[{"channel": "sms", "address": "13800000009"}]'), ('du-fu', '杜甫', '[]');
insert into team (code, name, channels) values ('duty', '市值班室', '{robot}');
insert into duty_shift (team_id, code, name, starts_at, hours, members, anchor_on, valid_from)
values (1, 'day', '白班', '08:00', 12, '{li-na}', '2026-11-02', '2026-01-01');
"""


class Fake:
    """A channel at the edge; `error` is what the service says."""

    kind = "sms"
    rate_per_min = None

    def __init__(self, code: str, *, is_group: bool = False, error: str | None = None) -> None:
        self.code, self.is_group, self.error = code, is_group, error
        self.taken: list[tuple[str, str | None]] = []

    async def send(self, message: Message, address: str | None = None) -> str:
        if self.error is not None:
            raise ChannelFailed(self.error)
        self.taken.append((sheet(message).title, address))
        return "ok"

    async def aclose(self) -> None: ...


@pytest.fixture
async def staffed(manned: Database) -> Database:
    async with manned.transaction() as connection:
        await connection.execute(CONTACTS)
        await channels.configure(connection, "sms", "sms", False, 60, HOUR_AT)
        await channels.configure(connection, "robot", "dingtalk", True, 20, HOUR_AT)
    return manned


def outbox(database: Database, *fakes: Fake) -> Outbox:
    return Outbox(database, fakes, clock=lambda: NOW, wall=lambda: NOW, random=Random(1))


async def test_an_administrator_tries_channels_through_the_outbox(staffed: Database, client: Client) -> None:
    sms, robot = Fake("sms"), Fake("robot", is_group=True)
    async with as_person(client, "ada") as http:
        (queued,) = (await http.post("/v1/channels/sms/test", json={"to": "person:li-na"})).json()["items"]
        assert (queued["state"], queued["receiver"], queued["author"]) == ("queued", "person:li-na", "Ada")
        again = await http.post("/v1/channels/sms/test", json={"to": "person:li-na"})
        assert "还没有发出" in assert_problem(again, 409, "conflict")["detail"]
        assert (await http.post("/v1/channels/robot/test", json={})).status_code == 200
        await outbox(staffed, sms, robot).deliver()
        ((title, address),) = sms.taken
        assert (title.startswith("【测试】Ada在值班台发出的测试消息"), address) == (True, "13800000009")
        assert [to for _, to in robot.taken] == [None]
        (sent,) = (await http.get("/v1/channels/sms/tests")).json()["items"]
        assert (sent["state"], sent["sent_at"]) == ("sent", "2026-11-02T03:00:00Z")
        # by a channel that reaches people a team means whoever is on duty there
        (one,) = (await http.post("/v1/channels/sms/test", json={"to": "team:duty"})).json()["items"]
        assert one["receiver"] == "person:li-na"
        # a shift was told nothing by it
        assert (await http.get("/v1/roster/duty/shift-report")).json()["deliveries"] == []
    async with staffed.transaction() as connection:
        lines = await fetch_all(connection, "select actor, object, detail from audit where action = 'channel.test'")
    assert [(line["actor"], line["object"]) for line in lines] == [
        ("Ada <ada>", "channel:sms"),
        ("Ada <ada>", "channel:robot"),
        ("Ada <ada>", "channel:sms"),
    ]
    assert "1380000" not in str(lines)


async def test_a_test_that_is_not_taken_is_not_tried_for_hours(staffed: Database, client: Client) -> None:
    async with as_person(client, "ada") as http:
        await http.post("/v1/channels/sms/test", json={"to": "person:li-na"})
        await outbox(staffed, Fake("sms", error="answered HTTP 503")).deliver()
        (failed,) = (await http.get("/v1/channels/sms/tests")).json()["items"]
        assert (failed["state"], failed["last_error"]) == ("failed", "answered HTTP 503")
        _, sms = (await http.get("/v1/channels")).json()["items"]
    # it fails, and that is said; but nothing that was to be told was given up
    assert (sms["works"], sms["gave_up_at"]) == (False, None)


@pytest.mark.parametrize(
    ("channel", "body", "status", "said"),
    [
        ("none", {}, 404, "没有渠道 none"),
        ("sms", {}, 422, "请选择人员或值班组"),
        ("sms", {"to": "person:du-fu"}, 422, "没有登记渠道 sms 的联系方式"),
        ("sms", {"to": "person:nobody"}, 422, "不存在"),
        ("sms", {"to": "team:none"}, 422, "没有值班组 none"),
        ("robot", {"to": "person:li-na"}, 422, "不能发给个人"),
    ],
)
async def test_what_is_no_test(
    staffed: Database, client: Client, channel: str, body: dict[str, str], status: int, said: str
) -> None:
    async with as_person(client, "ada") as http:
        answer = await http.post(f"/v1/channels/{channel}/test", json=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text


async def test_only_administrators_try_channels(staffed: Database, client: Client) -> None:
    for login in ("vera", "dan", "lea", "hx-coking"):
        async with as_person(client, login) as http:
            refused = await http.post("/v1/channels/sms/test", json={"to": "person:li-na"})
            assert_problem(refused, 403, "forbidden")
    async with staffed.transaction() as connection:
        assert await fetch_all(connection, "select 1 from notification") == []
        lines = await fetch_all(connection, "select outcome from audit where action = 'channel.test'")
    assert [line["outcome"] for line in lines] == ["refused"] * 4
