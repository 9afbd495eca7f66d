"""The only place that knows status codes of errors. Every error is application/problem+json with a stable `type`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from domain.errors import BadInput, Conflict, Forbidden, NotFound, StorageUnavailable
from storage.listing.session import timed_out

PROBLEM_JSON = "application/problem+json"
_SHOWN_VALUE_CHARS = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; name and status are part of the public contract."""

    name: str
    status: int
    title: str
    example: str

    @property
    def type(self) -> str:
        return f"urn:plantwatch:problem:{self.name}"


VALIDATION = Kind("validation", 422, "The request does not validate", "1 处不符合要求，见 errors")
BAD_REQUEST = Kind("bad-request", 400, "The request cannot be read", "There was an error parsing the body")
UNAUTHORIZED = Kind("unauthorized", 401, "Credentials are missing or wrong", "需要令牌，或企业代码与密码")
FORBIDDEN = Kind("forbidden", 403, "These credentials do not reach this far", "企业账号只能查看本企业的数据")
NOT_FOUND = Kind("not-found", 404, "There is no such thing", "没有企业 no-such-plant")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "The method is not allowed here", "Method Not Allowed")
TOO_LARGE = Kind("too-large", 413, "The body is too large", "应为不超过 20 MB 的文件")
TOO_SLOW = Kind("too-slow", 408, "The body did not arrive in time", "请求内容没有在 30 秒内收完")
CONFLICT = Kind("conflict", 409, "The present state forbids this", "告警 12 已由 李四 签收")
TOO_MANY = Kind("too-many", 429, "Too many attempts", "尝试过于频繁，请 8 秒后再试")
INTERNAL = Kind("internal", 500, "The platform made a mistake", "平台内部错误，已记入日志")
DATABASE_UNAVAILABLE = Kind("database-unavailable", 503, "The database cannot be used at present", "数据库暂不可用")
QUERY_TIMEOUT = Kind("query-timeout", 503, "The question took too long", "查询超时：请缩小时间范围或增加筛选条件")
NOT_READY = Kind("not-ready", 503, "The platform is not ready", "见 reasons")


class ProblemItem(BaseModel):
    """One item at fault."""

    location: str = Field(serialization_alias="in", description="query, path, body or header")
    name: str
    value: str | None = Field(description="what was given, shortened; null when it is missing or secret")
    expected: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(description="stable; program against this")
    title: str
    status: int
    detail: str
    errors: list[ProblemItem] | None = Field(default=None, description="validation: the items at fault")
    reasons: list[str] | None = Field(default=None, description="not-ready: what is missing")


