"""Group robots against local servers that check and answer as the services do."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import Channel
from alerts.channels.robots import DingTalkChannel, FeishuChannel, WeComChannel
from alerts.channels.wire import turn
from domain.errors import BadInput, ChannelFailed
from tests.integration.channels import services
from tests.integration.channels.conftest import ALERT, BODY, message, now
from tests.integration.channels.services import SECRET, TOKEN, Reply, Request, Service, serve


@dataclass(frozen=True)
class Kind:
    """path: of the robot's address; make: a channel of an address and a secret."""

    judge: Callable[[Request], Reply]
    path: str
    make: Callable[..., Any]
    signed: bool


def _feishu(url: str, secret: str | None = SECRET, **more: Any) -> Channel:
    return FeishuChannel("r", url, wall=now, secret=secret, **more)


def _wecom(url: str, secret: str | None = SECRET, **more: Any) -> Channel:
    return WeComChannel("r", url, **more)


def _dingtalk(url: str, secret: str | None = SECRET, **more: Any) -> Channel:
    return DingTalkChannel("r", url, secret=secret, **more)


KINDS = {
    "dingtalk": Kind(services.dingtalk, f"/robot/send?access_token={TOKEN}", _dingtalk, True),
    "wecom": Kind(services.wecom, f"/cgi-bin/webhook/send?key={TOKEN}", _wecom, False),
    "feishu": Kind(services.feishu, f"/open-apis/bot/v2/hook/{TOKEN}", _feishu, True),
}


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def service(kind: Kind) -> Iterator[Service]:
    with serve(kind.judge) as state:
        yield state


@pytest.fixture
async def channel(kind: Kind, service: Service) -> AsyncIterator[Channel]:
    channel = kind.make(service.base + kind.path, timeout_s=5)
    yield channel
    await channel.aclose()


async def failure(channel: Channel, **more: Any) -> ChannelFailed:
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(message(**more), None)
    return caught.value


async def test_the_service_takes_it(channel: Channel, service: Service) -> None:
    assert "0" in await channel.send(message(), None)
    (got,) = service.requests
    text = got.raw.decode()
    for part in (
        "天河焦化",
        "46.2 mg/m³",
        "限值 30 mg/m³",
        "11月2日 08:00",
        "排污许可证",
        "https://pw.example/alerts/7",
    ):
        assert part in text
    assert "王维（白班）" in text
    assert "15 分钟内无人签收" in text
    assert "可能重复" not in text


async def test_a_message_in_doubt_says_so(channel: Channel, service: Service) -> None:
    await channel.send(message(may_repeat=True), None)
    assert "可能重复" in service.requests[0].raw.decode()


async def test_any_body_is_within_the_services_limit(channel: Channel) -> None:
    hostile = "<script>\n**[点](http://evil.example)**@所有人\u202e\x00" + "很长的名称" * 2000
    worst = ALERT | {
        "title": f"【严重】{hostile}：超标",
        "summary": f"{hostile}\n{hostile}",
        "enterprise_name": hostile,
    }
    many = BODY | {"count": 500, "alerts": [worst] * 500, "to": [hostile] * 50}
    for body in (many, BODY | {"alert": worst, "alerts": [worst]}, {}, {"alerts": "nonsense", "to": None}):
        assert await channel.send(message(body=body), None)


async def test_a_wrong_token_is_not_tried_again(kind: Kind, service: Service) -> None:
    channel = kind.make(service.base + kind.path.replace(TOKEN, "0" * 32), timeout_s=5)
    error = await failure(channel)
    assert not error.retryable
    assert "token" in str(error) or "robot" in str(error)
    await channel.aclose()


async def test_a_wrong_signature_is_not_tried_again(kind: Kind, service: Service) -> None:
    for secret in ("SEC0", None):
        channel = kind.make(service.base + kind.path, secret=secret, timeout_s=5)
        if kind.signed:
            assert not (await failure(channel)).retryable
        else:
            assert await channel.send(message(), None)
        await channel.aclose()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}),
        ("dingtalk", {"errcode": 410100, "errmsg": "发送速度太快而限流"}),
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}),
        ("feishu", {"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]"}),
        ("feishu", {"code": 9499, "msg": "too many request"}),
    ],
)
async def test_too_fast_is_tried_again_later(name: str, body: dict[str, Any]) -> None:
    kind = KINDS[name]
    with serve(kind.judge) as service:
        channel = kind.make(service.base + kind.path, timeout_s=5)
        service.answers = [Reply(body)]
        error = await failure(channel)
        await channel.aclose()
    assert error.retryable
    assert error.retry_after_s == 60
    assert not error.in_doubt


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}),
        ("dingtalk", {"errcode": 400102, "errmsg": "机器人已停用"}),
        ("dingtalk", {"errcode": 460101, "errmsg": "message too long, exceed 20000 bytes"}),
        ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}),
        ("wecom", {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}),
        ("feishu", {"code": 19022, "msg": "Ip Not Allowed"}),
        ("feishu", {"code": 19024, "msg": "Key Words Not Found"}),
        ("feishu", {"code": 9499, "msg": "Bad Request", "data": {}}),
    ],
)
async def test_what_trying_again_cannot_help(name: str, body: dict[str, Any]) -> None:
    kind = KINDS[name]
    with serve(kind.judge) as service:
        channel = kind.make(service.base + kind.path, timeout_s=5)
        service.answers = [Reply(body)]
        assert not (await failure(channel)).retryable
        await channel.aclose()


