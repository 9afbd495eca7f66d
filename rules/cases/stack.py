"""The stack of a sign's test case: what may be said of it, and what it does where nothing is said.

Where nothing is said a quantity does what is written in NORMAL, on the day and on the 30 days before; so a case shows
only what is not ordinary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from domain.quality import SourceFlag
from rules.cases.series import Sample, parse_series

_GOLDEN = 0.6180339887498949
_VARYING = re.compile(r"(?P<base>-?\d+(?:\.\d+)?)~(?P<spread>\d+(?:\.\d+)?)(?P<flag>[A-Z])?(?:\*(?P<count>\d+))?")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class PointEntry(_Strict):
    """What is not ordinary about a point; its code is the key. quantity: by default the code."""

    quantity: str | None = None
    unit: str | None = None
    interval_s: int = Field(default=60, ge=1, le=3600)
    range_top: float | None = None
    statistic: str | None = None
    of: str | None = None


class PastEntry(_Strict):
    """The days before, oldest first: means (_ for a day without enough hours), variations, flagged minutes.

    calibrations: on how many of the last days there was one, at ten o'clock; with the means of the hours before, after.
    """

    mean: str | None = None
    variation: str | None = None
    flagged: str | None = None
    calibrations: int = Field(default=0, ge=0, le=30)
    before: float = 0.0
    after: float = 0.0


class LimitOf(_Strict):
    """An hourly limit in mg/m3."""

    quantity: str
    value: float = Field(gt=0)
    reference_o2_pct: float | None = None
    kind: str = "legal"


class MarkOf(_Strict):
    """A mark on the day, from one time to another."""

    dimension: str
    kind: str
    start: time
    end: time
    point: str | None = None


class ShareOf(_Strict):
    """What the 30 days up to and with the day were by a limit: judged hours, hours just below it, hours over it."""

    quantity: str
    judged: int
    near: int
    over: int


class Stack(_Strict):
    """An outlet on one day. points: their codes; those of NORMAL need nothing else.

    late: minutes of the day [first, last) whose readings were received two hours late and corrected what was stored.
    yesterday: code of points whose series is also that of the day before.
    """

    points: list[str] = Field(min_length=1)
    process: str = "coke_oven_stack"
    makeup_air: bool | None = None
    about: dict[str, PointEntry] = Field(default_factory=dict)
    past: dict[str, PastEntry] = Field(default_factory=dict)
    limits: list[LimitOf] = Field(default_factory=list)
    marks: list[MarkOf] = Field(default_factory=list)
    shares: list[ShareOf] = Field(default_factory=list)
    late: dict[str, list[int]] = Field(default_factory=dict)
    yesterday: dict[str, str] = Field(default_factory=dict)
    quirks: dict[str, dict[str, int]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Normal:
    """What a quantity usually does: unit, middle, and how far single values are from it at most."""

    unit: str
    middle: float
    spread: float


NORMAL = {
    "so2": Normal("mg/m3", 16.0, 3.0),
    "nox": Normal("mg/m3", 105.0, 12.0),
    "pm": Normal("mg/m3", 4.8, 1.0),
    "o2": Normal("%", 7.8, 0.3),
    "flue_temperature": Normal("degC", 185.0, 4.0),
    "flue_flow": Normal("m3/h", 210_000.0, 6000.0),
    "running_state": Normal("", 1.0, 0.0),
}


def day_series(code: str, text: str | None, quantity: str) -> list[Sample | None]:
    """The samples of a day: as written, else what is normal. `16~3*60` is 60 values around 16, at most 3 away."""
    if text is None:
        normal = NORMAL[quantity]
        text = f"{normal.middle}~{normal.spread}*1440"
    samples: list[Sample | None] = []
    for token in text.split():
        match = _VARYING.fullmatch(token)
        if match is None:
            samples += parse_series(token)
            continue
        places = np.arange(len(samples), len(samples) + int(match["count"] or 1))
        shift = (sum(code.encode()) % 97) / 97  # points do not move together
        waves = 2 * ((places + 1) * _GOLDEN % 1 + shift) % 2 - 1
        values = (float(match["base"]) + float(match["spread"]) * waves).round(2)
        samples += [Sample(float(value), SourceFlag(match["flag"] or "N")) for value in values]
    return samples


def numbers(text: str) -> list[float]:
    """Figures in the notation of series, NaN where one is missing."""
    return [float("nan") if sample is None else sample.value for sample in parse_series(text)]
