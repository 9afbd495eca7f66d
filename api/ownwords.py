"""What an enterprise's account is not told of an alert of its own: the bureau's words, and whom the bureau called.

Pure. The API and the desk both go by it. That something of the kind happened, and when, stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: Events whose text, author and details are the bureau's own: whom it told, and what it thinks of the matter.
BUREAUS = frozenset(
    {
        "notify",
        "not_notified",
        "notify_failed",
        "commented",
        "handed_over",
        "shelved",
        "unshelved",
        "out_of_service",
        "in_service",
    }
)
#: Events of which the author is told, and the remark is not.
REMARKED = frozenset({"acknowledged", "return_confirmed"})

#: Fields of an alert, by whichever list or page has them.
_OWN_FIELDS = {
    "acknowledge_comment": None,
    "assignee": None,
    "assignee_name": None,
    "hold_author": "",
    "hold_reason": "",
    "dispatch_state": None,
    "dispatch_reason": None,
    "cause_alert_id": None,
}


def alert_for_enterprise(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of an alert without who sees to it, why it was put aside, and why nobody was told."""
    return {name: _OWN_FIELDS.get(name, value) for name, value in row.items()}


def events_for_enterprise(events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines of its history with the kind and the time of what was the bureau's alone."""
    return [_event(event) for event in events]


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(event)
    if event["kind"] in BUREAUS:
        return kept | {"actor": "", "comment": "", "detail": None}
    if event["kind"] in REMARKED:
        return kept | {"comment": "", "detail": None}
    return kept
