"""Fixtures of the channels: a certificate authority, messages, and the log with all it holds."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.messages import Message
from domain.alerts import Occasion
from tests.integration.listener.authority import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def tls(authority: Authority) -> ssl.SSLContext:
    """Of a server called localhost."""
    pair = authority.issue("localhost", "/CN=localhost", "DNS:localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@pytest.fixture
def ca_file(authority: Authority) -> Path:
    return authority.certificate


@pytest.fixture(autouse=True)
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies of the environment, which nobody answers at: no channel may take one."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)


@pytest.fixture
def unreachable() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]


ALERT: dict[str, Any] = {
    "id": 7,
    "rule": "legal.hourly",
    "rule_title": "排放限值小时均值",
    "subject": "pollutant:tianhe/S1/so2",
    "enterprise": "tianhe",
    "enterprise_name": "天河焦化",
    "severity": "critical",
    "state": "firing",
    "resolution": None,
    "title": "【严重】天河焦化 1号焦炉烟囱（S1） 二氧化硫：排放限值超标，小时均值 46.2 mg/m³，限值 30 mg/m³",
    "summary": "自2026年11月2日 08:00（北京时间）起，累计 1 小时不符合，尚未恢复。\n"
    "情况：2026年11月2日 08:00—09:00 46.2 mg/m³，限值 30 mg/m³。\n"
    "依据：排污许可证 表3 排口DA001 二氧化硫。\n处置：核实脱硫设施。\n详情：https://pw.example/alerts/7",
    "occurred_at": "2026-11-02T00:00:00+00:00",
    "url": "https://pw.example/alerts/7",
}
BODY: dict[str, Any] = {
    "event": "firing",
    "team": "duty",
    "to": ["王维（白班）"],
    "next": "15 分钟内无人签收，将通知下一班。",
    "count": 1,
    "url": "https://pw.example/alerts/7",
    "alert": ALERT,
    "alerts": [ALERT | {"event": "firing"}],
}


def message(event: Occasion = Occasion.FIRING, body: dict[str, Any] | None = None, **more: Any) -> Message:
    """A message of this body."""
    return Message(11, event, "x", "team:duty", "0123456789abcdef", 1, BODY if body is None else body, **more)


def now() -> datetime:
    """Real time: the services look at it."""
    return datetime.now(UTC)
