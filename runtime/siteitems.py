"""What the models of a site file share: codes, names, numbers, service dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Code = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
ItemCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
ComponentCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,64}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
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
