"""What is wrong or odd about people, shifts and routes of a register as a whole; and what ends with a site file.

Pure: the instant and the overrides are passed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from domain.periods import SITE_ZONE, Period, local_day
from domain.roster import Override, Roster
from domain.rosterrows import roster_of
from runtime.siteregister import Fault, Key, Register, Row

#: How far ahead gaps and overlaps are looked for, and how many of each are told.
AHEAD = timedelta(days=31)
_TOLD = 10
_ONE_DAY = timedelta(days=1)
#: Labels of alerts that are nouns of the register.
_AREAS = ("enterprise", "district", "park")


def roster_faults(register: Register, broken: Collection[tuple[str, Key]] = frozenset()) -> Iterator[Fault]:
    """Faults between people, teams, shifts and routes, beyond plain references. broken: given, but wrong themselves."""
    people, teams = register["person"], register["team"]
    for key, row in register["shift"].items():
        for code in dict.fromkeys(row["members"]):
            if (code,) not in people and ("person", (code,)) not in broken:
                yield Fault("shift", key, f"members: {code!r}: no such person", "members")
    for key, row in teams.items():
        for number, step in enumerate(row["escalation"], 1):
            kind, _, code = step["to"].partition(":")
            if kind not in ("team", "person") or (kind, (code,)) in broken:
                continue
            if (code,) not in register[kind]:
                yield Fault("team", key, f"escalation step {number}: {code!r}: no such {kind}", "escalation")
    before: dict[Key, Row] = {}
    for key, row in sorted(register["shift"].items(), key=lambda item: item[1]["valid_from"]):
        earlier = before.get(key[:2])
        if earlier is not None and (earlier["valid_to"] is None or row["valid_from"] < earlier["valid_to"]):
            text = f"overlaps the one from {earlier['valid_from']}; give that one valid_to = {row['valid_from']}"
            yield Fault("shift", key, text, "valid_from")
        before[key[:2]] = row


def retired(wanted: Register, present: Register, today: date) -> tuple[Register, set[tuple[str, Key]]]:
    """What a whole site file means for people and shifts that it does not name any more.

    A person is not active any more; a shift ends today, or where the next of its code begins; one that has not begun
    yet is gone. Returns the wanted register with them, and the keys of what is gone.
    """
    people = {key: row | {"active": False} for key, row in present["person"].items() if key not in wanted["person"]}
    starts = defaultdict(list)
    for key, row in wanted["shift"].items():
        starts[key[:2]].append(row["valid_from"])
    shifts: dict[Key, Row] = {}
    gone: set[tuple[str, Key]] = set()
    for key, row in present["shift"].items():
        if key in wanted["shift"]:
            continue
        if row["valid_from"] > today:
            gone.add(("shift", key))
            continue
        later = [start for start in starts[key[:2]] if start > row["valid_from"]]
        end = min(later, default=max(today, row["valid_from"] + _ONE_DAY))
        shifts[key] = row | {"valid_to": end if row["valid_to"] is None else min(end, row["valid_to"])}
    gone |= {("route", key) for key in present["route"].keys() - wanted["route"]}
    return wanted | {"person": wanted["person"] | people, "shift": wanted["shift"] | shifts}, gone


def roster_warnings(register: Register, overrides: Sequence[Override], at: datetime) -> Iterator[Fault]:
    """What an operator should look at: gaps and overlaps of the next days, who has left, who cannot be reached."""
    known = roster_of(register["person"].values(), register["team"].values(), register["shift"].values(), overrides)
    ahead = Period(at, at + AHEAD)
    for key in register["team"]:
        yield from _spans(known, key[0], ahead)
    yield from _left(register, ahead)
    yield from _unreachable(register, known)
    yield from _routes(register)


def _spans(known: Roster, team: str, ahead: Period) -> Iterator[Fault]:
    if not any(shift.team == team for shift in known.shifts):
        return
    gaps = known.gaps(team, ahead)
    if gaps:
        yield Fault("team", (team,), f"nobody is on duty {_listed(gaps)}")
    overlaps = known.overlaps(team, ahead)
    for shifts in dict.fromkeys(overlap.shifts for overlap in overlaps):
        spans = [overlap.period for overlap in overlaps if overlap.shifts == shifts]
        yield Fault("team", (team,), f"shifts {' and '.join(shifts)} are on duty at once {_listed(spans)}")
    if known.is_reckoned(team, ahead):
        text = "its working days of the next month lie in a year whose holidays are not known: weekends alone count"
        yield Fault("team", (team,), text)


def _listed(spans: Sequence[Period]) -> str:
    more = f", and {len(spans) - _TOLD} times more until {_local(spans[-1].end)}" if len(spans) > _TOLD else ""
    return ", ".join(f"{_local(span.start)} to {_local(span.end)}" for span in spans[:_TOLD]) + more


def _local(at: datetime) -> str:
    return at.astimezone(SITE_ZONE).strftime("%Y-%m-%d %H:%M")


def _left(register: Register, ahead: Period) -> Iterator[Fault]:
    today = local_day(ahead.start)
    active = {row["code"] for row in register["person"].values() if row["active"]}
    for key, row in register["shift"].items():
        if row["valid_to"] is not None and row["valid_to"] <= today:
            continue
        if left := [code for code in dict.fromkeys(row["members"]) if code not in active]:
            text = f"members {', '.join(left)} are not active: the next of the order stands in for each"
            yield Fault("shift", key, text, "members")
    for key, row in register["team"].items():
        if row["lead"] is not None and row["lead"] not in active:
            yield Fault("team", key, f"lead {row['lead']} is not active: nobody is told in a gap", "lead")


def _unreachable(register: Register, known: Roster) -> Iterator[Fault]:
    for key, row in register["team"].items():
        named: Iterable[str] = {
            member for shift in known.shifts if shift.team == row["code"] for member in shift.members
        } | ({row["lead"]} if row["lead"] else set())
        dumb = sorted(code for code in named if known.is_active(code) and not known.people[code].contacts)
        if not named and not row["channels"]:
            yield Fault("team", key, "has no shift, no lead and no channel: it reaches nobody")
        elif dumb and not row["channels"]:
            yield Fault("team", key, f"{', '.join(dumb)} have no contact, and the team no channel: they are not told")


def _routes(register: Register) -> Iterator[Fault]:
    closed: str | None = None
    for key, row in sorted(register["route"].items(), key=lambda item: (item[1]["position"], item[1]["code"])):
        if closed is not None:
            yield Fault("route", key, f"is never looked at: route {closed} before it takes everything")
        if closed is None and not row["matchers"] and not row["goes_on"]:
            closed = row["code"]
        for matcher in row["matchers"]:
            noun = matcher["label"]
            if noun not in _AREAS or matcher["op"] not in ("=", "in"):
                continue
            values = matcher["value"] if isinstance(matcher["value"], list) else [matcher["value"]]
            for value in values:
                if value and (value,) not in register[noun]:
                    yield Fault("route", key, f"matches {noun} {value!r}, which is not registered", "matchers")
