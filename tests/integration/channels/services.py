"""Stand-ins for the services: local servers that look at a request as the service does, and answer as it does.

Written from the services' documents, apart from the channels.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration.serving import serving

TOKEN = "d0a1b2c3d4e5f60718293a4b5c6d7e8f"
SECRET = "SEC" + "ab12" * 8


@dataclass
class Request:
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))

    @property
    def form(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.raw.decode(), keep_blank_values=True).items()}


@dataclass
class Reply:
    """body: JSON unless bytes. drip: seconds between single bytes of it."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


@dataclass
class Service:
    """judge: what the service makes of a request; answers: what it says instead, in order. hold: answer nothing until
    `release` is set."""

    judge: Callable[[Request], Reply]
    requests: list[Request] = field(default_factory=list)
    answers: list[Reply] = field(default_factory=list)
    hold: bool = False
    release: threading.Event = field(default_factory=threading.Event)
    base: str = ""

    def reply(self, request: Request) -> Reply:
        self.requests.append(request)
        if self.hold:
            self.release.wait(30)
        return self.answers.pop(0) if self.answers else self.judge(request)


@contextmanager
def serve(judge: Callable[[Request], Reply], tls: ssl.SSLContext | None = None) -> Iterator[Service]:
    state = Service(judge)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            raw = self.rfile.read(int(self.headers["Content-Length"] or 0))
            request = Request(parts.path, query, {k.lower(): v for k, v in self.headers.items()}, raw)
            reply = state.reply(request)
            try:
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.raw)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                for byte in [reply.raw] if not reply.drip else [reply.raw[i : i + 1] for i in range(len(reply.raw))]:
                    self.wfile.write(byte)
                    if reply.drip and state.release.wait(reply.drip):
                        return
            except OSError:
                pass  # whoever asked has gone

        def log_message(self, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    state.base = f"{'http' if tls is None else 'https'}://localhost:{server.server_port}"
    with serving(server, state.release.set):
        yield state


def dingtalk(request: Request) -> Reply:
    """The robot of a group with a signature: https://open.dingtalk.com/document/orgapp/custom-robot-access."""
    if request.path != "/robot/send" or request.query.get("access_token") != TOKEN:
        return Reply({"errcode": 300005, "errmsg": "token is not exist"})
    stamp = request.query.get("timestamp", "0")
    digest = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    if abs(time.time() * 1000 - int(stamp)) > 3_600_000:
        return Reply({"errcode": 310000, "errmsg": "invalid timestamp"})
    if request.query.get("sign") != base64.b64encode(digest).decode():
        return Reply({"errcode": 310000, "errmsg": "sign not match"})
    if len(request.raw) > 20_000:
        return Reply({"errcode": 40035, "errmsg": "message too long, exceed 20000 bytes"})
    body = request.json
    if body["msgtype"] != "markdown" or not body["markdown"]["title"] or not body["markdown"]["text"]:
        return Reply({"errcode": 400105, "errmsg": "unsupported msgtype"})
    return Reply({"errcode": 0, "errmsg": "ok"})


def wecom(request: Request) -> Reply:
    """A group's robot: https://developer.work.weixin.qq.com/document/path/91770."""
    if request.path != "/cgi-bin/webhook/send" or request.query.get("key") != TOKEN:
        return Reply({"errcode": 93000, "errmsg": "invalid webhook url, hint: [1700000000]"})
    body = request.json
    content = body.get(body["msgtype"], {}).get("content", "")
    most = {"markdown": 4096, "text": 2048}.get(body["msgtype"], 0)
    if not content:
        return Reply({"errcode": 44004, "errmsg": "empty content"})
    if len(content.encode()) > most:
        return Reply({"errcode": 40058, "errmsg": f"{body['msgtype']}.content exceed max length {most}"})
    return Reply({"errcode": 0, "errmsg": "ok"})


def feishu(request: Request) -> Reply:
    """A group's robot: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot."""
    if request.path != f"/open-apis/bot/v2/hook/{TOKEN}":
        return Reply({"code": 19001, "data": {}, "msg": "param invalid: incoming webhook access token invalid"})
    body = request.json
    stamp = str(body.get("timestamp", "0"))
    sign = base64.b64encode(hmac.new(f"{stamp}\n{SECRET}".encode(), digestmod=hashlib.sha256).digest()).decode()
    if abs(time.time() - int(stamp)) > 3600 or body.get("sign") != sign:
        said = "sign match fail or timestamp is not within one hour from current time"
        return Reply({"code": 19021, "data": {}, "msg": said})
    if len(request.raw) > 20 * 1024 or body["msg_type"] != "interactive":
        return Reply({"code": 9499, "msg": "Bad Request", "data": {}})
    return Reply({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})


def sms(request: Request) -> Reply:
    """A gateway that takes a form."""
    form = request.form
    if form.get("apikey") != SECRET:
        return Reply({"code": "401", "msg": f"apikey {form.get('apikey')} wrong"})
    if not form.get("content", "").startswith("【监测平台】"):
        return Reply({"code": "5", "msg": "no sign"})
    return Reply({"code": "0", "msg": "ok", "sid": "1"})
