"""The seeds of the fuzz tests: every case of tests/cases/ingest, and one register that explains them all.

A case has a register of its own. Here they are one plant: stations that several cases give the same MN but another
profile get an MN each (with the checksum of their frames made right again), and of two tags or births of one name the
first wins.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from domain.points import PointKind
from ingest.decode.register import Birth, Station, Tag, View
from ingest.registry import Entry, Registry
from ingest.topics import Kind, read_topic
from storage.points import KnownPoint
from tests.fuzz.hj212_frames import replaced

CASES = Path(__file__).parents[1] / "cases" / "ingest"
ENTERPRISE = "coke-1"
_ITEM_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FORMATS = {
    Kind.READINGS: "json",
    Kind.LEAK_TESTS: "leak-tests",
    Kind.PRODUCTION: "production",
    Kind.STATUS: "status",
    Kind.HJ212: "hj212",
    Kind.SPARKPLUG: "sparkplug",
    Kind.THINGSBOARD_DEVICE: "thingsboard-device",
    Kind.THINGSBOARD_GATEWAY: "thingsboard-gateway",
    Kind.THINGSBOARD_CONNECT: "thingsboard-presence",
    Kind.THINGSBOARD_DISCONNECT: "thingsboard-presence",
}


@dataclass(frozen=True, slots=True)
class Seed:
    """A message as a case has it. format: what its topic announces, `topics` when that may not be published to."""

    format: str
    name: str
    topic: str
    payload: bytes
    is_good: bool
    """Whether something of it is stored."""


@dataclass(slots=True)
class Plant:
    """The register of the one enterprise that sends, by natural keys and in a fixed order."""

    points: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """Physical range by code."""
    components: dict[str, str] = field(default_factory=dict)
    """Kind by code."""
    installations: list[str] = field(default_factory=list)
    instruments: list[str] = field(default_factory=list)
    campaigns: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    stations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By MN, with every key of a station in a register.toml."""
    tags: dict[tuple[str, str, str], tuple[str, float, float]] = field(default_factory=dict)
    """(point, scale, zero) by protocol, device and name."""
    births: dict[tuple[str, str], Birth] = field(default_factory=dict)

    def registry(self) -> Registry:
        """A registry that knows the plant and has no database behind it."""
        registry = Registry(None, lambda: 0.0)  # type: ignore[arg-type]
        points = {code: number for number, code in enumerate(self.points, 1)}
        registry._entries[ENTERPRISE] = Entry(1, points, self._view(), 0.0, lines=frozenset(self.lines))
        ranges = [
            KnownPoint(points[code], code, PointKind.INSTANTANEOUS, 60, *bounds) for code, bounds in self.points.items()
        ]
        registry.traits.learn(ranges)
        return registry

    def _view(self) -> View:
        tags: dict[str, dict[tuple[str, str], Tag]] = {"hj212": {}, "sparkplug": {}, "thingsboard": {}}
        for (protocol, device, name), tag in self.tags.items():
            tags[protocol][device, name] = Tag(*tag)
        stations = {
            mn: Station(
                mn,
                row["gateway"],
                row["edition"],
                row["profile"] == "strict",
                row["crc"],
                row["missing_flag"] == "normal",
                tuple(row["ignored"]),
                bytes.fromhex(row["sm4_key"]) or None,
                {name: tag for (device, name), tag in tags["hj212"].items() if device == mn},
            )
            for mn, row in self.stations.items()
        }
        return View(self.points.keys(), stations, tags["sparkplug"], tags["thingsboard"], dict(self.births))


_STATION = {
    "gateway": "gw1",
    "edition": "2017",
    "profile": "strict",
    "crc": "hj212",
    "missing_flag": "refuse",
    "ignored": [],
    "sm4_key": "",
}


@cache
def load() -> tuple[Plant, dict[str, tuple[Seed, ...]]]:
    """The plant and the seeds by format; the same every time."""
    plant = Plant()
    folders = sorted(folder for folder in CASES.iterdir() if (folder / "payload").is_file())
    renamed = _station_names(folders)
    seeds: dict[str, list[Seed]] = {}
    for folder in folders:
        seed = _seed(folder)
        text = _register(folder)
        for mn, new in renamed[folder.name].items():
            seed = replace(seed, payload=_renamed(seed.payload, mn.encode(), new.encode()))
        _add(plant, text, renamed[folder.name])
        _add_expected(plant, json.loads((folder / "expected.json").read_text("utf-8")))
        seeds.setdefault(seed.format, []).append(seed)
    return plant, {name: tuple(found) for name, found in sorted(seeds.items())}


