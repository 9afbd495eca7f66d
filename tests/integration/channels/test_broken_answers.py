"""Answers that are cut off, reset, of another protocol or nobody's: each has a cause in Chinese and a right retry."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from alerts.channels import Channel
from alerts.channels.email import EmailChannel, MailServer
from alerts.channels.sms import SmsChannel, SmsGateway
from alerts.channels.status import retry_after_s
from alerts.channels.webhook import WebhookChannel
from alerts.failures import failure_text
from domain.errors import ChannelFailed
from tests.integration.channels.conftest import message, now
from tests.integration.channels.test_robots import KINDS

MAKE: dict[str, Callable[[str], Any]] = {
    **{name: (lambda base, kind=kind: kind.make(base + kind.path, timeout_s=5)) for name, kind in KINDS.items()},
    "webhook": lambda base: WebhookChannel(f"{base}/hook", wall=now, timeout_s=5),
    "sms": lambda base: SmsChannel("sms", SmsGateway(url=f"{base}/send", ok_field="code"), timeout_s=5),
}
#: A webhook's answer is its status; of the others the body says whether the message was taken.
BODIES = [name for name in MAKE if name != "webhook"]


@contextmanager
def raw(answer: bytes, *, reset: bool = False, drip: float = 0.0) -> Iterator[str]:
    """A server that reads a request, writes these bytes and closes its connection, or breaks it. drip: seconds between
    single bytes."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        got = connection.recv(65536)
                        head, _, body = got.partition(b"\r\n\r\n")
                        length = next(
                            (
                                int(line.split(b":")[1])
                                for line in head.split(b"\r\n")
                                if b"content-length" in line.lower()
                            ),
                            len(body),
                        )
                        while len(body) < length:
                            body += connection.recv(65536)
                        for at in range(0, len(answer), 1 if drip else max(len(answer), 1)):
                            connection.sendall(answer[at : at + 1] if drip else answer)
                            if drip and over.wait(drip):
                                return
                        if reset:
                            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


async def failure(channel: Channel) -> ChannelFailed:
    try:
        with pytest.raises(ChannelFailed) as caught:
            await channel.send(message(), "13800138000")
    finally:
        await channel.aclose()
    return caught.value


HEAD = b"HTTP/1.1 200 OK\r\nDate: Fri, 27 Nov 2026 10:00:00 GMT\r\nContent-Type: application/json\r\n"
BROKEN = {
    "no answer at all": (b"", False, "应答中断"),
    "reset before an answer": (b"", True, "应答中断"),
    "reset in the headers": (b"HTTP/1.1 200 OK\r\nContent-Le", True, "应答中断"),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", False, "应答中断"),
}
CUT = {
    "body shorter than said": (HEAD + b'Content-Length: 400\r\n\r\n{"errcode": 0, "code', False),
    "chunks without an end": (HEAD + b'Transfer-Encoding: chunked\r\n\r\n14\r\n{"errcode": 0, "code', False),
    "reset in the body": (HEAD + b'Content-Length: 400\r\n\r\n{"errcode": 0, "code', True),
    "nonsense": (HEAD + b"Content-Length: 8\r\n\r\n\xff\xfe{]]}\x00\x00", False),
    "another object": (HEAD + b'Content-Length: 13\r\n\r\n{"hello": 1}\n', False),
}


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("fault", BROKEN)
async def test_an_answer_that_breaks_off_leaves_it_in_doubt(name: str, fault: str) -> None:
    answer, reset, cause = BROKEN[fault]
    with raw(answer, reset=reset) as base:
        error = await failure(MAKE[name](base))
    assert (failure_text(str(error)), error.retryable, error.in_doubt) == (cause, True, True)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("fault", CUT)
async def test_an_answer_that_cannot_be_read_may_have_been_a_yes(name: str, fault: str) -> None:
    answer, reset = CUT[fault]
    with raw(answer, reset=reset) as base:
        error = await failure(MAKE[name](base))
    assert failure_text(str(error)) in ("应答中断", "对方返回 HTTP 200，内容无法识别")
    assert (error.retryable, error.in_doubt) == (True, True)


