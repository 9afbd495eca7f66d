"""Changes of the roster by hand at the desk: what would come of one, making it, taking it back. By HTTP, as `act`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from alerts.duty import cancel_override, override_roster, preview_cancel, preview_override
from api.desk.act import perform, said
from api.desk.desk import Desk
from api.desk.dutywords import foresight_lines, typed_instant
from api.desk.given import text
from domain.accounts import Actor
from domain.periods import Period
from domain.roster import Roster
from domain.rosterplan import Foresight
from storage.database import Connection


def _asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Period, person and who is replaced, as the dialogue's fields have them."""
    start, end = typed_instant(text(given, "from_at"), "开始时间"), typed_instant(text(given, "until_at"), "结束时间")
    return {
        "period": Period(start, end),
        "person": text(given, "person"),
        "replaces": text(given, "replaces") or None,
    }


def _shown(roster: Roster, team: str, seen: Foresight, now: datetime) -> dict[str, Any]:
    lines = foresight_lines(roster, team, seen, now)
    is_bad = bool(seen.gaps or seen.clashes)
    head = "保存后的排班（请注意红色各项）：" if is_bad else "保存后的排班，没有空缺："
    if not seen.turns:
        head = "排班不会因此改变" if not is_bad else "排班不会因此改变，仍有："
    return {"text": head, "lines": [{"text": line.text, "tone": line.tone} for line in lines]}


def router(desk: Desk) -> APIRouter:
    """POST /desk/teams/{team}/override, .../override/preview, .../overrides/{id}/cancel, .../preview."""
    routes = APIRouter(include_in_schema=False, prefix="/desk/teams/{team}")

    @routes.post("/override/preview")
    async def foresee(request: Request, team: str) -> JSONResponse:
        async def run(connection: Connection, given: Mapping[str, Any], by: Actor, now: datetime) -> dict[str, Any]:
            roster, seen = await preview_override(connection, team, **_asked(given), actor=by, now=now)
            return _shown(roster, team, seen, now)

        return await perform(desk, request, run, is_asking=True)

    @routes.post("/override")
    async def override(request: Request, team: str) -> JSONResponse:
        async def run(connection: Connection, given: Mapping[str, Any], by: Actor, now: datetime) -> str:
            reason = text(given, "reason")
            await override_roster(connection, team, **_asked(given), reason=reason, actor=by, now=now)
            return "调班已登记"

        return await perform(desk, request, run)

    @routes.post("/overrides/{override_id}/cancel/preview")
    async def foresee_end(request: Request, team: str, override_id: int) -> JSONResponse:
        if not 0 < override_id < 2**63:
            return said(404, "没有这条调班")

        async def run(connection: Connection, _given: Mapping[str, Any], by: Actor, now: datetime) -> dict[str, Any]:
            roster, seen = await preview_cancel(connection, team, override_id, actor=by, now=now)
            return _shown(roster, team, seen, now)

        return await perform(desk, request, run, is_asking=True)

    @routes.post("/overrides/{override_id}/cancel")
    async def end(request: Request, team: str, override_id: int) -> JSONResponse:
        if not 0 < override_id < 2**63:
            return said(404, "没有这条调班")

        async def run(connection: Connection, _given: Mapping[str, Any], by: Actor, now: datetime) -> str:
            await cancel_override(connection, team, override_id, actor=by, now=now)
            return "调班已取消"

        return await perform(desk, request, run)

    return routes
