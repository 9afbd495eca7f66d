"""What the models of a site file share: codes, names, numbers, service dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from runtime.celltext import control_character, normal


def _plain(value: object) -> object:
    """Codes, units and the like: what only looks different is the same."""
    if isinstance(value, str):
        value = normal(value)
        _refuse_control_characters(value)
    return value


def prose(value: object) -> object:
    """Names and sentences stay as they were written."""
    if isinstance(value, str):
        value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
        _refuse_control_characters(value)
    return value


def _refuse_control_characters(text: str) -> None:
    found = control_character(text)
    if found is not None:
        raise ValueError(f"holds the control character {found!r}")


Plain = BeforeValidator(_plain)
Code = Annotated[str, Plain, Field(pattern=r"^[a-z0-9-]{1,64}$")]
ItemCode = Annotated[str, Plain, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
ComponentCode = Annotated[str, Plain, Field(pattern=r"^[A-Za-z0-9._/-]{1,64}$")]
Word = Annotated[str, Plain, Field(pattern=r"^[a-z0-9_]{1,64}$")]
#: What is printed on a thing: a serial number, a class.
Print = Annotated[str, Plain, Field(min_length=1, max_length=64)]
Unit = Annotated[str, Plain, Field(min_length=1, max_length=32)]
Name = Annotated[str, BeforeValidator(prose), Field(min_length=1, max_length=200)]
Reason = Annotated[str, BeforeValidator(prose), Field(max_length=500)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Item(BaseModel):
    """One table of a site file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InService(Item):
    """Something in service from a local day on; in_service_to is the first day without."""

    in_service_from: date
    in_service_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> InService:
        if self.in_service_to is not None and self.in_service_to <= self.in_service_from:
            raise ValueError("in_service_to must be after in_service_from")
        return self


class Counter(Item):
    """The register of a cumulative meter; scale in units per count."""

    digits: Annotated[int, Field(ge=1, le=15)]
    scale: Positive = 1.0
    max_rate_per_h: Positive | None = None
