"""Short messages against a local gateway that takes a form, or JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from alerts.channels.sms import SmsChannel, SmsGateway
from domain.alerts import Occasion
from domain.errors import BadInput, ChannelFailed
from tests.integration.channels import services
from tests.integration.channels.conftest import ALERT, BODY, message
from tests.integration.channels.services import SECRET, Reply, Service, serve

GATEWAY = SmsGateway(
    url="", secret_field="apikey", secret=SECRET, ok_field="code", busy_values=frozenset({"9"}), sign="【监测平台】",
    key_field="uid", fields={"extend": "01", "type": 1},
)  # fmt: skip


@pytest.fixture
def service() -> Iterator[Service]:
    with serve(services.sms) as state:
        yield state


@pytest.fixture
async def channel(service: Service) -> AsyncIterator[SmsChannel]:
    channel = SmsChannel("sms", replace(GATEWAY, url=f"{service.base}/v2/send?app=1"), timeout_s=5)
    yield channel
    await channel.aclose()


async def test_taken(channel: SmsChannel, service: Service) -> None:
    assert await channel.send(message(), "138 0013 8000") == "code 0, 2 part(s)"
    (got,) = service.requests
    assert got.path == "/v2/send"
    assert got.query == {"app": "1"}
    text = got.form.pop("content")
    assert got.form | {"content": text} == {
        "mobile": "13800138000", "apikey": SECRET, "extend": "01", "type": "1", "uid": "0123456789abcdef",
        "content": text,
    }  # fmt: skip
    assert text == (
        "【监测平台】【严重】天河焦化 1号焦炉烟囱（S1） 二氧化硫：排放限值超标，小时均值 46.2 mg/m³，限值 30 mg/m³，"
        "11月2日 08:00起。https://pw.example/alerts/7"
    )


async def test_json(service: Service) -> None:
    gateway = replace(GATEWAY, url=service.base, format="json", ok_field="data.status", ok_values=frozenset({"true"}))
    service.answers = [Reply({"data": {"status": True}})]
    channel = SmsChannel("sms", gateway)
    assert await channel.send(message(), "+8613800138000") == "data.status true, 2 part(s)"
    assert service.requests[0].json["mobile"] == "+8613800138000"
    assert service.requests[0].json.keys() == {"mobile", "content", "apikey", "extend", "type", "uid"}
    await channel.aclose()


@pytest.mark.parametrize(
    ("reply", "retryable", "wait"),
    [
        (Reply({"code": "9"}), True, 60.0),
        (Reply({"code": 9}), True, 60.0),
        (Reply({"code": "22"}), False, None),
        (Reply({"code": f"wrong {SECRET}"}), False, None),
        (Reply({"status": 0}), True, None),
        (Reply(b"OK"), True, None),
        (Reply(b"", status=503), True, None),
        (Reply(b"", status=401), False, None),
        (Reply(b"", status=429, headers={"Retry-After": "30"}), True, 30.0),
    ],
)
async def test_not_taken(
    channel: SmsChannel, service: Service, reply: Reply, retryable: bool, wait: float | None
) -> None:
    service.answers = [reply]
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(message(), "13800138000")
    assert (caught.value.retryable, caught.value.retry_after_s) == (retryable, wait)
    assert SECRET not in str(caught.value)


async def test_a_gateway_whose_status_says_all(service: Service) -> None:
    service.answers = [Reply(b"OK")]
    channel = SmsChannel("sms", replace(GATEWAY, url=service.base, ok_field=None))
    assert await channel.send(message(Occasion.TEST, {}), "13800138000") == "HTTP 200, 1 part(s)"
    await channel.aclose()


@pytest.mark.parametrize("number", [None, "", "12345", "0471-12345678", "13800138000,13900139000", "wang@example.test"])
async def test_what_is_no_mobile_number(channel: SmsChannel, service: Service, number: str | None) -> None:
    with pytest.raises(ChannelFailed, match="no mobile number") as caught:
        await channel.send(message(), number)
    assert not caught.value.retryable
    assert service.requests == []


async def test_never_longer_than_told(channel: SmsChannel, service: Service) -> None:
    hostile = "名称\n<b>" * 3000
    for alert in (ALERT | {"title": f"【严重】{hostile}：超标 46.2 mg/m³"}, ALERT | {"title": hostile}):
        await channel.send(message(body=BODY | {"alert": alert, "alerts": [alert]}, may_repeat=True), "13800138000")
    first, second = (request.form["content"] for request in service.requests)
    assert len(first) <= 134
    assert "超标 46.2 mg/m³" in first
    assert "可能重复" not in first, "the gateway has a number by which it drops repeats"
    assert len(second) <= 134
    assert "\n" not in first + second


async def test_a_gateway_that_cannot_tell_repeats(service: Service) -> None:
    channel = SmsChannel("sms", replace(GATEWAY, url=service.base, key_field=None))
    await channel.send(message(may_repeat=True), "13800138000")
    assert "可能重复" in service.requests[0].form["content"]
    await channel.aclose()


def test_an_address_that_is_none() -> None:
    with pytest.raises(BadInput):
        SmsChannel("sms", replace(GATEWAY, url="gateway.example/send"))
