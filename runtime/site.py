"""`plantwatch site apply|import`: bring the database's register to what was written, with a printed diff."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from alerts.dispatch.contract import ChannelInfo
from domain.clock import Clock
from domain.errors import SiteError
from domain.periods import local_day
from runtime.rosternotes import notes_of
from runtime.sitechecks import faults, too_small, warnings
from runtime.siteeffects import matters_from, matters_to_signs_from
from runtime.siteregister import Fault, Key, Register, Row, complete, keyed, label, limit_scope, overlay
from runtime.siterosterchecks import retired
from storage.database import Connection, Database
from storage.site import (
    NOUNS,
    last_values,
    lock_register,
    note_changes,
    note_ldar,
    note_limits,
    note_metering,
    read_register,
    remove_rows,
    tests_outside,
    write_rows,
)

#: Nouns of which the site file is the whole truth: nothing was ever judged by them, so they may vanish.
_REMOVABLE = frozenset({"tag", "route"})
#: Mistakes told at once: who has more has one mistake in every row.
_TOLD = 1000
#: Nouns that no verdict rests on.
_UNJUDGED = ("city", "district", "park", "limit", "person", "team", "shift", "route")


@dataclass(frozen=True, slots=True)
class Difference:
    """What bringing the register to a new state changes. Lines: `+` new, `~` altered (old -> new), `-` removed, `?`
    only in the database and kept. Warnings begin with `!`: nothing contradicts them, somebody should look."""

    lines: list[str]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    enterprises: set[str] = field(default_factory=set)
    metering_days: dict[str, date] = field(default_factory=dict)
    """From which day on rates and accounts of an enterprise, and of its groups, may change."""
    ldar_days: dict[str, date] = field(default_factory=dict)
    """From which day on instruments, testers or campaigns of an enterprise changed."""
    removed: dict[str, list[Row]] = field(default_factory=dict)
    key_region_days: list[date] = field(default_factory=list)
    """From which day on limits of key regions held, and will hold, where that changes."""
    warnings: list[str] = field(default_factory=list)


def compare(
    wanted: Register, present: Register, *, whole: bool = True, gone: Collection[tuple[str, Key]] = ()
) -> Difference:
    """How the wanted register differs from the present one. What only the database has is reported and kept:
    things that were judged do not vanish; they get an `in_service_to` or a `removed_on`.

    whole: whether `wanted` is meant to be everything; else only what it says is looked at. gone: what vanishes with it,
    besides what always may.
    """
    lines: list[str] = []
    rows: dict[str, list[Row]] = {}
    removed: dict[str, list[Row]] = {}
    enterprises: set[str] = set()
    days: dict[str, date] = {}
    ldar_days: dict[str, date] = {}
    for noun in NOUNS:
        changed = []
        for key, row in wanted[noun].items():
            name = label(noun, key)
            old = present[noun].get(key)
            if old is None:
                lines.append(f"+ {name}")
            elif alterations := [_alteration(part, old[part], row[part]) for part in row if old[part] != row[part]]:
                lines.append(f"~ {name}: {'; '.join(alterations)}")
            else:
                continue
            changed.append(row)
            concerned: set[str] = set()
            if noun == "quota":
                concerned = {key[0] for key in present["enterprise"].keys() | wanted["enterprise"].keys()}
            elif noun not in _UNJUDGED:
                concerned = {row["code"] if noun == "enterprise" else row["enterprise"]}
            if (since := matters_to_signs_from(noun, row, old)) is not None:
                ldar_days[row["enterprise"]] = min(since, ldar_days.get(row["enterprise"], since))
                continue  # nothing else rests on it
            enterprises |= concerned
            if (since := matters_from(noun, row, old)) is not None:
                days |= {code: min(since, days.get(code, since)) for code in concerned}
        if changed:
            rows[noun] = changed
        for line, key in _absent(noun, wanted, present, gone) if whole else ():
            lines.append(line)
            if noun in _REMOVABLE or (noun, key) in gone:
                removed.setdefault(noun, []).append(present[noun][key])
    key_region_days = _key_region_days(wanted["city"], present["city"])
    return Difference(lines, rows, enterprises, days, ldar_days, removed, key_region_days)


def _alteration(part: str, old: Any, new: Any) -> str:
    """How a field changed; of an address only that it did, since nobody but its channel needs to see it."""
    if part == "contacts":
        old, new = (", ".join(contact["channel"] for contact in contacts) or "none" for contacts in (old, new))
        return f"{part}: {old} -> {new}" if old != new else f"{part}: another address"
    return f"{part}: {old} -> {new}"


def _absent(
    noun: str, wanted: Register, present: Register, gone: Collection[tuple[str, Key]]
) -> Iterator[tuple[str, Key]]:
    scopes = {limit_scope(key) for key in wanted["limit"]} if noun == "limit" else set()
    for key in present[noun].keys() - wanted[noun]:
        if noun in _REMOVABLE or (noun, key) in gone:
            yield f"- {label(noun, key)}", key
        elif noun == "limit" and limit_scope(key) in scopes:
            yield f"- {label(noun, key)}: superseded", key
        else:
            yield f"? {label(noun, key)}: only in the database, kept", key


def _key_region_days(wanted: dict[Key, Row], present: dict[Key, Row]) -> list[date]:
    days = [(row["key_region_from"], present[key]["key_region_from"]) for key, row in wanted.items() if key in present]
    return [day for new, old in days if new != old for day in (new, old) if day is not None]


async def apply_site(
    database: Database,
    wanted: Register,
    now: Clock,
    *,
    dry_run: bool = False,
    channels: Sequence[ChannelInfo] | None = None,
) -> Difference:
    """Bring the database's register to the site file's in one transaction; returns the difference there was.

    channels: those that are configured, which the roster is held against; None where that is not known. Raises
    SiteError when the register would contradict itself afterwards, or what is stored.
    """
    async with database.transaction() as connection:
        present = await present_register(connection)
        return await bring(connection, present, wanted, now(), dry_run=dry_run, channels=channels)


async def present_register(connection: Connection) -> Register:
    """The register as it stands, for the rest of the transaction nobody else's to change."""
    await lock_register(connection)
    return keyed(await read_register(connection))