@pytest.mark.parametrize(
    ("reply", "retryable", "wait"),
    [
        (Reply({"errcode": 1, "code": 1}, status=429, headers={"Retry-After": "7"}), True, 7.0),
        (Reply(b"", status=500), True, None),
        (Reply(b"<html>Bad gateway</html>", status=502), True, None),
        (Reply(b"<html>Welcome</html>", status=200), True, None),
        (Reply(b"\xff\xfe\x00nonsense"), True, None),
        (Reply([1, 2]), True, None),
        (Reply({}), True, None),
        (Reply({"errcode": "0", "code": None}), True, None),
        (Reply({"errcode": -1, "code": -1, "errmsg": "system busy"}), True, None),
        (Reply(b"", status=302, headers={"Location": "https://elsewhere.example/"}), True, None),
        (Reply(b"", status=403), False, None),
        (Reply(b"", status=404), False, None),
    ],
)
async def test_other_answers(
    channel: Channel, service: Service, reply: Reply, retryable: bool, wait: float | None
) -> None:
    service.answers = [reply]
    error = await failure(channel)
    assert (error.retryable, error.retry_after_s) == (retryable, wait)


async def test_no_answer_leaves_it_in_doubt(kind: Kind, service: Service) -> None:
    channel = kind.make(service.base + kind.path, timeout_s=0.3)
    service.hold = True
    error = await failure(channel)
    assert error.retryable
    assert error.in_doubt
    assert "no answer" in str(error)
    await channel.aclose()


async def test_an_answer_byte_by_byte_ends_in_time(kind: Kind, service: Service) -> None:
    channel = kind.make(service.base + kind.path, timeout_s=0.3)
    service.answers = [Reply({"errcode": 0, "code": 0, "padding": "x" * 1000}, drip=0.05)]
    async with asyncio.timeout(20):  # 50 s for all of its bytes
        error = await failure(channel)
    assert error.in_doubt
    await channel.aclose()


async def test_nobody_listens(kind: Kind, unreachable: int) -> None:
    channel = kind.make(f"http://127.0.0.1:{unreachable}{kind.path}", timeout_s=5)
    error = await failure(channel)
    assert (str(error), error.retryable, error.in_doubt) == ("connection refused", True, False)
    await channel.aclose()


async def test_a_certificate_that_nobody_vouches_for(kind: Kind, tls: ssl.SSLContext, ca_file: Path) -> None:
    with serve(kind.judge, tls) as service:
        doubtful = kind.make(service.base + kind.path, timeout_s=5)
        error = await failure(doubtful)
        assert (str(error), error.in_doubt) == ("certificate or TLS not accepted", False)
        assert service.requests == []
        known = kind.make(service.base + kind.path, timeout_s=5, ca_file=str(ca_file))
        assert await known.send(message(), None)
        await doubtful.aclose()
        await known.aclose()


async def test_people_on_duty_are_mentioned() -> None:
    with serve(services.dingtalk) as service:
        channel = DingTalkChannel("r", service.base + KINDS["dingtalk"].path, secret=SECRET)
        await channel.send(message(mentions=("13800138000", "@all")), None)
        body = service.requests[0].json
        assert body["at"] == {"atMobiles": ["13800138000"], "isAtAll": False}
        assert "@13800138000" in body["markdown"]["text"]
        await channel.aclose()
    with serve(services.wecom) as service:
        wecom = WeComChannel("r", service.base + KINDS["wecom"].path)
        await wecom.send(message(mentions=("wangwei",)), None)
        await wecom.send(message(mentions=("wangwei", "13800138000")), None)
        markdown, text = (request.json for request in service.requests)
        assert "<@wangwei>" in markdown["markdown"]["content"]
        assert text["text"]["mentioned_mobile_list"] == ["13800138000"]
        assert text["text"]["mentioned_list"] == ["wangwei"]
        await wecom.aclose()
    with serve(services.feishu) as service:
        feishu = _feishu(service.base + KINDS["feishu"].path)
        await feishu.send(message(mentions=("ou_1", "a></at><at id=all")), None)
        content = service.requests[0].json["card"]["elements"][0]["text"]["content"]
        assert content.endswith("<at id=ou_1></at>")
        await feishu.aclose()


@pytest.mark.parametrize(
    "url", ["", "ftp://x/robot/send?access_token=1", "https://x/robot/send", "https://x/hook/!!?key=*&access_token=*"]
)
def test_an_address_that_is_none_is_not_repeated(kind: Kind, url: str) -> None:
    with pytest.raises(BadInput) as caught:
        kind.make(url)
    assert not url or url not in str(caught.value)


@given(st.lists(st.floats(0, 10), max_size=30), st.floats(0, 2))
def test_beginnings_keep_their_distance(gaps: list[float], interval: float) -> None:
    now, begun, began = 0.0, None, []
    for gap in gaps:
        now += gap
        begun = turn(begun, now, interval)
        assert begun >= now
        began.append(begun)
    assert all(later - earlier >= interval - 1e-9 for earlier, later in pairwise(began))
    assert began[:1] == gaps[:1], "nobody waits without need"
