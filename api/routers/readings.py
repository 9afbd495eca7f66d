"""Raw readings and hourly rows of one point."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, invalid, problems
from api.fields import EnterpriseParameter, FromParameter, Instant, Number, PointCode, ToParameter, period
from api.paging import Page, Paging
from api.session import ReadSession, Session
from domain.hourly import MARK_WORDS
from domain.quality import QcFlag
from storage.listing.hourly import list_hourly
from storage.listing.points import get_point
from storage.listing.readings import CORRECTIONS_SHOWN, list_readings
from storage.listing.session import Row

router = APIRouter(tags=["data"])

PointParameter = Annotated[PointCode, Query(description="point code within the enterprise")]


class CorrectionItem(BaseModel):
    """A different value or flag that arrived later for the same instant."""

    value: Number
    source_flag: str
    qc_flag: str
    received_at: Instant


class ReadingItem(BaseModel):
    """A reading as it first arrived, and what counts now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "measured_at": "2026-11-02T00:01:00Z",
                    "value": 21.4,
                    "source_flag": "N",
                    "qc_flag": "good",
                    "received_at": "2026-11-02T00:01:02.5Z",
                    "effective_value": 24.1,
                    "effective_source_flag": "N",
                    "effective_qc_flag": "good",
                    "correction_count": 1,
                    "corrections": [
                        {
                            "value": 24.1,
                            "source_flag": "N",
                            "qc_flag": "good",
                            "received_at": "2026-11-02T03:00:00Z",
                        }
                    ],
                }
            ]
        }
    )

    measured_at: Instant
    value: Number = Field(description="as it first arrived; never altered")
    source_flag: str = Field(description="what the instrument said: N F M S D C T B")
    qc_flag: str = Field(description="what our checks say: good, suspect, fail, missing")
    received_at: Instant
    effective_value: Number = Field(description="what counts: of the newest correction, else of the reading")
    effective_source_flag: str
    effective_qc_flag: str
    correction_count: int
    corrections: list[CorrectionItem] = Field(description=f"newest first, at most {CORRECTIONS_SHOWN}")


class HourlyItem(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "hour_at": "2026-11-02T00:00:00Z",
                    "mean": 21.7,
                    "increment": None,
                    "valid_minutes": 58,
                    "reading_count": 60,
                    "valid_count": 58,
                    "minimum": 19.0,
                    "maximum": 26.3,
                    "first_value": 21.4,
                    "last_value": 22.0,
                    "flag_counts": {"N": 58, "M": 2},
                    "marks": ["corrected"],
                    "gap_from": None,
                    "computed_at": "2026-11-02T01:00:03Z",
                }
            ]
        }
    )

    hour_at: Instant = Field(description="start of the hour")
    mean: Number = Field(description="mean of valid minutes; null for counters and when no minute is valid")
    increment: Number = Field(description="of counters; null when unknown, never zero for silence")
    valid_minutes: int
    reading_count: int
    valid_count: int
    minimum: Number
    maximum: Number
    first_value: Number
    last_value: Number
    flag_counts: dict[str, Any]
    marks: list[str] = Field(description=", ".join(f"{mark} {word}" for mark, word in MARK_WORDS.items()))
    gap_from: Instant | None = Field(description="where a bridged gap of a counter began")
    computed_at: Instant


async def _point_id(session: Session, enterprise: str | None, point: str) -> int:
    key = await session.enterprise_id(enterprise)
    if key is None:
        raise invalid("enterprise", None, "必填")
    return int((await get_point(session.connection, key, point))["point_id"])


def _qc(value: int) -> str:
    return QcFlag(value).name.lower()


def _reading(row: Row) -> ReadingItem:
    newest = row["corrections"][0] if row["corrections"] else row
    return ReadingItem(
        measured_at=row["measured_at"],
        value=row["value"],
        source_flag=row["source_flag"],
        qc_flag=_qc(row["qc_flag"]),
        received_at=row["received_at"],
        effective_value=newest["value"],
        effective_source_flag=newest["source_flag"],
        effective_qc_flag=_qc(newest["qc_flag"]),
        correction_count=row["correction_count"],
        corrections=[
            CorrectionItem(
                value=correction["value"],
                source_flag=correction["source_flag"],
                qc_flag=_qc(correction["qc_flag"]),
                received_at=correction["received_at"],
            )
            for correction in row["corrections"]
        ],
    )


@router.get("/readings", summary="Raw readings of a point with their corrections", responses=problems(NOT_FOUND))
async def readings(
    session: ReadSession,
    paging: Paging,
    point: PointParameter,
    from_at: FromParameter,
    to_at: ToParameter,
    enterprise: EnterpriseParameter = None,
) -> Page[ReadingItem]:
    rows = await list_readings(
        session.connection,
        point_id=await _point_id(session, enterprise, point),
        period=period(from_at, to_at),
        after=paging.after(datetime),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["measured_at"],))
    return Page[ReadingItem](items=[_reading(row) for row in items], next_cursor=next_cursor)


@router.get("/hourly", summary="Hourly means or increments of a point", responses=problems(NOT_FOUND))
async def hourly(
    session: ReadSession,
    paging: Paging,
    point: PointParameter,
    from_at: FromParameter,
    to_at: ToParameter,
    enterprise: EnterpriseParameter = None,
) -> Page[HourlyItem]:
    rows = await list_hourly(
        session.connection,
        point_id=await _point_id(session, enterprise, point),
        period=period(from_at, to_at),
        after=paging.after(datetime),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["hour_at"],))
    return Page[HourlyItem](items=[HourlyItem.model_validate(row) for row in items], next_cursor=next_cursor)
