"""`plantwatch site apply|export`: the register between the site file and the database, with a printed diff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from domain.clock import Clock
from runtime.sitefile import KEYS, Register
from storage.database import Database
from storage.site import NOUNS, note_changes, note_limits, read_register, remove_rows, write_rows

#: Nouns of which the site file is the whole truth: nothing was ever judged by them, so they may vanish.
_REMOVABLE = frozenset({"tag"})


@dataclass(frozen=True, slots=True)
class Difference:
    """What applying a site file changes. Lines: `+` new, `~` altered (old -> new), `-` removed, `?` only in the
    database and kept."""

    lines: list[str]
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    enterprises: set[str] = field(default_factory=set)
    removed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    key_region_days: list[date] = field(default_factory=list)
    """From which day on limits of key regions held, and will hold, where that changes."""


def compare(wanted: Register, present: Register) -> Difference:
    """How the wanted register differs from the present one. What only the database has is reported and kept:
    things that were judged do not vanish; they get an `in_service_to` or a `removed_on`.
    """
    lines: list[str] = []
    rows: dict[str, list[dict[str, Any]]] = {}
    removed: dict[str, list[dict[str, Any]]] = {}
    enterprises: set[str] = set()
    for noun in NOUNS:
        changed = []
        for key, row in wanted[noun].items():
            label = _label(noun, key)
            old = present[noun].get(key)
            if old is None:
                lines.append(f"+ {label}")
            elif alterations := [f"{name}: {old[name]} -> {row[name]}" for name in row if old[name] != row[name]]:
                lines.append(f"~ {label}: {'; '.join(alterations)}")
            else:
                continue
            changed.append(row)
            if noun == "quota":
                enterprises |= {key[0] for key in wanted["enterprise"]}
            elif noun not in ("city", "district", "park", "limit"):
                enterprises.add(row["code"] if noun == "enterprise" else row["enterprise"])
        if changed:
            rows[noun] = changed
        for key in present[noun].keys() - wanted[noun]:
            label = _label(noun, key)
            if noun in _REMOVABLE:
                removed.setdefault(noun, []).append(present[noun][key])
                lines.append(f"- {label}")
            else:
                lines.append(f"? {label}: only in the database, kept")
    return Difference(lines, rows, enterprises, removed, _key_region_days(wanted["city"], present["city"]))


def _key_region_days(wanted: dict[tuple[Any, ...], dict[str, Any]], present: dict[Any, dict[str, Any]]) -> list[date]:
    days = [(row["key_region_from"], present[key]["key_region_from"]) for key, row in wanted.items() if key in present]
    return [day for new, old in days if new != old for day in (new, old) if day is not None]


def _label(noun: str, key: tuple[Any, ...]) -> str:
    return f"{noun} {'/'.join(str(part) for part in key if part is not None)}"


def keyed(register: dict[str, list[dict[str, Any]]]) -> Register:
    """Rows by their natural key."""
    return {noun: {tuple(row[name] for name in KEYS[noun]): row for row in rows} for noun, rows in register.items()}


async def apply_site(database: Database, wanted: Register, now: Clock, *, dry_run: bool = False) -> Difference:
    """Bring the database's register to the site file's in one transaction; returns the difference there was."""
    async with database.transaction() as connection:
        difference = compare(wanted, keyed(await read_register(connection)))
        if not dry_run:
            for noun, rows in difference.removed.items():
                await remove_rows(connection, noun, rows)
            at = now()
            for noun, rows in difference.rows.items():
                await write_rows(connection, noun, rows, at)
            await note_changes(connection, difference.enterprises, at)
            changed = [(row["enterprise"], row["valid_from"]) for row in difference.rows.get("limit", ())]
            await note_limits(connection, [*changed, *((None, day) for day in difference.key_region_days)])
    return difference


async def export_site(database: Database) -> str:
    """The register as a site file (TOML); applying it to the same database changes nothing."""
    async with database.transaction() as connection:
        register = await read_register(connection)
    return "\n".join(_toml(register))


def _toml(register: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    for noun in NOUNS:
        for row in register[noun]:
            yield f"[{noun}]" if noun == "city" else f"[[{noun}]]"
            counter = {
                name: row[f"counter_{name}"]
                for name in ("digits", "scale", "max_rate_per_h")
                if f"counter_{name}" in row
            }
            for name, value in row.items():
                if value is not None and not name.startswith("counter_"):
                    yield f"{name} = {_value(value)}"
            if counter.get("digits") is not None:
                inner = ", ".join(f"{name} = {_value(value)}" for name, value in counter.items() if value is not None)
                yield f"counter = {{ {inner} }}"
            yield ""


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    text = str(value)
    escaped = "".join(
        f"\\{character}" if character in '"\\' else character if character.isprintable() else f"\\U{ord(character):08x}"
        for character in text
    )
    return f'"{escaped}"'
