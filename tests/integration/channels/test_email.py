"""Mail against a local SMTP server."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.email import EmailChannel, MailServer
from domain.errors import BadInput, ChannelFailed
from tests.integration.channels.conftest import ALERT, BODY, message, now
from tests.integration.channels.smtp import Mailbox, mail_server

TO = "wang.wei@plant.example"


@pytest.fixture
def box(tls: ssl.SSLContext) -> Iterator[Mailbox]:
    with mail_server(tls) as box:
        yield box


@asynccontextmanager
async def mailer(box: Mailbox, ca_file: Path | None, **more: Any) -> AsyncIterator[EmailChannel]:
    server = {"security": "starttls", "user": box.user, "secret": box.secret} | more.pop("server", {})
    channel = EmailChannel(
        "mail",
        MailServer("localhost", more.pop("port", box.port), sender=box.user, **server),
        wall=now,
        ca_file=None if ca_file is None else str(ca_file),
        **{"timeout_s": 5.0} | more,
    )
    yield channel
    await channel.aclose()


async def failure(channel: EmailChannel, to: str | None = TO) -> ChannelFailed:
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(message(), to)
    return caught.value


async def test_taken_with_starttls_and_signed_in(box: Mailbox, ca_file: Path) -> None:
    async with mailer(box, ca_file) as channel:
        assert await channel.send(message(), TO) == "SMTP 250"
        assert await channel.send(message(may_repeat=True), TO) == "SMTP 250"
    first, again = box.mails
    assert box.commands[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    assert box.receivers == [TO, TO]
    assert first["To"] == TO
    assert str(first["From"]) == "工业监测平台 <alarm@plant.example>"
    assert first["Subject"].startswith("【严重】天河焦化 1号焦炉烟囱")
    assert first["Message-ID"] == again["Message-ID"] == "<0123456789abcdef@plant.example>"
    text, page = first.get_body(("plain",)), first.get_body(("html",))
    assert text is not None
    assert page is not None
    assert "依据：排污许可证" in text.get_content()
    assert "https://pw.example/alerts/7" in text.get_content()
    assert '<a href="https://pw.example/alerts/7">' in page.get_content()
    assert "可能重复" in again.as_string() or "可能重复" in str(again.get_body(("plain",)).get_content())  # type: ignore[union-attr]


async def test_names_of_others_neither_break_nor_inject(box: Mailbox, ca_file: Path) -> None:
    hostile = '<script>alert("1")</script>\r\nBcc: all@plant.example\r\n\r\n.\r\n' + "长" * 10_000
    alert = ALERT | {"title": f"【严重】{hostile}", "summary": hostile, "enterprise_name": hostile}
    async with mailer(box, ca_file) as channel:
        await channel.send(message(body=BODY | {"alert": alert, "alerts": [alert], "to": [hostile]}), TO)
    (mail,) = box.mails
    assert mail["Bcc"] is None
    page = mail.get_body(("html",))
    assert page is not None
    assert "<script>" not in page.get_content()
    assert len(mail["Subject"]) <= 150


@pytest.mark.parametrize(
    ("answers", "text", "retryable"),
    [
        ({"RCPT": "550 no such user wang.wei@plant.example"}, "SMTP 550: receiver refused", False),
        ({"RCPT": "450 greylisted"}, "SMTP 450: receiver refused", True),
        ({"AUTH": "535 wrong"}, "SMTP 535: sign-in refused", False),
        ({"AUTH": "454 later"}, "SMTP 454: sign-in refused", True),
        ({"MAIL": "552 full"}, "SMTP 552", False),
        ({"DATA": "451 later"}, "SMTP 451", True),
        ({".": "554 spam"}, "SMTP 554", False),
        ({".": "452 full"}, "SMTP 452", True),
        ({"EHLO": "421 too many"}, "SMTP 421", True),
    ],
)
async def test_what_the_server_refuses(
    box: Mailbox, ca_file: Path, answers: dict[str, str], text: str, retryable: bool
) -> None:
    box.answers = answers
    if "EHLO" in answers:
        box.answers["HELO"] = answers["EHLO"]
    async with mailer(box, ca_file) as channel:
        error = await failure(channel)
    assert (str(error), error.retryable, error.in_doubt) == (text, retryable, False)


async def test_a_wrong_password(box: Mailbox, ca_file: Path) -> None:
    async with mailer(box, ca_file, server={"secret": "wrong"}) as channel:
        assert str(await failure(channel)) == "SMTP 535: sign-in refused"


async def test_a_server_that_hangs_up(box: Mailbox, ca_file: Path) -> None:
    box.answers = {"RCPT": ""}
    async with mailer(box, ca_file) as channel:
        error = await failure(channel)
        assert (error.retryable, error.in_doubt) == (True, False)


async def test_no_answer_at_the_end_leaves_it_in_doubt(box: Mailbox, ca_file: Path) -> None:
    box.hold = True
    async with mailer(box, ca_file, timeout_s=1.0) as channel:
        error = await failure(channel)
    assert (error.retryable, error.in_doubt) == (True, True)


async def test_a_certificate_that_nobody_vouches_for(box: Mailbox) -> None:
    async with mailer(box, None) as channel:
        error = await failure(channel)
    assert str(error) == "certificate or TLS not accepted"
    assert "AUTH" not in box.commands


async def test_no_starttls_no_password(ca_file: Path) -> None:
    with mail_server(None) as box:
        async with mailer(box, ca_file) as channel:
            error = await failure(channel)
    assert (str(error), error.retryable) == ("the server does not offer STARTTLS or signing in", False)
    assert "AUTH" not in box.commands


async def test_nobody_listens(box: Mailbox, ca_file: Path, unreachable: int) -> None:
    async with mailer(box, ca_file, port=unreachable) as channel:
        error = await failure(channel)
    assert (error.retryable, error.in_doubt) == (True, False)


@pytest.mark.parametrize("to", [None, "", "wang", "a@b\r\nRCPT TO:<x@y>", "a@b, c@d", "<a@b>"])
async def test_what_is_no_address(box: Mailbox, ca_file: Path, to: str | None) -> None:
    async with mailer(box, ca_file) as channel:
        assert not (await failure(channel, to)).retryable
    assert box.commands == []


def test_a_sender_that_is_no_address() -> None:
    with pytest.raises(BadInput):
        EmailChannel("mail", MailServer("localhost", 25, "none", "nobody"), wall=now)
