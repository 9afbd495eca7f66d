"""What an administrator does at the desk, and what people do to their own accounts. By HTTP, as `act`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from alerts.channeltest import try_channel
from api import people
from api.auth import COOKIE, SignInRefused, token_hash
from api.desk.act import perform, said
from api.desk.channelcard import result_text
from api.desk.desk import Desk
from api.desk.given import text
from domain.accounts import LOGIN, Actor
from domain.errors import BadInput
from storage import channeltests
from storage.database import Connection
from storage.roster import load

#: A person waits so long for what became of a test, looking so often.
_PATIENCE_S, _LOOK_S = 8.0, 0.25

Given = Mapping[str, Any]


def _password(given: Given) -> str | None:
    """What was typed twice; None for a password that is to be made."""
    first, second = text(given, "password"), text(given, "again")
    if first != second:
        raise BadInput("两次输入的密码不同")
    return first or None


def _profile(given: Given) -> people.Profile:
    codes = {name: text(given, name) or None for name in ("enterprise", "person", "team")}
    return people.Profile(text(given, "name"), text(given, "role"), **codes)


def router(desk: Desk) -> APIRouter:
    """POST /desk/accounts, /desk/accounts/{login}/..., /desk/channels/{code}/test, /desk/me/..."""
    routes = APIRouter(include_in_schema=False, prefix="/desk")

    def times(now: datetime) -> people.Times:
        return people.Times(now, desk.auth.wall())

    @routes.post("/accounts")
    async def add(request: Request) -> JSONResponse:
        async def run(connection: Connection, given: Given, by: Actor, now: datetime) -> dict[str, str]:
            login = text(given, "login").strip()
            made = await people.create_account(
                connection, login, _profile(given), password=_password(given), actor=by, times=times(now)
            )
            return {"text": f"账号 {login} 已建立"} | ({} if made is None else {"secret": made})

        return await perform(desk, request, run)

    @routes.post("/accounts/{login}")
    async def change(request: Request, login: str) -> JSONResponse:
        async def run(connection: Connection, given: Given, by: Actor, now: datetime) -> str:
            await people.change_account(connection, login, _profile(given), actor=by, times=times(now))
            return f"账号 {login} 已修改"

        return await _of(login, desk, request, run)

    @routes.post("/accounts/{login}/password")
    async def reset(request: Request, login: str) -> JSONResponse:
        async def run(connection: Connection, given: Given, by: Actor, now: datetime) -> dict[str, str]:
            made = await people.reset_password(connection, login, password=_password(given), actor=by, times=times(now))
            return {"text": f"账号 {login} 的密码已重设"} | ({} if made is None else {"secret": made})

        return await _of(login, desk, request, run)

    @routes.post("/accounts/{login}/{name}")
    async def switch(request: Request, login: str, name: str) -> JSONResponse:
        act, words = _SWITCHES.get(name, (None, ""))
        if act is None:
            return said(404, "没有这个操作")

        async def run(connection: Connection, _given: Given, by: Actor, now: datetime) -> str:
            await act(connection, login, actor=by, times=times(now))
            return f"账号 {login} {words}"

        return await _of(login, desk, request, run)

    @routes.post("/channels/{code}/test")
    async def test(request: Request, code: str) -> JSONResponse:
        made: list[int] = []

        async def run(connection: Connection, given: Given, by: Actor, now: datetime) -> str:
            made.extend(await try_channel(connection, code, to=text(given, "to") or None, actor=by, now=now))
            return ""

        answer = await perform(desk, request, run)
        if not made or answer.status_code != 200:
            return answer
        is_sent, words = await _became(desk, made)
        return said(200 if is_sent else 409, words)

    @routes.post("/me/password")
    async def own_password(request: Request) -> JSONResponse:
        async def run(connection: Connection, given: Given, by: Actor, now: datetime) -> str:
            people.own_login(by)
            chosen = _password(given)
            if chosen is None:
                raise BadInput("请填写新密码")
            try:
                await desk.auth.proves(by, text(given, "present"))
            except SignInRefused as error:
                wrong = "现在的密码不正确" if error.retry_after_s is None else str(error)
                raise BadInput(wrong) from error
            kept = token_hash(request.cookies.get(COOKIE, ""))
            await people.change_own_password(connection, chosen, actor=by, times=times(now), token_hash=kept)
            return "密码已修改，其他设备上的登录已经结束"

        return await perform(desk, request, run)

    @routes.post("/me/sign-out")
    async def leave(request: Request) -> JSONResponse:
        async def run(connection: Connection, _given: Given, by: Actor, now: datetime) -> str:
            ended = await people.sign_out_everywhere(connection, actor=by, times=times(now))
            return f"已在 {ended} 处退出"

        return await perform(desk, request, run)

    return routes


_SWITCHES: dict[str, tuple[Callable[..., Awaitable[object]], str]] = {
    "disable": (people.disable_account, "已停用"),
    "enable": (people.enable_account, "已启用"),
    "unlock": (people.unlock_account, "可以马上再试"),
}


async def _of(
    login: str,
    desk: Desk,
    request: Request,
    run: Callable[[Connection, Given, Actor, datetime], Awaitable[str | Mapping[str, Any]]],
) -> JSONResponse:
    if LOGIN.fullmatch(login) is None:
        return said(404, "没有这个账号")
    return await perform(desk, request, run)


async def _became(desk: Desk, made: list[int]) -> tuple[bool, str]:
    """(whether tests have all been taken, what became of them). A person does not wait for longer than they would look
    at a page that stands still."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_S
    while True:
        async with desk.reading() as connection:
            found = await channeltests.newest(connection, ids=made, limit=len(made))
            if loop.time() >= end or all(one.state != "queued" for one in found):
                now = desk.clock()
                roster, _ = await load(connection, now)
                words = "；".join(result_text(one, roster, now) for one in found)
                return all(one.state == "sent" for one in found), words
        await asyncio.sleep(_LOOK_S)
