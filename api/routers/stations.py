"""HJ 212 stations, the deviations from the standard that they were forgiven, and messages of nobody in the register."""

from __future__ import annotations

import base64
from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseParameter, Instant, OptionalFrom, OptionalTo, span
from api.paging import Page, Paging
from api.routers.accounting import first_day
from api.session import OperatorSession, ReadSession
from ingest.decode.hj212_quirks import QUIRK_TEXTS
from ingest.decode.hj212_quirks import Quirk as Deviation
from storage.listing.stations import list_quirks, list_stations, list_strays

router = APIRouter(tags=["intake"])


class Station(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "enterprise": "hx-coking",
                    "mn": "010000A8900016F000169DC0",
                    "name": "1号焦炉烟囱数采仪",
                    "gateway": "logger-1",
                    "edition": "2017",
                    "profile": "strict",
                    "crc": "hj212",
                    "missing_flag": "refuse",
                    "ignored": ["*/*-Min"],
                    "in_service_from": "2026-01-01",
                    "in_service_to": None,
                    "has_password": True,
                    "has_sm4_key": False,
                    "tags": 6,
                    "online": True,
                    "changed_at": "2026-11-02T00:00:00Z",
                }
            ]
        }
    )

    enterprise: str
    mn: str
    name: str
    gateway: str
    edition: str = Field(description="HJ 212 edition of frames that do not say it: 2005, 2017 or 2025")
    profile: str = Field(description="strict: any deviation refuses a frame; lenient: known ones are forgiven, counted")
    crc: str = Field(description="what the logger computes: hj212, modbus or none")
    missing_flag: str = Field(description="a value without flag counts as normal, or is refused")
    ignored: list[str] = Field(description="patterns CN/FACTOR-KEY of values that are knowingly not kept")
    in_service_from: date
    in_service_to: date | None
    has_password: bool = Field(description="whether it may come in over TCP")
    has_sm4_key: bool = Field(description="whether encrypted frames can be read")
    tags: int = Field(description="names of this station that mean a point")
    online: bool | None = Field(description="whether it is connected; null when it never was")
    changed_at: Instant | None


class Quirk(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "enterprise": "hx-coking",
                    "device": "010000A8900016F000169DC0",
                    "day": "2026-11-02",
                    "quirk": "crc_lower_case",
                    "chinese": QUIRK_TEXTS[Deviation.CRC_LOWER_CASE][0],
                    "english": QUIRK_TEXTS[Deviation.CRC_LOWER_CASE][1],
                    "frames": 1440,
                }
            ]
        }
    )

    enterprise: str
    device: str
    day: date = Field(description="local day (Asia/Shanghai) of reception")
    quirk: str
    chinese: str
    english: str
    frames: int


class Stray(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "stray_id": 7,
                    "door": "hj212",
                    "sender": "010000A8900016F0000000FF",
                    "topic": "",
                    "received_at": "2026-11-02T00:00:00Z",
                    "reason": "unknown_station",
                    "payload_size": 5,
                    "payload_base64": "aGVsbG8=",
                }
            ]
        }
    )

    stray_id: int
    door: str = Field(description="where it came in: hj212 (TCP) or subscriber (broker)")
    sender: str = Field(description="what the sender calls itself")
    topic: str
    received_at: Instant
    reason: str
    payload_size: int = Field(description="bytes as received")
    payload_base64: str = Field(description="the bytes kept, at most 4 KiB")


@router.get("/stations", summary="HJ 212 stations", responses=problems(NOT_FOUND))
async def stations(session: ReadSession, paging: Paging, enterprise: EnterpriseParameter = None) -> Page[Station]:
    """Secrets are never shown, only whether they are set."""
    rows = await list_stations(
        session.connection,
        enterprise_id=await session.enterprise_id(enterprise),
        after=paging.after(str),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["mn"],))
    return Page[Station](items=[Station.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/quirks", summary="Tolerated deviations by device and local day", responses=problems(NOT_FOUND))
async def quirks(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
) -> Page[Quirk]:
    """The days that start within [from, to), newest first."""
    span(from_at, to_at)
    rows = await list_quirks(
        session.connection,
        enterprise_id=await session.enterprise_id(enterprise),
        from_day=first_day(from_at),
        to_day=first_day(to_at),
        after=paging.after(date, str, str, str),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["day"], row["enterprise"], row["device"], row["quirk"]))
    return Page[Quirk](
        items=[Quirk.model_validate(row | _texts(row["quirk"])) for row in items], next_cursor=next_cursor
    )


def _texts(quirk: str) -> dict[str, str]:
    """What a person reads of a deviation; its name, should a later version not know it."""
    chinese, english = QUIRK_TEXTS.get(quirk, (quirk, quirk))  # type: ignore[call-overload]
    return {"chinese": chinese, "english": english}


@router.get("/strays", summary="Messages of nobody in the register, newest first")
async def strays(
    session: OperatorSession, paging: Paging, from_at: OptionalFrom = None, to_at: OptionalTo = None
) -> Page[Stray]:
    """They are in no enterprise's accounting. `from` and `to` bound received_at."""
    span(from_at, to_at)
    rows = await list_strays(
        session.connection, from_at=from_at, to_at=to_at, after=paging.after(int), limit=paging.fetch
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["stray_id"],))
    return Page[Stray](
        items=[
            Stray.model_validate(row | {"payload_base64": base64.b64encode(bytes(row["payload"])).decode("ascii")})
            for row in items
        ],
        next_cursor=next_cursor,
    )
