"""Findings: verdicts that can be opened down to raw readings and asked "as known at"."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.errors import FORBIDDEN, NOT_FOUND, ApiProblem, problems
from api.fields import (
    EnterpriseParameter,
    Instant,
    InstantIn,
    Number,
    OptionalFrom,
    OptionalTo,
    RowId,
    RuleId,
    SubjectIn,
    Word,
    format_instant,
    span,
)
from api.models.explain import EXPLANATION_EXAMPLE, Explanation
from api.opened import OPENED, explanation_of
from api.paging import Page, Paging
from api.session import ReadSession, Session
from domain.findings import BUREAU_ONLY, Subject, SubjectKind, Verdict
from storage.listing.findings import FindingFilter, finding_history, get_finding, list_findings
from storage.listing.points import outlet_points
from storage.listing.session import Row

router = APIRouter(prefix="/findings", tags=["judgement"])

_HISTORY_SHOWN = 100
_POINTS_SHOWN = 100

FINDING_EXAMPLE: dict[str, Any] = {
    "finding_id": 4711,
    "rule_id": "ule.hourly",
    "rule_version": 1,
    "subject": "pollutant:hx-coking/S1/so2",
    "enterprise": "hx-coking",
    "period_start": "2026-11-02T00:00:00Z",
    "period_end": "2026-11-02T01:00:00Z",
    "verdict": "violation",
    "reason": "over_limit",
    "value": 33.4,
    "limit": 30.0,
    "unit": "mg/m3",
    "computed_at": "2026-11-02T01:10:02Z",
    "superseded_at": None,
    "superseded_by": None,
}


class FindingItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [FINDING_EXAMPLE]})

    finding_id: int
    rule_id: str
    rule_version: int
    subject: str = Field(
        description="kind:key; outlets, points and components as kind:enterprise/code, pollutants with outlet and code"
    )
    enterprise: str | None
    period_start: Instant
    period_end: Instant
    verdict: Verdict
    reason: str
    value: Number = Field(description="raw figure in `unit`; rounded only inside the comparison")
    limit: Number = Field(validation_alias="limit_value")
    unit: str | None
    computed_at: Instant
    superseded_at: Instant | None
    superseded_by: int | None


class FindingLinks(BaseModel):
    """Where the figures behind the finding are, for the period of the finding."""

    rule: str
    hourly: list[str]
    readings: list[str]


class FindingDetail(FindingItem):
    """A finding with all that is needed to recompute it by hand, and what was thought before and after."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                FINDING_EXAMPLE
                | {
                    "evidence": {"limit_id": 17, "formula": "C*(21-8)/(21-O2)", "marks": []},
                    "explanation": EXPLANATION_EXAMPLE,
                    "history": [
                        FINDING_EXAMPLE
                        | {
                            "finding_id": 4630,
                            "verdict": "undetermined",
                            "reason": "too_few_valid_minutes",
                            "value": None,
                            "superseded_at": "2026-11-02T01:10:02Z",
                            "superseded_by": 4711,
                        }
                    ],
                    "links": {
                        "rule": "/v1/rules/ule.hourly",
                        "hourly": [
                            "/v1/hourly?enterprise=hx-coking&point=S1-SO2"
                            "&from=2026-11-02T00%3A00%3A00Z&to=2026-11-02T01%3A00%3A00Z"
                        ],
                        "readings": [
                            "/v1/readings?enterprise=hx-coking&point=S1-SO2"
                            "&from=2026-11-02T00%3A00%3A00Z&to=2026-11-02T01%3A00%3A00Z"
                        ],
                    },
                }
            ]
        }
    )

    evidence: dict[str, Any]
    explanation: Explanation | None = Field(
        description="of findings on pollutants, outlets, points and the energy of lines; null elsewhere"
    )
    history: list[FindingItem] = Field(
        description=f"the other findings of the same rule, subject and period, newest first, at most {_HISTORY_SHOWN}"
    )
    links: FindingLinks


async def _links(session: Session, row: Row) -> FindingLinks:
    subject = Subject.parse(row["subject"])
    codes: list[str] = []
    if subject.kind in OPENED and subject.enterprise is not None:
        code = subject.key.split("/")[1]
        if subject.kind is SubjectKind.POINT:
            codes = [code]
        else:
            codes = await outlet_points(
                session.connection, enterprise=subject.enterprise, outlet=code, limit=_POINTS_SHOWN
            )
    questions = [
        urlencode(
            {
                "enterprise": subject.enterprise,
                "point": code,
                "from": format_instant(row["period_start"]),
                "to": format_instant(row["period_end"]),
            }
        )
        for code in codes
    ]
    base = f"{session.public_url}/v1"
    return FindingLinks(
        rule=f"{base}/rules/{row['rule_id']}",
        hourly=[f"{base}/hourly?{question}" for question in questions],
        readings=[f"{base}/readings?{question}" for question in questions],
    )


@router.get("", summary="Findings, newest period first", responses=problems(NOT_FOUND))
async def findings(
    session: ReadSession,
    paging: Paging,
    rule: Annotated[RuleId | None, Query(description="rule id")] = None,
    subject: Annotated[SubjectIn | None, Query(examples=["pollutant:hx-coking/S1/so2"])] = None,
    enterprise: EnterpriseParameter = None,
    verdict: Verdict | None = None,
    reason: Annotated[Word | None, Query(examples=["too_few_valid_minutes"])] = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
    as_known_at: Annotated[
        InstantIn | None,
        Query(description="findings as the platform held them at that instant; without it the current ones"),
    ] = None,
) -> Page[FindingItem]:
    """`from` and `to` bound the start of the period."""
    span(from_at, to_at)
    if session.access.enterprise is not None and subject is not None:
        owner = Subject.parse(subject).enterprise
        if owner not in (None, session.access.enterprise):
            raise ApiProblem(FORBIDDEN, "企业账号只能查看本企业的数据")
    wanted = FindingFilter(
        rule_id=rule,
        subject=subject,
        enterprise_id=await session.enterprise_id(enterprise),
        verdict=verdict,
        reason=reason,
        from_at=from_at,
        to_at=to_at,
        as_known_at=as_known_at,
    )
    rows = await list_findings(session.connection, wanted, after=paging.after(datetime, int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["period_start"], row["finding_id"]))
    return Page[FindingItem](items=[FindingItem.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/{finding_id}", summary="One finding, opened down", responses=problems(NOT_FOUND))
async def finding(session: ReadSession, finding_id: RowId) -> FindingDetail:
    row = await get_finding(session.connection, finding_id)
    session.access.require(row["enterprise"])
    if session.access.enterprise is not None:
        row["evidence"] = {key: said for key, said in row["evidence"].items() if key != BUREAU_ONLY}
    history = await finding_history(
        session.connection,
        rule_id=row["rule_id"],
        subject=row["subject"],
        period_start=row["period_start"],
        limit=_HISTORY_SHOWN + 1,
    )
    others = [FindingItem.model_validate(other) for other in history if other["finding_id"] != finding_id]
    found = {
        "history": others[:_HISTORY_SHOWN],
        "links": await _links(session, row),
        "explanation": await explanation_of(session, row),
    }
    return FindingDetail.model_validate(row | found)
