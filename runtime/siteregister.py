"""The shape of a register: what makes an item one item, what refers to what, and two registers laid over each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.limits import RATE_UNIT
from runtime.sitemodels import MODELS

#: What makes an item one item.
KEYS: dict[str, tuple[str, ...]] = {
    "city": ("code",),
    "district": ("code",),
    "park": ("code",),
    "control_index": ("enterprise", "year"),
    "quota": ("product", "region", "edition", "grade", "valid_from"),
    "enterprise": ("code",),
    "meter": ("enterprise", "serial", "installed_on"),
    "station": ("mn",),
    "limit": ("enterprise", "outlet", "process", "quantity", "kind", "averaging", "region", "unit", "valid_from"),
    "tag": ("enterprise", "protocol", "device", "name"),
    "process_unit": ("enterprise", "installation", "code"),
    "instrument": ("enterprise", "serial"),
    "leak_tester": ("enterprise", "name"),
    "enterprise_list": ("enterprise", "list", "listed_from"),
    "person": ("code",),
    "team": ("code",),
    "shift": ("team", "code", "valid_from"),
    "route": ("code",),
} | dict.fromkeys(
    ("outlet", "point", "intake", "line", "metering_place", "installation", "component", "campaign"),
    ("enterprise", "code"),
)

#: (noun, field) -> noun it names; within the same enterprise, except for the areas.
REFERENCES: dict[tuple[str, str], str] = {
    ("park", "district"): "district",
    ("enterprise", "district"): "district",
    ("enterprise", "park"): "park",
    ("outlet", "enterprise"): "enterprise",
    ("point", "enterprise"): "enterprise",
    ("point", "outlet"): "outlet",
    ("point", "of"): "point",
    ("limit", "enterprise"): "enterprise",
    ("limit", "outlet"): "outlet",
    ("intake", "enterprise"): "enterprise",
    ("control_index", "enterprise"): "enterprise",
    ("line", "enterprise"): "enterprise",
    ("metering_place", "enterprise"): "enterprise",
    ("metering_place", "intake"): "intake",
    ("metering_place", "parent"): "metering_place",
    ("metering_place", "line"): "line",
    ("meter", "enterprise"): "enterprise",
    ("meter", "place"): "metering_place",
    ("meter", "point"): "point",
    ("installation", "enterprise"): "enterprise",
    ("process_unit", "enterprise"): "enterprise",
    ("process_unit", "installation"): "installation",
    ("component", "enterprise"): "enterprise",
    ("component", "unit"): "process_unit",
    ("instrument", "enterprise"): "enterprise",
    ("leak_tester", "enterprise"): "enterprise",
    ("campaign", "enterprise"): "enterprise",
    ("enterprise_list", "enterprise"): "enterprise",
    ("station", "enterprise"): "enterprise",
    ("tag", "enterprise"): "enterprise",
    ("tag", "point"): "point",
    ("person", "enterprise"): "enterprise",
    ("team", "district"): "district",
    ("team", "enterprise"): "enterprise",
    ("team", "lead"): "person",
    ("shift", "team"): "team",
    ("route", "team"): "team",
}
#: Nouns with one code for the whole city; any other is looked up within its enterprise.
AREAS = frozenset({"district", "park", "enterprise", "person", "team"})
#: Nouns whose rows hold the register of a counter in flat columns.
WITH_COUNTER = frozenset({"point", "meter"})
_COUNTER = ("digits", "scale", "max_rate_per_h")

Key = tuple[Any, ...]
Row = dict[str, Any]
Register = dict[str, dict[Key, Row]]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with an item of a register. field: the one at fault, None when it is the item."""

    noun: str
    key: Key
    text: str
    field: str | None = None

    def __str__(self) -> str:
        return f"{label(self.noun, self.key)}: {self.text}"


def label(noun: str, key: Key) -> str:
    """How messages name an item."""
    return f"{noun} {'/'.join(str(part) for part in key if part is not None)}"


def keyed(register: Mapping[str, Iterable[Row]]) -> Register:
    """Rows by their natural key."""
    return {noun: {key_of(noun, row): row for row in rows} for noun, rows in register.items()}


def key_of(noun: str, row: Mapping[str, Any]) -> Key:
    """The natural key of a row."""
    return tuple(row[name] for name in KEYS[noun])


def row_of(noun: str, item: Mapping[str, Any]) -> Row:
    """An item of a site file as a row of the store. Raises pydantic's ValidationError."""
    row = MODELS[noun].model_validate(item).model_dump(mode="python")
    if noun in WITH_COUNTER:
        counter = row.pop("counter") or dict.fromkeys(_COUNTER)
        row |= {f"counter_{name}": value for name, value in counter.items()}
    return row


def item_of(noun: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `row_of`: a row of the store as an item of a site file, without what is not said."""
    item = {name: value for name, value in row.items() if value is not None and not name.startswith("counter_")}
    if noun in WITH_COUNTER and row["counter_digits"] is not None:
        counter = {name: row[f"counter_{name}"] for name in _COUNTER}
        item["counter"] = {name: value for name, value in counter.items() if value is not None}
    return item


def overlay(present: Register, said: Register) -> Register:
    """What a register holds once it was told something: present rows, and over them those that were said.

    A limit takes the place of the present one of its scope and day, whatever the units are.
    """
    merged = {noun: dict(present.get(noun, {})) for noun in KEYS}
    scopes = {limit_scope(key): key for key in merged["limit"]}
    for noun, rows in said.items():
        for key, row in rows.items():
            if noun == "limit" and (old := scopes.get(limit_scope(key))) is not None:
                merged[noun].pop(old, None)
            merged[noun][key] = row
    return merged


def limit_scope(key: Key) -> Key:
    """What a limit speaks of, by its natural key: a rate stands beside a concentration."""
    *scope, unit, valid_from = key
    return (*scope, unit == RATE_UNIT, valid_from)


def complete(register: Register) -> None:
    """Say what is meant where something was left out, once nothing is wrong: a tag in the point's unit has scale 1."""
    for row in register["tag"].values():
        row["scale"] = 1.0 if row["scale"] is None else row["scale"]
