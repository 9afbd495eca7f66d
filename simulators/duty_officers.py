"""What people of the duty rooms do about alerts, as scenarios/duty.toml says.

Most alerts are acknowledged by whoever is on duty, so many hours after they were told; some are left alone. The rest is
said one by one. It happens after all that is known at that instant has been judged and told.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any

from domain.errors import BadInput
from simulators.people import NAMES, Relief, leads
from simulators.timing import Timeline

#: Kind: (required keys, optional keys); `kind`, `at`, `by` and `comment` belong to all of them.
KINDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "acknowledge": (frozenset({"rule", "subject"}), frozenset()),
    "shelve": (frozenset({"rule", "subject", "hours", "reason"}), frozenset()),
    "silence": (frozenset({"enterprise", "until", "reason"}), frozenset({"rule"})),
    "out_of_service": (frozenset({"rule", "subject", "reason"}), frozenset()),
    "in_service": (frozenset({"rule", "subject"}), frozenset()),
    "hand_over": (frozenset({"rule", "subject", "to", "reason"}), frozenset()),
    "confirm": (frozenset({"rule", "subject"}), frozenset()),
    "remark": (frozenset({"rule", "subject", "text"}), frozenset()),
    "relief": (frozenset({"team", "person", "replaces", "from", "until", "reason"}), frozenset()),
}

#: What only those may do who lead a room.
LEADS_DO = frozenset({"silence", "out_of_service", "in_service", "relief"})


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does at a clock value, or so many minutes after it. by: code of the person. rule,
    subject: of the alert, the newest one there; empty where it is about none. start, end: minutes from when to when,
    where that is said."""

    clock: int
    kind: str
    by: str
    rule: str = ""
    subject: str = ""
    params: Mapping[str, Any] | None = None
    start: int = 0
    end: int = 0
    after: int = 0

    @property
    def minute(self) -> int:
        """Since the story's start."""
        return self.clock * 60 + self.after

    def __getitem__(self, key: str) -> Any:
        return (self.params or {})[key]


@dataclass(frozen=True, slots=True)
class Left:
    """Alerts that nobody acknowledges: of a rule, of subjects that begin so."""

    rule: str
    subject: str


@dataclass(frozen=True, slots=True)
class Duty:
    """after_h: by severity, how long after it was told an alert is acknowledged; not at all where it says nothing."""

    after_h: Mapping[str, int]
    left: tuple[Left, ...]
    acts: tuple[Act, ...]

    def acknowledged_after(self, severity: str, rule: str, subject: str) -> int | None:
        """Hours, None for never."""
        if any(one.rule == rule and subject.startswith(one.subject) for one in self.left):
            return None
        return self.after_h.get(severity)

    @property
    def reliefs(self) -> list[Relief]:
        """What changes the roster."""
        return [
            Relief(act["team"], act.start, act.end, act["person"], act["replaces"], act.clock)
            for act in self.acts
            if act.kind == "relief"
        ]


def load_duty(timeline: Timeline) -> Duty:
    """The file, for one story; what would be done after its end is left out. Raises BadInput naming the entry."""
    document = tomllib.loads(files("simulators").joinpath("scenarios/duty.toml").read_text(encoding="utf-8"))
    for name in ("left", "act"):
        for number, entry in enumerate(document.get(name, []), 1):
            if not entry.get("comment"):
                raise BadInput(f"duty.toml, {name} {number}: an entry without a comment cannot be checked by a reader")
    left = tuple(Left(entry["rule"], entry.get("subject", "")) for entry in document.get("left", []))
    acts = (_act(number, entry, timeline) for number, entry in enumerate(document.get("act", []), 1))
    return Duty(document["acknowledge_after_h"], left, tuple(act for act in acts if act.minute <= timeline.hours * 60))


def _act(number: int, entry: Mapping[str, Any], timeline: Timeline) -> Act:
    where = f"duty.toml, act {number}"
    kind = entry.get("kind", "")
    if kind not in KINDS:
        raise BadInput(f"{where}: unknown kind {kind!r}")
    required, optional = KINDS[kind]
    params = {key: value for key, value in entry.items() if key not in ("kind", "at", "by", "comment")}
    if missing := required - params.keys():
        raise BadInput(f"{where}: {kind} needs {', '.join(sorted(missing))}")
    if unknown := params.keys() - required - optional:
        raise BadInput(f"{where}: {kind} does not know {', '.join(sorted(unknown))}")
    for person in (entry["by"], *(params[name] for name in ("to", "person", "replaces") if name in params)):
        if person not in NAMES:
            raise BadInput(f"{where}: nobody is called {person!r}")
    if kind in LEADS_DO and entry["by"] not in leads():
        raise BadInput(f"{where}: {entry['by']} leads no room")
    at = _minute(entry["at"], timeline)
    start, end = _span(at, params, timeline)
    rule, subject = params.get("rule", ""), params.get("subject", "")
    return Act(at // 60, kind, entry["by"], rule, subject, params, start, end, at % 60)


def _span(at: int, params: Mapping[str, Any], timeline: Timeline) -> tuple[int, int]:
    """Minutes from the story's start."""
    start = _minute(params["from"], timeline) if "from" in params else at
    if "hours" in params:
        return start, start + round(params["hours"] * 60)
    return start, _minute(params["until"], timeline) if "until" in params else start


def _minute(text: str, timeline: Timeline) -> int:
    return (timeline.instant(text) - timeline.at(0)) // timedelta(minutes=1)
