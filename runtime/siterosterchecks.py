"""What is wrong or odd about people, shifts and routes of a register as a whole; and what ends with a site file.

Pure: the instant and the overrides are passed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from alerts.dispatch.contract import ChannelInfo
from domain.alerts import Condition, Severity
from domain.findings import SubjectKind
from domain.matchers import parse
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


def roster_warnings(
    register: Register,
    overrides: Sequence[Override],
    at: datetime,
    *,
    channels: Sequence[ChannelInfo] | None = None,
    rules: Collection[str] = (),
) -> Iterator[Fault]:
    """What an operator should look at: gaps and overlaps of the next days, who has left, who cannot be reached, steps
    that reach nobody, routes that fit nothing.

    channels: those that are configured, None where that is not known; rules: all that there are, empty likewise.
    """
    known = roster_of(register["person"].values(), register["team"].values(), register["shift"].values(), overrides)
    ahead = Period(at, at + AHEAD)
    for key in register["team"]:
        yield from _spans(known, key[0], ahead)
    yield from _left(register, ahead)
    yield from _steps(register, known, local_day(at))
    yield from _unreachable(register, known, channels)
    if channels is not None:
        yield from _unknown_channels(register, known, {channel.code: channel for channel in channels})
    yield from _routes(register, rules)


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


def _steps(register: Register, known: Roster, today: date) -> Iterator[Fault]:
    """Steps of an escalation whose role nobody has: then nobody is told by them, or the lead instead."""
    for code, team in known.teams.items():
        members = {
            member
            for shift in known.shifts
            if shift.team == code and (shift.valid_to is None or shift.valid_to > today)
            for member in shift.members
            if known.is_active(member)
        }
        lead = team.lead if team.lead is not None and known.is_active(team.lead) else None
        for step in dict.fromkeys(step.to for step in team.steps):
            kind, _, named = step.partition(":")
            if kind == "on_duty" and not members:
                why = "the team has no shift"
            elif kind == "next" and len(members) < 2:
                why = "nobody else comes on"
            elif kind == "lead" and team.lead is None:
                why = "the team has no lead"
            elif kind == "person" and not known.is_active(named):
                why = f"{named} is not active"
            else:
                continue
            instead = f"{lead} is told instead" if kind in ("on_duty", "next") and lead else "it reaches no person"
            yield Fault("team", (code,), f"escalation to {step}: {why}: {instead}", "escalation")


def _unknown_channels(register: Register, known: Roster, channels: Mapping[str, ChannelInfo]) -> Iterator[Fault]:
    """Channels that teams and people name and that are not configured, or cannot do what they are named for."""
    people: dict[str, list[str]] = {}
    for _, person in sorted(known.people.items()):
        for contact in person.contacts:
            if person.active and contact.channel not in channels:
                people.setdefault(contact.channel, []).append(person.code)
    for channel, codes in sorted(people.items()):
        more = f", and {len(codes) - 1} more" if len(codes) > 1 else ""
        yield Fault("person", (codes[0],), f"has a contact of channel {channel!r}, which is not configured{more}")
    for code, team in known.teams.items():
        for channel in team.channels:
            found = channels.get(channel)
            if found is None:
                yield Fault("team", (code,), f"channel {channel!r} is not configured", "channels")
            elif found.needs_address:
                text = f"channel {channel!r} reaches people by their addresses: as a team's it reaches nobody"
                yield Fault("team", (code,), text, "channels")


def _unreachable(register: Register, known: Roster, channels: Sequence[ChannelInfo] | None) -> Iterator[Fault]:
    # the address at a group's robot is whom to mention there
    usable = None if channels is None else {channel.code for channel in channels if not channel.is_group}
    for key, row in register["team"].items():
        named: Iterable[str] = {
            member for shift in known.shifts if shift.team == row["code"] for member in shift.members
        } | ({row["lead"]} if row["lead"] else set())
        dumb = sorted(
            code
            for code in named
            if known.is_active(code)
            and not any(usable is None or one.channel in usable for one in known.people[code].contacts)
        )
        if not named and not row["channels"]:
            yield Fault("team", key, "has no shift, no lead and no channel: it reaches nobody")
        elif dumb:
            what = "no contact" if usable is None else "no contact of a configured channel that reaches people"
            told = "only its channels tell them" if row["channels"] else "and the team no channel: they are not told"
            yield Fault("team", key, f"{', '.join(dumb)} have {what}, {told}")


def _routes(register: Register, rules: Collection[str]) -> Iterator[Fault]:
    closed_labels: Mapping[str, Collection[str]] = {
        "severity": [str(one) for one in Severity],
        "condition": [str(one) for one in Condition],
        "kind": [str(one) for one in SubjectKind],
    } | ({"rule": rules} if rules else {})
    closed: str | None = None
    for key, row in sorted(register["route"].items(), key=lambda item: (item[1]["position"], item[1]["code"])):
        if closed is not None:
            yield Fault("route", key, f"is never looked at: route {closed} before it takes everything")
        if closed is None and not row["matchers"] and not row["goes_on"]:
            closed = row["code"]
        for matcher in parse(row["matchers"]):
            if matcher.label in closed_labels and not any(
                matcher.fits({matcher.label: one}) for one in closed_labels[matcher.label]
            ):
                text = f"{matcher.label} {matcher.op} {' or '.join(matcher.values)} fits none that there is"
                yield Fault("route", key, text, "matchers")
            if matcher.label in _AREAS and matcher.op in ("=", "in"):
                for value in matcher.values:
                    if value and (value,) not in register[matcher.label]:
                        text = f"matches {matcher.label} {value!r}, which is not registered"
                        yield Fault("route", key, text, "matchers")
