"""What an HTTP exchange says of trying again, whatever service it was with: the one rule for webhooks, robots and SMS.

- 2xx: taken, as far as the status goes; robots and gateways say more in the body.
- 408, 425, 429, 5xx: the service is busy, slow or broken: tried again, after `Retry-After` where it says so. Of a 5xx
  but 503 nobody knows whether the message was passed on before: in doubt.
- 3xx: never followed, since the message would go to an address that nobody configured; tried again, for what sits in
  between (a portal that wants a sign-in, a gateway being moved) passes, and meanwhile the channel shows as failing.
- other 4xx: the request is refused, and would be again: given up.
- not reached, a name that does not resolve, a certificate nobody vouches for: tried again; no answer, or one that broke
  off, after the request was sent: tried again, in doubt.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from domain.errors import ChannelFailed

#: Busy or slow, not unwilling.
_BUSY = frozenset({408, 425, 429})
_NOT_ACCEPTING = 503
#: So deep are the causes of an exception looked into.
_DEEPEST = 12


def check_status(status: int, headers: Mapping[str, str]) -> None:
    """Raises ChannelFailed for anything but a success. headers: by any case of names, or in lower case."""
    if 200 <= status < 300:
        return
    raise ChannelFailed(
        f"answered HTTP {status}",
        retryable=300 <= status < 400 or status >= 500 or status in _BUSY,
        retry_after_s=retry_after_s(headers.get("retry-after"), headers.get("date")),
        in_doubt=status >= 500 and status != _NOT_ACCEPTING,
    )


def retry_after_s(header: str | None, date: str | None = None) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 10.2.3), which is a number or a date; None where it is neither.

    date: the answer's own Date, from which a date counts: whose clock is wrong does not matter then.
    """
    said = (header or "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:12])
    until, now = _instant(said), _instant(date or "")
    return None if until is None or now is None else max((until - now).total_seconds(), 0.0)


def _instant(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def not_reached(error: BaseException, *, sent: bool) -> ChannelFailed:
    """What went wrong when there was no whole answer, in words that hold neither an address nor what was sent.

    sent: a connection stood, so the request may have arrived.
    """
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLError | ssl.CertificateError) for cause in causes):
        return ChannelFailed("certificate or TLS not accepted")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return ChannelFailed("host name not found")
    if sent:
        return ChannelFailed("answer broke off", in_doubt=True)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return ChannelFailed("connection refused")
    return ChannelFailed("not reached")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it came from: libraries wrap each other's."""
    current: BaseException | None = error
    for _ in range(_DEEPEST):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__
