"""The stand-ins for services are as strict as the services: they refuse what those refuse."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest

from runtime.clock import system_clock
from simulators.services import GroupRobot, SmsGateway, sign

MARKDOWN = {"msgtype": "markdown", "markdown": {"title": "告警", "text": "#### 告警"}}
SMS = {"account": "yunchuan", "apikey": "k", "mobile": "19900000001", "content": "告警"}


def post(url: str, body: Any) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def signed(robot: GroupRobot, *, at_ms: int | None = None, secret: str = "SECs") -> str:
    stamp = str(round(time.time() * 1000) if at_ms is None else at_ms)
    return f"{robot.url}&timestamp={stamp}&sign={quote(sign(stamp, secret), safe='')}"


def test_a_signature_of_dingtalks_own_making() -> None:
    """Computed with openssl: printf '1700000000000\\nSECs' | openssl dgst -sha256 -hmac SECs -binary | base64."""
    assert sign("1700000000000", "SECs") == "QctQ8LsgUStgrOAjr2NlM5V69/qUDsUkrO+77Q7gCv8="


def test_the_robot_takes_what_is_signed_and_nothing_else() -> None:
    with GroupRobot(token="t", secret="SECs", wall=system_clock) as robot:
        assert post(signed(robot), MARKDOWN) == (200, {"errcode": 0, "errmsg": "ok"})
        for url, body, code in (
            (robot.url, MARKDOWN, 310000),
            (signed(robot, secret="SECother"), MARKDOWN, 310000),
            (signed(robot, at_ms=1), MARKDOWN, 310000),
            (signed(robot).replace("access_token=t", "access_token=x"), MARKDOWN, 300001),
            (signed(robot), {"msgtype": "markdown", "markdown": {"text": "no title"}}, 40035),
            (signed(robot), {"msgtype": "link"}, 400105),
            (signed(robot), {"msgtype": "text", "text": {"content": "长" * 20_000}}, 460101),
        ):
            status, said = post(url, body)
            assert (status, said["errcode"]) == (200, code)
        assert [taken.text for taken in robot.taken] == ["#### 告警"]
        assert len(robot.refused) == 7


def test_a_busy_service_says_so_once_in_a_while() -> None:
    with GroupRobot(token="t", secret="SECs", wall=system_clock, busy_each=2) as robot:
        assert [post(signed(robot), MARKDOWN)[1]["errcode"] for _ in range(4)] == [0, -1, 0, -1]
        assert (len(robot.taken), robot.busy, robot.refused) == (2, 2, [])
    with SmsGateway(key="k", busy_each=2) as gateway:
        assert [post(gateway.url, SMS)[0] for _ in range(3)] == [200, 429, 200]
        assert [taken.address for taken in gateway.taken] == ["19900000001"] * 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"apikey": "wrong"}, "1001"),
        ({"account": "other"}, "1001"),
        ({"mobile": "1990000000"}, "2003"),
        ({"mobile": None}, "2003"),
        ({"content": ""}, "2006"),
        ({"content": "长" * 501}, "2006"),
    ],
)
def test_the_gateway_refuses_what_a_gateway_refuses(change: dict[str, Any], code: str) -> None:
    with SmsGateway(key="k") as gateway:
        status, said = post(gateway.url, SMS | change)
        assert (status, said["code"]) == (200, code)
        assert gateway.taken == []
