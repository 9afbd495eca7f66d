"""What the API says of limits, and what it takes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.bodies import Author, Reason, ShortText
from api.fields import DayIn, EnterpriseCode, Instant, Number, PointCode, Word
from domain.limitfaults import STATUSES
from domain.limits import Averaging, LimitKind, Region
from storage.listing.session import Row

HISTORY_SHOWN = 100

Unit = Literal["mg/m3", "ug/m3", "ng/m3", "kg/h", "t"]
Status = Literal["law", "policy", "permit", "draft", "unconfirmed"]

LIMIT_EXAMPLE: dict[str, Any] = {
    "limit_id": 17,
    "origin": "preset",
    "preset": "ule.coke_oven_stack.so2",
    "enterprise": None,
    "outlet": None,
    "process": "coke_oven_stack",
    "quantity": "so2",
    "kind": "ule",
    "averaging": "hour",
    "region": "any",
    "value": 30.0,
    "unit": "mg/m3",
    "decimals": 0,
    "reference_o2_pct": 8.0,
    "exempt_process": [],
    "standard": "关于推进实施焦化行业超低排放的意见（环大气〔2024〕5号）",
    "clause": "附件2 表1",
    "source": "省级转发文件引述",
    "confidence": "V2",
    "status": "policy",
    "status_word": "政策文件",
    "enabled": True,
    "valid_from": "2024-01-19",
    "valid_to": None,
    "author": "plantwatch",
    "reason": "",
    "created_at": "2026-11-01T00:00:00Z",
    "superseded_at": None,
}
_PERMIT: dict[str, Any] = {
    "enterprise": "hx-coking",
    "outlet": "S1",
    "quantity": "so2",
    "kind": "legal",
    "averaging": "hour",
    "value": 30,
    "unit": "mg/m3",
    "reference_o2_pct": None,
    "standard": "排污许可证 91150300000000000X001P",
    "clause": "表 5 大气污染物有组织排放",
    "source": "全国排污许可证管理信息平台，2026-10-12 查阅",
    "status": "permit",
    "enabled": True,
    "valid_from": "2026-11-01",
    "author": "张三",
    "reason": "按新换发的许可证登记",
}


class LimitItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [LIMIT_EXAMPLE]})

    limit_id: int
    origin: str = Field(description="preset (shipped), site (site file), operator")
    preset: str | None = Field(description="key of the shipped row that this is, or is based on")
    enterprise: str | None
    outlet: str | None = Field(description="null: the row holds for every outlet of the process")
    process: str | None
    quantity: str
    kind: LimitKind = Field(description="legal: every valid hour; ule: a share of the month's valid hours")
    averaging: Averaging
    region: Region = Field(description="key: 重点区域 only; general: elsewhere only; any: everywhere")
    value: Number
    unit: str
    decimals: int = Field(description="decimals of the comparison: rounded by GB/T 8170 to them, equality complies")
    reference_o2_pct: Number = Field(description="null: the standard defines none, the measured value stands")
    exempt_process: list[str] = Field(description="process marks that exclude an hour, beside stopped")
    standard: str
    clause: str
    source: str = Field(description="where the number was read")
    confidence: str = Field(description="V1/V2 verified text, KH/KL not verified, site or operator: a person's row")
    status: str = Field(description="law, policy, permit; draft and unconfirmed never judge")
    status_word: str
    enabled: bool
    valid_from: date = Field(description="local date, inclusive")
    valid_to: date | None = Field(description="local date, inclusive; null while it holds")
    author: str
    reason: str
    created_at: Instant
    superseded_at: Instant | None


class LimitDetail(LimitItem):
    """A limit with everything that was said of the same scope and first day."""

    model_config = ConfigDict(json_schema_extra={"examples": [LIMIT_EXAMPLE | {"history": [LIMIT_EXAMPLE]}]})

    history: list[LimitItem] = Field(description=f"this row among them, newest first, at most {HISTORY_SHOWN}")


class EffectiveItem(BaseModel):
    """What holds for one quantity, kind and averaging, and what it is preferred to; a rate (kg/h) stands apart."""

    quantity: str
    kind: LimitKind
    averaging: Averaging
    limit: LimitItem | None = Field(description="null: the winning row is disabled, so no limit holds")
    winner: LimitItem
    why: str
    overruled: list[LimitItem] = Field(description="other rows that speak of the day, the better ones first")


class EffectiveLimits(BaseModel):
    """The limits of one outlet on one local day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "enterprise": "hx-coking",
                    "outlet": "S1",
                    "process": "coke_oven_stack",
                    "on": "2026-11-02",
                    "key_region_from": None,
                    "items": [
                        {
                            "quantity": "so2",
                            "kind": "ule",
                            "averaging": "hour",
                            "limit": LIMIT_EXAMPLE,
                            "winner": LIMIT_EXAMPLE,
                            "why": "只有这一条适用",
                            "overruled": [],
                        }
                    ],
                }
            ]
        }
    )

    enterprise: str
    outlet: str
    process: str
    on: date
    key_region_from: date | None = Field(description="since when rows of key regions hold in the city; null: never")
    items: list[EffectiveItem]


class NewLimit(BaseModel):
    """A limit of one outlet (a permit's, say) or of every outlet of a process.

    A row of the same scope, quantity, kind, averaging, region and valid_from is superseded; both stay.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_PERMIT]})

    enterprise: EnterpriseCode | None = None
    outlet: PointCode | None = None
    process: Word | None = None
    quantity: Word
    kind: LimitKind
    averaging: Averaging
    region: Region = Region.ANY
    value: Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]
    unit: Unit = Field(description="no default: a number without a unit is no limit")
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    reference_o2_pct: Annotated[float, Field(ge=0, lt=21)] | None = None
    exempt_process: Annotated[list[str], Field(max_length=20)] = []
    standard: ShortText
    clause: ShortText
    source: ShortText
    status: Status
    enabled: bool
    valid_from: DayIn
    valid_to: DayIn | None = None
    preset: ShortText | None = Field(default=None, description="the shipped row that this one is based on")
    author: Author
    reason: Reason


class Switch(BaseModel):
    """Who disables a limit, and why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"author": "张三", "reason": "许可证已注销"}]}
    )

    author: Author
    reason: Reason


class Confirmation(BaseModel):
    """Who enables a limit, by which text: a draft is confirmed with its original before it judges."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "author": "张三",
                    "reason": "已核对标准原文",
                    "status": "law",
                    "source": "GB 16171-2012 正式文本，第 6 页表 5",
                }
            ]
        },
    )

    author: Author
    reason: Reason
    status: Literal["law", "policy", "permit"]
    source: ShortText


def limit_item(row: Row) -> LimitItem:
    """A row as the API shows it."""
    return LimitItem.model_validate(row | {"status_word": STATUSES.get(row["status"], row["status"])})
