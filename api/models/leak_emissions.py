"""What the API says of what sealing points emit, and of campaigns of tests."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Number
from api.paging import Page
from domain.leak_emission import METHOD_WORDS
from domain.leaks import COMPONENT_KINDS
from storage.listing.leak_emissions import EmissionSums

_METHOD: dict[str, Any] = {
    "method": "correlation",
    "method_word": "相关方程",
    "components": 2310,
    "kg": 412.5,
    "avoided_kg": 35.2,
}
_EXAMPLE: dict[str, Any] = {
    "year": 2026,
    "through_month": "2026-10",
    "kg": 5120.4,
    "avoided_kg": 310.2,
    "untested_kg": 820.0,
    "months": [{"month": "2026-10", "methods": [_METHOD]}],
    "enterprises": [{"enterprise": "hx-coking", "enterprise_name": "海西焦化", "kg": 5120.4, "avoided_kg": 310.2}],
    "units": [{"unit_name": "苯加氢装置", "kind": "valve", "kind_word": "阀门", "kg": 312.1, "avoided_kg": 20.5}],
    "factors": {
        "status": "unconfirmed",
        "confidence": ["knowledge"],
        "source": "EPA-453/R-95-017",
        "classes": 60,
        "borrowed_classes": 20,
    },
}


class MethodKg(BaseModel):
    """Of a month, by one method. components: that left the month with it."""

    method: str
    method_word: str
    components: int
    kg: Number
    avoided_kg: Number


class EmissionMonth(BaseModel):
    month: str = Field(description="local month, YYYY-MM")
    methods: list[MethodKg]


class EnterpriseKg(BaseModel):
    enterprise: str
    enterprise_name: str
    kg: Number
    avoided_kg: Number


class UnitKg(BaseModel):
    unit_name: str
    kind: str
    kind_word: str
    kg: Number
    avoided_kg: Number


class FactorStatus(BaseModel):
    """How sure the coefficients are. borrowed_classes: of classes (family, kind, medium) without a row of their own."""

    status: str
    confidence: list[str]
    source: str | None
    classes: int
    borrowed_classes: int


class LeakEmissions(BaseModel):
    """A calendar year as far as its months have closed. avoided_kg: what repaired leaks would have emitted besides."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    year: int
    through_month: str | None = Field(description="last month accounted for, YYYY-MM; null: none yet")
    kg: Number
    avoided_kg: Number
    untested_kg: Number = Field(description="part of kg by average factors, of what was never tested")
    months: list[EmissionMonth]
    enterprises: list[EnterpriseKg]
    units: list[UnitKg] = Field(description="only where an enterprise is asked for")
    factors: FactorStatus


def leak_emissions(year: int, sums: EmissionSums) -> LeakEmissions:
    """The answer from rows."""
    through = sums.total["through_month"]
    return LeakEmissions(
        year=year,
        through_month=None if through is None else f"{through:%Y-%m}",
        kg=sums.total["kg"],
        avoided_kg=sums.total["avoided_kg"],
        untested_kg=sums.total["untested_kg"],
        months=[
            EmissionMonth(
                month=f"{month:%Y-%m}",
                methods=[MethodKg.model_validate(row | {"method_word": METHOD_WORDS[row["method"]]}) for row in rows],
            )
            for month, rows in groupby(sums.months, lambda row: row["month"])
        ],
        enterprises=[EnterpriseKg.model_validate(row) for row in sums.enterprises],
        units=[UnitKg.model_validate(row | {"kind_word": COMPONENT_KINDS[row["kind"]]}) for row in sums.units],
        # whoever compares the tables with the report raises their confidence, and this word with it
        factors=FactorStatus.model_validate(sums.factors | {"status": "unconfirmed"}),
    )


_CAMPAIGN: dict[str, Any] = {
    "enterprise": "hx-coking",
    "enterprise_name": "海西焦化",
    "campaign": "2026-1",
    "campaign_name": "2026年上半年",
    "from_day": "2026-03-02",
    "to_day": "2026-03-20",
    "contractor": "某检测公司",
    "declared_components": 2400,
    "declared_leaks": 12,
    "components": 2388,
    "tested": 2360,
    "tested_pct": 98.8,
    "leaking": 12,
    "leaking_pct": 0.51,
    "closed": 11,
    "found_kg_h": 0.412,
    "after_kg_h": 0.318,
    "untested_kg_h": 0.051,
}


class CampaignItem(BaseModel):
    """A campaign as far as it has gone."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CAMPAIGN]})

    enterprise: str
    enterprise_name: str
    campaign: str
    campaign_name: str
    from_day: date = Field(description="local date (Asia/Shanghai)")
    to_day: date = Field(description="last day, included")
    contractor: str | None
    declared_components: int | None
    declared_leaks: int | None
    components: int = Field(description="of its installations, in service and not exempt on its last day")
    tested: int = Field(description="with a routine test in its days")
    tested_pct: Number
    leaking: int = Field(description="that these tests found leaking, by the lowest published definition")
    leaking_pct: Number
    closed: int = Field(description="of these: repaired by now")
    found_kg_h: Number = Field(description="rate of what was tested, by its highest reading; coefficients unconfirmed")
    after_kg_h: Number = Field(description="the same by what closed its leaks since")
    untested_kg_h: Number = Field(description="of what was not tested, by average factors")


class CampaignPage(Page[CampaignItem]):
    """One page of campaigns."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_CAMPAIGN], "next_cursor": None, "year": 2026}]}
    )

    year: int = Field(description="campaigns with a day in this calendar year")
