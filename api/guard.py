"""Stands in front of an application: bounds what a request may send, and says to browsers what its answers may do.

A body is read before the application knows who sends it, so its size and its time have bounds for everybody. Pure ASGI;
the API and the desk each stand behind one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import TOO_LARGE, TOO_SLOW, ApiProblem, respond

#: Longest body of a request, in octets: as many records as one report may have (5,000), each with all its fields and a
#: note. A file that is attached bounds itself (`domain.attachments`).
LONGEST_BODY = 8 * 1024 * 1024
#: A form of the desk is a few sentences.
LONGEST_FORM = 64 * 1024
#: A body has arrived within so many seconds.
PATIENCE_S = 60.0

_UPLOADS = re.compile(r"/v1/duties/records/[^/]+/attachments")
_FORMS = ("/sign-in", "/sign-out", "/desk/")
_BODIED = frozenset({"POST", "PUT", "PATCH", "DELETE"})

#: For every answer: a type is what it says to be, nobody shows it in a frame, and other sites do not learn its address.
_COMMON = {b"x-content-type-options": b"nosniff", b"referrer-policy": b"same-origin"}
_NO_FRAME = b"frame-ancestors 'none'"
#: A page that is a report runs no script, whatever a name in it says.
_REPORT = b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; " + _NO_FRAME
#: The documentation page has a script within it, and tries things out.
_DOCS = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    b" object-src 'none'; base-uri 'none'; form-action 'self'; " + _NO_FRAME
)


class Guard:
    """The application behind its bounds. Answers that set a header themselves keep theirs."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[bytes, bytes] | None = None) -> None:
        """headers: of every answer, instead of those that go by its type."""
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sending = self._with_headers(scope["path"], send)
        if scope["method"] in _BODIED and _UPLOADS.fullmatch(scope["path"]) is None:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    receive = await _whole(scope, receive)
            except TimeoutError:
                problem = ApiProblem(TOO_SLOW, TOO_SLOW.example, headers={"Connection": "close"})
                await respond(problem)(scope, receive, sending)
                return
            except _TooLarge as error:
                problem = ApiProblem(TOO_LARGE, str(error), headers={"Connection": "close"})
                await respond(problem)(scope, receive, sending)
                return
        await self._app(scope, receive, sending)

    def _with_headers(self, path: str, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                kind = next((value for name, value in given if name.lower() == b"content-type"), b"")
                wanted = _by_type(path, kind) if self._headers is None else self._headers
                given += [(name, value) for name, value in wanted.items() if name not in names]
                message = {**message, "headers": given}
            await send(message)

        return sending


class _TooLarge(Exception):
    """A body is longer than it may be."""


async def _whole(scope: Scope, receive: Receive) -> Receive:
    """Reads the body; gives what hands it on at once. Raises _TooLarge."""
    longest = LONGEST_FORM if scope["path"].startswith(_FORMS) else LONGEST_BODY
    body, messages, size = bytearray(), [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            messages.append(message)  # gone before it was all there: the application hears of it
            break
        size += len(message.get("body", b""))
        if size <= longest:
            body += message.get("body", b"")
        is_last = not message.get("more_body", False)
        # a sender reads no answer before all is sent: a little too much is taken in and thrown away, more is cut off
        if size > longest and (is_last or size > longest + LONGEST_BODY):
            raise _TooLarge(f"应为不超过 {longest // 1024} KB 的内容")
        if is_last:
            messages.append({"type": "http.request", "body": bytes(body), "more_body": False})
            break

    async def handing_on() -> Message:
        return messages.pop() if messages else await receive()

    return handing_on


def _by_type(path: str, kind: bytes) -> Mapping[bytes, bytes]:
    is_page = kind.startswith(b"text/html")
    policies = {True: _DOCS if path in ("/docs", "/about") else _REPORT, False: _NO_FRAME}
    found = {**_COMMON, b"content-security-policy": policies[is_page]}
    if path.startswith("/v1/"):
        found[b"cache-control"] = b"private, no-store"
    return found
