"""What the API says of replaced meters, and what it takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.bodies import Author, Reason
from api.fields import EnterpriseCode, Instant, InstantIn, PointCode
from storage.listing.session import Row

State = Literal["effective", "superseded", "withdrawn"]
STATE_WORDS: dict[State, str] = {"effective": "有效", "superseded": "已被取代", "withdrawn": "已撤回"}

#: A serial number as it stands on the meter.
Serial = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$")]
Shown = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]

_NEW: dict[str, Any] = {
    "enterprise": "hx-coking",
    "point": "W-01",
    "changed_at": "2026-11-02T09:30:00+08:00",
    "old_final": 50418.6,
    "new_initial": 0.2,
    "old_serial": "LXS-20-778",
    "new_serial": "LXS-20-912",
    "author": "王工",
    "reason": "到期轮换",
}
CHANGE_EXAMPLE: dict[str, Any] = _NEW | {
    "change_id": 3,
    "point_name": "取水",
    "unit": "m3",
    "changed_at": "2026-11-02T01:30:00Z",
    "author": "hx-coking:王工",
    "created_at": "2026-11-02T02:00:00Z",
    "state": "effective",
    "state_word": "有效",
    "superseded_at": None,
    "withdrawn_by": None,
    "withdrawn_because": None,
}


class MeterChange(BaseModel):
    """A recorded replacement. Superseded and withdrawn ones stay to be seen and have no effect."""

    model_config = ConfigDict(json_schema_extra={"examples": [CHANGE_EXAMPLE]})

    change_id: int
    enterprise: str
    point: str
    point_name: str
    unit: str
    changed_at: Instant = Field(description="readings until then show the old register, later ones the new")
    old_final: float = Field(description="what the old register showed when it was taken off, in the point's unit")
    new_initial: float = Field(description="what the new one showed when it was put in")
    old_serial: str | None
    new_serial: str | None
    author: str = Field(description="an enterprise's account is put before the name it gave")
    reason: str
    created_at: Instant
    state: State
    state_word: str
    superseded_at: Instant | None = Field(description="when its effect ended")
    withdrawn_by: str | None
    withdrawn_because: str | None


class NewMeterChange(BaseModel):
    """A replacement (换表). Another one of its point and instant takes its place; the same again changes nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_NEW]})

    enterprise: EnterpriseCode
    point: PointCode
    changed_at: InstantIn
    old_final: Shown
    new_initial: Shown
    old_serial: Serial | None = None
    new_serial: Serial | None = None
    author: Author
    reason: Reason
    supersedes: int | None = Field(
        default=None, ge=1, le=2**63 - 1, description="the record of another instant that this one replaces"
    )


class ChangeWithdrawal(BaseModel):
    """Who ends a record's effect, and why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"author": "李科长", "reason": "登记到了别的水表"}]}
    )

    author: Author
    reason: Reason


def change_item(row: Row) -> MeterChange:
    """A row as the API says it."""
    return MeterChange.model_validate({**row, "state_word": STATE_WORDS[row["state"]]})
