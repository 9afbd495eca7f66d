"""Coming in and going out: plain forms, which work before any script has loaded."""

from __future__ import annotations

import secrets
from html import escape
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.auth import (
    COOKIE,
    DEVICE_COOKIE,
    SignInRefused,
    clear_cookie,
    csrf_fits,
    needs_tls,
    same_origin,
    set_cookie,
    set_device_cookie,
)
from api.desk.desk import Desk
from api.desk.session import visit
from api.desk.sounds import sound

#: Proves that the form was made by us for this browser: the same number in the form and in a cookie.
_FORM_COOKIE = "plantwatch_sign_in"

_PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>登录 · 值班台</title>
<link rel="icon" href="/desk/assets/bell.svg">
<link rel="stylesheet" href="/desk/assets/desk.css">
<style>
.sign { max-width: 340px; margin: 12vh auto 0; } .sign .dk-card { padding: 22px 24px; }
.sign label { display: block; margin-bottom: 12px; } .sign input { display: block; width: 100%; padding: 8px !important;
font-size: 16px !important; } .sign .dk-button { width: 100%; padding: 9px; font-size: 16px; }
.sign h1 { font-size: 20px; margin: 0 0 14px; } .sign p { margin: 0 0 12px; }
</style>
</head>
<body>
<main class="dk-page sign"><div class="dk-card">
<h1>值班台</h1>
NOTE
<form method="post" action="/sign-in">
<input type="hidden" name="form" value="FORM"><input type="hidden" name="next" value="NEXT">
<label>登录名<input type="text" name="login" value="LOGIN" autocomplete="username" maxlength="64" required
  autofocus></label>
<label>密码<input type="password" name="password" autocomplete="current-password" maxlength="200" required></label>
<button class="dk-button dk-confirm" type="submit">登录</button>
</form></div>
<p style="text-align:center"><a href="/about">关于本平台 · 接口</a></p>
</main>
<script>
// a link from another program comes without the cookie; asked from here, it is sent
if (!new URLSearchParams(location.search).has("ended")) {
  fetch("/desk/session", {credentials: "same-origin"}).then((answer) => {
    if (answer.ok) location.replace(document.querySelector("[name=next]").value);
  }).catch(() => {});
}
</script>
</body>
</html>"""


def inner(path: str | None) -> str:
    """Where to go after coming in: a page of ours, never another site."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return "/"
    return "/" if path.startswith(("/sign-", "/desk/")) else path


def to_sign_in(request: Request) -> RedirectResponse:
    """Sends somebody who is not signed in to the form, and back afterwards."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse("/sign-in?" + urlencode({"next": inner(request.url.path + query)}), 303)


def page(*, next_path: str, form: str, login: str = "", note: str = "") -> str:
    """The form. note: what went wrong."""
    text = f'<p class="dk-trouble" role="alert">{escape(note)}</p>' if note else ""
    values = {"NOTE": text, "FORM": escape(form), "NEXT": escape(next_path), "LOGIN": escape(login)}
    before, after = _PAGE.split("NOTE")
    for name in ("FORM", "NEXT", "LOGIN"):
        after = after.replace(f'value="{name}"', f'value="{values[name]}"', 1)
    return before + text + after


def router(desk: Desk) -> APIRouter:
    """The forms' routes, the question whether somebody is signed in, and the sounds."""
    routes = APIRouter(include_in_schema=False)
    is_secure = needs_tls(desk.settings.public_url)

    def shown(request: Request, *, status: int = 200, login: str = "", note: str = "", next_path: str) -> Response:
        form = request.cookies.get(_FORM_COOKIE) or secrets.token_urlsafe(24)
        answer = HTMLResponse(page(next_path=next_path, form=form, login=login, note=note), status)
        answer.headers["Cache-Control"] = "no-store"
        answer.set_cookie(_FORM_COOKIE, form, httponly=True, samesite="strict", secure=is_secure, path="/sign-in")
        return answer

    @routes.get("/sign-in")
    async def form(request: Request) -> Response:
        note = "登录已结束，请重新登录。" if "ended" in request.query_params else ""
        return shown(request, note=note, next_path=inner(request.query_params.get("next")))

    @routes.post("/sign-in")
    async def come_in(request: Request) -> Response:
        sent = await request.form(max_files=0, max_fields=10)
        texts = {name: value for name, value in sent.items() if isinstance(value, str)}
        login, next_path = texts.get("login", "").strip()[:64], inner(texts.get("next"))
        expected = request.cookies.get(_FORM_COOKIE, "")
        is_ours = same_origin(request.headers, desk.settings.public_url) and bool(expected)
        if not is_ours or not csrf_fits(texts.get("form"), expected):
            note = "表单已过期，请再登录一次。"
            return shown(request, status=403, login=login, note=note, next_path=next_path)
        address = request.client.host if request.client is not None else ""
        try:
            before = request.cookies.get(COOKIE)
            device = request.cookies.get(DEVICE_COOKIE) or secrets.token_urlsafe(32)
            password = texts.get("password", "")
            token = await desk.auth.sign_in(login, password, address, replaces=before, device=device)
        except SignInRefused as error:
            status = 401 if error.retry_after_s is None else 429
            return shown(request, status=status, login=login, note=str(error), next_path=next_path)
        answer = RedirectResponse(next_path, 303)
        set_cookie(answer, token, public_url=desk.settings.public_url)
        set_device_cookie(answer, device, public_url=desk.settings.public_url)
        answer.delete_cookie(_FORM_COOKIE, path="/sign-in")
        return answer

    @routes.post("/sign-out")
    async def go(request: Request) -> Response:
        sent = await request.form(max_files=0, max_fields=5)
        found = await visit(desk, request)
        if found is not None:
            given = sent.get("csrf")
            if not csrf_fits(given if isinstance(given, str) else None, found.csrf):
                return RedirectResponse("/", 303)
            await desk.auth.sign_out(found.token, found.actor.address)
            desk.live.poke()
        answer = RedirectResponse("/sign-in", 303)
        clear_cookie(answer, public_url=desk.settings.public_url)
        return answer

    @routes.get("/desk/session")
    async def session(request: Request) -> Response:
        """204 within a session, 401 without one: what a page asks whose line was lost."""
        return Response(status_code=204 if await visit(desk, request) is not None else 401)

    @routes.get("/desk/sounds/{name}.wav")
    async def tone(name: str) -> Response:
        made = sound(name)
        if made is None:
            return Response(status_code=404)
        return Response(made, media_type="audio/wav", headers={"Cache-Control": "public, max-age=86400"})

    return routes
