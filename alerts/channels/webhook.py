"""Posts messages as JSON to an address of yours, signed when a secret is set.

`X-Plantwatch-Signature: t=<unix seconds>,v1=<hex>`: v1 is HMAC-SHA256 with the secret over `t`, a full stop and the
body. `Idempotency-Key` is the same whenever the same message is sent again: a receiver may drop a repeat.
The address and the secret are never logged nor stored: an address often carries a token itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import ssl
from urllib.parse import urlsplit

import httpx

from alerts.channels.status import check_status, not_reached
from alerts.messages import Message
from domain.clock import Clock
from domain.errors import BadInput, ChannelFailed

# httpx and httpcore log every request with its address
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Value of the signature header."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class WebhookChannel:
    """One address. wall: real time, for the signature: a receiver refuses what is too old."""

    kind = "webhook"
    is_group = True

    def __init__(
        self,
        url: str,
        *,
        wall: Clock,
        secret: str | None = None,
        code: str = "webhook",
        rate_per_min: int | None = None,
        timeout_s: float = 10.0,
        ca_file: str | None = None,
    ) -> None:
        """Raises BadInput when the address is no http(s) URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput("the webhook address is not an http:// or https:// URL")
        self.code = code
        self.rate_per_min = rate_per_min
        self._url = url
        self._secret = secret
        self._wall = wall
        self._timeout_s = timeout_s
        verify: ssl.SSLContext | bool = True if ca_file is None else ssl.create_default_context(cafile=ca_file)
        # the environment is read in one place only, so no proxy is taken from it here
        self._client = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False, trust_env=False, verify=verify)

    async def send(self, message: Message, address: str | None = None) -> str:
        """Post one message; taken when the answer is 2xx. Raises ChannelFailed."""
        body = json.dumps(message.payload(), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "plantwatch",
            "Idempotency-Key": message.idempotency_key,
        }
        if self._secret is not None:
            headers["X-Plantwatch-Signature"] = signature(self._secret, int(self._wall().timestamp()), body)
        try:
            async with (
                asyncio.timeout(self._timeout_s),  # in all: httpx limits each operation by itself
                self._client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                status, said = answer.status_code, answer.headers
        except httpx.ConnectTimeout as error:
            raise ChannelFailed(f"no connection within {self._timeout_s:g} s") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ChannelFailed(f"no answer within {self._timeout_s:g} s", in_doubt=True) from error
        except (httpx.ConnectError, httpx.InvalidURL) as error:
            raise not_reached(error, sent=False) from error
        except (httpx.HTTPError, OSError) as error:
            raise not_reached(error, sent=True) from error
        check_status(status, said)
        return f"HTTP {status}"

    async def aclose(self) -> None:
        """Close idle connections."""
        await self._client.aclose()
