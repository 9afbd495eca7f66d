"""What a channel's error reads to who must mend it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import alerts
from alerts.channels.answers import DINGTALK, FEISHU, WECOM
from alerts.failures import failure_text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            "errcode 310000: security settings refuse it: signature, keyword or address",
            "机器人安全设置拒收（加签、关键词或服务器地址不符）（errcode 310000）",
        ),
        ("answered HTTP 429", "对方返回 HTTP 429（发送太快）"),
        ("answered HTTP 418", "对方返回 HTTP 418"),
        ("answered HTTP 200 without data.code", "对方返回 HTTP 200，内容无法识别"),
        ("data.status 22: refused", "被拒绝（data.status 22）"),
        ("answered HTTP 200 without JSON", "对方返回 HTTP 200，内容无法识别"),
        ("no answer within 10 s", "10 秒内没有应答"),
        ("not reached: ConnectError", "连接不上（ConnectError）"),
        ("SMTP 535: sign-in refused", "登录被拒绝（SMTP 535）"),
        ("code 5: refused", "被拒绝（code 5）"),
        ("something new", "something new"),
    ],
)
def test_errors_read_in_chinese(error: str, text: str) -> None:
    assert failure_text(error) == text


def _said() -> Iterator[str]:
    """The texts of every ChannelFailed in the source, each value in them a 7."""
    root = Path(alerts.__path__[0])
    for path in [*sorted((root / "channels").glob("*.py")), root / "outbox.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ChannelFailed" and node.args:
                text = node.args[0]
                parts = text.values if isinstance(text, ast.JoinedStr) else [text]
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)


#: Where what stands for the 7 is one of a few words; and made of a service's number and a text of the tables, which the
#: next test holds against the words.
_MEANT = {
    "no 7 within 7 s": "no connection within 7 s",
    "7 has no address in this channel": "person:7 has no address in this channel",
    "7 7: 7": "code 7: refused",
}


def test_nobody_reads_english_of_a_failure() -> None:
    found = {_MEANT.get(text, text) for text in _said()}
    assert len(found) > 15
    assert {text for text in found if failure_text(text) == text} == set()


@pytest.mark.parametrize("said", sorted({*DINGTALK.values(), *WECOM.values(), *FEISHU.values()}))
def test_every_error_of_the_robots_has_words(said: str) -> None:
    assert failure_text(f"errcode 1: {said}") != f"errcode 1: {said}"
