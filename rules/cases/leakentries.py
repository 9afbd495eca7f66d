"""What a rule-test case may say of leaks and of what sealing points emit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class ReadingEntry(_Strict):
    """A test with a net reading in umol/mol."""

    at: datetime
    net: float


class RepairEntry(_Strict):
    """A closed leak."""

    closed_at: datetime
    found_net: float
    closed_net: float
    next_found_at: datetime | None = None


class EmittingEntry(_Strict):
    """`count` sealing points of one kind with the same readings."""

    count: int = 1
    unit: str = "unit"
    kind: str = "valve"
    medium: str = "gas"
    family: Literal["socmi", "petroleum"] = "socmi"
    in_service_from: date = date(2020, 1, 1)
    in_service_to: date | None = None
    voc_share: float | None = None
    hours_per_year: float | None = None
    tests: list[ReadingEntry] = Field(default_factory=list)
    repairs: list[RepairEntry] = Field(default_factory=list)


class LeakingEntry(_Strict):
    """`count` sealing points of one kind with the same tests, repairs and filings, a line each in local time:

    `2026-11-02 10:00 routine 6000`, `... retest visible`, `... repair`, `... delay 2026-12-31`, the last a filing for
    what was found by the first line.
    """

    code: str = "V"
    count: int = 1
    kind: str = "valve"
    medium: str = "gas"
    standard: Literal["GB37822", "GB31571"] | None = None
    out_on: date | None = None
    facts: list[str] = Field(default_factory=list)
