"""Health, metrics, the documentation page and the page about the platform."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry
from pydantic import BaseModel, ConfigDict

from api.access import Access, operator
from api.errors import FORBIDDEN, INTERNAL, NOT_READY, UNAUTHORIZED, ApiProblem, problems
from api.metrics import exposition
from api.settings import ApiSettings
from domain.clock import Clock
from domain.errors import StorageUnavailable
from storage.database import Database
from storage.listing.session import begin
from storage.migrate import missing_migrations

router = APIRouter()
health_router = APIRouter(prefix="/health", tags=["platform"])

#: Swagger UI ships in a wheel: plants' intranets have no CDN.
ASSETS = files("fastapi_offline").joinpath("static")
ASSETS_PATH = "/docs-assets"

_METRICS_EXAMPLE = 'plantwatch_accounting_items{enterprise="hx-coking",outcome="stored"} 20150.0\n'


class Live(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "live"}]})

    status: Literal["live"] = "live"


class Ready(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ready"}]})

    status: Literal["ready"] = "ready"


@health_router.get("/live", summary="Whether the process answers")
async def live() -> Live:
    return Live()


@health_router.get("/ready", summary="Whether database and schema are usable", responses=problems(NOT_READY))
async def ready(request: Request) -> Ready:
    database: Database = request.app.state.database
    settings: ApiSettings = request.app.state.settings
    try:
        async with asyncio.timeout(settings.ready_timeout_s), database.transaction() as connection:
            await begin(connection, read_only=True, timeout_s=settings.ready_timeout_s)
            missing = await missing_migrations(connection)
    except (TimeoutError, StorageUnavailable) as error:
        raise ApiProblem(NOT_READY, NOT_READY.example, reasons=["database: 数据库暂不可用"]) from error
    if missing:
        reasons = [f"schema: migration {name} is missing" for name in missing]
        raise ApiProblem(NOT_READY, NOT_READY.example, reasons=reasons)
    return Ready()


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    tags=["platform"],
    response_class=Response,
    responses=problems(UNAUTHORIZED, FORBIDDEN, INTERNAL)
    | {
        200: {
            "description": "Prometheus text format",
            "content": {"text/plain": {"schema": {"type": "string"}, "example": _METRICS_EXAMPLE}},
        }
    },
)
async def metrics(request: Request, _access: Annotated[Access, Depends(operator)]) -> Response:
    database: Database = request.app.state.database
    settings: ApiSettings = request.app.state.settings
    clock: Clock = request.app.state.clock
    registry: CollectorRegistry = request.app.state.registry
    text = await exposition(registry, database, now=clock(), timeout_s=settings.statement_timeout_s)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


@router.get("/docs", include_in_schema=False)
async def docs() -> HTMLResponse:
    """Addresses are relative, so that a prefix of a proxy does no harm."""
    assets = ASSETS_PATH.removeprefix("/")
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title="Plantwatch API",
        swagger_js_url=f"{assets}/swagger-ui-bundle.js",
        swagger_css_url=f"{assets}/swagger-ui.css",
        swagger_favicon_url=f"{assets}/favicon.png",
    )


@router.get("/about", include_in_schema=False)
async def about() -> HTMLResponse:
    """What there is beside the duty desk, which has `/`."""
    page = files("api").joinpath("pages", "about.html")
    return HTMLResponse(page.read_text("utf-8"))
