"""The application. Everything it needs is handed in; it opens and closes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from prometheus_client import CollectorRegistry
from pydantic import BaseModel
from starlette.routing import BaseRoute

from api import errors
from api.access import authorize, refuse_unknown_parameters
from api.auth import Auth, Verifier
from api.guard import Guard
from api.openapi import document
from api.reports.fonts import report_font
from api.routers import (
    accounting,
    accounts,
    alarm_health,
    alerts,
    audit,
    channels,
    coverage,
    duties,
    emissions,
    energy,
    enterprises,
    findings,
    gateways,
    ldar,
    ldar_records,
    ldarwork,
    leak_emissions,
    leaks,
    ledger,
    limits,
    marks,
    meter_changes,
    platform,
    points,
    readings,
    rejects,
    reports,
    roster,
    rules,
    scoreboard,
    shiftreport,
    signs,
    silences,
    stations,
    targets,
    users,
)
from api.settings import ApiSettings
from domain.clock import Clock
from storage.database import Database

_NOUNS = (
    enterprises,
    points,
    readings,
    rules,
    signs,
    findings,
    alerts,
    silences,
    channels,
    alarm_health,
    roster,
    shiftreport,
    coverage,
    accounts,
    emissions,
    energy,
    duties,
    ldar,
    ldar_records,
    leak_emissions,
    leaks,
    ldarwork,
    ledger,
    limits,
    marks,
    meter_changes,
    targets,
    scoreboard,
    accounting,
    rejects,
    reports,
    gateways,
    stations,
    audit,
    users,
)


def create_app(
    database: Database,
    *,
    clock: Clock,
    settings: ApiSettings,
    registry: CollectorRegistry,
    verifier: Verifier,
    wall: Clock | None = None,
) -> FastAPI:
    """The API over an open database.

    registry: the process's own metrics, exposed at /metrics beside the platform's state. verifier: checks enterprise
    accounts; any `ingest.delivery.Authenticator` fits. wall: the machine's clock, by which sessions go; as `clock` when
    left out, which is right where no city is simulated.
    """
    app = FastAPI(
        title="Plantwatch",
        version="1",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.database = database
    app.state.clock = clock
    app.state.settings = settings
    app.state.report_font = report_font(
        settings.report_font_file
    )  # a wrong file is told now, not at the end of a shift
    app.state.registry = registry
    app.state.auth = Auth(database, verifier, wall=wall or clock, clock=clock, registry=registry)
    errors.install(app)
    app.add_middleware(Guard)

    app.router.routes.extend(_routes())
    app.mount(platform.ASSETS_PATH, StaticFiles(directory=str(platform.ASSETS)), name="docs-assets")

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app, models=_models(), public_url=settings.public_url)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """What every application answers, made once a process: analysing the signatures of more than a hundred endpoints
    takes a third of a second, and nothing of it depends on the application, whose parts are found in its state."""
    v1 = APIRouter(
        prefix="/v1",
        dependencies=[Depends(authorize), Depends(refuse_unknown_parameters)],
        responses=errors.COMMON_PROBLEMS,
    )
    for noun in _NOUNS:
        v1.include_router(noun.router)
    everything = APIRouter(redirect_slashes=False, generate_unique_id_function=_operation_id)
    for part in (v1, platform.health_router, platform.router):
        everything.include_router(part)
    return tuple(everything.routes)


def _models() -> Iterator[type[BaseModel]]:
    """Every model that the routers define."""
    for noun in (*_NOUNS, platform):
        for value in vars(noun).values():
            if isinstance(value, type) and issubclass(value, BaseModel):
                yield value
