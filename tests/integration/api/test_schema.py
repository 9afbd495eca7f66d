"""Generated requests, right and wrong ones: never a 5xx, and every answer is as the OpenAPI document says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from prometheus_client import CollectorRegistry
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.settings import ApiSettings
from storage.database import Database
from tests.integration.api.conftest import NOW, REGISTERS, Accounts, insert_alert, insert_finding, listening

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8  # per endpoint and mode


@dataclass(slots=True)
class Served:
    """An application served by a loop of its own, because generated requests are sent synchronously."""

    url: str
    document: dict[str, Any]


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    found: list[Served] = []
    failures: list[BaseException] = []
    ready = threading.Event()
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        async with Database(database_url) as database:
            async with database.transaction() as connection:
                await connection.execute(REGISTERS)
                await insert_alert(connection, await insert_finding(connection))
            app = create_app(
                database,
                clock=lambda: NOW,
                settings=ApiSettings(),
                registry=CollectorRegistry(),
                verifier=Accounts(),
            )
            server = uvicorn.Server(uvicorn.Config(app, log_config=None))
            servers.append(server)
            door, url = listening()
            found.append(Served(url, app.openapi()))
            ready.set()
            await server.serve(sockets=[door])

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        assert found, failures
        yield found[0]
    finally:
        for server in servers:
            server.should_exit = True
        thread.join()


def test_generated_requests_get_answers_as_documented(served: Served) -> None:
    schema = schemathesis.openapi.from_dict(served.document)
    tried: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            has_input = operation.path_parameters or operation.query or operation.body
            if mode is GenerationMode.NEGATIVE and not has_input:
                continue

            @settings(
                max_examples=EXAMPLES,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def check(case: Any) -> None:
                case.call_and_validate(base_url=served.url, checks=CHECKS)
                tried.append(case.operation.label)

            check()
    assert len(set(tried)) == sum(len(operations) for operations in served.document["paths"].values())