class ApiProblem(Exception):
    """Raised by endpoints and dependencies; becomes the problem it names."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[ProblemItem] = (),
        reasons: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{kind.name}: {detail}")
        self.kind = kind
        self.detail = detail
        self.errors = list(errors)
        self.reasons = list(reasons)
        self.headers = headers


def invalid(name: str, value: str | None, expected: str, *, location: str = "query") -> ApiProblem:
    """A validation problem with one item at fault."""
    item = ProblemItem(location=location, name=name, value=_shown(value), expected=expected)
    return ApiProblem(VALIDATION, VALIDATION.example, errors=[item])


def example(kind: Kind) -> dict[str, Any]:
    """What a problem of this kind looks like, for the OpenAPI document."""
    body: dict[str, Any] = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": kind.example}
    if kind is VALIDATION:
        body["errors"] = [
            {"in": "query", "name": "from", "value": "2026-11-02T08:00:00", "expected": "带时区的 RFC 3339 时间"}
        ]
    if kind is NOT_READY:
        body["reasons"] = ["schema: migration 0001_create_schema.sql is missing"]
    return body


def problems(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """The `responses=` entries of these kinds."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = responses.setdefault(
            kind.status,
            {
                "description": kind.title,
                "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        entry["content"][PROBLEM_JSON]["examples"][kind.name] = {"value": example(kind)}
    return responses


#: What every endpoint below /v1 may answer.
COMMON_PROBLEMS = problems(UNAUTHORIZED, FORBIDDEN, VALIDATION, TOO_MANY, INTERNAL, DATABASE_UNAVAILABLE, QUERY_TIMEOUT)


def install(app: FastAPI) -> None:
    """Every error of the application becomes a problem."""
    app.add_exception_handler(ApiProblem, _on_api_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(NotFound, _on_not_found)
    app.add_exception_handler(Conflict, _on_conflict)
    app.add_exception_handler(BadInput, _on_bad_input)
    app.add_exception_handler(Forbidden, _on_forbidden)
    app.add_exception_handler(StorageUnavailable, _on_storage)
    app.add_exception_handler(Exception, _on_mistake)


def respond(problem: ApiProblem) -> JSONResponse:
    """The problem as a response."""
    body = Problem(
        type=problem.kind.type,
        title=problem.kind.title,
        status=problem.kind.status,
        detail=problem.detail,
        errors=problem.errors or None,
        reasons=problem.reasons or None,
    )
    return JSONResponse(
        body.model_dump(mode="json", by_alias=True, exclude_none=True) | _nullable_values(problem.errors),
        status_code=problem.kind.status,
        headers=dict(problem.headers or {}),
        media_type=PROBLEM_JSON,
    )


def _nullable_values(errors: Sequence[ProblemItem]) -> dict[str, Any]:
    """The items with their `value`, also where it is null: a missing item says so."""
    return {"errors": [item.model_dump(mode="json", by_alias=True) for item in errors]} if errors else {}


def _shown(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else repr(value)
    # a lone surrogate cannot be sent as UTF-8
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= _SHOWN_VALUE_CHARS else text[:_SHOWN_VALUE_CHARS] + "…"


def _expected(error: Mapping[str, Any]) -> str:
    """What was expected, in the words of a person."""
    context: Mapping[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "必填"
        case "int_parsing" | "int_type" | "int_parsing_size":
            return "整数"
        case "greater_than_equal":
            return f"不小于 {context['ge']}"
        case "greater_than":
            return f"大于 {context['gt']}"
        case "less_than":
            return f"小于 {context['lt']}"
        case "float_parsing" | "float_type" | "finite_number":
            return "数字（不带单位和千分位）"
        case "bool_parsing" | "bool_type":
            return "true 或 false"
        case "list_type":
            return "列表"
        case "dict_type" | "model_attributes_type" | "model_type":
            return "JSON 对象（Content-Type: application/json）"
        case "too_short":
            return f"至少 {context['min_length']} 项"
        case "too_long":
            return f"至多 {context['max_length']} 项"
        case "less_than_equal":
            return f"不大于 {context['le']}"
        case "string_type" | "string_unicode":
            return "文本"
        case "string_too_short":
            return f"至少 {context['min_length']} 个字符"
        case "string_too_long":
            return f"至多 {context['max_length']} 个字符"
        case "string_pattern_mismatch":
            return f"符合 {context['pattern']}"
        case "enum" | "literal_error":
            return f"取值之一：{context['expected']}"
        case "value_error":
            return str(context["error"])
        case "json_invalid":
            return f"合法的 JSON：第 {error['loc'][-1]} 个字符处有误（UTF-8，是否完整？）"
        case "extra_forbidden":
            return "没有这个字段"
    return str(error["msg"])


async def _on_api_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiProblem)
    return respond(error)


async def _on_validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    items = [
        ProblemItem(
            location=str(fault["loc"][0]),
            # of broken JSON the place is where it breaks, and there is no value yet
            name="" if fault["type"] == "json_invalid" else ".".join(str(part) for part in fault["loc"][1:]),
            value=None if fault["type"] in ("missing", "json_invalid") else _shown(fault.get("input")),
            expected=_expected(fault),
        )
        for fault in error.errors()
    ]
    return respond(ApiProblem(VALIDATION, f"{len(items)} 处不符合要求，见 errors", errors=items))


async def _on_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    known = {kind.status: kind for kind in (BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED)}
    kind = known.get(error.status_code) or Kind("http", error.status_code, "The request cannot be answered", "")
    return respond(ApiProblem(kind, str(error.detail), headers=error.headers))


async def _on_not_found(_request: Request, error: Exception) -> JSONResponse:
    return respond(ApiProblem(NOT_FOUND, str(error)))


async def _on_conflict(_request: Request, error: Exception) -> JSONResponse:
    return respond(ApiProblem(CONFLICT, str(error)))


async def _on_bad_input(_request: Request, error: Exception) -> JSONResponse:
    return respond(ApiProblem(VALIDATION, str(error)))


async def _on_forbidden(_request: Request, error: Exception) -> JSONResponse:
    return respond(ApiProblem(FORBIDDEN, str(error)))


async def _on_storage(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StorageUnavailable)
    # the cause names hosts and roles: it belongs into the log, not to the caller
    kind = QUERY_TIMEOUT if timed_out(error) else DATABASE_UNAVAILABLE
    headers = {} if kind is QUERY_TIMEOUT else {"Retry-After": "5"}
    return respond(ApiProblem(kind, kind.example, headers=headers))


async def _on_mistake(_request: Request, _error: Exception) -> JSONResponse:
    # the server's error middleware raises it again afterwards, so the log has the traceback
    return respond(ApiProblem(INTERNAL, INTERNAL.example))
