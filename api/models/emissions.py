"""What the API says of a month's hours: both judgements, and what neither counts."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Instant, Number
from api.paging import Page
from domain.air import POLLUTANTS, PROCESSES
from domain.findings import Verdict
from domain.reasons import reason_word
from storage.listing.session import Row

_ITEM: dict[str, Any] = {
    "subject": "pollutant:hx-coking/S1/so2",
    "enterprise": "hx-coking",
    "enterprise_name": "海西焦化",
    "outlet": "S1",
    "outlet_name": "焦炉烟囱",
    "process": "coke_oven_stack",
    "process_name": "焦炉烟囱",
    "pollutant": "so2",
    "pollutant_name": "二氧化硫",
    "legal": {
        "judged_hours": 24,
        "compliant_hours": 24,
        "violation_hours": 0,
        "excluded_hours": 3,
        "excluded": [{"reason": "excluded_stopped", "word": "工况标记：停运", "hours": 3}],
        "undetermined_hours": 2,
        "undetermined": [{"reason": "too_few_valid_minutes", "word": "有效分钟不足", "hours": 2}],
    },
    "ule": {
        "numerator": 23,
        "denominator": 24,
        "share_pct": 95.83333333333333,
        "excluded_hours": 3,
        "excluded": [{"reason": "excluded_stopped", "word": "工况标记：停运", "hours": 3}],
        "undetermined_hours": 2,
        "undetermined": [{"reason": "too_few_valid_minutes", "word": "有效分钟不足", "hours": 2}],
        "monthly": None,
    },
    "capture": None,
    "transmission": None,
    "capture_to_date": {"in_service_h": 800, "stopped_h": 20, "operating_h": 780, "valid_h": 770, "capture_pct": 98.7},
    "transmission_to_date": {
        "due_h": 1560,
        "received_h": 1550,
        "due_valid_h": 1550,
        "valid_h": 1540,
        "transmission_pct": 99.4,
        "validity_pct": 99.4,
        "rate_pct": 98.7,
    },
}


class ReasonHours(BaseModel):
    """Hours of one reason."""

    reason: str
    word: str
    hours: int


class PeriodVerdict(BaseModel):
    """A finding on a month or a quarter, there once that is closed."""

    finding_id: int
    rule_id: str
    rule_version: int
    period_start: Instant
    period_end: Instant
    verdict: Verdict
    reason: str
    reason_word: str
    value: Number = Field(description="%")
    limit: Number = Field(description="%")


class CaptureToDate(BaseModel):
    """Hours of the quarter that holds the month, up to now."""

    in_service_h: int
    stopped_h: int
    operating_h: int
    valid_h: int
    capture_pct: Number


class TransmissionToDate(BaseModel):
    """The four counters of the outlet's pollutants and oxygen in the month, up to now."""

    due_h: int
    received_h: int
    due_valid_h: int
    valid_h: int
    transmission_pct: Number
    validity_pct: Number
    rate_pct: Number


class LegalHours(BaseModel):
    """Every valid hour against the legal limit."""

    judged_hours: int = Field(description="compliant and violation hours")
    compliant_hours: int
    violation_hours: int
    excluded_hours: int = Field(description="taken out by process marks, or the source stood still")
    excluded: list[ReasonHours]
    undetermined_hours: int = Field(description="without enough data")
    undetermined: list[ReasonHours]


class UleHours(BaseModel):
    """The share of valid hours that kept the ultra-low limit: 95 % of a calendar month are asked for."""

    numerator: int = Field(description="hours that kept the limit")
    denominator: int = Field(description="hours with a verdict")
    share_pct: Number = Field(description="numerator of denominator, %, month to date; null when none was judged")
    excluded_hours: int
    excluded: list[ReasonHours]
    undetermined_hours: int
    undetermined: list[ReasonHours]
    monthly: PeriodVerdict | None


class EmissionItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    subject: str
    enterprise: str
    enterprise_name: str
    outlet: str
    outlet_name: str
    process: str
    process_name: str
    pollutant: str
    pollutant_name: str
    legal: LegalHours | None = Field(description="null: no legal limit was judged in the month")
    ule: UleHours | None = Field(description="null: no ultra-low limit was judged in the month")
    capture: PeriodVerdict | None = Field(description="有效数据捕集率 of the quarter that holds the month")
    transmission: PeriodVerdict | None = Field(description="数据传输有效率 of the outlet in the month")
    capture_to_date: CaptureToDate | None = Field(description="with quality=true, as known now")
    transmission_to_date: TransmissionToDate | None = Field(description="with quality=true, as known now")


class EmissionPage(Page[EmissionItem]):
    """One page of one month."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_ITEM], "next_cursor": None, "month": "2026-11"}]}
    )

    month: str = Field(description="local calendar month (Asia/Shanghai)")


def _reasons(counted: dict[str, int]) -> list[ReasonHours]:
    return [ReasonHours(reason=reason, word=reason_word(reason), hours=hours) for reason, hours in counted.items()]


def _aside(counted: Row) -> Row:
    return {
        "excluded_hours": counted["excluded_hours"],
        "excluded": _reasons(counted["excluded_reasons"]),
        "undetermined_hours": counted["undetermined_hours"],
        "undetermined": _reasons(counted["undetermined_reasons"]),
    }


def period_verdict(row: Row | None) -> PeriodVerdict | None:
    """A finding on a month or quarter, None for none."""
    if row is None:
        return None
    return PeriodVerdict.model_validate(row | {"limit": row["limit_value"], "reason_word": reason_word(row["reason"])})


def legal_hours(counted: Row | None) -> LegalHours | None:
    """Hours counted against the legal limit, None for none."""
    if counted is None:
        return None
    names = ("judged_hours", "compliant_hours", "violation_hours")
    return LegalHours(**{name: counted[name] for name in names}, **_aside(counted))


def ule_hours(counted: Row | None, monthly: Row | None) -> UleHours | None:
    """Hours counted against the ultra-low limit with the month's finding, None for none."""
    if counted is None:
        return None
    return UleHours(
        numerator=counted["compliant_hours"],
        denominator=counted["judged_hours"],
        share_pct=counted["share_pct"],
        monthly=period_verdict(monthly),
        **_aside(counted),
    )


def emission_item(row: Row, capture: Row | None = None, transmission: Row | None = None) -> EmissionItem:
    """A row as the API shows it, with what is counted to date where it was asked for."""
    place = ("subject", "enterprise", "enterprise_name", "outlet", "outlet_name", "process", "pollutant")
    return EmissionItem(
        **{name: row[name] for name in place},
        process_name=process_name(row["process"]),
        pollutant_name=POLLUTANTS[row["pollutant"]],
        legal=legal_hours(row["legal"]),
        ule=ule_hours(row["ule"], row["monthly"]),
        capture=period_verdict(row["capture"]),
        transmission=period_verdict(row["transmission"]),
        capture_to_date=None if capture is None else CaptureToDate.model_validate(capture),
        transmission_to_date=None if transmission is None else TransmissionToDate.model_validate(transmission),
    )


def process_name(process: str) -> str:
    """The process in Chinese; itself when it is none of ours."""
    return PROCESSES.get(process, process)