@pytest.mark.parametrize(
    "make",
    [
        lambda base: WebhookChannel(f"{base}/hook", wall=now, timeout_s=0.3),
        lambda base: SmsChannel("sms", SmsGateway(url=f"{base}/send"), timeout_s=0.3),
    ],
)
async def test_an_answer_byte_by_byte_ends_in_time(make: Callable[[str], Channel]) -> None:
    with raw(HEAD + b"X-Padding: " + b"x" * 1000, drip=0.05) as base:  # 50 s for all of its headers
        error = await failure(make(base))
    assert (failure_text(str(error)), error.retryable, error.in_doubt) == ("0.3 秒内没有应答", True, True)


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize(
    ("status", "retryable", "in_doubt", "cause"),
    [
        (302, True, False, "对方返回 HTTP 302（跳转，请检查地址或网络认证）"),
        (401, False, False, "对方返回 HTTP 401（没有权限，请检查密钥）"),
        (404, False, False, "对方返回 HTTP 404（地址不存在）"),
        (408, True, False, "对方返回 HTTP 408"),
        (429, True, False, "对方返回 HTTP 429（发送太快）"),
        (500, True, True, "对方返回 HTTP 500（对方服务故障）"),
        (503, True, False, "对方返回 HTTP 503（对方服务故障）"),
        (504, True, True, "对方返回 HTTP 504（对方服务故障）"),
    ],
)
async def test_one_rule_for_all(name: str, status: int, retryable: bool, in_doubt: bool, cause: str) -> None:
    answer = (
        f"HTTP/1.1 {status} X\r\nDate: Fri, 27 Nov 2026 10:00:00 GMT\r\nRetry-After: Fri, 27 Nov 2026 10:02:30 GMT\r\n"
        "Location: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n"
    )
    with raw(answer.encode()) as base:
        error = await failure(MAKE[name](base))
    assert (failure_text(str(error)), error.retryable, error.in_doubt) == (cause, retryable, in_doubt)
    assert error.retry_after_s == 150


@pytest.mark.parametrize("name", MAKE)
async def test_a_name_that_nobody_has(name: str) -> None:
    error = await failure(MAKE[name]("http://nobody.invalid"))
    assert (failure_text(str(error)), error.retryable, error.in_doubt) == (
        "域名解析不到，请检查地址和 DNS",
        True,
        False,
    )


@pytest.mark.parametrize("name", MAKE)
async def test_a_port_that_speaks_no_tls(name: str) -> None:
    with raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as base:
        error = await failure(MAKE[name](base.replace("http://", "https://")))
    assert (failure_text(str(error)), error.retryable, error.in_doubt) == ("证书或加密连接不被接受", True, False)


async def test_a_mail_server_that_nobody_has() -> None:
    channel = EmailChannel("mail", MailServer("nobody.invalid", 25, "none", "a@pw.example"), wall=now)
    with pytest.raises(ChannelFailed) as caught:
        await channel.send(message(), "b@pw.example")
    await channel.aclose()
    assert failure_text(str(caught.value)) == "域名解析不到，请检查地址和 DNS"


@pytest.mark.parametrize(
    ("header", "date", "wait"),
    [
        ("7", None, 7.0),
        (" 120 ", None, 120.0),
        ("Fri, 27 Nov 2026 10:02:30 GMT", "Fri, 27 Nov 2026 10:00:00 GMT", 150.0),
        ("Fri, 27 Nov 2026 09:00:00 GMT", "Fri, 27 Nov 2026 10:00:00 GMT", 0.0),
        ("Friday, 27-Nov-26 10:02:30 GMT", "Fri, 27 Nov 2026 10:00:00 GMT", 150.0),
        ("Fri, 27 Nov 2026 10:02:30 GMT", None, None),
        ("soon", "Fri, 27 Nov 2026 10:00:00 GMT", None),
        ("-5", None, None),
        ("9" * 400, None, 999999999999.0),
        ("", None, None),
        (None, None, None),
    ],
)
def test_when_to_try_again(header: str | None, date: str | None, wait: float | None) -> None:
    assert retry_after_s(header, date) == wait
