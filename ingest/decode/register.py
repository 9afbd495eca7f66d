"""What decoders have to know of the register, as plain data: who a device is and what its names mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tag:
    """The point behind a name on the wire; value in the point's unit = raw * scale + zero."""

    point: str
    scale: float = 1.0
    zero: float = 0.0

    def value(self, raw: float) -> float:
        """The value in the unit of the point. Exactly the raw value when nothing is to be converted."""
        scaled = raw if self.scale == 1.0 else raw * self.scale
        return scaled if self.zero == 0.0 else scaled + self.zero


@dataclass(frozen=True, slots=True)
class Station:
    """A data logger that speaks HJ 212."""

    mn: str
    gateway: str
    """Topic level under which it is reported."""
    edition: str
    """"2005", "2017" or "2025": for frames without a Flag field; others say it themselves."""
    strict: bool
    """Whether any deviation from the standard refuses the frame."""
    crc: str
    """"hj212", "modbus" or "none": what its logger computes."""
    missing_flag_is_normal: bool
    """Whether a value without -Flag counts as N; else it is refused."""
    ignored: tuple[str, ...]
    """Patterns (fnmatch, case-sensitive) of CN/FACTOR-KEY that are knowingly not kept."""
    sm4_key: bytes | None
    """Key of HJ 212-2025 encryption, 16 bytes; None when it sends plain text."""
    tags: Mapping[str, Tag] = field(default_factory=dict)
    """By CN/FACTOR-KEY, such as "2011/a21026-Rtd"."""


@dataclass(frozen=True, slots=True)
class Birth:
    """What the metrics of a Sparkplug node (device empty) or device are called."""

    node: str
    device: str
    bd_seq: int | None
    """Number that ties a death certificate to its birth; None on devices."""
    metrics: tuple[tuple[str, int | None, int], ...]
    """(name, alias, datatype) each."""


@dataclass(slots=True)
class View:
    """The register of one enterprise as decoders see it."""

    points: Collection[str] = ()
    """Registered point codes."""
    stations: Mapping[str, Station] = field(default_factory=dict)
    """By MN."""
    sparkplug: Mapping[tuple[str, str], Tag] = field(default_factory=dict)
    """By node or node/device, and metric name."""
    thingsboard: Mapping[tuple[str, str], Tag] = field(default_factory=dict)
    """By device and telemetry key."""
    births: MutableMapping[tuple[str, str], Birth] = field(default_factory=dict)
    """By node and device (empty for the node itself)."""
