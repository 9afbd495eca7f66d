"""Group robots of DingTalk, WeCom and Feishu, by apprise's plugins.

A robot's address is its secret: whoever has it can write to the group. It is given whole, as the service shows it, and
so names the host too (a private deployment, a test). Addresses in a message's `mentions` are what the service knows its
people by: a mobile number for DingTalk; a mobile number or a user id for WeCom; an open_id or user_id for Feishu.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from apprise import NotifyFormat
from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot

from alerts.channels import answers
from alerts.channels.wire import Wire
from alerts.messages import Message
from alerts.templates import layouts
from alerts.templates.sheet import sheet
from domain.clock import Clock
from domain.errors import BadInput

#: What a service calls its people, as far as it can stand in a text without breaking it.
_MENTION = re.compile(r"[A-Za-z0-9._@+-]{1,64}")
#: Feishu takes five a second.
_FEISHU_INTERVAL_S = 0.25
_MOBILE = re.compile(r"\+?[0-9]{11,14}")


class _Robot:
    """What the three have in common."""

    is_group = True

    def __init__(
        self, code: str, *, rate_per_min: int | None, timeout_s: float, ca_file: str | None, interval_s: float = 0.0
    ) -> None:
        self.code = code
        self.rate_per_min = rate_per_min
        self._wire = Wire(timeout_s=timeout_s, ca_file=ca_file, interval_s=interval_s)

    async def aclose(self) -> None:
        """Let go of the threads."""
        await self._wire.aclose()


class _DingTalk(NotifyDingTalk):
    """The plugin quotes its signature for an address, and then hands it on to be quoted again: no robot takes that."""

    def get_signature(self) -> tuple[str, str]:
        timestamp, signature = super().get_signature()  # type: ignore[no-untyped-call]
        return timestamp, unquote(signature)


class DingTalkChannel(_Robot):
    """secret: of the robot's signature (加签), which starts with SEC; None where it has none."""

    kind = "dingtalk"

    def __init__(
        self,
        code: str,
        url: str,
        *,
        secret: str | None = None,
        rate_per_min: int | None = 20,
        timeout_s: float = 10.0,
        ca_file: str | None = None,
    ) -> None:
        """Raises BadInput."""
        super().__init__(code, rate_per_min=rate_per_min, timeout_s=timeout_s, ca_file=ca_file)
        self._endpoint, self._token = _split(url, "access_token")
        self._secret = secret
        self._plugin(())

    def _plugin(self, mobiles: tuple[str, ...]) -> NotifyDingTalk:
        try:
            plugin = _DingTalk(  # type: ignore[no-untyped-call]
                self._token, targets=list(mobiles), secret=self._secret
            )
        except AppriseImproperlyConfigured:
            raise BadInput("token or secret is not what DingTalk gives out") from None
        plugin.notify_url = f"{self._endpoint}?access_token={{token}}"
        return plugin

    async def send(self, message: Message, address: str | None = None) -> str:
        """Write to the group. Raises ChannelFailed."""
        mobiles = tuple(one for one in message.mentions if _MOBILE.fullmatch(one))
        parts = sheet(message)
        # a mention is shown, and rings, only where the text has it
        text = layouts.markdown(parts, layouts.DINGTALK_BYTES, mentions=" ".join(f"@{one}" for one in mobiles))
        plugin = self._plugin(mobiles)

        def send() -> bool:
            return bool(plugin.send(body=text, title="", body_format=NotifyFormat.MARKDOWN))

        def amend(payload: dict[str, Any]) -> dict[str, Any]:
            payload["markdown"]["title"] = layouts.preview(parts)
            return payload

        return answers.dingtalk(await self._wire.exchange(send, amend))


