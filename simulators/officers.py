"""What people of the duty rooms do, as any foreign client of the HTTP API does it, each by his own account."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from domain.errors import WorldFailed
from domain.periods import SITE_ZONE
from simulators.duty_officers import Act

_TIMEOUT_S = 30
_PAGE = 200


class ActFailed(WorldFailed):
    """The platform did not take what somebody did."""


class Officers:
    """passwords: by code of the person, which is the login. start: of the story."""

    def __init__(self, url: str, passwords: Mapping[str, str], start: datetime) -> None:
        self._url = url
        self._passwords = passwords
        self._start = start
        self.done: Counter[str] = Counter()

    def act(self, act: Act) -> None:
        """Do it; returns when the platform has confirmed. Blocks. Raises ActFailed with the platform's answer."""
        getattr(self, f"_{act.kind}")(act)
        self.done[act.kind] += 1

    def _acknowledge(self, act: Act) -> None:
        self._about(act, "acknowledge", {"comment": "已通知企业核查"})

    def _confirm(self, act: Act) -> None:
        self._about(act, "confirm", {"comment": "现场已恢复"}, state="resolved")

    def _remark(self, act: Act) -> None:
        self._about(act, "comment", {"comment": act["text"]})

    def _shelve(self, act: Act) -> None:
        self._about(act, "shelve", {"until": self._text(act.end), "reason": act["reason"]})

    def _out_of_service(self, act: Act) -> None:
        self._about(act, "out-of-service", {"reason": act["reason"]}, state=None)

    def _in_service(self, act: Act) -> None:
        self._about(act, "in-service", {"comment": "已恢复告警"}, state=None)

    def _hand_over(self, act: Act) -> None:
        self._about(act, "hand-over", {"person": act["to"], "comment": act["reason"]})

    def _silence(self, act: Act) -> None:
        matchers = [{"label": "enterprise", "op": "=", "value": act["enterprise"]}]
        if act.rule:
            matchers.append({"label": "rule", "op": "=", "value": act.rule})
        body = {"matchers": matchers, "ends": self._text(act.end), "comment": act["reason"]}
        self._send(act.by, "/v1/silences", body)

    def _relief(self, act: Act) -> None:
        body = {
            "from_at": self._text(act.start),
            "until_at": self._text(act.end),
            "person": act["person"],
            "replaces": act["replaces"],
            "reason": act["reason"],
        }
        self._send(act.by, f"/v1/roster/{act['team']}/overrides", body)

    def _about(self, act: Act, verb: str, body: Mapping[str, Any], state: str | None = "firing") -> None:
        self._send(act.by, f"/v1/alerts/{self._number(act, state)}/{verb}", body)

    def _number(self, act: Act, state: str | None) -> int:
        """Of the newest alert in that state, or in any, that the act is about."""
        asked = {"rule": act.rule, "limit": _PAGE} | ({} if state is None else {"state": state})
        query = urllib.parse.urlencode(asked)
        for item in self._send(act.by, f"/v1/alerts?{query}")["items"]:
            if item["subject"] == act.subject and item["resolution"] != "superseded":
                return int(item["alert_id"])
        raise ActFailed(f"there is no {state or 'such'} alert {act.rule} {act.subject} that {act.by} could {act.kind}")

    def _text(self, minute: int) -> str:
        return (self._start + timedelta(minutes=minute)).astimezone(SITE_ZONE).isoformat()

    def _send(self, person: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A GET without a body, else a POST."""
        account = base64.b64encode(f"{person}:{self._passwords[person]}".encode()).decode()
        payload = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {account}"}
        request = urllib.request.Request(self._url + path, payload, headers)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                said: dict[str, Any] = json.load(answer)
                return said
        except urllib.error.HTTPError as error:
            raise ActFailed(f"{person}: {path}: {error.code} {error.read().decode(errors='replace')}") from error
        except (OSError, ValueError) as error:
            raise ActFailed(f"{person}: {path}: {error}") from error
