"""Scenario files read strictly: an unknown kind or key is refused with the file and the entry's number.

An entry says what is done to the devices and what must come of it. layout.py lays the entries of all files out over
the hours of one story.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from domain.errors import BadInput

#: kind: (required keys, optional keys); `kind` and `comment` belong to all of them.
KINDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "stack": (
        frozenset({"enterprise", "start", "hours"}),
        frozenset(
            {
                "outlet",
                "values",
                "spread",
                "flat",
                "factor",
                "offset",
                "cap",
                "copied_from",
                "flags",
                "spikes",
                "lost",
                "expect",
                "legal",
                "signs",
            }
        ),
    ),
    "sawtooth": (
        frozenset({"enterprise", "outlet", "quantity", "start", "days", "rise", "sign", "known_after"}),
        frozenset(),
    ),
    "mark": (
        frozenset({"enterprise", "outlet", "dimension", "mark", "start", "end", "posted", "reason"}),
        frozenset({"point", "rejected", "because", "expect"}),
    ),
    "share": (
        frozenset({"enterprise", "quantity", "target", "first", "run_hours", "values", "expect"}),
        frozenset({"pad", "pad_flag"}),
    ),
    "correction": (frozenset({"enterprise", "quantity", "start", "value", "sent", "expect"}), frozenset()),
    "sign": (frozenset({"enterprise", "outlets", "day", "sign"}), frozenset()),
    "redelivery": (frozenset({"enterprise", "start", "hours", "sent"}), frozenset()),
    "gateway_silent": (frozenset({"enterprise", "start", "hours"}), frozenset()),
    "logger_silent": (frozenset({"enterprise", "start", "hours"}), frozenset()),
    "point_silent": (frozenset({"enterprise", "point", "start", "until"}), frozenset()),
    "register_rollover": (frozenset({"enterprise", "point", "at"}), frozenset()),
    "register_reset": (frozenset({"enterprise", "point", "at"}), frozenset()),
    "meter_replaced": (frozenset({"enterprise", "point", "at", "initial", "posted", "reason"}), frozenset()),
    "meter_misread": (frozenset({"enterprise", "point", "at", "counts", "sent"}), frozenset()),
    "meter_stuck": (frozenset({"enterprise", "point", "start", "hours", "counts"}), frozenset()),
    "refused": (
        frozenset({"enterprise", "sent", "topic", "payload", "reason", "items"}),
        frozenset({"stored", "padding"}),
    ),
    "clock_ahead": (frozenset({"enterprise", "sent", "topic", "payload", "stored"}), frozenset()),
    "malformed": (frozenset({"enterprise", "sent", "what"}), frozenset({"reason", "items", "stored"})),
    "leak_test": (
        frozenset({"enterprise", "component", "tested", "sent", "net_umol_mol"}),
        frozenset({"becomes"}),
    ),
    "leak": (frozenset({"enterprise", "component", "facts"}), frozenset()),
    "leak_event": (frozenset({"enterprise"}), frozenset({"component", "installation", "restart", "release", "sent"})),
    "spot_check": (
        frozenset({"enterprise", "at", "unit", "medium", "skip", "points", "leaks"}),
        frozenset({"mended_after_days", "expect"}),
    ),
    "campaign": (
        frozenset({"enterprise", "code", "name", "from", "units", "crews", "seed"}),
        frozenset({"sign", "variant", "leaks", "mended", "part", "shows", "contractor", "elsewhere"}),
    ),
}

#: File: where its scenarios are; ldar.toml and leaks.toml hold what happens to components beside them.
FILES = (
    "emissions.toml",
    "air.toml",
    "signs.toml",
    "transmission.toml",
    "water.toml",
    "refusals.toml",
    "formats.toml",
    "ldar.toml",
    "leaks.toml",
    "campaigns.toml",
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One entry of a scenario file."""

    kind: str
    enterprise: str
    comment: str
    params: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.params[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self.params.get(key, default)


def load() -> list[Scenario]:
    """All scenarios, in the order of the files. Raises BadInput naming file and entry."""
    found: list[Scenario] = []
    for name in FILES:
        text = files("simulators").joinpath("scenarios", name).read_text(encoding="utf-8")
        document = tomllib.loads(text)
        entries = [(entry.get("kind", ""), entry) for entry in document.get("scenario", [])]
        for kind in ("leak_test", "leak", "leak_event", "spot_check", "campaign"):
            entries += [(kind, entry) for entry in document.get(kind, [])]
        found += [_scenario(f"{name}, entry {n}", kind, entry) for n, (kind, entry) in enumerate(entries, 1)]
    return found


def _scenario(where: str, kind: str, entry: dict[str, Any]) -> Scenario:
    if kind not in KINDS:
        raise BadInput(f"{where}: unknown kind {kind!r}")
    required, optional = KINDS[kind]
    params = {key: value for key, value in entry.items() if key not in ("kind", "comment")}
    if missing := required - params.keys():
        raise BadInput(f"{where}: {kind} needs {', '.join(sorted(missing))}")
    if unknown := params.keys() - required - optional:
        raise BadInput(f"{where}: {kind} does not know {', '.join(sorted(unknown))}")
    if not entry.get("comment"):
        raise BadInput(f"{where}: a scenario without a comment cannot be checked by a reader")
    return Scenario(kind, str(params["enterprise"]), str(entry["comment"]), params)
