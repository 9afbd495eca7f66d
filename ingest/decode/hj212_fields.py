"""The data area of an HJ 212 frame: `key=value`, `,` between attributes of a factor, `;` between factors (6.3.3).

A station sends the same keys again and again, so what the keys mean is worked out once as a `Layout` and kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ingest.decode.hj212_quirks import Quirk

#: Attributes that are numbers to be kept (HJ 212-2017 table 4).
VALUE_ATTRIBUTES = frozenset(
    ("Rtd", "Min", "Avg", "Max", "ZsRtd", "ZsMin", "ZsAvg", "ZsMax", "Cou", "RS", "RT", "Data", "DayData", "NightData")
)
#: Attributes that speak of values or of the instrument and are no values.
OTHER_ATTRIBUTES = frozenset(("Flag", "EFlag", "SampleTime", "Info", "SN"))
#: Parameters without a factor: the time of the data, and what commands say.
PARAMETERS = frozenset(
    (
        "DataTime",
        "PolId",
        "BeginTime",
        "EndTime",
        "SystemTime",
        "QN",
        "QnRtn",
        "ExeRtn",
        "RtdInterval",
        "MinInterval",
        "RestartTime",
        "PW",
        "NewPW",
        "OverTime",
        "ReCount",
        "VaseNo",
        "CstartTime",
        "Ctime",
        "Stime",
        "InfoId",
    )
)
#: Of raw measurements and key changes, new in 2025.
PARAMETERS_2025 = PARAMETERS | frozenset(("SampleTime", "CompleteTime", "SampleType", "SKCreateTime", "NewSK"))
#: State and running time of facilities have no -Flag by the standard.
_UNFLAGGED = frozenset(("RS", "RT"))
#: Commands whose -Rtd is a sample of the moment; those of a period keep the time of the period.
_MOMENTARY = frozenset(("2011", "2013"))

_NOISE = "LA|L5|L10|L50|L90|Leq|Ld|Ln|Ldn"
_FACTORS = {
    "2005": re.compile(f"[0-9]{{2,3}}|[BS][0-9]{{2}}|SB[0-9]{{1,3}}|{_NOISE}", re.ASCII),
    "2017": re.compile(f"[a-z][0-9]{{5}}|SB[0-9]{{1,3}}|{_NOISE}", re.ASCII),
    "2025": re.compile(f"[a-z][0-9]{{5}}|SB[0-9]{{1,3}}|{_NOISE}", re.ASCII),
}
#: Only analysers of water sample at times of their own: w and five digits, in 2005 three digits.
_WATER = re.compile("w[0-9]{5}|[0-9]{3}", re.ASCII)

_NO_SEPARATORS = bytes(byte for byte in range(256) if byte not in b";,=")
_SEPARATOR = re.compile("([;,])")
#: Layouts beyond are not worth remembering.
_CACHED_KEYS = 100
_CACHED_CHARACTERS = 2048

#: Instead of the position of a -Flag.
FLAG_MISSING, FLAG_REPEATED, FLAG_NOT_NEEDED = -1, -2, -3


class Value(NamedTuple):
    """Where one value of a data area stands."""

    position: int
    name: str
    """CN/FACTOR-KEY."""
    flag: int
    """Position of its -Flag, or FLAG_MISSING, FLAG_REPEATED, FLAG_NOT_NEEDED."""
    sample_time: int
    """Position of the -SampleTime that dates it, -1 when DataTime does."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the keys of a data area mean. Positions count its items."""

    quirks: tuple[Quirk, ...]
    data_time: int
    """-1 without."""
    values: tuple[Value, ...]
    sample_times: tuple[int, ...]


@dataclass(slots=True)
class Area:
    """A data area taken apart."""

    layout: Layout
    contents: list[str]
    """What stands behind `=`, by item."""
    quirks: list[Quirk]


def read_area(text: str, command: str, edition: str) -> Area:
    """The items of a data area. Never raises; what cannot be understood is a quirk."""
    quirks: list[Quirk] = []
    separators = text.encode("utf-8", "replace").translate(None, _NO_SEPARATORS)
    if separators[::2].count(b"=") * 2 - 1 == len(separators) and b"=" not in separators[1::2]:
        parts = text.replace(";", ",").replace("=", ",").split(",")
        keys, contents, joins = tuple(parts[::2]), parts[1::2], separators[1::2].decode("ascii")
        bare = False
    else:
        keys, contents, joins, bare = _split(text)
    if " " in text or "\t" in text:
        stripped = tuple([key.strip() for key in keys]), [content.strip() for content in contents]
        if stripped != (keys, contents):
            quirks.append(Quirk.SPACES)
            keys, contents = stripped
    if bare:
        quirks.append(Quirk.NO_EQUALS_SIGN)
    cached = len(keys) <= _CACHED_KEYS and len(text) <= _CACHED_CHARACTERS
    layout = (_layout_cached if cached else _layout)(command, edition, joins, keys)
    quirks += layout.quirks
    for position in layout.sample_times:
        if contents[position] == "":
            quirks.append(Quirk.EMPTY_SAMPLE_TIME)
            break
    return Area(layout, contents, quirks)


