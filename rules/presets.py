"""Limits that are shipped: `[[limit]]` tables of packs, each for the outlets of one process.

A preset is a proposal: the register's own rows take its place. Only figures that somebody has read in the standard, or
in a text that quotes it, are shipped in force; figures from knowledge alone are shipped as disabled drafts to be
confirmed, and placeholders not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.air import AIR_O2_PCT
from domain.errors import BadInput, PackError
from domain.limitfaults import limit_faults
from domain.limits import Averaging, Limit, LimitKind, Region, check_overlap

#: Confidence that lets a limit be shipped in force: read in the source (V, V1) or in a text that quotes it (V2).
CONFIRMED = frozenset({"V", "V1", "V2"})


class Preset(BaseModel):
    """One shipped limit; fields as in `domain.limits.Limit` and the site file.

    key: its name over all packs, which stays the same when its figures are corrected. source: how the figure was read.
    A permit and a permitted yearly total belong to an outlet: the register has them.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    key: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")
    process: str
    quantity: str
    kind: Annotated[LimitKind, Field(strict=False)]
    averaging: Annotated[Averaging, Field(strict=False)]
    region: Annotated[Region, Field(strict=False)] = Region.ANY
    value: float = Field(gt=0)
    unit: Literal["mg/m3", "ug/m3", "ng/m3", "kg/h"]
    decimals: int = Field(default=0, ge=0, le=6)
    reference_o2_pct: float | None = Field(default=None, ge=0, lt=AIR_O2_PCT)
    exempt_process: list[str] = Field(default_factory=list)
    standard: str = Field(min_length=1)
    clause: str = Field(min_length=1)
    source: str = Field(min_length=1)
    confidence: Literal["V", "V1", "V2", "KH"]
    status: Literal["law", "policy", "draft", "unconfirmed"]
    enabled: bool
    valid_from: date
    valid_to: date | None = None
    reason: str = ""

    def row(self) -> dict[str, Any]:
        """As a row of the store."""
        return self.model_dump(mode="python", exclude={"key"}) | {"preset": self.key}

    def limit(self, limit_id: int) -> Limit:
        """As the domain has it, under a number."""
        fields = self.model_dump(
            mode="python", exclude={"key", "standard", "clause", "source", "confidence", "reason", "exempt_process"}
        )
        return Limit(
            limit_id=limit_id, origin="preset", outlet=None, exempt_process=tuple(self.exempt_process), **fields
        )


def check_presets(file: str, presets: Iterable[Preset]) -> None:
    """Raises PackError naming file, limit, key and reason."""
    for preset in presets:
        for key, reason in _faults(preset):
            raise PackError(f"{file}: limit {preset.key}.{key}: {reason}")


def _faults(preset: Preset) -> Iterable[tuple[str, str]]:
    """What a site file would refuse, and what only a person may say of an outlet."""
    faults = limit_faults(
        enterprise=None,
        outlet=None,
        process=preset.process,
        quantity=preset.quantity,
        averaging=preset.averaging,
        unit=preset.unit,
        reference_o2_pct=preset.reference_o2_pct,
        exempt_process=preset.exempt_process,
        status=preset.status,
        enabled=preset.enabled,
        valid_from=preset.valid_from,
        valid_to=preset.valid_to,
    )
    yield from ((fault.field, fault.english) for fault in faults)
    if preset.enabled and preset.confidence not in CONFIRMED:
        yield "enabled", f"a limit of confidence {preset.confidence} stays disabled until somebody has confirmed it"


def join_presets(by_file: Mapping[str, Sequence[Preset]]) -> tuple[Preset, ...]:
    """Presets of all packs. Raises PackError for a key given twice and for two that speak of the same day."""
    home: dict[str, str] = {}
    for file, presets in by_file.items():
        for preset in presets:
            if preset.key in home:
                raise PackError(f"{file}: limit {preset.key}.key: duplicate, it is also in {home[preset.key]}")
            home[preset.key] = file
    joined = tuple(preset for presets in by_file.values() for preset in presets)
    try:
        check_overlap([preset.limit(number) for number, preset in enumerate(joined, 1)])
    except BadInput as error:
        raise PackError(f"{', '.join(by_file)}: {error}") from error
    return joined