def _seed(folder: Path) -> Seed:
    topic = (folder / "topic.txt").read_text("utf-8").strip()
    read = read_topic(ENTERPRISE, topic)
    kind = "topics" if read.problem is not None or read.kind is None else _FORMATS[read.kind]
    is_good = "refused_" not in json.loads((folder / "expected.json").read_text("utf-8"))["outcome"]
    return Seed(kind, folder.name, topic, (folder / "payload").read_bytes(), is_good)


def _register(folder: Path) -> dict[str, Any]:
    path = folder / "register.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def _station_names(folders: list[Path]) -> dict[str, dict[str, str]]:
    """New MN by case and old MN. An encrypted frame cannot be changed, so the most common key keeps the old MN."""
    wanted: dict[str, list[tuple[str, str]]] = {}
    uses: Counter[tuple[str, str]] = Counter()
    for folder in folders:
        text = _register(folder)
        for row in text.get("station", []):
            tags = sorted(repr(tag) for tag in text.get("tag", []) if tag["device"] == row["mn"])
            like = f"key {row['sm4_key']}" if row.get("sm4_key") else repr((sorted(row.items()), tags))
            wanted.setdefault(folder.name, []).append((row["mn"], like))
            uses[row["mn"], like] += 1000 if row.get("sm4_key") else 1
    numbers: Counter[str] = Counter()
    names: dict[tuple[str, str], str] = {}
    for (mn, like), _ in sorted(uses.items(), key=lambda item: (-item[1], item[0])):
        number = numbers[mn]
        numbers[mn] += 1
        names[mn, like] = mn if number == 0 else f"{mn[:-2]}{number:02X}"
    return {folder.name: {mn: names[mn, like] for mn, like in wanted.get(folder.name, [])} for folder in folders}


def _renamed(payload: bytes, mn: bytes, new: bytes) -> bytes:
    return payload if mn == new else replaced(payload, lambda segment: segment.replace(mn, new))


def _add(plant: Plant, text: dict[str, Any], renamed: dict[str, str]) -> None:
    for row in text.get("station", []):
        mn = renamed[row["mn"]]
        plant.stations.setdefault(mn, _STATION | {key: value for key, value in row.items() if key != "mn"})
    for row in text.get("tag", []):
        device = renamed.get(row["device"], row["device"]) if row["protocol"] == "hj212" else row["device"]
        if row["protocol"] == "hj212" and device not in plant.stations:
            continue
        tag = row["point"], float(row.get("scale", 1.0)), float(row.get("zero", 0.0))
        if plant.tags.setdefault((row["protocol"], device, row["name"]), tag) is tag:
            _add_point(plant, row["point"])
    for row in text.get("birth", []):
        metrics = tuple((metric["name"], metric.get("alias"), metric["datatype"]) for metric in row["metrics"])
        birth = Birth(row["node"], row.get("device", ""), row.get("bd_seq"), metrics)
        plant.births.setdefault((birth.node, birth.device), birth)
    for code in text.get("points", []):
        _add_point(plant, code)


def _add_expected(plant: Plant, expected: dict[str, Any]) -> None:
    for code, *_ in expected.get("values", []):
        _add_point(plant, code)
    for code, *_, more in expected.get("leak_tests", []):
        _add_leak_parts(plant, {"component": code, **(more if isinstance(more, dict) else {})})
    for _, said in expected.get("leak_records", []):
        _add_leak_parts(plant, said)
    for line, *_ in expected.get("figures", []):
        if line is not None and line not in plant.lines:
            plant.lines.append(line)


def _add_leak_parts(plant: Plant, said: dict[str, Any]) -> None:
    """What a record of leaks speaks of, where a register can have it."""
    code = said.get("component")
    if code is not None and re.fullmatch(r"[A-Za-z0-9._/-]{1,64}", code):
        plant.components.setdefault(code, "relief" if said.get("kind") == "release" else "pump")
    parts = (("installation", plant.installations), ("instrument", plant.instruments), ("campaign", plant.campaigns))
    for name, known in parts:
        if said.get(name) is not None and said[name] not in known:
            known.append(said[name])


def _add_point(plant: Plant, code: str) -> None:
    """Codes that no register may have stay unknown. Every third point has a physical range."""
    if _ITEM_CODE.fullmatch(code):
        plant.points.setdefault(code, (0.0, 100.0) if len(plant.points) % 3 == 0 else (None, None))
