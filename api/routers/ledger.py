"""The ledger (台账): figures of months and years that are reported, not measured. Written all or none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from api.errors import BAD_REQUEST, NOT_FOUND, VALIDATION, ApiProblem, ProblemItem, problems
from api.fields import EnterpriseParameter, MonthIn, PointCode, Word, parse_month
from api.models.ledger import (
    LedgerEntry,
    LedgerItems,
    LedgerWritten,
    NewLedgerEntries,
    Owner,
    correction,
    ledger_entry,
    ledger_item,
)
from api.paging import Page, Paging
from api.session import MarkingSession, ReadSession, Session
from domain.ledger import ITEMS
from domain.periods import local_day
from domain.reported import Figure, FigureFault, read_figure, repeated
from storage.ledger import FigureFate, keep_figures, known_lines
from storage.listing.ledger import LedgerFilter, list_entries

router = APIRouter(prefix="/ledger", tags=["ledger"])

#: Mistakes told at once; beyond them their number is.
_TOLD = 500
_SHOWN = 100


@router.get("", summary="Reported figures, newest first", responses=problems(NOT_FOUND))
async def ledger(
    session: ReadSession,
    paging: Paging,
    enterprise: EnterpriseParameter = None,
    of: Annotated[Owner | None, Query(description="whose figures: of lines, of enterprises, of the city")] = None,
    line: Annotated[PointCode | None, Query(description="code of a production line")] = None,
    item: Annotated[Word | None, Query(examples=["output"])] = None,
    from_month: Annotated[MonthIn | None, Query(description="periods that begin in this month or later")] = None,
    to_month: Annotated[MonthIn | None, Query(description="periods that begin in this month or earlier")] = None,
    history: Annotated[bool, Query(description="superseded figures too")] = False,
) -> Page[LedgerEntry]:
    """The city's own figures are for operators."""
    wanted = LedgerFilter(
        enterprise_id=await session.enterprise_id(enterprise),
        of=of,
        line=line,
        item=item,
        from_day=_first(from_month),
        to_day=_first(to_month),
        history=history,
    )
    rows = await list_entries(session.connection, wanted, after=paging.after(int), limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["entry_id"],))
    return Page[LedgerEntry](items=[ledger_entry(row) for row in items], next_cursor=next_cursor)


@router.get("/items", summary="What a figure may be of, in which unit")
async def ledger_items(_session: ReadSession) -> LedgerItems:
    return LedgerItems(items=[ledger_item(item) for item in ITEMS.values()])


@router.post("", summary="Report figures, all or none", responses=problems(BAD_REQUEST))
async def report(session: MarkingSession, body: Annotated[NewLedgerEntries, Body()]) -> LedgerWritten:
    """One mistake and nothing is written; `errors` names every one. The same figure again changes nothing, another one
    of the same period takes its place, and both stay to be seen. Months that rest on it are judged again."""
    figures = await _read(session, [entry.said() for entry in body.entries])
    own = session.access.enterprise
    author = body.author if own is None else f"{own}:{body.author}"
    kept = await keep_figures(session.connection, figures, author=author, origin="api", at=session.now)
    fates = [one.fate for one in kept]
    return LedgerWritten(
        new=fates.count(FigureFate.NEW),
        corrected=fates.count(FigureFate.CORRECTED),
        same=fates.count(FigureFate.SAME),
        corrections=[
            correction(figure, one.before)
            for figure, one in zip(figures, kept, strict=True)
            if one.fate is FigureFate.CORRECTED and one.before is not None
        ],
    )


async def _read(session: Session, said: list[dict[str, Any]]) -> list[Figure]:
    """The figures of a request. Raises a problem that names every mistake, or 403 for another enterprise's."""
    own = session.access.enterprise
    for entry in said:
        if own is not None:
            if entry.get("enterprise") is None:
                entry["enterprise"] = own
            session.access.require(entry["enterprise"])
    today = local_day(session.now)
    found = [read_figure(entry, today, by_enterprise=own is not None) for entry in said]
    figures = [(number, one) for number, one in enumerate(found) if isinstance(one, Figure)]
    codes = {one.enterprise for _, one in figures if one.enterprise is not None}
    known = await known_lines(session.connection, codes)
    errors: list[ProblemItem] = []
    for number, one in enumerate(found):
        faults = _unregistered(one, known) if isinstance(one, Figure) else one
        errors += [_item(number, fault) for fault in faults]
    for number, first in repeated(figures):
        fault = FigureFault("month", said[number].get("month"), f"同一项目同一时段只能填一次，第 {first} 条已填")
        errors.append(_item(number, fault))
    if errors:
        more = f"，只列前 {_TOLD} 处" if len(errors) > _TOLD else ""
        detail = f"{len(errors)} 处不符合要求，见 errors{more}；一条也没有写入"
        raise ApiProblem(VALIDATION, detail, errors=errors[:_TOLD])
    return [one for _, one in figures]


def _unregistered(figure: Figure, known: dict[str, set[str]]) -> Iterator[FigureFault]:
    if figure.enterprise is None:
        return
    if figure.enterprise not in known:
        yield FigureFault("enterprise", figure.enterprise, "已登记的企业代码")
    elif figure.line is not None and figure.line not in known[figure.enterprise]:
        yield FigureFault("line", figure.line, f"企业 {figure.enterprise} 已登记的生产线代码")


def _item(number: int, fault: FigureFault) -> ProblemItem:
    text = None
    if fault.value is not None:
        text = fault.value if isinstance(fault.value, str) else repr(fault.value)
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")[:_SHOWN]
    return ProblemItem(location="body", name=f"entries.{number}.{fault.field}", value=text, expected=fault.expected)


def _first(month: str | None) -> date | None:
    return None if month is None else date(*parse_month(month), 1)
