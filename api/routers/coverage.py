"""Metering coverage of the city, its districts, parks and enterprises, for operators; and what is missing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, invalid, problems
from api.fields import DayIn, EnterpriseCode, EnterpriseParameter, Instant, Number, Word
from api.models.gaps import GAP, Gap, GapReason, gap
from api.paging import Page, Paging
from api.session import OperatorSession, ReadSession
from domain.findings import SubjectKind, Verdict
from domain.ledger import MEDIA
from domain.metering import PlaceLevel
from domain.periods import add_months, day_start, local_day
from storage.listing.coverage import (
    GapFilter,
    district_name,
    latest_coverage_day,
    latest_gaps_day,
    list_coverage,
    list_gaps,
    park_name,
)
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
    "period_start": "2026-10-31T16:00:00Z",
    "period_end": "2026-11-01T16:00:00Z",
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
    period_start: Instant = Field(description="of the local day; of the month for an arrival rate")
    period_end: Instant
    gaps: list[dict[str, Any]] = Field(
        description="places without a verified meter or with too few arrivals, intakes not online, enterprises not"
        " complete; from the evidence"
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
    ] + [entry for entry in evidence.get("below", ()) if isinstance(entry, dict)]


def _item(row: Row) -> CoverageItem:
    return CoverageItem(
        **{name: row[name] for name in CoverageItem.model_fields if name not in ("limit", "gaps")},
        limit=row["limit_value"],
        gaps=gaps_of(row["evidence"]),
    )


def _closed_month(day: date) -> date:
    """First day of the last month that was over when a day was."""
    return add_months((day + timedelta(days=1)).replace(day=1), -1)


@router.get("", summary="Coverage of one local day by rule and subject")
async def coverage(
    session: OperatorSession,
    paging: Paging,
    day: Annotated[
        DayIn | None, Query(description="local day (Asia/Shanghai); without it the newest that was judged")
    ] = None,
) -> CoveragePage:
    """Installation, online and fit rates of the day, and arrival rates of the last month that was over by then."""
    after = paging.after(date, str, str)
    if after is not None:
        day = after[0]  # later pages stay on the first page's day, though a newer one is judged meanwhile
    start = await latest_coverage_day(session.connection) if day is None else day_start(day)
    if start is None:
        return CoveragePage(items=[], next_cursor=None, day=None)
    shown = local_day(start)
    rows = await list_coverage(
        session.connection,
        day_start=start,
        month_start=day_start(_closed_month(shown)),
        after=None if after is None else after[1:],
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (shown, row["rule_id"], row["subject"]))
    return CoveragePage(items=[_item(row) for row in items], next_cursor=next_cursor, day=shown)


class GapPage(Page[Gap]):
    """One page of what is missing."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [GAP], "next_cursor": None, "day": "2026-11-02"}]}
    )

    day: date = Field(description="local day (Asia/Shanghai) as of which the register is read")


@router.get("/gaps", summary="What is missing: meters, verifications, connections, data", responses=problems(NOT_FOUND))
async def gaps(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    district: Annotated[EnterpriseCode | None, Query()] = None,
    park: Annotated[EnterpriseCode | None, Query()] = None,
    medium: Annotated[Word | None, Query(description="of the place: water or a kind of energy")] = None,
    level: Annotated[PlaceLevel | None, Query()] = None,
    reason: Annotated[GapReason | None, Query()] = None,
    day: Annotated[
        DayIn | None, Query(description="local day as of which to look; without it the newest that was judged")
    ] = None,
) -> GapPage:
    """Places without a meter whose verification holds, verifications that end soon, meters that are not connected or
    report too little, intakes that are not online. From the register and the newest findings as of one local day. An
    enterprise sees what it lacks itself."""
    if medium is not None and medium not in MEDIA:
        raise invalid("medium", medium, "、".join(MEDIA))
    after = paging.after(date, str, str, str, str)
    if after is not None:
        day = after[0]
    if day is None:
        day = await latest_gaps_day(session.connection) or local_day(session.now)
    enterprise = session.access.narrow(enterprise)
    await session.enterprise_id(enterprise)
    if district is not None:
        await district_name(session.connection, district)
    if park is not None:
        await park_name(session.connection, park)
    wanted = GapFilter(day, enterprise, district, park, medium, level, reason)
    rows = await list_gaps(session.connection, wanted, after=None if after is None else after[1:], limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (day, row["enterprise"], row["kind"], row["item"], row["reason"]))
    return GapPage(items=[gap(row) for row in items], next_cursor=next_cursor, day=day)
