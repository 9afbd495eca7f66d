"""What people do to alerts, by HTTP: one POST, one answer in words. The page's socket carries no action."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from alerts import actions
from alerts.actions import acting
from alerts.duty import write_handover
from alerts.silencing import create_silence, end_silence
from api.auth import CSRF_HEADER, csrf_fits, same_origin
from api.desk.desk import Desk
from api.desk.given import text as _text
from api.desk.session import visit
from domain.accounts import Actor
from domain.errors import BadInput, Conflict, Forbidden, NotFound, WorldFailed
from domain.periods import HOUR
from storage.database import Connection
from storage.listing.desk_alert import alert_page

#: A body is a few sentences.
_LONGEST_BODY = 20_000

Act = Callable[[Connection, int, Mapping[str, Any], Actor, datetime], Awaitable[str]]


def _commented(do: Callable[..., Awaitable[Any]], said: str) -> Act:
    """An act that asks for nothing but a comment."""

    async def act(connection: Connection, alert_id: int, given: Mapping[str, Any], by: Actor, now: datetime) -> str:
        await do(connection, alert_id, comment=_text(given, "comment"), actor=by, now=now)
        return said

    return act


async def _shelve(connection: Connection, alert_id: int, given: Mapping[str, Any], by: Actor, now: datetime) -> str:
    hours = _hours(given)
    await actions.shelve(
        connection, alert_id, until_at=now + hours * HOUR, reason=_text(given, "reason"), actor=by, now=now
    )
    return f"已搁置 {hours} 小时"


async def _hand_over(connection: Connection, alert_id: int, given: Mapping[str, Any], by: Actor, now: datetime) -> str:
    person, comment = _text(given, "person"), _text(given, "comment")
    await actions.hand_over(connection, alert_id, person=person, comment=comment, actor=by, now=now)
    return "已转交"


async def _out(connection: Connection, alert_id: int, given: Mapping[str, Any], by: Actor, now: datetime) -> str:
    reason = _text(given, "reason")
    await actions.take_out_of_service(connection, alert_id, reason=reason, actor=by, now=now)
    return "已停用"


async def _silence(connection: Connection, alert_id: int, given: Mapping[str, Any], by: Actor, now: datetime) -> str:
    hours = _hours(given)
    alert = await alert_page(connection, alert_id, now)
    rule = {"label": "rule", "op": "=", "value": alert["rule_id"]}
    wanted = {
        "series": [rule, {"label": "subject", "op": "=", "value": alert["subject"]}],
        "enterprise": [rule, {"label": "enterprise", "op": "=", "value": alert["enterprise"]}],
        "plant": [{"label": "enterprise", "op": "=", "value": alert["enterprise"]}],
    }.get(_text(given, "scope"))
    if wanted is None:
        raise BadInput("请选择范围")
    if any(matcher["value"] is None for matcher in wanted):
        raise BadInput("这条告警不属于某一家企业，请选择“这条规则、这个对象”")
    await create_silence(
        connection, matchers=wanted, ends_at=now + hours * HOUR, comment=_text(given, "comment"), actor=by, now=now
    )
    return f"已静默 {hours} 小时"


ACTS: dict[str, Act] = {
    "acknowledge": _commented(actions.acknowledge, "已签收"),
    "confirm": _commented(actions.confirm_return, "已确认恢复"),
    "comment": _commented(actions.comment, "备注已记下"),
    "shelve": _shelve,
    "unshelve": _commented(actions.unshelve, "已取消搁置"),
    "hand_over": _hand_over,
    "out_of_service": _out,
    "return_to_service": _commented(actions.return_to_service, "已恢复使用"),
    "silence": _silence,
}


def _hours(given: Mapping[str, Any]) -> int:
    try:
        hours = int(str(given.get("hours", "")))
    except ValueError:
        hours = 0
    if not 1 <= hours <= timedelta(days=366) // HOUR:
        raise BadInput("请选择时长")
    return hours


def router(desk: Desk) -> APIRouter:
    """POST /desk/alerts/{id}/{act}: within a session, with its token in a header, from a page of ours."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/desk/alerts/{alert_id}/{name}")
    async def do(request: Request, alert_id: int, name: str) -> JSONResponse:
        act = ACTS.get(name)
        if act is None or not 0 < alert_id < 2**63:
            return said(404, "没有这个操作")

        async def run(connection: Connection, given: Mapping[str, Any], actor: Actor, now: datetime) -> str:
            return await act(connection, alert_id, given, actor, now)

        return await perform(desk, request, run)

    @routes.post("/desk/silences/{silence_id}/end")
    async def end(request: Request, silence_id: int) -> JSONResponse:
        if not 0 < silence_id < 2**63:
            return said(404, "没有这条静默")

        async def run(connection: Connection, given: Mapping[str, Any], actor: Actor, now: datetime) -> str:
            await end_silence(connection, silence_id, actor=actor, now=now, comment=_text(given, "comment"))
            return "静默已结束"

        return await perform(desk, request, run)

    @routes.post("/desk/teams/{team}/handover")
    async def hand_over_shift(request: Request, team: str) -> JSONResponse:
        async def run(connection: Connection, given: Mapping[str, Any], actor: Actor, now: datetime) -> str:
            await write_handover(
                connection,
                team,
                at=now,
                note=_text(given, "note"),
                actor=actor,
                now=now,
                giver=_text(given, "giver") or None,
                taker=_text(given, "taker") or None,
            )
            return "交接班记录已保存"

        return await perform(desk, request, run)

    return routes


async def perform(
    desk: Desk,
    request: Request,
    run: Callable[[Connection, Mapping[str, Any], Actor, datetime], Awaitable[str | Mapping[str, Any]]],
    *,
    is_asking: bool = False,
) -> JSONResponse:
    """Do something for whoever is signed in, in one transaction, and say in words what became of it.

    run: gives the words, or an answer with `text` in it. is_asking: nothing is changed.
    """
    if not same_origin(request.headers, desk.settings.public_url):
        return said(403, "请求不是从值班台页面发出的")
    known = await visit(desk, request)
    if known is None:
        return said(401, "登录已结束，请重新登录")
    if not csrf_fits(request.headers.get(CSRF_HEADER), known.csrf):
        return said(403, "页面已过期，请刷新后再试")
    try:
        given = await _body(request)
        async with acting(desk.database, desk.clock) as connection:
            told = await run(connection, given, known.actor, desk.clock())
    except Forbidden as error:
        return said(403, f"没有办成：{error}")
    except NotFound as error:
        return said(404, str(error))
    except Conflict as error:
        # somebody else was quicker: the page reads anew with the next look
        desk.live.poke()
        return said(409, str(error))
    except BadInput as error:
        return said(422, str(error))
    except WorldFailed:
        return said(503, "没有办成：数据库暂时不可用，请稍后重试")
    if not is_asking:
        desk.live.poke()
    if isinstance(told, str):
        return said(200, told)
    return JSONResponse(dict(told), headers={"Cache-Control": "no-store"})


async def _body(request: Request) -> Mapping[str, Any]:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > _LONGEST_BODY:
            raise BadInput("内容太长")
    try:
        given = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadInput("请求内容无法识别") from error
    if not isinstance(given, dict):
        raise BadInput("请求内容无法识别")
    return given


def said(status: int, words: str) -> JSONResponse:
    """An answer in words."""
    return JSONResponse({"text": words}, status, headers={"Cache-Control": "no-store"})
