"""What a channel's error reads to who must mend it."""

from __future__ import annotations

import pytest

from alerts.channels.answers import DINGTALK, FEISHU, WECOM
from alerts.failures import failure_text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            "errcode 310000: security settings refuse it: signature, keyword or address",
            "机器人安全设置拒收（加签、关键词或服务器地址不符）（errcode 310000）",
        ),
        ("answered HTTP 429", "对方返回 HTTP 429"),
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


@pytest.mark.parametrize("said", sorted({*DINGTALK.values(), *WECOM.values(), *FEISHU.values()}))
def test_every_error_of_the_robots_has_words(said: str) -> None:
    assert failure_text(f"errcode 1: {said}") != f"errcode 1: {said}"
