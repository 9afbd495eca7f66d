"""Records of duties done, as enterprises and the bureau enter them over the API; see scenarios/duties.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from domain.errors import BadInput
from domain.periods import local_day
from simulators.marker import BUREAU_AUTHOR, ENTERPRISE_AUTHOR, Entry
from simulators.timing import Timeline

_FIELDS = frozenset({"rule", "subject", "done", "posted", "documents", "note", "comment"})


@dataclass(frozen=True, slots=True)
class DutyDone:
    """posted: clock value at which it is entered. documents: (kind, reference)."""

    rule: str
    subject: str
    done_on: date
    posted: int
    documents: tuple[tuple[str, str], ...] = ()
    note: str | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """Of evidence that it has."""
        return frozenset(kind for kind, _ in self.documents)

    @property
    def enterprise(self) -> str | None:
        """Who enters it; None for the bureau."""
        kind, _, code = self.subject.partition(":")
        return code.split("/")[0] if kind != "city" else None

    @property
    def entry(self) -> Entry:
        """As the API takes it."""
        record: dict[str, Any] = {
            "duty": self.rule,
            "subject": self.subject,
            "done_on": self.done_on.isoformat(),
            "documents": [{"kind": kind, "reference": reference} for kind, reference in self.documents],
        }
        if self.note is not None:
            record["note"] = self.note
        author = BUREAU_AUTHOR if self.enterprise is None else ENTERPRISE_AUTHOR
        return Entry(self.enterprise, "/v1/duties/records", {"author": author, "records": [record]})


def duty_records(timeline: Timeline) -> list[DutyDone]:
    """Of the story, in order of entering; what would be entered after its end is left out."""
    text = files("simulators").joinpath("scenarios/duties.toml").read_text(encoding="utf-8")
    made = [_record(entry, timeline) for entry in tomllib.loads(text).get("record", [])]
    return sorted((one for one in made if one.posted <= timeline.hours), key=lambda one: one.posted)


def _record(entry: dict[str, Any], timeline: Timeline) -> DutyDone:
    if unknown := entry.keys() - _FIELDS:
        raise BadInput(f"duties.toml: does not know {', '.join(sorted(unknown))}")
    if not entry.get("comment"):
        raise BadInput("duties.toml: a record without a comment cannot be checked by a reader")
    return DutyDone(
        entry["rule"],
        entry["subject"],
        local_day(timeline.instant(f"{entry['done']} 00:00")),
        timeline.hour(entry["posted"]),
        tuple((kind, reference) for kind, reference in entry.get("documents", ())),
        entry.get("note"),
    )


def duty_acts(records: list[DutyDone], clock: int) -> Iterator[Entry]:
    """What is entered at a clock value."""
    return (one.entry for one in records if one.posted == clock)
