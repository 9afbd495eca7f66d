"""One row of the list of what is missing for metering coverage."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Number
from domain.accountreasons import account_word
from storage.listing.session import Row

GAP: dict[str, Any] = {
    "enterprise": "hx-coking",
    "enterprise_name": "海西焦化",
    "district": "wuda",
    "park": "wuda-park",
    "kind": "place",
    "item": "W-P4",
    "item_name": "化产车间总管",
    "level": "secondary",
    "medium": "water",
    "intake": None,
    "permitted_m3_a": None,
    "must_be_online": None,
    "reason": "verification_expired",
    "reason_word": "检定已过期",
    "detail": None,
    "detail_word": None,
    "meter_serial": "LXS-20240031",
    "verification_due": "2026-10-31",
    "arrival_pct": None,
    "since": "2026-11-01",
    "as_of": "2026-11-02",
}


class GapReason(StrEnum):
    """What is missing."""

    NO_METER = "no_meter"
    VERIFICATION_EXPIRED = "verification_expired"
    EXPIRING = "expiring"
    NOT_CONNECTED = "not_connected"
    SILENT = "silent"
    INTAKE_OFFLINE = "intake_offline"
    NO_METERING_PLACE = "no_metering_place"


class Gap(BaseModel):
    """One thing that is missing, for somebody to see to."""

    model_config = ConfigDict(json_schema_extra={"examples": [GAP]})

    enterprise: str
    enterprise_name: str
    district: str
    park: str | None
    kind: str = Field(description="place, intake or enterprise: what `item` is a code of; empty for an enterprise")
    item: str
    item_name: str
    level: str
    medium: str
    intake: str | None = Field(description="that the place measures")
    permitted_m3_a: Number
    must_be_online: bool | None = Field(description="of an intake, by the thresholds of 2021")
    reason: GapReason = Field(
        description="expiring: the verification ends within 30 days; silent: arrival below 90 % in the newest month"
    )
    reason_word: str
    detail: str | None = Field(description="why an intake is not online")
    detail_word: str | None
    meter_serial: str | None
    verification_due: date | None = Field(description="last day on which the verification holds")
    arrival_pct: Number
    since: date | None = Field(description="local day from which it has been so, as far as the register tells")
    as_of: date = Field(description="local day that it is said of: of the register or of the finding")


def gap(row: Row) -> Gap:
    """From storage's row."""
    detail = row["detail"]
    return Gap(
        **row,
        # a meter that says too little is not always 离线, as a point is that says nothing
        reason_word=account_word("too_few_arrivals" if row["reason"] == GapReason.SILENT else row["reason"]),
        detail_word=None if detail is None else account_word(detail),
    )