class WeComChannel(_Robot):
    """Markdown; plain text where people are to be mentioned by their numbers, which markdown cannot."""

    kind = "wecom"

    def __init__(
        self,
        code: str,
        url: str,
        *,
        rate_per_min: int | None = 20,
        timeout_s: float = 10.0,
        ca_file: str | None = None,
    ) -> None:
        """Raises BadInput."""
        super().__init__(code, rate_per_min=rate_per_min, timeout_s=timeout_s, ca_file=ca_file)
        endpoint, key = _split(url, "key")
        self._url = f"{endpoint}?key={key}"
        self._key = key
        self._plugin()

    def _plugin(self) -> NotifyWeComBot:
        try:
            plugin = NotifyWeComBot(self._key)
        except AppriseImproperlyConfigured:
            raise BadInput("the key is not what WeCom gives out") from None
        plugin.api_url = self._url
        return plugin

    async def send(self, message: Message, address: str | None = None) -> str:
        """Write to the group. Raises ChannelFailed."""
        plugin, parts = self._plugin(), sheet(message)
        mobiles = [one for one in message.mentions if _MOBILE.fullmatch(one)]
        people = [one for one in message.mentions if _MENTION.fullmatch(one) and one not in mobiles]
        if mobiles:
            text = layouts.text(parts, layouts.WECOM_TEXT_BYTES)
        else:
            mentions = "".join(f"<@{one}>" for one in people)
            text = layouts.markdown(parts, layouts.WECOM_MARKDOWN_BYTES, mentions=mentions, join="\n")

        def amend(payload: dict[str, Any]) -> dict[str, Any]:
            if not mobiles:
                return {"msgtype": "markdown", "markdown": {"content": text}}
            payload["text"] |= {"mentioned_list": people, "mentioned_mobile_list": mobiles}
            return payload

        return answers.wecom(await self._wire.exchange(lambda: plugin.send(body=text), amend))


class FeishuChannel(_Robot):
    """A card. secret: of the robot's signature (签名校验), which the plugin does not know; wall: real time for it."""

    kind = "feishu"

    def __init__(
        self,
        code: str,
        url: str,
        *,
        wall: Clock,
        secret: str | None = None,
        rate_per_min: int | None = 100,
        timeout_s: float = 10.0,
        ca_file: str | None = None,
    ) -> None:
        """Raises BadInput."""
        super().__init__(
            code, rate_per_min=rate_per_min, timeout_s=timeout_s, ca_file=ca_file, interval_s=_FEISHU_INTERVAL_S
        )
        base, slash, self._token = _checked(url).rstrip("/").rpartition("/")
        if not slash or not base.endswith("/hook") or "?" in url:
            raise BadInput("expected the robot's whole address, which ends in /hook/ and its token")
        self._base = base
        self._secret = secret
        self._wall = wall
        self._plugin()

    def _plugin(self) -> NotifyFeishu:
        try:
            plugin = NotifyFeishu(self._token)
        except AppriseImproperlyConfigured:
            raise BadInput("the token is not what Feishu gives out") from None
        plugin.notify_url = f"{self._base}/{{token}}"
        return plugin

    async def send(self, message: Message, address: str | None = None) -> str:
        """Write to the group. Raises ChannelFailed."""
        plugin = self._plugin()
        people = [one for one in message.mentions if _MENTION.fullmatch(one)]
        title, text, colour = layouts.card(sheet(message), "".join(f"<at id={one}></at>" for one in people))

        def send() -> bool:
            return bool(plugin.send(body=text, title=title, body_format=NotifyFormat.MARKDOWN))

        def amend(payload: dict[str, Any]) -> dict[str, Any]:
            payload["card"]["header"]["template"] = colour
            if self._secret is None:
                return payload
            timestamp = str(int(self._wall().timestamp()))
            return {"timestamp": timestamp, "sign": feishu_sign(self._secret, timestamp)} | payload

        return answers.feishu(await self._wire.exchange(send, amend))


def feishu_sign(secret: str, timestamp: str) -> str:
    """Feishu's signature: HMAC-SHA256 of nothing, keyed by the seconds, a line break and the secret; Base64."""
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "{" in url or "}" in url:
        raise BadInput("not an http:// or https:// URL")
    return url


def _split(url: str, parameter: str) -> tuple[str, str]:
    """(address without its query, the token in it). Raises BadInput without repeating the address."""
    parts = urlsplit(_checked(url))
    values = parse_qs(parts.query).get(parameter, [])
    if len(values) != 1:
        raise BadInput(f"expected the robot's whole address with ?{parameter}=")
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")), values[0]
