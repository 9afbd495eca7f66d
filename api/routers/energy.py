"""Energy: which enterprises use more than 5,000 or 10,000 tce a year, and how their lines stand against the limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseParameter, MonthIn, Number, Word, parse_month
from api.paging import Page, Paging
from api.session import ReadSession
from domain.accountreasons import account_word
from domain.findings import Verdict
from domain.periods import local_day, month_period
from domain.products import PRODUCTS
from storage.listing.energy import latest_energy_month, list_by_energy
from storage.listing.session import Row

router = APIRouter(prefix="/energy", tags=["reports"])

ListName = Literal["over_10000_tce", "over_5000_tce", "incomplete_data"]

_LINE: dict[str, Any] = {
    "line": "L1",
    "name": "1号焦炉",
    "product": "coke",
    "product_name": "焦炭",
    "finding_id": 93,
    "verdict": "violation",
    "reason": "over_level_3",
    "reason_word": "超过限定值（3级）",
    "value": 151.2,
    "limit": 140.0,
}
_ITEM: dict[str, Any] = {
    "enterprise": "hx-coking",
    "name": "海西焦化",
    "district": "wuda",
    "park": None,
    "industry": "coking",
    "key_energy": "region",
    "finding_id": 92,
    "lists": ["over_10000_tce", "over_5000_tce"],
    "equivalent_tce": 165321.5,
    "equal_value_tce": 171002.3,
    "known_tce": 165321.5,
    "unconfirmed_tce": None,
    "warnings": [],
    "retrofit": "to_retrofit",
    "retrofit_word": "列入改造清单",
    "lines": [_LINE],
}


class EnergyLine(BaseModel):
    """A line's unit energy of twelve months against level 3 of its limit, in kgce per t of product."""

    line: str
    name: str
    product: str
    product_name: str
    finding_id: int
    verdict: Verdict
    reason: str
    reason_word: str
    value: Number
    limit: Number = Field(description="corrected; null: there is none, or it cannot be said")


class EnergyListItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    enterprise: str
    name: str
    district: str
    park: str | None
    industry: str
    key_energy: str | None
    finding_id: int = Field(description="of energy.total, with every component in its evidence")
    lists: list[ListName]
    equivalent_tce: Number = Field(
        description="twelve months, electricity by equivalent value (当量值); null: incomplete"
    )
    equal_value_tce: Number = Field(description="electricity by equal value (等价值); null: incomplete, or no rate")
    known_tce: Number = Field(description="what is known, by equivalent value")
    unconfirmed_tce: Number = Field(description="part that rests on factors which nobody has seen in a source")
    warnings: list[dict[str, Any]] = Field(description="such as a closing stock that is not the next opening one")
    retrofit: str | None = Field(description="reason of energy.retrofit_list; null: no line with a limit")
    retrofit_word: str | None
    lines: list[EnergyLine]


class EnergyListPage(Page[EnergyListItem]):
    """One page of one month's list."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_ITEM], "next_cursor": None, "month": "2026-09"}]}
    )

    month: str | None = Field(description="the twelve months end with this one; null when none was judged yet")


@router.get("/lists", summary="Enterprises by yearly energy", responses=problems(NOT_FOUND))
async def energy_lists(
    session: ReadSession,
    paging: Paging,
    list_name: Annotated[
        ListName,
        Query(
            alias="list",
            description="over_10000_tce: by equal value; over_5000_tce: by equivalent value; incomplete_data: figures"
            " are missing, so that nobody can say",
        ),
    ] = "over_5000_tce",
    month: Annotated[MonthIn | None, Query(description="without it the newest that was judged")] = None,
    enterprise: EnterpriseParameter = None,
    district: Annotated[Word | None, Query(examples=["wuda"])] = None,
) -> EnergyListPage:
    """The enterprises of a list by code, each with its lines that have a mandatory limit."""
    enterprise_id = await session.enterprise_id(enterprise)
    if month is None:
        start = await latest_energy_month(session.connection)
    else:
        start = month_period(*parse_month(month)).start
    if start is None:
        return EnergyListPage(items=[], next_cursor=None, month=None)
    rows = await list_by_energy(
        session.connection,
        list_name=list_name,
        month_start=start,
        enterprise_id=enterprise_id,
        district=district,
        after=paging.after(str),
        limit=paging.fetch,
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["enterprise"],))
    return EnergyListPage(
        items=[_item(row) for row in items], next_cursor=next_cursor, month=f"{local_day(start):%Y-%m}"
    )


def _item(row: Row) -> EnergyListItem:
    lines = [
        {**line, "product_name": PRODUCTS[line["product"]].name, "reason_word": account_word(line["reason"])}
        for line in row["lines"]
    ]
    word = None if row["retrofit"] is None else account_word(row["retrofit"])
    return EnergyListItem.model_validate({**row, "lists": row["lists"] or [], "lines": lines, "retrofit_word": word})
