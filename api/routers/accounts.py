"""Monthly accounts: balances, permits, unit consumption, carbon and the city's shares, as their rules found them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.errors import NOT_FOUND, problems
from api.fields import EnterpriseCode, EnterpriseParameter, MonthIn, RuleId, Word, parse_month
from api.models.accounts import (
    AccountPage,
    AccountRule,
    AccountRules,
    BalanceTree,
    account_item,
    balance_node,
    month_text,
)
from api.paging import Paging
from api.session import ReadSession
from domain.findings import Verdict
from domain.ledger import MEDIA, WATER, Ledger
from domain.periods import add_months, day_start, local_day
from rules.evaluators.account import LOOK_BACK, AccountWindow
from rules.families.balancetree import balance_tree
from rules.families.placetotals import place_totals
from rules.families.registers import register_of
from storage import metering, month_totals
from storage.listing.accounts import AccountFilter, account_rules, judged_through, list_accounts, place_names
from storage.listing.enterprises import enterprise_id

router = APIRouter(prefix="/accounts", tags=["accounts"])

_MonthParameter = Annotated[
    MonthIn | None, Query(description="local month (Asia/Shanghai); without it the newest that was judged")
]
#: Spelt out, so that the document lists what may be asked for.
_MEDIA = tuple(MEDIA)


@router.get("", summary="Accounts of a month by rule and subject", responses=problems(NOT_FOUND))
async def monthly_accounts(
    session: ReadSession,
    paging: Paging,
    month: _MonthParameter = None,
    rule: Annotated[RuleId | None, Query(examples=["water.balance"])] = None,
    enterprise: EnterpriseParameter = None,
    verdict: Verdict | None = None,
    reason: Annotated[Word | None, Query(examples=["loss_over_band"])] = None,
) -> AccountPage:
    """An enterprise sees its own; districts, parks and the city are for operators."""
    wanted = AccountFilter(rule, await session.enterprise_id(enterprise), verdict, reason)
    after = paging.after(date, str, str)
    first = after[0] if after is not None else None if month is None else date(*parse_month(month), 1)
    if first is None:
        through = await judged_through(session.connection, tuple(LOOK_BACK))
        if through is None:
            return AccountPage(items=[], next_cursor=None, month=None)
        first = add_months(local_day(through), -1)
    rows = await list_accounts(
        session.connection,
        wanted,
        tuple(LOOK_BACK),
        month_start=day_start(first),
        after=None if after is None else after[1:],
        limit=paging.fetch,
    )
    shown = first
    items, next_cursor = paging.cut(rows, lambda row: (shown, row["rule_id"], row["subject"]))
    return AccountPage(items=[account_item(row) for row in items], next_cursor=next_cursor, month=month_text(first))


@router.get("/rules", summary="What is computed each month, by which document")
async def monthly_rules(session: ReadSession) -> AccountRules:
    rows = await account_rules(session.connection, tuple(LOOK_BACK))
    return AccountRules(items=[AccountRule.model_validate(row) for row in rows])


@router.get(
    "/balance/{enterprise}",
    summary="Metering places of an enterprise as a tree, with what each passed in a month",
    responses=problems(NOT_FOUND),
)
async def enterprise_balance(
    session: ReadSession,
    enterprise: EnterpriseCode,
    month: MonthIn,
    medium: Annotated[Literal[_MEDIA], Query()] = WATER,  # type: ignore[valid-type]
) -> BalanceTree:
    """Totals of months that have closed; those of the present month are not summed up yet."""
    session.access.require(enterprise)
    identity = await enterprise_id(session.connection, enterprise)
    first = date(*parse_month(month), 1)
    register = register_of(await metering.register(session.connection, enterprise))
    rows = await month_totals.totals(session.connection, first, first, enterprise)
    window = AccountWindow([first], register, place_totals(register, rows, [first]), Ledger())
    named = await place_names(session.connection, identity, medium, first, add_months(first, 1))
    return BalanceTree(
        enterprise=enterprise,
        month=month_text(first),
        medium=medium,
        unit=MEDIA[medium],
        items=[balance_node(node, named) for node in balance_tree(window, enterprise, medium)],
    )
