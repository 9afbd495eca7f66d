"""The file of channels: how people are reached. Strict: what it does not understand it refuses, naming entry and key.

Secrets, and addresses that hold one, may stand in files of their own: `secret_file`, `url_file`. No message of an error
ever repeats a value.
"""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from alerts.channels import Channel
from alerts.channels.email import EmailChannel, MailServer
from alerts.channels.log import LogChannel
from alerts.channels.robots import DingTalkChannel, FeishuChannel, WeComChannel
from alerts.channels.sms import SmsChannel, SmsGateway
from alerts.channels.webhook import WebhookChannel
from alerts.dispatch.contract import ChannelInfo
from domain.clock import Clock
from domain.errors import BadInput, SettingsError
from runtime.clock import system_clock
from runtime.settings import Settings

#: Codes that are channels without a file.
BUILT_IN = frozenset({"log", "webhook"})
Code = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
Rate = Annotated[int, Field(ge=1, le=100_000)]
Seconds = Annotated[float, Field(gt=0, le=30)]


class _Entry(BaseModel):
    """What every kind has. rate_per_min: attempts within a minute; timeout_s: of one attempt in all; ca_file: PEM of
    the authority that signed the server's certificate, for a private deployment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    timeout_s: Seconds = 10.0
    ca_file: Path | None = None

    def common(self) -> dict[str, Any]:
        """Arguments that every channel takes. Raises BadInput for a ca_file that holds no certificates."""
        if self.ca_file is not None:
            try:
                ssl.create_default_context(cafile=self.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise BadInput(f"ca_file: {type(error).__name__}: {self.ca_file}") from None
        return {"timeout_s": self.timeout_s, "ca_file": None if self.ca_file is None else str(self.ca_file)}


class _Posted(_Entry):
    """A service that is posted to. url: whole, with what it may hold of a secret."""

    url: SecretStr | None = None
    url_file: Path | None = None

    @model_validator(mode="after")
    def _has_url(self) -> Self:
        _one_of(self, "url", required=True)
        return self


class _Signed(_Posted):
    """One that may ask for a secret besides."""

    secret: SecretStr | None = None
    secret_file: Path | None = None

    @model_validator(mode="after")
    def _has_one_secret(self) -> Self:
        _one_of(self, "secret", required=False)
        return self


class _DingTalk(_Signed):
    kind: Literal["dingtalk"]
    rate_per_min: Rate = 20

    def build(self, wall: Clock) -> Channel:
        return DingTalkChannel(
            self.code,
            _read(self, "url"),
            secret=_maybe(self, "secret"),
            rate_per_min=self.rate_per_min,
            **self.common(),
        )


class _WeCom(_Posted):
    kind: Literal["wecom"]
    rate_per_min: Rate = 20

    def build(self, wall: Clock) -> Channel:
        return WeComChannel(self.code, _read(self, "url"), rate_per_min=self.rate_per_min, **self.common())


class _Feishu(_Signed):
    kind: Literal["feishu"]
    rate_per_min: Rate = 100

    def build(self, wall: Clock) -> Channel:
        return FeishuChannel(
            self.code,
            _read(self, "url"),
            wall=wall,
            secret=_maybe(self, "secret"),
            rate_per_min=self.rate_per_min,
            **self.common(),
        )


class _Webhook(_Signed):
    kind: Literal["webhook"]
    rate_per_min: Rate | None = None

    def build(self, wall: Clock) -> Channel:
        return WebhookChannel(
            _read(self, "url"),
            wall=wall,
            secret=_maybe(self, "secret"),
            code=self.code,
            rate_per_min=self.rate_per_min,
            **self.common(),
        )


class _Email(_Entry):
    kind: Literal["email"]
    rate_per_min: Rate = 60
    timeout_s: Seconds = 20.0
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[str, Field(min_length=3)]
    sender_name: str = "工业监测平台"
    user: str | None = None
    secret: SecretStr | None = None
    secret_file: Path | None = None

    @model_validator(mode="after")
    def _signs_in(self) -> Self:
        _one_of(self, "secret", required=False)
        if (self.user is None) != (self.secret is None and self.secret_file is None):
            raise ValueError("user and secret go together")
        if self.user is not None and self.security == "none":
            raise ValueError("a password is not sent without TLS: security must be starttls or tls")
        return self

    def build(self, wall: Clock) -> Channel:
        port = self.port or {"starttls": 587, "tls": 465, "none": 25}[self.security]
        server = MailServer(
            self.host, port, self.security, self.sender, self.sender_name, self.user, _maybe(self, "secret")
        )
        return EmailChannel(self.code, server, wall=wall, rate_per_min=self.rate_per_min, **self.common())


class _Sms(_Signed):
    kind: Literal["sms"]
    rate_per_min: Rate = 60
    format: Literal["form", "json"] = "form"
    mobile_field: Annotated[str, Field(min_length=1)] = "mobile"
    content_field: Annotated[str, Field(min_length=1)] = "content"
    key_field: str | None = None
    secret_field: str | None = None
    fields: dict[str, str | int] = Field(default_factory=dict)
    ok_field: str | None = None
    ok_values: list[str] = Field(default_factory=lambda: ["0"])
    busy_values: list[str] = Field(default_factory=list)
    sign: Annotated[str, Field(max_length=20)] = ""
    max_characters: Annotated[int, Field(ge=70, le=500)] = 134

    @model_validator(mode="after")
    def _has_a_field_for_its_secret(self) -> Self:
        if (self.secret_field is None) != (self.secret is None and self.secret_file is None):
            raise ValueError("secret_field and secret go together")
        return self

    def build(self, wall: Clock) -> Channel:
        gateway = SmsGateway(
            url=_read(self, "url"),
            format=self.format,
            mobile_field=self.mobile_field,
            content_field=self.content_field,
            key_field=self.key_field,
            fields=self.fields,
            secret_field=self.secret_field,
            secret=_maybe(self, "secret"),
            ok_field=self.ok_field,
            ok_values=frozenset(self.ok_values),
            busy_values=frozenset(self.busy_values),
            sign=self.sign,
            max_characters=self.max_characters,
        )
        return SmsChannel(self.code, gateway, rate_per_min=self.rate_per_min, **self.common())


_Known = _DingTalk | _WeCom | _Feishu | _Webhook | _Email | _Sms
_KINDS: Mapping[str, type[_Known]] = {
    get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in get_args(_Known)
}


def configured_channels(settings: Settings) -> list[Channel]:
    """Every way to reach people: the log, the webhook when one is set, and those of the file. Raises SettingsError."""
    channels: list[Channel] = [LogChannel()]
    if settings.webhook_url is not None:
        secret = settings.webhook_secret
        channels.append(
            WebhookChannel(
                settings.webhook_url.get_secret_value(),
                wall=system_clock,
                secret=None if secret is None else secret.get_secret_value(),
            )
        )
    if settings.channels_file is not None:
        channels += load_channels(settings.channels_file, wall=system_clock)
    return channels


async def channels_known(settings: Settings) -> list[ChannelInfo]:
    """What the configured channels are, without keeping them. Raises SettingsError."""
    known = configured_channels(settings)
    for channel in known:
        await channel.aclose()
    return [ChannelInfo(channel.code, channel.kind, channel.is_group) for channel in known]


def load_channels(path: Path, *, wall: Clock) -> list[Channel]:
    """Channels of a file, in its order. wall: real time.

    Raises SettingsError naming the file, and of everything that is wrong the entry and the key.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        # the text of a TOML error names line and column, never what stands there
        raise SettingsError(f"{path}: {error}") from None
    problems = [f"{path}: {key}: there is no such key; expected [[channel]]" for key in table.keys() - {"channel"}]
    rows = table.get("channel", [])
    if not isinstance(rows, list):
        raise SettingsError(f"{path}: channel: expected [[channel]], a list")
    channels: list[Channel] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        code = row.get("code") if isinstance(row, dict) else None
        at = f"{path}: channel {number}" + (f" ({code})" if isinstance(code, str) and len(code) <= 40 else "")
        try:
            channel = _entry(row, path).build(wall)
        except ValidationError as error:
            problems += [f"{at}: {problem}" for problem in _problems(error)]
            continue
        except BadInput as error:
            problems.append(f"{at}: {error}")
            continue
        if channel.code in BUILT_IN or channel.code in seen:
            problems.append(f"{at}: code: taken already")
        seen.add(channel.code)
        channels.append(channel)
    if problems:
        raise SettingsError("; ".join(problems))
    return channels


