"""Settings from the environment: addresses, intervals, credentials. Site data and limits have homes of their own.

Every variable is `PLANTWATCH_` and the field's name in capitals. A variable that no field answers to is refused, so
that a misspelt one cannot pass unnoticed. A secret may be given as a file instead: `PLANTWATCH_API_TOKEN_FILE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from domain.errors import SettingsError

PREFIX = "PLANTWATCH_"
#: Read by tests and by child processes, not settings of the platform.
_FOREIGN = ("PLANTWATCH_TEST_", "PLANTWATCH_CHILD_")

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseModel):
    """All settings; each says its meaning, unit and why its default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: SecretStr | None = Field(None, description="PostgreSQL or TimescaleDB to use, as a libpq URL")
    timescale: Literal["auto", "on", "off"] = Field(
        "auto", description="TimescaleDB: use when offered, insist, or do without; settled by the first migration"
    )
    mqtt_host: str = Field("127.0.0.1", description="address the MQTT listener binds; loopback until you decide")
    mqtt_port: Port = Field(1883, description="port of the MQTT listener; 0 takes a free one")
    mqtt_tls_certificate: Path | None = Field(None, description="PEM chain; with the key it turns the door to TLS")
    mqtt_tls_key: Path | None = Field(None, description="PEM private key of the listener")
    mqtt_tls_client_ca: Path | None = Field(None, description="PEM of the authority that signs gateways' certificates")
    mqtt_client_certificates: Literal["off", "optional", "required"] = Field(
        "off", description="whether a gateway may or must show a certificate; its name is the enterprise code"
    )
    mqtt_messages_per_s: Annotated[float, Field(ge=0)] = Field(
        20_000, description="of one connection; beyond it the socket is not read for a while; 0 sets no limit"
    )
    mqtt_enterprise_messages_per_s: Annotated[float, Field(ge=0)] = Field(
        50_000, description="of one enterprise in one process, in the same way; 0 sets no limit"
    )
    mqtt_reuse_port: bool = Field(False, description="let several ingest processes share the port (SO_REUSEPORT)")
    ingest_workers: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="ingest processes that `plantwatch all` starts on the same ports (SO_REUSEPORT)"
    )
    hj212_host: str = Field("127.0.0.1", description="address the HJ 212 door binds; loopback until you decide")
    hj212_port: Port | None = Field(
        None, description="port of the HJ 212 door (TCP); unset, there is none; 0 takes a free one"
    )
    broker_url: SecretStr | None = Field(
        None, description="broker to subscribe to as well: mqtt://user:password@host:1883 or mqtts://..."
    )
    broker_ca: Path | None = Field(None, description="PEM of the authority that signed the broker's certificate")
    broker_client_prefix: str = Field(
        "plantwatch", description="client ids at the broker are {prefix}-{slot}; one prefix a database"
    )
    broker_group: str | None = Field(
        None,
        description="shared subscription group, for a broker that keeps shared subscriptions over its own restart"
        " (Mosquitto does not); unset, one worker subscribes and the others stand by",
    )
    broker_slots: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="client ids that workers may lease, with a group; never lower it, see docs/brokers.md"
    )
    retention_days: Annotated[int, Field(ge=31)] = Field(
        1827, description="raw readings older than this are dropped; five years, as discharge permits ask of records"
    )
    refusals_retention_days: Annotated[int, Field(ge=1)] = Field(
        90, description="refused messages, and messages of nobody, are dropped when older; the books keep their counts"
    )
    api_host: str = Field("127.0.0.1", description="address the API binds; without a token only loopback is allowed")
    api_port: Port = Field(8080, description="port of the API; 0 takes a free one")
    api_token: SecretStr | None = Field(None, description="bearer token of operators")
    public_url: str = Field("http://127.0.0.1:8080", description="how people reach the API; links in alerts use it")
    grafana_url: str | None = Field(
        None, description="where people reach Grafana; the duty desk links to its boards; unset, it does not"
    )
    report_font_file: Path | None = Field(
        None,
        description="TrueType font (.ttf, .ttc) with Chinese, embedded in the shift report's PDF; unset, WenQuanYi's"
        " where it is installed, see docs/roster.md",
    )
    metrics_host: str = Field("127.0.0.1", description="address on which ingest, rules and alerts serve /metrics")
    ingest_metrics_port: Port = Field(9101, description="metrics port of ingest; 0 takes a free one")
    rules_metrics_port: Port = Field(9102, description="metrics port of rules; 0 takes a free one")
    alerts_metrics_port: Port = Field(9103, description="metrics port of alerts; 0 takes a free one")
    watch_paths: str = Field(
        "/",
        description="directories, separated by `:`, of whose disks /metrics tells the room; name the database's too",
    )
    grace_minutes: Annotated[float, Field(ge=0, le=1440)] = Field(
        10, description="how long after its end a period is judged; loggers send an hour a few minutes after it"
    )
    poll_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        2, description="how often idle stages look for work; notifications between them make it faster"
    )
    webhook_url: SecretStr | None = Field(None, description="where alerts are posted; unset, they are only logged")
    webhook_secret: SecretStr | None = Field(None, description="key of the webhook's HMAC-SHA256 signature")
    channels_file: Path | None = Field(
        None, description="TOML of the channels that reach people, see docs/channels.md; beside the webhook and the log"
    )
    notify_within_h: Annotated[float, Field(gt=0)] = Field(
        24, description="findings on periods that ended longer ago are judged but nobody is woken for them"
    )
    log_style: Literal["text", "json"] = Field("text", description="log lines for a terminal or for a collector")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level logged")
    clock_file: Path | None = Field(None, description="simulated clock of the demo; never set in production")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Settings of an environment. Raises SettingsError naming each variable at fault and what was expected."""
        given: dict[str, str] = {}
        problems: list[str] = []
        for variable in sorted(environ):
            if not variable.startswith(PREFIX) or variable.startswith(_FOREIGN):
                continue
            name = variable.removeprefix(PREFIX).lower()
            if name.endswith("_file") and name.removesuffix("_file") in SECRETS:
                secret = name.removesuffix("_file")
                if PREFIX + secret.upper() in environ:
                    problems.append(f"{variable}: give either the secret or its file, not both")
                    continue
                try:
                    given[secret] = Path(environ[variable]).read_text("utf-8").strip()
                except (OSError, UnicodeDecodeError) as error:
                    problems.append(f"{variable}: {error}")
            elif name in cls.model_fields:
                given[name] = environ[variable]
            else:
                problems.append(f"{variable}: there is no such setting")
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            problems += [
                f"{PREFIX}{str(item['loc'][0]).upper()}: {item['msg']}"
                for item in error.errors(include_input=False, include_url=False)
            ]
        if problems:
            raise SettingsError("; ".join(problems))
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse what is well-formed but contradicts itself."""
        if (self.mqtt_tls_certificate is None) != (self.mqtt_tls_key is None):
            raise SettingsError(f"{PREFIX}MQTT_TLS_CERTIFICATE and {PREFIX}MQTT_TLS_KEY go together")
        if self.mqtt_tls_client_ca is not None and self.mqtt_tls_certificate is None:
            raise SettingsError(
                f"{PREFIX}MQTT_TLS_CLIENT_CA needs {PREFIX}MQTT_TLS_CERTIFICATE: no TLS, no certificates"
            )
        if self.api_token is None and self.api_host not in ("127.0.0.1", "::1", "localhost"):
            raise SettingsError(
                f"{PREFIX}API_HOST={self.api_host} is open to the network: set {PREFIX}API_TOKEN (or ..._FILE) first"
            )
        if self.webhook_secret is not None and self.webhook_url is None:
            raise SettingsError(f"{PREFIX}WEBHOOK_SECRET without {PREFIX}WEBHOOK_URL")

    def require_database_url(self) -> str:
        """The database URL, or SettingsError saying how to give one."""
        if self.database_url is None:
            raise SettingsError(f"{PREFIX}DATABASE_URL is not set; for a try-out use `plantwatch all --embedded`")
        return self.database_url.get_secret_value()


SECRETS = frozenset(name for name, hint in get_type_hints(Settings).items() if "SecretStr" in str(hint))


def as_table() -> str:
    """The settings as a Markdown table, for the documentation; a test keeps it fresh."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        secret = " (secret; also `..._FILE`)" if name in SECRETS else ""
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description}{secret} |")
    return "\n".join(lines) + "\n"
