"""Rules with their standards, and what operators decide on them. Operators only."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import Author, Reason, ShortText
from api.errors import BAD_REQUEST, NOT_FOUND, invalid, problems
from api.fields import DayIn, Instant, RuleId
from api.paging import Page, Paging
from api.session import ActingSession, OperatorSession
from domain.errors import BadInput, NotFound
from rules.decisions import DECIDED, check
from rules.pack import RuleSet, load_packs
from storage.decisions import NewDecision, add_decision, decisions
from storage.listing.rules import decide_alone, get_rule, list_decisions, list_rules
from storage.listing.session import Row

router = APIRouter(prefix="/rules", tags=["judgement"])

_RULE: dict[str, Any] = {
    "rule_id": "ule.hourly",
    "version": 1,
    "pack": "emission",
    "title": "超低排放小时指标",
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
        json_schema_extra={"examples": [_RULE | {"definition": {"params": {"min_valid_minutes": 45}}}]}
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


_DECISION: dict[str, Any] = {
    "decision_id": 3,
    "rule_id": "legal.daily",
    "version": 1003,
    "effective_from": "2026-11-01",
    "enabled": True,
    "params": {"min_valid_hours": 18},
    "author": "张三",
    "reason": "与上级平台的有效日口径一致",
    "source": "市局 2026 年第 12 号会议纪要",
    "created_at": "2026-11-02T03:00:00Z",
}


class Decision(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_DECISION]})

    decision_id: int
    rule_id: str
    version: int = Field(description="rule_version of the findings that it makes")
    effective_from: date = Field(description="local day; it holds until the day of the next one")
    enabled: bool
    params: dict[str, Any] = Field(description="those that differ from the shipped rule's")
    author: str
    reason: str
    source: str
    created_at: Instant


class NewRuleDecision(BaseModel):
    """Whether a shipped rule is in force from a local day on, and with which parameters.

    Append-only: of several decisions for one day the newest counts. Periods from that day on are judged again.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    name: _DECISION[name]
                    for name in ("effective_from", "enabled", "params", "author", "reason", "source")
                }
            ]
        },
    )

    effective_from: DayIn
    enabled: bool
    params: Annotated[dict[str, Any], Field(max_length=50)] = {}
    author: Author
    reason: Reason
    source: ShortText = Field(description="the text or the meeting that this rests on")


@cache
def _shipped() -> RuleSet:
    return load_packs()


def _decision(row: Row) -> Decision:
    return Decision.model_validate(row | {"version": DECIDED + row["decision_id"]})


def _known(rule_id: str) -> None:
    if rule_id not in _shipped().variants:
        raise NotFound(f"没有规则 {rule_id}")


@router.get("/{rule_id}/decisions", summary="What was decided on a rule, newest first", responses=problems(NOT_FOUND))
async def rule_decisions(
    session: OperatorSession, paging: Paging, rule_id: Annotated[RuleId, Path()]
) -> Page[Decision]:
    _known(rule_id)
    rows = await list_decisions(session.connection, rule_id, after=paging.after(int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["decision_id"],))
    return Page[Decision](items=[_decision(row) for row in items], next_cursor=next_cursor)


@router.post(
    "/{rule_id}/decisions",
    status_code=201,
    summary="Decide on a shipped rule",
    responses=problems(BAD_REQUEST, NOT_FOUND),
)
async def decide_on_rule(
    session: ActingSession, rule_id: Annotated[RuleId, Path()], body: Annotated[NewRuleDecision, Body()]
) -> Decision:
    """422 for parameters that the rule does not take, and for a month's share that would count no hours any more."""
    _known(rule_id)
    new = NewDecision(rule_id=rule_id, **body.model_dump())
    await decide_alone(session.connection)
    try:
        _storable(body.params)
        check(_shipped(), await decisions(session.connection), new)
    except BadInput as error:
        field, separator, expected = str(error).partition(": ")
        if not separator:  # of the rules together, not of one field
            field, expected = "enabled", field
        name = "effective_from" if field == "from" else field
        raise invalid(name, None, expected, location="body") from None
    decision_id = await add_decision(session.connection, new, session.now)
    (row,) = await list_decisions(session.connection, rule_id, after=decision_id + 1, limit=1)
    return _decision(row)


def _storable(params: dict[str, Any]) -> None:
    """Refuse what JSON of a database cannot hold: no number, and the character that no text has."""
    try:
        text = json.dumps(params, allow_nan=False)
    except ValueError:
        raise BadInput("params: 有限的数值") from None
    if "\\u0000" in text:
        raise BadInput("params: 不含空字符的文本")