def _entry(row: object, path: Path) -> _Known:
    if not isinstance(row, dict):
        raise BadInput("expected a table")
    kind = _KINDS.get(str(row.get("kind")))
    if kind is None:
        raise BadInput(f"kind: expected one of {', '.join(_KINDS)}")
    # a file that is named beside this one
    there = {
        key: path.parent / value if key in ("url_file", "secret_file", "ca_file") and isinstance(value, str) else value
        for key, value in row.items()
    }
    return kind.model_validate(there)


def _problems(error: ValidationError) -> list[str]:
    found = []
    for item in error.errors(include_input=False, include_url=False):
        key = ".".join(map(str, item["loc"]))
        text = "there is no such key" if item["type"] == "extra_forbidden" else item["msg"]
        found.append(f"{key}: {text}" if key else text.removeprefix("Value error, "))
    return found


def _one_of(entry: BaseModel, name: str, *, required: bool) -> None:
    given = [key for key in (name, f"{name}_file") if getattr(entry, key) is not None]
    if len(given) == 2:
        raise ValueError(f"give either {name} or {name}_file, not both")
    if required and not given:
        raise ValueError(f"{name} (or {name}_file) is missing")


def _maybe(entry: BaseModel, name: str) -> str | None:
    """A secret, or what its file holds. Raises BadInput."""
    given: SecretStr | None = getattr(entry, name)
    if given is not None:
        return given.get_secret_value()
    there: Path | None = getattr(entry, f"{name}_file")
    if there is None:
        return None
    try:
        text = there.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{name}_file: {type(error).__name__}: {there}") from None
    if not text:
        raise BadInput(f"{name}_file: {there} is empty")
    return text


def _read(entry: BaseModel, name: str) -> str:
    text = _maybe(entry, name)
    assert text is not None, "the model asks for it"
    return text