def _split(text: str) -> tuple[tuple[str, ...], list[str], str, bool]:
    """Keys, contents, what joins each item to the next, and whether one has no `=`; for unusual data areas.

    Text of -Info may hold separators: what follows it without a `=` belongs to it.
    """
    pieces = _SEPARATOR.split(text)
    keys: list[str] = []
    contents: list[str] = []
    joins: list[str] = []
    bare = False
    for number in range(0, len(pieces), 2):
        key, equals, content = pieces[number].partition("=")
        if not equals and key and keys and keys[-1].endswith("-Info"):
            contents[-1] += pieces[number - 1] + key
            continue
        if number:
            joins.append(pieces[number - 1])
        bare = bare or (not equals and key != "")
        keys.append(key)
        contents.append(content)
    return tuple(keys), contents, "".join(joins), bare


@dataclass(slots=True)
class _Factor:
    """What the items say of one factor while the layout is made."""

    values: list[tuple[int, str]] = field(default_factory=list)
    """(position, key)."""
    flags: list[int] = field(default_factory=list)
    sample_time: int = -1

    def flag(self, key: str) -> int:
        """What flags a value of the factor."""
        if len(self.flags) == 1:
            return self.flags[0]
        if self.flags:
            return FLAG_REPEATED
        return FLAG_NOT_NEEDED if key.rpartition("-")[2] in _UNFLAGGED else FLAG_MISSING


class _LayoutMaker:
    """Takes the keys of a data area in order."""

    def __init__(self, command: str, edition: str) -> None:
        self._command = command
        self._edition = edition
        self._parameters = PARAMETERS_2025 if edition == "2025" else PARAMETERS
        self._quirks: dict[Quirk, None] = {}
        self._factors: dict[str, _Factor] = {}
        self._values: list[Value] = []
        self._data_time = -1
        self._seen: set[str] = set()
        self._before: str | None = None
        """Factor of the item before; None for a parameter."""

    def take(self, position: int, join: str, key: str) -> None:
        """The next item; join: what stands between it and the one before."""
        if key == "":
            self._quirks[Quirk.EMPTY_ITEM] = None
            return
        factor, dash, attribute = key.rpartition("-")
        if key == "Flag":
            self._quirks[Quirk.BARE_FLAG] = None
            if self._before is None:
                return
            factor, dash, attribute = self._before, "-", key
        elif key in self._seen:
            self._quirks[Quirk.REPEATED_KEY] = None
        if self._seen and self._joined_wrongly(join, factor if dash else None):
            self._quirks[Quirk.WRONG_SEPARATOR] = None
        if dash:
            self._attribute(position, factor, attribute, key)
        else:
            self._parameter(position, key)
        self._before = factor if dash else None
        self._seen.add(key)

    def _joined_wrongly(self, join: str, factor: str | None) -> bool:
        if factor is None and self._before is None:
            # parameters; 2005 writes BeginTime=..,EndTime=..
            return join == "," and self._edition != "2005"
        return (join == ",") is not (factor == self._before)

    def _parameter(self, position: int, key: str) -> None:
        if key == "DataTime":
            if self._seen:
                self._quirks[Quirk.DATA_TIME_PLACE] = None
            if self._data_time < 0:
                self._data_time = position
        elif key not in self._parameters:
            self._quirks[Quirk.UNKNOWN_KEY] = None
            self._values.append(Value(position, f"{self._command}/{key}", FLAG_MISSING, -1))

    def _attribute(self, position: int, name: str, attribute: str, key: str) -> None:
        if _FACTORS[self._edition].fullmatch(name) is None:
            self._quirks[Quirk.FACTOR_FORM] = None
        factor = self._factors.setdefault(name, _Factor())
        if attribute == "Flag":
            factor.flags.append(position)
        elif attribute == "SampleTime":
            factor.sample_time = position
        elif attribute not in OTHER_ATTRIBUTES:
            if attribute not in VALUE_ATTRIBUTES:
                self._quirks[Quirk.UNKNOWN_KEY] = None
            factor.values.append((position, key))

    def layout(self) -> Layout:
        """What all of them mean."""
        values = self._values
        for name, factor in self._factors.items():
            if factor.flags and not factor.values:
                self._quirks[Quirk.FLAG_WITHOUT_VALUE] = None
            elif factor.flags and factor.flags[0] < factor.values[0][0]:
                self._quirks[Quirk.FLAG_BEFORE_VALUE] = None
            dated = self._command in _MOMENTARY and _WATER.fullmatch(name) is not None
            sample_time = factor.sample_time if dated else -1
            values += [
                Value(position, f"{self._command}/{key}", factor.flag(key), sample_time)
                for position, key in factor.values
            ]
        values.sort(key=lambda value: value.position)
        sample_times = tuple(factor.sample_time for factor in self._factors.values() if factor.sample_time >= 0)
        return Layout(tuple(self._quirks), self._data_time, tuple(values), sample_times)


def _layout(command: str, edition: str, joins: str, keys: tuple[str, ...]) -> Layout:
    maker = _LayoutMaker(command, edition)
    for position, (join, key) in enumerate(zip(";" + joins, keys, strict=True)):
        maker.take(position, join, key)
    return maker.layout()


_layout_cached = lru_cache(maxsize=2048)(_layout)
