"""A gateway for short messages: an HTTP POST with a number and a text, form or JSON, as most gateways in China take it.

What the fields are called, what else is sent and how a success looks is configured, for there is no standard. Posted by
apprise's plugins for forms and JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins.custom_form import NotifyForm
from apprise.plugins.custom_json import NotifyJSON

from alerts.channels.wire import Answer, Wire
from alerts.messages import Message
from alerts.templates import layouts
from alerts.templates.sheet import sheet
from domain.errors import BadInput, ChannelFailed

_MOBILE = re.compile(r"(\+?86)?1[0-9]{10}")


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """fields: what else is sent; secret_field: which of them holds the secret; key_field: where the gateway takes a
    number of ours by which it drops repeats.

    ok_field: which field of a JSON answer says how it went (a dot goes deeper), None when the status alone does;
    ok_values: a success; busy_values: too fast, or busy; sign: stands before each text, as gateways want it (【平台】);
    max_characters: with the sign; 70 are one message, more are split into parts of 67.
    """

    url: str
    format: Literal["form", "json"] = "form"
    mobile_field: str = "mobile"
    content_field: str = "content"
    key_field: str | None = None
    fields: Mapping[str, str | int] = field(default_factory=dict)
    secret_field: str | None = None
    secret: str | None = None
    ok_field: str | None = None
    ok_values: frozenset[str] = frozenset({"0"})
    busy_values: frozenset[str] = frozenset()
    sign: str = ""
    max_characters: int = 134


class SmsChannel:
    """Reaches people by their mobile numbers."""

    kind = "sms"
    is_group = False

    def __init__(
        self,
        code: str,
        gateway: SmsGateway,
        *,
        rate_per_min: int | None = 60,
        timeout_s: float = 10.0,
        ca_file: str | None = None,
    ) -> None:
        """Raises BadInput."""
        self.code = code
        self.rate_per_min = rate_per_min
        self._gateway = gateway
        self._wire = Wire(timeout_s=timeout_s, ca_file=ca_file)
        if not re.match(r"https?://[^/\s]+", gateway.url):
            raise BadInput("not an http:// or https:// URL")
        self._plugin()

    def _plugin(self) -> NotifyForm | NotifyJSON:
        """The plugin takes an address apart and puts it together again; the query is lost, so it is the address that
        is posted to, and not its parts."""
        kind = NotifyForm if self._gateway.format == "form" else NotifyJSON
        try:
            return kind(host="gateway", method="POST")
        except AppriseImproperlyConfigured:
            raise BadInput("the gateway's settings fit no plugin") from None

    async def send(self, message: Message, address: str | None) -> str:
        """Send to a number. Raises ChannelFailed."""
        number = re.sub(r"[ -]", "", address or "")
        if not _MOBILE.fullmatch(number):
            raise ChannelFailed("no mobile number", retryable=False)
        gateway = self._gateway
        if gateway.key_field is not None:  # the gateway drops the repeat, so nobody reads it
            message = replace(message, may_repeat=False)
        text = layouts.sms(sheet(message), gateway.max_characters, gateway.sign)
        payload: dict[str, Any] = dict(gateway.fields)
        if gateway.secret_field is not None and gateway.secret is not None:
            payload[gateway.secret_field] = gateway.secret
        if gateway.key_field is not None:
            payload[gateway.key_field] = message.idempotency_key
        payload |= {gateway.mobile_field: number, gateway.content_field: text}
        plugin: Any = self._plugin()
        answer = await self._wire.exchange(lambda: plugin.send(body=text), lambda _: payload, url=gateway.url)
        return f"{self._judge(answer)}, {layouts.sms_parts(text)} part(s)"

    def _judge(self, answer: Answer) -> str:
        answer.check_status()
        name = self._gateway.ok_field
        if name is None:
            return f"HTTP {answer.status}"
        found: Any = answer.table()
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            raise ChannelFailed(f"answered HTTP {answer.status} without {name}", in_doubt=True)
        said = found if isinstance(found, str) else json.dumps(found)
        if said in self._gateway.ok_values:
            return f"{name} {said}"
        # a number is short; anything longer may hold what was sent
        shown = said if re.fullmatch(r"[A-Za-z0-9_.:-]{1,40}", said) else "?"
        if said in self._gateway.busy_values:
            raise ChannelFailed(f"{name} {shown}: too fast or busy", retry_after_s=60.0)
        raise ChannelFailed(f"{name} {shown}: refused", retryable=False)

    async def aclose(self) -> None:
        """Let go of the threads."""
        await self._wire.aclose()