async def bring(
    connection: Connection,
    present: Register,
    wanted: Register,
    at: datetime,
    *,
    dry_run: bool = False,
    whole: bool = True,
    tell: Callable[[Fault], str] = str,
    problems: Iterable[str] = (),
    broken: Iterable[tuple[str, Key]] = (),
    channels: Sequence[ChannelInfo] | None = None,
) -> Difference:
    """Check a register against the present one and write what differs.

    tell: how a fault is put into words. problems: what is wrong already, told together with what is found here.
    Mistakes that the database had before are warned of and do not keep others from being mended. Raises SiteError.
    """
    today = local_day(at)
    gone: set[tuple[str, Key]] = set()
    if whole:
        wanted, gone = retired(wanted, present, today)
    merged = overlay(present, wanted)
    for noun in _REMOVABLE if whole else ():
        merged[noun] = dict(wanted[noun])
    for noun, key in gone:
        merged[noun].pop(key, None)
    before = set(faults(present, today=today)) if any(present.values()) else set()
    found = list(faults(merged, today=today, broken=set(broken)))
    complete(wanted)
    difference = compare(wanted, present, whole=whole, gone=gone)
    found += too_small(merged, await _last_values(connection, difference, present))
    told = [*problems, *(tell(fault) for fault in found if fault not in before)]
    if told:
        more = [f"... and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
        raise SiteError("\n".join([*told[:_TOLD], *more]))
    noted = [*(fault for fault in found if fault in before), *warnings(merged, today)]
    noted += await _tested_outside(connection, difference, present)
    noted += await notes_of(connection, merged, at, channels)
    difference.warnings.extend(f"! {fault}" for fault in noted)
    if not dry_run:
        await _write(connection, difference, at)
    return difference


async def _tested_outside(connection: Connection, difference: Difference, present: Register) -> list[Fault]:
    """Enterprises some of whose components have tests on days on which, by now, they were not in service."""
    moved = []
    for row in difference.rows.get("component", ()):
        old = present["component"].get((row["enterprise"], row["code"]))
        if old is not None and any(row[name] != old[name] for name in ("in_service_from", "in_service_to")):
            moved.append(row)
    found: dict[str, list[str]] = {}
    for enterprise, code, day in await tests_outside(connection, moved):
        found.setdefault(enterprise, []).append(f"{code} on {day}")
    return [
        Fault(
            "enterprise",
            (enterprise,),
            f"{len(named)} components were tested while not in service: {', '.join(named[:3])}"
            + (", ..." if len(named) > 3 else ""),
        )
        for enterprise, named in found.items()
    ]


async def _last_values(
    connection: Connection, difference: Difference, present: Register
) -> dict[Key, tuple[date, float]]:
    """What points showed last whose register changes, by point key."""
    points = {
        (row["enterprise"], row["code"])
        for row in difference.rows.get("point", ())
        if row["counter_digits"] is not None
    }
    for row in difference.rows.get("meter", ()):
        points |= {(row["enterprise"], row["point"])}
    known = [key for key in points if key in present["point"]]
    return {key: (local_day(at), value) for key, at, value in await last_values(connection, known)}


async def _write(connection: Connection, difference: Difference, at: datetime) -> None:
    for noun, rows in difference.removed.items():
        await remove_rows(connection, noun, rows)
    for noun, rows in difference.rows.items():
        await write_rows(connection, noun, rows, at)
    await note_changes(connection, difference.enterprises, at)
    await note_metering(connection, difference.metering_days)
    await note_ldar(connection, difference.ldar_days)
    changed: list[tuple[Any, date]] = [
        (row["enterprise"], row["valid_from"]) for row in difference.rows.get("limit", ())
    ]
    await note_limits(connection, [*changed, *((None, day) for day in difference.key_region_days)])
