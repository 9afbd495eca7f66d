"""Who may ask what: operators by bearer token everything, people by their role, an enterprise its own rows.

Credentials are looked for in this order: the Authorization header (Bearer: the operators' token; Basic: a person's or
an enterprise's account), then the desk's session cookie, then nothing, which is enough where no token is set.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.auth import COOKIE, CSRF_HEADER, Auth, SignInRefused, Verifier, csrf_fits, same_origin
from api.errors import FORBIDDEN, TOO_MANY, UNAUTHORIZED, ApiProblem, invalid
from api.settings import ApiSettings
from domain.accounts import ROLE_NAMES, Action, Actor, Role, allowed, least_role
from domain.errors import Forbidden

__all__ = ["Access", "Verifier", "authorize", "operator", "refuse_unknown_parameters"]

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="plantwatch", Basic realm="plantwatch", charset="UTF-8"'}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

#: What whoever has no account of their own is called, unless they say.
TOKEN_NAME, OPEN_NAME = "API 令牌", "本机"


@dataclass(frozen=True, slots=True)
class Access:
    """actor: who asks, and their role."""

    actor: Actor

    @property
    def enterprise(self) -> str | None:
        """The only enterprise whose rows may be read; None for the bureau."""
        return self.actor.enterprise

    def narrow(self, requested: str | None) -> str | None:
        """The enterprise to filter by: the requested one, or one's own when none was. Refuses a foreign one."""
        if self.enterprise is None:
            return requested
        if requested not in (None, self.enterprise):
            raise ApiProblem(FORBIDDEN, "企业账号只能查看本企业的数据")
        return self.enterprise

    def require(self, enterprise: str | None) -> None:
        """Refuse a row that belongs to another enterprise, or to none."""
        if self.enterprise is not None and enterprise != self.enterprise:
            raise ApiProblem(FORBIDDEN, "企业账号只能查看本企业的数据")

    def require_operator(self) -> None:
        """Refuse whoever is not of the bureau."""
        if self.enterprise is not None:
            raise ApiProblem(FORBIDDEN, "企业账号不能使用此接口")

    def require_right(self, action: Action, subject: str) -> None:
        """Refuse whoever's role may not. subject: for the audit log. Raises Forbidden."""
        if not allowed(self.actor.role, action):
            message = f"需要{ROLE_NAMES[least_role(action)]}或以上的权限"
            if self.enterprise is not None:
                message = "企业账号不能使用此接口"
            raise Forbidden(message, action=action, subject=subject, actor=self.actor)

    def signing(self, name: str | None, *, field: str = "actor") -> Actor:
        """Who does it, for the record: the account, whatever the body says; of who has none, the name that was given.
        Refuses a missing name where it is needed."""
        if self.actor.account is not None:
            return self.actor
        if name is None:
            raise invalid(field, None, "必填", location="body")
        return replace(self.actor, name=name.strip())


async def authorize(request: Request) -> Access:
    """Who asks. Refused with 401 when a token is set and nothing right was given, with 403 when another site asks in
    somebody's name, with 429 after too many wrong passwords."""
    settings: ApiSettings = request.app.state.settings
    address = "" if request.client is None else request.client.host
    if request.method not in _SAFE_METHODS and not same_origin(request.headers, settings.public_url):
        # a browser sends cookies and remembered passwords along by itself, and nothing where nothing is asked
        raise ApiProblem(FORBIDDEN, "更改只能从本平台的页面提交")
    header = request.headers.get("authorization")
    if header is not None:
        return Access(await _by_header(request, header, settings, address))
    cookie = request.cookies.get(COOKIE)
    if cookie is not None:
        auth: Auth = request.app.state.auth
        session = await auth.session_of(cookie, address)
        if session is not None:
            given = request.headers.get(CSRF_HEADER)
            if request.method not in _SAFE_METHODS and not csrf_fits(given, session.csrf):
                raise ApiProblem(FORBIDDEN, f"以登录会话提交更改，须带 {CSRF_HEADER} 头；见 GET /v1/session")
            request.state.signed_in = session
            return Access(session.actor)
    if settings.token is None:
        _require_here(request)
        return Access(Actor(OPEN_NAME, Role.ADMIN, address=address))
    raise _unauthorized("需要令牌、账号与密码，或登录")


def _require_here(request: Request) -> None:
    """Without a token the API is open to who sits at the machine: comes from it, and asks for it by its own name.

    A reverse proxy in front of it tells another address; a site that has its name pointed at this machine, so that its
    pages may read what is here (DNS rebinding), names another host.
    """
    client = "" if request.client is None else request.client.host
    try:
        asked = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        asked = ""
    if not (_is_loopback(client) and (asked == "localhost" or _is_loopback(asked))):
        raise _unauthorized("没有设置令牌（PLANTWATCH_API_TOKEN）时，只接受在本机以 localhost 或 127.0.0.1 发来的请求")


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return found.is_loopback or (isinstance(found, IPv6Address) and (found.ipv4_mapped or found).is_loopback)


async def _by_header(request: Request, header: str, settings: ApiSettings, address: str) -> Actor:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "basic":
        auth: Auth = request.app.state.auth
        username, password = _basic(credentials.strip())
        try:
            actor = await auth.basic(username, password, address)
        except SignInRefused as error:
            raise ApiProblem(TOO_MANY, str(error), headers={"Retry-After": str(error.retry_after_s)}) from error
        if actor is None:
            raise _unauthorized("账号（或企业代码）或密码不正确")
        return actor
    if scheme.lower() == "bearer":
        # header values are latin-1 text; the same bytes are compared, in constant time
        given = credentials.strip().encode("latin-1")
        if settings.token is None:
            _require_here(request)
            return Actor(TOKEN_NAME, Role.ADMIN, address=address)
        if hmac.compare_digest(given, settings.token.encode()):
            return Actor(TOKEN_NAME, Role.ADMIN, address=address)
    raise _unauthorized("令牌不正确")


async def operator(access: Annotated[Access, Depends(authorize)]) -> Access:
    """As `authorize`, for operators only."""
    access.require_operator()
    return access


def _basic(credentials: str) -> tuple[str, bytes]:
    try:
        username, separator, password = base64.b64decode(credentials, validate=True).partition(b":")
        if separator:
            return username.decode("utf-8"), password
    except (binascii.Error, ValueError):
        pass
    raise _unauthorized("Basic 凭据无法识别")


def _unauthorized(detail: str) -> ApiProblem:
    return ApiProblem(UNAUTHORIZED, detail, headers=_CHALLENGE)


async def refuse_unknown_parameters(request: Request, _access: Annotated[Access, Depends(authorize)]) -> None:
    """A mistyped filter must not silently answer another question; nor may a parameter be given twice."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = set(_query_parameters(route.dependant))
    for name, value in request.query_params.items():
        if name not in known:
            raise invalid(name, value, f"没有这个参数；可用：{'、'.join(sorted(known)) or '无'}")
        if len(request.query_params.getlist(name)) > 1:
            raise invalid(name, value, "只给一次")


def _query_parameters(dependant: Dependant) -> Iterator[str]:
    """Names of the query parameters of an endpoint and of all it depends on."""
    yield from (str(parameter.alias) for parameter in dependant.query_params)
    for part in dependant.dependencies:
        yield from _query_parameters(part)
