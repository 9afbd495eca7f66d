"""The OpenAPI document: what FastAPI finds out by itself, plus problems, security and an example of every answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.auth import COOKIE
from api.errors import Problem

_DESCRIPTION = """\
Instants are RFC 3339 with an offset and come back in UTC with `Z`; `from`/`to` are half-open. Fields named `day`,
`month` or ending in `_day`, and service dates, are local (Asia/Shanghai) calendar dates. Lists come in pages: give
`next_cursor` back as `cursor` and change nothing else. Errors are `application/problem+json` with a stable `type`.

Operators' programs use `Authorization: Bearer`. People use HTTP Basic with login and password, or the desk's session
cookie, which needs the header `x-csrf-token` (see `GET /v1/session`) for whatever changes something. Their role says
what they may do: `viewer` reads, `duty` acts on alerts and writes records, `lead` also silences, takes out of service
and decides on limits and rules, `admin` also reads the audit log,
keeps the accounts and tries the channels.

An enterprise uses HTTP Basic with its code and its MQTT password and reads its own points, readings, hourly rows,
limits, marks, ledger, duties, findings, alerts, emissions, energy, reports, accounting, rejects, gateways, stations and
quirks, its coverage gaps and replaced meters, and what there is of its leak detection and repair; of what acts, it may
mark its own outlets, withdraw its marks, report figures of its own to the ledger, replaced meters and records of its
own leak detection, and record its duties with what proves them.
"""

_SCHEMES: dict[str, Any] = {
    "operator": {"type": "http", "scheme": "bearer", "description": "operators' programs: everything"},
    "person": {"type": "http", "scheme": "basic", "description": "a person: what their role may"},
    "desk": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "a person signed in at the desk"},
    "enterprise": {"type": "http", "scheme": "basic", "description": "an enterprise: its own rows; reads, and marks"},
}
_STAFF: list[dict[str, list[str]]] = [{"operator": []}, {"person": []}, {"desk": []}]
#: First path segments below /v1 that an enterprise's own account reaches.
SELF_SERVICE = frozenset(
    {
        "points",
        "readings",
        "hourly",
        "limits",
        "marks",
        "ledger",
        "duties",
        "findings",
        "alerts",
        "emissions",
        "energy",
        "reports",
        "accounting",
        "accounts",
        "rejects",
        "gateways",
        "stations",
        "quirks",
        "session",
        "leaks",
        "meter-changes",
    }
)
#: Besides, what it reaches of nouns that are for operators.
SELF_SERVICE_PATHS = frozenset(
    {
        "/v1/coverage/gaps",
        "/v1/ldar",
        *(
            f"/v1/ldar/{noun}"
            for noun in (
                "tests",
                "leaks",
                "repairs",
                "delays",
                "events",
                "calibrations",
                "instruments",
                "testers",
                "emissions",
                "campaigns",
                "forecast",
                "worklist",
                "worklist.xlsx",
                "worklist.csv",
            )
        ),
    }
)
#: Of nouns that it reaches, what is for operators.
_OPERATORS_PATHS = frozenset({"/v1/reports/metering"})
#: What an enterprise's own account may do.
SELF_ACTING = frozenset(
    {
        "/v1/marks",
        "/v1/meter-changes",
        "/v1/ledger",
        "/v1/marks/{mark_id}/withdraw",
        "/v1/ldar/records",
        "/v1/duties/records",
        "/v1/duties/records/{record_id}/withdraw",
        "/v1/duties/records/{record_id}/attachments",
    }
)


def document(app: FastAPI, *, models: Iterable[type[BaseModel]], public_url: str | None) -> dict[str, Any]:
    """The whole document. models: those of the answers and bodies, with their examples."""
    spec = get_openapi(
        title=app.title,
        version=app.version,
        description=_DESCRIPTION,
        routes=app.routes,
        servers=[{"url": public_url}] if public_url else None,
    )
    schemas = spec.setdefault("components", {}).setdefault("schemas", {})
    for model in models:
        extra = model.model_config.get("json_schema_extra")
        # FastAPI drops nulls on its way, and with them required fields of the examples
        if isinstance(extra, dict) and model.__name__ in schemas:
            schemas[model.__name__]["examples"] = extra["examples"]
    problem = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    spec["components"]["securitySchemes"] = _SCHEMES
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            _secure(path, method, operation)
            for response in operation["responses"].values():
                _exemplify(response, schemas)
    return spec


def _secure(path: str, method: str, operation: dict[str, Any]) -> None:
    segments = path.strip("/").split("/")
    if segments[0] == "metrics":
        operation["security"] = _STAFF
    elif segments[0] == "v1":
        reads = (segments[1] in SELF_SERVICE or path in SELF_SERVICE_PATHS) and path not in _OPERATORS_PATHS
        own = reads if method == "get" else path in SELF_ACTING
        operation["security"] = [*_STAFF, *([{"enterprise": []}] if own else [])]


def _exemplify(response: dict[str, Any], schemas: dict[str, Any]) -> None:
    """An example beside each JSON answer, taken from the examples of its model."""
    media = response.get("content", {}).get("application/json")
    if media is None or "$ref" not in media.get("schema", {}):
        return
    media["example"] = _example(schemas[media["schema"]["$ref"].rpartition("/")[2]], schemas)


def _example(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    if "examples" in schema:
        return schema["examples"][0]
    # a plain page: one item of its kind
    item = schemas[schema["properties"]["items"]["items"]["$ref"].rpartition("/")[2]]
    return {"items": [_example(item, schemas)], "next_cursor": None}
