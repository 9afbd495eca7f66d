"""The scoreboard (目标看板): where each target of the city's plans stands. Operators only."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from api.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, VALIDATION, ApiProblem, ProblemItem, problems
from api.fields import Word
from api.models.scoreboard import (
    HISTORY_SHOWN,
    STATE_WORDS,
    EnteredItem,
    NewTargetValue,
    Scoreboard,
    State,
    TargetDetail,
    TargetStanding,
)
from api.session import ActingSession, OperatorSession, Session
from domain.errors import Conflict, NotFound
from domain.periods import local_day
from rules.policy import load_policy
from rules.scoreboard.entry import target_fault, value_faults
from storage.listing.scoreboard import board, history
from storage.listing.session import Row
from storage.scoreboard import NewValue, add_values

router = APIRouter(tags=["reports"])

TargetId = Annotated[str, Path(pattern=r"^T[0-9]{3}$", examples=["T033"])]


def document_title(document: str | None) -> str | None:
    """The title that rows carry, from a document's id; anything else is taken for a title."""
    if document is None:
        return None
    return next((one.title for one in load_policy().documents if one.id == document), document)


def _standing(row: Row) -> Row:
    return {**row, "state_word": STATE_WORDS[row["state"]]}


async def _detail(session: Session, target_id: str) -> TargetDetail:
    rows = await board(session.connection, target_id=target_id)
    if not rows:
        raise NotFound(f"没有目标 {target_id}")
    entered = await history(session.connection, target_id, HISTORY_SHOWN)
    return TargetDetail.model_validate(
        {**_standing(rows[0]), "history": [EnteredItem.model_validate(row) for row in entered]}
    )


@router.get("/scoreboard", summary="Where every target stands")
async def scoreboard(
    session: OperatorSession,
    document: Annotated[
        Word | None, Query(description="document id", examples=["green-park-plan", "wuhai-office-2025-38"])
    ] = None,
    domain: Annotated[Word | None, Query(description="water, energy, digital, ...")] = None,
    mode: Annotated[Word | None, Query(description="auto, derived, manual, display, schedule, check")] = None,
    state: State | None = None,
    year: Annotated[int | None, Query(ge=2000, le=2100, description="the target's year")] = None,
) -> Scoreboard:
    """One answer holds all targets: there are as many as the plans have. The rules write the rows when what they rest
    on has changed. Targets of several documents that disagree stay apart, each with its conflicts."""
    rows = await board(
        session.connection, document=document_title(document), domain=domain, mode=mode, state=state, year=year
    )
    items = [TargetStanding.model_validate(_standing(row)) for row in rows]
    return Scoreboard(states=dict(Counter(item.state for item in items)), items=items)


@router.get("/targets/{target_id}", summary="One target with its history", responses=problems(NOT_FOUND))
async def target(session: OperatorSession, target_id: TargetId) -> TargetDetail:
    return await _detail(session, target_id)


@router.post(
    "/targets/{target_id}/values",
    status_code=201,
    summary="Enter a figure for a target that nothing here can compute",
    responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT),
)
async def new_target_value(
    session: ActingSession, target_id: TargetId, body: Annotated[NewTargetValue, Body()]
) -> TargetDetail:
    """A figure of the same day supersedes, both stay. 409 for a target that is computed, or that has no number. The
    standing follows within seconds."""
    if not await board(session.connection, target_id=target_id):
        raise NotFound(f"没有目标 {target_id}")
    if (fault := target_fault(target_id)) is not None:
        raise Conflict(fault)
    faults = value_faults(target_id, body.part, body.as_of, body.value, local_day(session.now))
    if faults:
        items = [
            ProblemItem(location="body", name=field, value=str(getattr(body, field)), expected=expected)
            for field, expected in faults
        ]
        raise ApiProblem(VALIDATION, f"{len(items)} 处不符合要求，见 errors", errors=items)
    new = NewValue(target_id, body.part, body.as_of, body.value, body.evidence)
    await add_values(session.connection, [new], author=body.author, origin="api", at=session.now)
    return await _detail(session, target_id)
