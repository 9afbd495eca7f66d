"""Reading a site file: strict, and every mistake at once with the item and what was expected.

A site file is what a bureau keeps under version control; a misspelt key that passed in silence would be a meter that
nobody judges.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.errors import SiteError

Code = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
ItemCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
ComponentCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,64}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _InService(_Item):
    in_service_from: date
    in_service_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> _InService:
        if self.in_service_to is not None and self.in_service_to <= self.in_service_from:
            raise ValueError("in_service_to must be after in_service_from")
        return self


class Area(_Item):
    """A city or a district."""

    code: Code
    name: Name


class Enterprise(_Item):
    """An enterprise; judged from `registered_from`, a local date, on."""

    code: Code
    name: Name
    district: Code
    industry: Name
    is_industrial: bool
    registered_from: date


class Outlet(_InService):
    """A stack or vent; `process` is what the rules select by."""

    enterprise: Code
    code: ItemCode
    name: Name
    process: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]


class Counter(_Item):
    """The register of a cumulative meter; scale in units per count."""

    digits: Annotated[int, Field(ge=1, le=15)]
    scale: Positive = 1.0
    max_rate_per_h: Positive | None = None


class Point(_InService):
    """A measured quantity at a place."""

    enterprise: Code
    code: ItemCode
    name: Name
    kind: Literal["instantaneous", "counter", "state"]
    quantity: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
    unit: Annotated[str, Field(min_length=1, max_length=32)]
    interval_s: Annotated[int, Field(ge=1, le=86400)]
    outlet: ItemCode | None = None
    physical_min: Number | None = None
    physical_max: Number | None = None
    counter: Counter | None = None
    stuck_minutes: Annotated[int, Field(ge=2, le=60)] | None = None
    max_step: Positive | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Point:
        if (self.kind == "counter") != (self.counter is not None):
            raise ValueError("a point of kind counter needs `counter`, any other kind must not have one")
        if None not in (self.physical_min, self.physical_max) and self.physical_min >= self.physical_max:  # type: ignore[operator]
            raise ValueError("physical_min must be below physical_max")
        if self.kind != "instantaneous" and (self.stuck_minutes is not None or self.max_step is not None):
            raise ValueError("stuck_minutes and max_step belong to instantaneous points")
        return self


class Intake(_InService):
    """A water intake with its permitted yearly volume."""

    enterprise: Code
    code: ItemCode
    name: Name
    source: Literal["surface", "ground", "public", "reclaimed", "purchased"]
    permitted_m3_a: Positive
    is_agricultural: bool


class MeteringPlace(_InService):
    """Where a water meter is required (GB/T 24789)."""

    enterprise: Code
    code: ItemCode
    name: Name
    level: Literal["unit", "secondary", "equipment"]
    intake: ItemCode | None = None


class Meter(_Item):
    """A meter fitted at a metering place."""

    enterprise: Code
    place: ItemCode
    serial: Annotated[str, Field(min_length=1, max_length=64)]
    accuracy_class: str | None = None
    verified_on: date
    verification_months: Annotated[int, Field(ge=1, le=240)]
    installed_on: date
    removed_on: date | None = None
    point: ItemCode | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Meter:
        if self.removed_on is not None and self.removed_on <= self.installed_on:
            raise ValueError("removed_on must be after installed_on")
        return self


class Component(_InService):
    """An LDAR component (密封点)."""

    enterprise: Code
    code: ComponentCode
    name: Name
    unit_name: Name
    kind: Literal[
        "pump", "compressor", "agitator", "valve", "open_end", "relief", "sampling", "flange", "connector", "other"
    ]
    medium: Literal["gas", "light_liquid", "heavy_liquid"]
    exempt_clause: str | None = None


class Station(_InService):
    """A data logger that speaks HJ 212; `ignored` holds patterns CN/FACTOR-KEY of values that are not kept."""

    enterprise: Code
    mn: Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]
    name: Name
    gateway: Annotated[str, Field(pattern=r"^[^/+#\x00]{1,64}$")]
    edition: Literal["2005", "2017", "2025"]
    profile: Literal["strict", "lenient"] = "strict"
    crc: Literal["hj212", "modbus", "none"] = "hj212"
    missing_flag: Literal["normal", "refuse"] = "refuse"
    ignored: list[Annotated[str, Field(pattern=r"^[^/]+/[^/]+$", max_length=100)]] = []

    @model_validator(mode="after")
    def _writable(self) -> Station:
        if set(self.mn) & set(";=,&#"):
            raise ValueError("an MN cannot hold ; = , & or #")
        return self


class Tag(_Item):
    """What a name on the wire means; value in the point's unit = raw * scale + zero.

    scale may be left out only where the device sends the point's own unit.
    """

    enterprise: Code
    protocol: Literal["hj212", "sparkplug", "thingsboard"]
    device: Annotated[str, Field(max_length=130)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    point: ItemCode
    unit: Annotated[str, Field(min_length=1, max_length=32)]
    scale: Number | None = None
    zero: Number = 0.0

    @model_validator(mode="after")
    def _named(self) -> Tag:
        if self.scale == 0:
            raise ValueError("a scale of 0 would make every value the same")
        if self.protocol == "hj212" and not re.fullmatch(r"[0-9]{4}/[^/;,=&]+-[^/;,=&-]+", self.name):
            raise ValueError("a name of hj212 is CN/FACTOR-KEY, such as 2011/a21026-Rtd")
        return self


MODELS: dict[str, type[_Item]] = {
    "city": Area,
    "district": Area,
    "enterprise": Enterprise,
    "outlet": Outlet,
    "point": Point,
    "intake": Intake,
    "metering_place": MeteringPlace,
    "meter": Meter,
    "component": Component,
    "station": Station,
    "tag": Tag,
}

#: What makes an item one item.
KEYS: dict[str, tuple[str, ...]] = {
    "city": ("code",),
    "district": ("code",),
    "enterprise": ("code",),
    "meter": ("enterprise", "serial", "installed_on"),
    "station": ("mn",),
    "tag": ("enterprise", "protocol", "device", "name"),
} | dict.fromkeys(("outlet", "point", "intake", "metering_place", "component"), ("enterprise", "code"))

#: (noun, field) -> noun it names; within the same enterprise, except for the areas.
REFERENCES: dict[tuple[str, str], str] = {
    ("enterprise", "district"): "district",
    ("outlet", "enterprise"): "enterprise",
    ("point", "enterprise"): "enterprise",
    ("point", "outlet"): "outlet",
    ("intake", "enterprise"): "enterprise",
    ("metering_place", "enterprise"): "enterprise",
    ("metering_place", "intake"): "intake",
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
    _check_tags(register, problems)
    if problems:
        raise SiteError("\n".join(problems))
    return register


def _add(register: Register, noun: str, items: Iterable[tuple[str, Row]], problems: _Problems) -> None:
    for where, item in items:
        label = f"{where} ({'/'.join(str(item.get(field, '?')) for field in KEYS[noun])})"
        try:
            row = MODELS[noun].model_validate(item).model_dump()
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                field = ".".join(str(part) for part in fault["loc"]) or "item"
                problems.note(label, f"{field}: {fault['msg']}")
            continue
        if noun == "point":
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
    if noun in ("district", "enterprise"):
        return lambda row, value: (value,) in register[noun]
    return lambda row, value: (row["enterprise"], value) in register[noun]
