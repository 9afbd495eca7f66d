"""What the services' answers mean. They answer errors with HTTP 200 and a number in the body.

Sources: DingTalk https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages (error codes; 130101 is
the older number of 410100), WeCom https://developer.work.weixin.qq.com/document/path/90313 (global error codes),
Feishu https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot. A number that is in none of these lists may
pass: the message is tried again, and the channel shows as failing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from alerts.channels.wire import Answer
from domain.errors import ChannelFailed

#: A robot that was too fast is heard again after a minute at the earliest (DingTalk: after up to ten).
TOO_FAST_S = 60.0

DINGTALK_TOO_FAST = frozenset({130101, 410100, 90018, 90030})
DINGTALK: Mapping[int, str] = {
    310000: "security settings refuse it: signature, keyword or address",
    300001: "no such token",
    300005: "no such token",
    400101: "no such token",
    400102: "the robot is stopped",
    400106: "no such robot",
    400013: "the group is dissolved",
    40035: "parameters are wrong",
    43004: "content type is wrong",
    400105: "kind of message is not supported",
    430101: "a link is refused",
    430102: "a text is refused",
    430103: "a picture is refused",
    430104: "content is refused",
    460101: "the text is too long",
}
WECOM_TOO_FAST = frozenset({45009, 45033})
WECOM: Mapping[int, str] = {
    93000: "no such robot",
    93004: "the robot is stopped",
    93008: "the robot is not in the group",
    40001: "no such key",
    40008: "kind of message is wrong",
    40058: "parameters are wrong, or the text is too long",
    44004: "content is empty",
    45002: "the text is too long",
    48002: "not permitted",
    60020: "the address is not allowed",
}
FEISHU_TOO_FAST = frozenset({11232, 99991400})
FEISHU: Mapping[int, str] = {
    19001: "no such token, or parameters are wrong",
    19002: "parameters are wrong",
    19003: "parameters are wrong",
    19021: "signature does not match, or the clock is more than an hour wrong",
    19022: "the address is not allowed",
    19024: "a keyword is missing",
    9499: "the request is refused",
    10001: "not permitted",
    11246: "the card is wrong",
}
#: 9499 is a bad request, and was the number for too many as well: the words say which.
_TOO_MANY = re.compile("too many|frequen|freq limit|rate limit|频率|限流", re.IGNORECASE)


def dingtalk(answer: Answer) -> str:
    """Whether DingTalk took it. Raises ChannelFailed."""
    return _judge(answer, ("errcode",), "errmsg", DINGTALK, DINGTALK_TOO_FAST)


def wecom(answer: Answer) -> str:
    """Whether WeCom took it. Raises ChannelFailed."""
    return _judge(answer, ("errcode",), "errmsg", WECOM, WECOM_TOO_FAST)


def feishu(answer: Answer) -> str:
    """Whether Feishu took it; StatusCode is what older gateways answer. Raises ChannelFailed."""
    return _judge(answer, ("code", "StatusCode"), "msg", FEISHU, FEISHU_TOO_FAST)


def _judge(
    answer: Answer, keys: tuple[str, ...], words: str, permanent: Mapping[int, str], fast: frozenset[int]
) -> str:
    answer.check_status()
    table = answer.table()
    key = next((key for key in keys if key in table), None)
    code = table.get(key) if key is not None else None
    if isinstance(code, bool) or not isinstance(code, int):
        raise ChannelFailed(f"answered HTTP {answer.status} without {keys[0]}", in_doubt=True)
    if code == 0:
        return f"{key} 0"
    said = str(table.get(words) or table.get("StatusMessage") or "")
    if code in fast or ((code not in permanent or code == 9499) and _TOO_MANY.search(said)):
        raise ChannelFailed(f"{key} {code}: too fast", retry_after_s=TOO_FAST_S)
    if code in permanent:
        raise ChannelFailed(f"{key} {code}: {permanent[code]}", retryable=False)
    raise ChannelFailed(f"{key} {code}: not known here")
