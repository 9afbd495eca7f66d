"""Whatever fails, no address, token, secret, number or mail address is in any log record or error."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from alerts.channels import Channel
from alerts.channels.email import EmailChannel, MailServer
from alerts.channels.robots import DingTalkChannel, FeishuChannel, WeComChannel
from alerts.channels.sms import SmsChannel, SmsGateway
from alerts.channels.webhook import WebhookChannel
from domain.errors import ChannelFailed
from tests.integration.channels import services
from tests.integration.channels.conftest import message, now
from tests.integration.channels.services import SECRET, TOKEN, Reply, serve
from tests.integration.channels.smtp import mail_server

MOBILE, MAIL, USER = "13800138000", "wang.wei@plant.example", "alarm-account"


def _channels(base: str, port: int, timeout_s: float) -> list[tuple[Channel, str | None]]:
    server = MailServer("localhost", port, "starttls", "alarm@plant.example", user=USER, secret=SECRET)
    more: dict[str, Any] = {"timeout_s": timeout_s}
    return [
        (DingTalkChannel("d", f"{base}/robot/send?access_token={TOKEN}", secret=SECRET, **more), None),
        (WeComChannel("w", f"{base}/cgi-bin/webhook/send?key={TOKEN}", **more), None),
        (FeishuChannel("f", f"{base}/open-apis/bot/v2/hook/{TOKEN}", wall=now, secret=SECRET, **more), None),
        (WebhookChannel(f"{base}/hook?token={TOKEN}", wall=now, secret=SECRET, **more), None),
        (
            SmsChannel("s", SmsGateway(f"{base}/?k={TOKEN}", secret_field="k", secret=SECRET, ok_field="c"), **more),
            MOBILE,
        ),
        (EmailChannel("m", server, wall=now, **more), MAIL),
    ]


REPLIES: dict[str, Callable[[], list[Reply]]] = {
    "http 500": lambda: [Reply(f"token {TOKEN}".encode(), status=500)] * 6,
    "http 403": lambda: [Reply({"errmsg": f"{TOKEN} {SECRET} {MOBILE}"}, status=403)] * 6,
    "redirect": lambda: [Reply(b"", status=302, headers={"Location": f"http://127.0.0.1:1/?t={TOKEN}"})] * 6,
    "refusal": lambda: [Reply(dict.fromkeys(("errcode", "code", "c"), 9) | {"errmsg": TOKEN, "msg": MOBILE})] * 6,
    "refusal in words": lambda: [Reply({"errcode": 0, "code": 0, "c": f"{SECRET} {MOBILE}"})] * 6,
    "nonsense": lambda: [Reply(TOKEN.encode())] * 6,
    "broken headers": lambda: [Reply(b"", headers={"Content-Length": "nonsense", "X": f"\x01{TOKEN}"})] * 6,
}


async def _try_all(channels: list[tuple[Channel, str | None]]) -> str:
    errors = []
    for channel, address in channels:
        try:
            await channel.send(message(mentions=(MOBILE,)), address)
        except ChannelFailed as error:
            errors.append(f"{error} {error.__cause__!r}")
        await channel.aclose()
    return "\n".join(errors)


def _check(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], errors: str, *more: str) -> None:
    written = "\n".join(f"{vars(record)} {record.getMessage()}" for record in caplog.records)
    written += errors + "".join(capsys.readouterr())
    for secret in (TOKEN, SECRET, MOBILE, MAIL, USER, "access_token", *more):
        assert secret not in written


@pytest.mark.parametrize("kind", REPLIES)
async def test_whatever_a_service_answers(
    kind: str, tls: ssl.SSLContext, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(1)
    with serve(services.wecom) as service, mail_server(tls) as box:
        box.answers = {"RCPT": f"550 {MAIL} unknown"}
        for channel, address in _channels(service.base, box.port, 5):
            service.answers = REPLIES[kind]()
            errors = await _try_all([(channel, address)])
            _check(caplog, capsys, errors, str(service.base))


async def test_whatever_goes_wrong_on_the_way(
    unreachable: int, tls: ssl.SSLContext, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(1)
    errors = await _try_all(_channels(f"http://127.0.0.1:{unreachable}", unreachable, 5))
    errors += await _try_all(_channels("http://no-such-host.invalid", unreachable, 2))
    with serve(services.wecom, tls) as service, mail_server(tls) as box:
        errors += await _try_all(_channels(service.base, box.port, 5))
        errors += await _try_all(_channels(service.base.replace("https", "http"), box.port, 5))
    with serve(services.wecom) as service, mail_server(tls) as box:
        service.hold = True
        errors += await _try_all(_channels(service.base, box.port, 0.3))
    assert errors.count("\n") > 20
    _check(caplog, capsys, errors)
