"""What the API says of monthly accounts."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Instant, Number
from api.paging import Page
from domain.accountreasons import account_word
from domain.findings import SubjectKind, Verdict
from rules.families.balancetree import Node
from storage.listing.session import Row

_ITEM: dict[str, Any] = {
    "finding_id": 90,
    "rule_id": "water.balance",
    "title": "水量平衡",
    "subject": "place:hx-coking/P0",
    "subject_kind": "place",
    "enterprise": "hx-coking",
    "name": "取水总管",
    "verdict": "violation",
    "reason": "loss_over_band",
    "reason_word": "进大于出，超过允许差",
    "value": 20.0,
    "limit": 10.0,
    "unit": "%",
    "evidence": {"entry": 1000.0, "subs": 800.0, "loss": 200.0},
    "computed_at": "2026-12-01T00:10:05Z",
}


_RULE: dict[str, Any] = {
    "rule_id": "water.balance",
    "version": 1,
    "title": "水量平衡",
    "standard": "平台规则",
    "clause": "分表之和与总表之差不超过总表的10%",
    "document": "平台设计",
    "document_status": "平台规则",
    "status": "platform",
    "confidence": "DESIGN",
    "enabled": True,
    "severity": "warning",
    "reading": "按月：总表与分表同一时段的水量之差，占总表的百分比",
    "params": {"medium": "water", "limit_pct": 10.0},
    "health": "ok",
    "last_evaluated_at": "2026-12-01T00:10:05Z",
}
_LEAF: dict[str, Any] = {
    "place": "P1",
    "name": "炼焦车间",
    "level": "secondary",
    "flow": "in",
    "use": None,
    "line": None,
    "meters": ["SN-0002"],
    "total": 800.0,
    "bridged": 0.0,
    "hours": 720,
    "expected_hours": 720,
    "why": None,
    "why_word": None,
    "subs": None,
    "difference": None,
    "difference_pct": None,
    "complete": False,
    "children": [],
}
_TREE: dict[str, Any] = {
    "enterprise": "hx-coking",
    "month": "2026-11",
    "medium": "water",
    "unit": "m3",
    "items": [
        _LEAF
        | {"place": "P0", "name": "取水总管", "level": "unit", "meters": ["SN-0001"], "total": 1000.0, "subs": 800.0}
        | {"difference": 200.0, "difference_pct": 20.0, "complete": True, "children": [_LEAF]}
    ],
}


class AccountItem(BaseModel):
    """The current finding of a monthly rule on one subject."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    finding_id: int
    rule_id: str
    title: str
    subject: str
    subject_kind: SubjectKind
    enterprise: str | None
    name: str | None
    verdict: Verdict
    reason: str
    reason_word: str = Field(description="the reason in Chinese")
    value: Number
    limit: Number
    unit: str | None
    evidence: dict[str, Any] = Field(description="the figures to compute the value by; as in the finding")
    computed_at: Instant


class AccountPage(Page[AccountItem]):
    """One page of one month's accounts."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_ITEM], "next_cursor": None, "month": "2026-11"}]}
    )

    month: str | None = Field(description="local month (Asia/Shanghai) of the items; null when none was judged yet")


class AccountRule(BaseModel):
    """A monthly rule as it is in force: what is computed, from which document, and how we read it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RULE]})

    rule_id: str
    version: int
    title: str
    standard: str
    clause: str
    document: str | None
    document_status: str
    status: str
    confidence: str
    enabled: bool
    severity: str
    reading: str | None
    params: dict[str, Any]
    health: str
    last_evaluated_at: Instant | None


class AccountRules(BaseModel):
    """All monthly rules, by id."""

    items: list[AccountRule]


class BalanceNode(BaseModel):
    """A metering place, what its meters passed in the month, and the places below it."""

    place: str
    name: str
    level: str
    flow: str
    use: str | None
    line: str | None
    meters: list[str] = Field(description="serials of the meters of the month")
    total: Number = Field(description="in the answer's unit; null where no increment is known")
    bridged: Number = Field(description="part of total that bridges gaps")
    hours: int | None = Field(description="with a reading; null where no meter is connected")
    expected_hours: int | None
    why: str | None = Field(description="why the total is not complete; not_metered where no meter is connected")
    why_word: str | None
    subs: Number = Field(description="sum of the places below it; null where one of them is not known")
    difference: Number
    difference_pct: Number
    complete: bool = Field(description="whether both sides are complete, so that a verdict may rest on them")
    children: list[BalanceNode]


class BalanceTree(BaseModel):
    """The balance of one enterprise and medium in a month."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TREE]})

    enterprise: str
    month: str
    medium: str
    unit: str
    items: list[BalanceNode]


def account_item(row: Row) -> AccountItem:
    """From a row of `storage.listing.accounts`."""
    names = AccountItem.model_fields.keys() - {"limit", "reason_word"}
    return AccountItem(
        **{name: row[name] for name in names}, limit=row["limit_value"], reason_word=account_word(row["reason"])
    )


def balance_node(node: Node, named: dict[str, Row]) -> BalanceNode:
    """From a node of the tree, with what the register calls its place."""
    place, metered, balance = node.place, node.metered, node.balance
    row = named[place.code]
    why = "not_metered" if metered is None else metered.why
    return BalanceNode(
        place=place.code,
        name=row["name"],
        level=place.level,
        flow=place.flow,
        use=place.use,
        line=place.line,
        meters=row["meters"],
        total=None if metered is None else metered.total,
        bridged=None if metered is None else metered.bridged,
        hours=None if metered is None else metered.hours,
        expected_hours=None if metered is None else metered.expected_hours,
        why=why,
        why_word=None if why is None else account_word(why),
        subs=None if balance is None else balance.subs,
        difference=None if balance is None else balance.loss,
        difference_pct=None if balance is None else balance.loss_pct,
        complete=node.complete,
        children=[balance_node(child, named) for child in node.children],
    )


def month_text(first: date) -> str:
    """A month as the API writes it."""
    return f"{first:%Y-%m}"
