"""What enterprises and a bureau enter by hand, as any foreign client of the HTTP API does it.

Marks and what is thought of them, meters that were replaced, figures of the ledger.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.errors import WorldFailed
from domain.periods import SITE_ZONE
from simulators.effects import Marking

#: Who signs. Every name is invented.
ENTERPRISE_AUTHOR = "环保专员"
BUREAU_AUTHOR = "云川市生态环境局（虚构）"

_TIMEOUT_S = 30


class MarkFailed(WorldFailed):
    """The platform did not take a mark, a rejection or another entry."""


@dataclass(frozen=True, slots=True)
class MarkAct:
    """What somebody does about a mark at a step of the story. start, end: of the mark."""

    what: str
    """post or reject"""
    mark: Marking
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """Something else that an enterprise (None: the bureau) enters at a step of the story."""

    enterprise: str | None
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of figures that a clerk of the bureau imports into the ledger at a step of the story."""

    name: str
    text: str


#: What people do at a step, after everything known at its clock value has been judged.
Act = MarkAct | Entry | Upload


class Marker:
    """Acts over HTTP. passwords: of enterprises, by code, for Basic authentication. token: of the bureau, if any."""

    def __init__(self, url: str, passwords: Mapping[str, str], token: str | None = None) -> None:
        self._url = url
        self._passwords = passwords
        self._token = token
        self._ids: dict[Marking, int] = {}
        self.posted = 0
        self.rejected = 0
        self.entered = 0

    def act(self, act: MarkAct | Entry) -> None:
        """Do it; returns when the platform has confirmed. Blocks. Raises MarkFailed with the platform's answer."""
        if isinstance(act, Entry):
            self._send(act.path, act.body, self._account(act.enterprise))
            self.entered += 1
        elif act.what == "post":
            self._post(act)
        else:
            self._reject(act.mark)

    def _post(self, act: MarkAct) -> None:
        enterprise, outlet = act.mark.outlet.split("/")
        body: dict[str, Any] = {
            "enterprise": enterprise,
            "outlet": outlet,
            "dimension": act.mark.dimension,
            "kind": act.mark.kind,
            "start": act.start.astimezone(SITE_ZONE).isoformat(),
            "end": act.end.astimezone(SITE_ZONE).isoformat(),
            "origin": "manual",
            "author": ENTERPRISE_AUTHOR,
            "reason": act.mark.reason,
        }
        if act.mark.point is not None:
            body["point"] = act.mark.point.split("/")[1]
        made = self._send("/v1/marks", body, self._account(enterprise))
        self._ids[act.mark] = int(made["mark_id"])
        self.posted += 1

    def _reject(self, mark: Marking) -> None:
        body = {"author": BUREAU_AUTHOR, "reason": mark.because}
        self._send(f"/v1/marks/{self._ids[mark]}/reject", body, self._account(None))
        self.rejected += 1

    def _account(self, enterprise: str | None) -> str | None:
        """What a request of an enterprise, or of the bureau, is authorised by."""
        if enterprise is None:
            return self._token and f"Bearer {self._token}"
        account = f"{enterprise}:{self._passwords[enterprise]}".encode()
        return f"Basic {base64.b64encode(account).decode()}"

    def _send(self, path: str, body: Mapping[str, Any], authorization: str | None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})
        payload = json.dumps(body, ensure_ascii=False).encode()
        request = urllib.request.Request(self._url + path, payload, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                said: dict[str, Any] = json.load(answer)
                return said
        except urllib.error.HTTPError as error:
            raise MarkFailed(f"{path}: {error.code} {error.read().decode(errors='replace')}") from error
        except (OSError, ValueError) as error:
            raise MarkFailed(f"{path}: {error}") from error
