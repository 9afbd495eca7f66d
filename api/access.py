"""Who may ask what: operators by bearer token everything, an enterprise by its own account its own rows, read only."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.errors import FORBIDDEN, UNAUTHORIZED, ApiProblem, invalid
from api.settings import ApiSettings

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="plantwatch", Basic realm="plantwatch", charset="UTF-8"'}


class Verifier(Protocol):
    """Checks an enterprise's account: the one it uses for MQTT."""

    async def authenticate(self, username: str | None, password: bytes | None) -> str | None:
        """The enterprise code, or None when name and password do not belong together."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """enterprise: the only enterprise whose rows may be read; None for operators, who may everything."""

    enterprise: str | None

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
        """Refuse whoever is not an operator."""
        if self.enterprise is not None:
            raise ApiProblem(FORBIDDEN, "企业账号不能使用此接口")


async def authorize(request: Request) -> Access:
    """Who asks. Refused with 401 when a token is set and nothing right was given."""
    settings: ApiSettings = request.app.state.settings
    header = request.headers.get("authorization")
    if header is None:
        if settings.token is None:
            return Access(None)
        raise _unauthorized("需要令牌，或企业代码与密码")
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "basic":
        verifier: Verifier = request.app.state.verifier
        username, password = _basic(credentials.strip())
        enterprise = await verifier.authenticate(username, password)
        if enterprise is None:
            raise _unauthorized("企业代码或密码不正确")
        return Access(enterprise)
    if scheme.lower() == "bearer":
        # header values are latin-1 text; the same bytes are compared, in constant time
        given = credentials.strip().encode("latin-1")
        if settings.token is None or hmac.compare_digest(given, settings.token.encode()):
            return Access(None)
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
