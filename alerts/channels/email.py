"""Mail by SMTP, with STARTTLS or TLS.

Not by apprise's plugin: that one turns HTML into text by itself, and does not say what a server answered, so nobody
could tell a busy server from an address that does not exist.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from alerts.channels.status import not_reached
from alerts.channels.threads import Threads
from alerts.messages import Message
from alerts.templates import clean, layouts
from alerts.templates.sheet import sheet
from domain.clock import Clock
from domain.errors import BadInput, ChannelFailed

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


@dataclass(frozen=True, slots=True)
class MailServer:
    """security: starttls (587), tls (465) or none (25). user and secret: both, or neither."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    sender_name: str = "工业监测平台"
    user: str | None = None
    secret: str | None = None


class EmailChannel:
    """Reaches people by their addresses. wall: real time, for the date of a mail."""

    kind = "email"
    is_group = False

    def __init__(
        self,
        code: str,
        server: MailServer,
        *,
        wall: Clock,
        rate_per_min: int | None = 60,
        timeout_s: float = 20.0,
        ca_file: str | None = None,
    ) -> None:
        """Raises BadInput."""
        self.code = code
        self.rate_per_min = rate_per_min
        if not _ADDRESS.fullmatch(server.sender):
            raise BadInput("sender is no mail address")
        self._server = server
        self._wall = wall
        self._timeout_s = timeout_s
        self._tls = None if server.security == "none" else ssl.create_default_context(cafile=ca_file)
        self._threads = Threads(4, timeout_s=timeout_s, name="mail")

    async def send(self, message: Message, address: str | None) -> str:
        """Send one mail. Raises ChannelFailed."""
        if address is None or not _ADDRESS.fullmatch(address):
            raise ChannelFailed("no mail address", retryable=False)
        mail = self._mail(message, address)
        session = _Session(self._server, self._tls, self._timeout_s)
        async with self._threads.place():
            return await self._threads.run(lambda: session.send(mail), session.abort, in_doubt=lambda: session.has_sent)

    def _mail(self, message: Message, address: str) -> EmailMessage:
        subject, text, page = layouts.mail(sheet(message))
        mail = EmailMessage()
        mail["Subject"] = clean.line(subject)
        mail["From"] = Address(clean.name(self._server.sender_name), addr_spec=self._server.sender)
        mail["To"] = Address(addr_spec=address)
        mail["Date"] = format_datetime(self._wall())
        # the same for every attempt: a server that keeps one mail of a number keeps this one once
        mail["Message-ID"] = f"<{message.idempotency_key}@{self._server.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text, cte="base64")
        mail.add_alternative(page, subtype="html", cte="base64")
        return mail

    async def aclose(self) -> None:
        """Let go of the threads."""
        self._threads.close()


class _Session:
    """One connection for one mail. has_sent: the mail's text has begun to be sent, and no answer is known."""

    def __init__(self, server: MailServer, tls: ssl.SSLContext | None, timeout_s: float) -> None:
        self._server = server
        self._tls = tls
        self._timeout_s = timeout_s
        self._smtp: smtplib.SMTP | None = None
        self.has_sent = False

    def send(self, mail: EmailMessage) -> str:
        """Called in a thread. Raises ChannelFailed, whose words hold no address."""
        try:
            return self._send(mail)
        except ssl.SSLError as error:
            raise not_reached(error, sent=self.has_sent) from None
        except smtplib.SMTPAuthenticationError as error:
            raise ChannelFailed(f"SMTP {error.smtp_code}: sign-in refused", retryable=error.smtp_code < 500) from None
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise ChannelFailed(f"SMTP {code}: receiver refused", retryable=code < 500) from None
        except smtplib.SMTPNotSupportedError:
            raise ChannelFailed("the server does not offer STARTTLS or signing in", retryable=False) from None
        except smtplib.SMTPResponseException as error:
            raise ChannelFailed(f"SMTP {error.smtp_code}", retryable=error.smtp_code < 500) from None
        except TimeoutError:
            raise ChannelFailed(f"no answer within {self._timeout_s:g} s", in_doubt=self.has_sent) from None
        except smtplib.SMTPServerDisconnected:
            raise ChannelFailed("answer broke off", in_doubt=self.has_sent) from None
        except (OSError, smtplib.SMTPException) as error:
            raise not_reached(error, sent=self.has_sent) from None

    def _send(self, mail: EmailMessage) -> str:
        server = self._server
        if server.security == "tls" and self._tls is not None:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(timeout=self._timeout_s, context=self._tls)
        else:
            smtp = smtplib.SMTP(timeout=self._timeout_s)
        self._smtp = smtp
        # the name is for the certificate; connect() by itself does not keep it
        smtp._host = server.host  # type: ignore[attr-defined]
        try:
            code, _ = smtp.connect(server.host, server.port)
            if code != 220:
                raise smtplib.SMTPResponseException(code, b"")
            smtp.ehlo_or_helo_if_needed()
            if server.security == "starttls" and self._tls is not None:
                smtp.starttls(context=self._tls)
                smtp.ehlo()
            if server.user is not None and server.secret is not None:
                smtp.login(server.user, server.secret)
            code, _ = smtp.mail(server.sender)
            if code != 250:
                raise smtplib.SMTPResponseException(code, b"")
            address = mail["To"].addresses[0].addr_spec
            code, _ = smtp.rcpt(address)
            if code not in (250, 251):
                raise smtplib.SMTPRecipientsRefused({address: (code, b"")})
            self.has_sent = True
            code, _ = smtp.data(mail.as_bytes())
            self.has_sent = False
            if code != 250:
                raise smtplib.SMTPResponseException(code, b"")
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            return f"SMTP {code}"
        finally:
            smtp.close()

    def abort(self) -> None:
        """Wake the thread."""
        with contextlib.suppress(OSError, AttributeError):
            if self._smtp is not None and self._smtp.sock is not None:
                self._smtp.sock.shutdown(socket.SHUT_RDWR)
