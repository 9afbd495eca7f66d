"""Reading a site file: strict, and every mistake at once with the item and what was expected.

A site file is what a bureau keeps under version control; a misspelt key that passed in silence would be a meter that
nobody judges.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from domain.errors import SiteError
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
} | dict.fromkeys(("outlet", "point", "intake", "line", "metering_place", "component"), ("enterprise", "code"))

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
    ("component", "enterprise"): "enterprise",
    ("station", "enterprise"): "enterprise",
    ("tag", "enterprise"): "enterprise",
    ("tag", "point"): "point",
}

Row = dict[str, Any]
Register = dict[str, dict[tuple[Any, ...], Row]]


class _Problems(list[str]):
    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def note(self, where: str, what: str) -> None:
        self.append(f"{self.file.name}: {where}: {what}")


def load_site(path: Path) -> Register:
    """Rows of each noun by natural key, in the shape that storage.site reads and writes.

    Raises SiteError listing every mistake: unknown key, missing value, wrong type, an item given twice, a reference
    to something that the file does not have.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SiteError(f"{path.name}: {error}") from error
    problems = _Problems(path)
    register: Register = {noun: {} for noun in MODELS}
    files = document.pop("component_file", [])
    for unknown in sorted(set(document) - set(MODELS)):
        problems.note(unknown, f"there is no such table; expected one of {', '.join(MODELS)}, component_file")
    for noun in MODELS:
        given = document.get(noun, [])
        items = [given] if noun == "city" and isinstance(given, dict) else given
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            problems.note(noun, f"expected [[{noun}]] tables" if noun != "city" else "expected one [city] table")
            continue
        _add(register, noun, ((f"{noun} {number}", item) for number, item in enumerate(items, 1)), problems)
    for entry in files if isinstance(files, list) else []:
        _add_components(register, path.parent, entry, problems)
    if len(register["city"]) != 1:
        problems.note("city", "expected exactly one [city]")
    _check_references(register, problems)
    _check_statements(register, problems)
    _check_limits(register, problems)
    _check_tags(register, problems)
    if problems:
        raise SiteError("\n".join(problems))
    return register


def _add(register: Register, noun: str, items: Iterable[tuple[str, Row]], problems: _Problems) -> None:
    for where, item in items:
        label = f"{where} ({'/'.join(str(item.get(field, '?')) for field in KEYS[noun])})"
        try:
            row = MODELS[noun].model_validate(item).model_dump(mode="python")
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                field = ".".join(str(part) for part in fault["loc"]) or "item"
                problems.note(label, f"{field}: {fault['msg']}")
            continue
        if noun in ("point", "meter"):
            counter = row.pop("counter") or {"digits": None, "scale": None, "max_rate_per_h": None}
            row |= {f"counter_{name}": value for name, value in counter.items()}
        key = tuple(row[field] for field in KEYS[noun])
        if key in register[noun]:
            problems.note(label, "given twice")
        register[noun][key] = row


def _add_components(register: Register, folder: Path, entry: object, problems: _Problems) -> None:
    if not isinstance(entry, dict) or set(entry) != {"file"} or not isinstance(entry["file"], str):
        problems.note("component_file", 'expected file = "NAME.csv"')
        return
    path = folder / entry["file"]
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            rows = [(reader.line_num, {k: v for k, v in row.items() if v != ""}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.note(entry["file"], str(error))
        return
    _add(register, "component", ((f"{entry['file']} line {line}", dict(row)) for line, row in rows), problems)


def _check_references(register: Register, problems: _Problems) -> None:
    for (noun, field), wanted in REFERENCES.items():
        find = _finder(register, wanted)
        for key, row in register[noun].items():
            value = row[field]
            if value is not None and not find(row, value):
                problems.note(f"{noun} {'/'.join(map(str, key))}", f"{field} = {value!r}: no such {wanted}")
    for key, row in register["meter"].items():
        point = register["point"].get((row["enterprise"], row["point"]))
        if point is not None and point["kind"] != "counter":
            problems.note(f"meter {'/'.join(map(str, key))}", f"point {row['point']} is not a counter")


def _check_statements(register: Register, problems: _Problems) -> None:
    """A point that speaks of another one speaks of a measured one, of the same quantity unless it tells of drift."""
    for key, row in register["point"].items():
        of = register["point"].get((row["enterprise"], row["of"]))
        if of is None:
            continue
        label = f"point {'/'.join(map(str, key))}"
        if of["statistic"] is not None:
            problems.note(label, f"of = {row['of']!r} speaks of another point itself; expected the analyser")
        drift = row["statistic"] in ("zero_drift", "span_drift")
        if drift and row["unit"] != "%":
            problems.note(label, f"unit {row['unit']!r}: a drift is in % of full scale")
        if not drift and row["quantity"] != of["quantity"]:
            problems.note(label, f"quantity {row['quantity']!r} is not that of {row['of']}: {of['quantity']!r}")


def _check_limits(register: Register, problems: _Problems) -> None:
    """No two limits of one scope speak of the same day; a rate stands beside a concentration."""
    before: dict[tuple[Any, ...], Row] = {}
    for key, row in sorted(register["limit"].items(), key=lambda item: item[1]["valid_from"]):
        scope = (*key[:-2], row["unit"] == RATE_UNIT)
        earlier = before.get(scope)
        if earlier is not None and (earlier["valid_to"] is None or row["valid_from"] <= earlier["valid_to"]):
            label = f"limit {'/'.join(str(part) for part in key if part is not None)}"
            problems.note(label, f"overlaps the one from {earlier['valid_from']}; give that one a valid_to before it")
        before[scope] = row


def _check_tags(register: Register, problems: _Problems) -> None:
    for key, row in register["tag"].items():
        label = f"tag {'/'.join(map(str, key))}"
        point = register["point"].get((row["enterprise"], row["point"]))
        if row["protocol"] == "hj212":
            station = register["station"].get((row["device"],))
            if station is None or station["enterprise"] != row["enterprise"]:
                problems.note(label, f"device = {row['device']!r}: no such station of the enterprise")
        if point is not None and row["unit"] == point["unit"]:
            if row["scale"] not in (None, 1.0) or row["zero"] != 0.0:
                problems.note(label, f"unit is the point's own ({row['unit']}): nothing is to be converted")
        elif point is not None and row["scale"] is None:
            problems.note(label, f"unit {row['unit']} is not the point's {point['unit']}: give the scale between them")
        row["scale"] = 1.0 if row["scale"] is None else row["scale"]


def _finder(register: Register, noun: str) -> Callable[[Row, str], bool]:
    if noun in ("district", "park", "enterprise"):
        return lambda row, value: (value,) in register[noun]
    return lambda row, value: (row["enterprise"], value) in register[noun]
