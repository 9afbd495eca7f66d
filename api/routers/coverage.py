"""Water-metering coverage of the city, its districts and its enterprises. Operators only."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.fields import DayIn, Number
from api.paging import Page, Paging
from api.session import OperatorSession
from domain.findings import SubjectKind, Verdict
from domain.periods import day_start, local_day
from storage.listing.coverage import latest_coverage_day, list_coverage
from storage.listing.session import Row

router = APIRouter(prefix="/coverage", tags=["reports"])

_ITEM: dict[str, Any] = {
    "finding_id": 90,
    "rule_id": "water.meter_installation_rate",
    "subject": "enterprise:hx-coking",
    "subject_kind": "enterprise",
    "name": "海西焦化",
    "verdict": "violation",
    "reason": "target_not_met",
    "value": 75.0,
    "limit": 100.0,
    "unit": "%",
    "gaps": [{"place": "W-P4", "fitted": False, "why": "no_meter", "meters": []}],
}


class CoverageItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    finding_id: int
    rule_id: str
    subject: str
    subject_kind: SubjectKind
    name: str | None
    verdict: Verdict
    reason: str
    value: Number
    limit: Number
    unit: str | None
    gaps: list[dict[str, Any]] = Field(
        description="places without a verified meter, intakes not online, enterprises not complete; from the evidence"
    )


class CoveragePage(Page[CoverageItem]):
    """One page of one day's coverage."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_ITEM], "next_cursor": None, "day": "2026-11-01"}]}
    )

    day: date | None = Field(description="local day (Asia/Shanghai) the items are of; null when none was judged yet")


#: Where each rule's evidence lists what it counted, and the word that says an entry is as it should be.
_COUNTED = (("places", "fitted"), ("enterprises", "complete"), ("intakes", "online"))


def gaps_of(evidence: Any) -> list[dict[str, Any]]:
    """The entries of a coverage finding's evidence that keep it from its target: places, enterprises, intakes."""
    if not isinstance(evidence, dict):
        return []
    return [
        entry
        for name, is_met in _COUNTED
        for entry in evidence.get(name, ())
        if isinstance(entry, dict) and not entry.get(is_met)
    ]


def _item(row: Row) -> CoverageItem:
    return CoverageItem(
        **{name: row[name] for name in CoverageItem.model_fields if name not in ("limit", "gaps")},
        limit=row["limit_value"],
        gaps=gaps_of(row["evidence"]),
    )


@router.get("", summary="Coverage of one local day by rule and subject")
async def coverage(
    session: OperatorSession,
    paging: Paging,
    day: Annotated[
        DayIn | None, Query(description="local day (Asia/Shanghai); without it the newest that was judged")
    ] = None,
) -> CoveragePage:
    after = paging.after(date, str, str)
    if after is not None:
        day = after[0]  # later pages stay on the first page's day, though a newer one is judged meanwhile
    start = await latest_coverage_day(session.connection) if day is None else day_start(day)
    if start is None:
        return CoveragePage(items=[], next_cursor=None, day=None)
    shown = local_day(start)
    rows = await list_coverage(
        session.connection, day_start=start, after=None if after is None else after[1:], limit=paging.fetch
    )
    items, next_cursor = paging.cut(rows, lambda row: (shown, row["rule_id"], row["subject"]))
    return CoveragePage(items=[_item(row) for row in items], next_cursor=next_cursor, day=shown)
