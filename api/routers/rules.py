"""Rules with their standards. Operators only."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, problems
from api.fields import Instant, RuleId
from api.paging import Page, Paging
from api.session import OperatorSession
from storage.listing.rules import get_rule, list_rules

router = APIRouter(prefix="/rules", tags=["judgement"])

_RULE: dict[str, Any] = {
    "rule_id": "ule.coke_oven_stack.so2.hourly",
    "version": 1,
    "pack": "ultra_low_emission",
    "title": "焦炉烟囱二氧化硫小时浓度",
    "evaluator": "hourly_limit",
    "standard": "关于推进实施焦化行业超低排放的意见（环大气〔2024〕5号）",
    "clause": "附件2 表1",
    "status": "law",
    "document_status": "issued",
    "confidence": "confirmed",
    "enabled": True,
    "severity": "critical",
    "health": "ok",
    "last_error": None,
    "last_evaluated_at": "2026-11-02T01:10:00Z",
}


class Rule(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_RULE]})

    rule_id: str
    version: int
    pack: str
    title: str
    evaluator: str
    standard: str
    clause: str
    status: str = Field(description="law, policy, draft, unconfirmed, platform")
    document_status: str
    confidence: str
    enabled: bool
    severity: str
    health: str = Field(description="unknown, ok, error")
    last_error: str | None
    last_evaluated_at: Instant | None


class RuleDetail(Rule):
    """A rule with its definition as loaded from its pack."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_RULE | {"definition": {"limit_mg_m3": 30, "reference_o2_pct": 8}}]}
    )

    definition: dict[str, Any]


@router.get("", summary="Rules by id")
async def rules(session: OperatorSession, paging: Paging) -> Page[Rule]:
    rows = await list_rules(session.connection, after=paging.after(str), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["rule_id"],))
    return Page[Rule](items=[Rule.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/{rule_id}", summary="One rule with its definition", responses=problems(NOT_FOUND))
async def rule(session: OperatorSession, rule_id: Annotated[RuleId, Path()]) -> RuleDetail:
    return RuleDetail.model_validate(await get_rule(session.connection, rule_id))
