"""A small SMTP server for tests: STARTTLS, signing in, and any answer at any command."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from tests.integration.serving import serving


@dataclass
class Mailbox:
    """answers: by command (`RCPT`, `.` for the end of a mail), in place of the usual one; an empty one hangs up.

    hold: say nothing at the end of a mail until `release` is set. kept: after such an end too, as a server may.
    """

    user: str = "alarm@plant.example"
    secret: str = "mail s3cret"
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    hold: bool = False
    release: threading.Event = field(default_factory=threading.Event)
    port: int = 0


@contextmanager
def mail_server(tls: ssl.SSLContext | None) -> Iterator[Mailbox]:
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with ExitStack() as stack, suppress(OSError):  # whoever asked may have gone
                self._talk(stack)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def _talk(self, stack: ExitStack) -> None:
            secured = False
            self._say("220 mail.example ESMTP")
            while line := self.rfile.readline():
                text = line.decode().strip()
                command = text.split(" ")[0].upper()
                box.commands.append(command)
                if command in box.answers:
                    if not box.answers[command]:
                        return
                    self._say(box.answers[command])
                elif command == "EHLO":
                    offers = ["mail.example", *([] if secured or tls is None else ["STARTTLS"])]
                    offers += ["AUTH PLAIN"] if secured or tls is None else []
                    for offer in offers:
                        self._say(f"250-{offer}")
                    self._say("250 8BITMIME")
                elif command == "STARTTLS" and tls is not None:
                    self._say("220 go")
                    secure = stack.enter_context(tls.wrap_socket(self.connection, server_side=True))
                    self.rfile = stack.enter_context(secure.makefile("rb"))
                    self.wfile = cast("socketserver._SocketWriter", secure.makefile("wb", buffering=0))
                    secured = True
                elif command == "AUTH":
                    _, user, secret = base64.b64decode(text.split(" ")[2]).decode().split("\0")
                    self._say("235 ok" if (user, secret) == (box.user, box.secret) else "535 no such password")
                elif command == "RCPT":
                    box.receivers.append(text.partition("<")[2].partition(">")[0])
                    self._say("250 ok")
                elif command == "DATA":
                    self._say("354 go")
                    lines = []
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(part.removeprefix(b".") if part.startswith(b"..") else part)
                    if box.hold:
                        box.release.wait(30)
                        return
                    if "." in box.answers:
                        self._say(box.answers["."])
                        continue
                    box.mails.append(cast(EmailMessage, message_from_bytes(b"".join(lines), policy=policy.default)))
                    self._say("250 kept")
                elif command == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, *args: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    with serving(server, box.release.set):
        yield box
