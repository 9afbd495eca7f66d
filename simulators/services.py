"""Stand-ins for a group robot of DingTalk and for an operator's SMS gateway, as strict as the services are.

Written from what the services publish. The robot checks token, timestamp and signature (HMAC-SHA256 of timestamp, line
feed and secret, keyed with the secret, in base64), answers its errors with HTTP 200 and a number, and is busy once in a
while. The gateway checks account and key, takes 11 digits and 500 characters, and is too busy once in a while: 429.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Lock
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from domain.clock import Clock
from simulators.inbox import LoopbackServer

_HOUR_MS = 3_600_000
_ROBOT_BYTES = 20_000
_SMS_CHARACTERS = 500
_MOBILE = re.compile(r"1\d{10}")


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was accepted. address: number, empty for a group."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """status, body and, for a busy service, after how many seconds it may be asked again."""

    body: dict[str, Any]
    status: int = 200
    retry_after_s: int | None = None


@dataclass(slots=True)
class Service(ABC):
    """`with ...:` serves on a free loopback port until the block ends. busy_each: of so many requests one is refused
    for a moment. refused: what else was not accepted, and why. Thread-safe."""

    busy_each: int = 40
    taken: list[Taken] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    busy: int = 0
    _asked: int = 0
    _lock: Lock = field(default_factory=Lock)
    _server: LoopbackServer = field(init=False)

    def __post_init__(self) -> None:
        self._server = LoopbackServer(("127.0.0.1", 0), _handler(self))

    @property
    def base(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, path: str, body: Any) -> Answer:
        """To one request."""
        with self._lock:
            self._asked += 1
            found = self._judge(path, body)
            if isinstance(found, Answer):
                self.refused.append(json.dumps(found.body, ensure_ascii=False))
                return found
            if self._asked % self.busy_each == 0:
                self.busy += 1
                return self._busy()
            self.taken.append(found)
            return self._ok()

    @abstractmethod
    def _judge(self, path: str, body: Any) -> Taken | Answer: ...

    @abstractmethod
    def _busy(self) -> Answer: ...

    @abstractmethod
    def _ok(self) -> Answer: ...

    def __enter__(self) -> Self:
        self._server.start(type(self).__name__)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.stop()


@dataclass(slots=True)
class GroupRobot(Service):
    """Of DingTalk. secret: of its signature; wall: real time, which a signature may not be an hour away from."""

    token: str = ""
    secret: str = ""
    wall: Clock = field(kw_only=True)

    @property
    def url(self) -> str:
        """Whole address of the robot."""
        return f"{self.base}/robot/send?access_token={self.token}"

    def _judge(self, path: str, body: Any) -> Taken | Answer:
        given = {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}
        if given.get("access_token") != self.token:
            return _numbered(300001, "token is not exist")
        stamp = given.get("timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) - self.wall().timestamp() * 1000) > _HOUR_MS:
            return _numbered(310000, "invalid timestamp")
        if not hmac.compare_digest(given.get("sign", ""), sign(stamp, self.secret)):
            return _numbered(310000, "sign not match")
        if not isinstance(body, dict) or body.get("msgtype") not in ("markdown", "text"):
            return _numbered(400105, "msgtype is not supported")
        part = body[body["msgtype"]]
        text = part.get("text") or part.get("content")
        if not isinstance(text, str) or not text or (body["msgtype"] == "markdown" and not part.get("title")):
            return _numbered(40035, "miss param : markdown->text")
        if len(json.dumps(body, ensure_ascii=False).encode()) > _ROBOT_BYTES:
            return _numbered(460101, "message too long")
        return Taken("", text)

    def _busy(self) -> Answer:
        return _numbered(-1, "系统繁忙")

    def _ok(self) -> Answer:
        return _numbered(0, "ok")


@dataclass(slots=True)
class SmsGateway(Service):
    """Of an operator: JSON with account, key, mobile and content."""

    account: str = "yunchuan"
    key: str = ""

    @property
    def url(self) -> str:
        """Where messages are posted to."""
        return f"{self.base}/v2/sms/send"

    def _judge(self, path: str, body: Any) -> Taken | Answer:
        if urlsplit(path).path != "/v2/sms/send" or not isinstance(body, dict):
            return Answer({"code": "404", "msg": "接口不存在"}, 404)
        if body.get("account") != self.account or not hmac.compare_digest(str(body.get("apikey")), self.key):
            return Answer({"code": "1001", "msg": "账号或密钥错误"})
        number, text = body.get("mobile"), body.get("content")
        if not isinstance(number, str) or _MOBILE.fullmatch(number) is None:
            return Answer({"code": "2003", "msg": "手机号码格式错误"})
        if not isinstance(text, str) or not text or len(text) > _SMS_CHARACTERS:
            return Answer({"code": "2006", "msg": "短信内容为空或超长"})
        return Taken(number, text)

    def _busy(self) -> Answer:
        return Answer({"code": "429", "msg": "请求过于频繁"}, 429, 1)

    def _ok(self) -> Answer:
        return Answer({"code": "0", "msg": "提交成功"})


def sign(timestamp: str, secret: str) -> str:
    """What DingTalk asks of who writes to a signed robot."""
    text = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def _numbered(code: int, words: str) -> Answer:
    return Answer({"errcode": code, "errmsg": words})


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                body = json.loads(raw)
            except ValueError:
                body = None
            said = service.answer(self.path, body)
            payload = json.dumps(said.body, ensure_ascii=False).encode()
            self.send_response(said.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(payload)))
            if said.retry_after_s is not None:
                self.send_header("Retry-After", str(said.retry_after_s))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the list is the record."""

    return Handler
