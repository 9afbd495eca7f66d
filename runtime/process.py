"""What every service process does around its work: signals, the lifeline, the schema check, the metrics door."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server

from domain.errors import SettingsError
from runtime.settings import Settings
from runtime.supervisor import lifeline_cut
from storage.database import Database
from storage.migrate import missing_migrations

logger = logging.getLogger(__name__)


async def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run until the work ends, SIGTERM or SIGINT arrives, or the supervisor is gone; then let the work wind up.

    An error of the work is raised; being asked to stop is not an error.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for wish in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wish, stop.set)
    worker = asyncio.create_task(work, name="work")
    watchers = [
        asyncio.create_task(stop.wait(), name="signals"),
        asyncio.create_task(lifeline_cut(os.environ), name="lifeline"),
    ]
    await asyncio.wait([worker, *watchers], return_when=asyncio.FIRST_COMPLETED)
    for task in (worker, *watchers):
        task.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)
    with contextlib.suppress(asyncio.CancelledError):
        await worker


@contextlib.asynccontextmanager
async def open_database(settings: Settings, name: str, *, probe: bool = False) -> AsyncIterator[Database]:
    """The database of the settings, refused when its schema is older than this version."""
    async with Database(settings.require_database_url(), name=f"plantwatch {name}", probe=probe) as database:
        async with database.transaction() as connection:
            missing = await missing_migrations(connection)
        if missing:
            raise SettingsError(f"the database lacks {', '.join(missing)}: run `plantwatch migrate` first")
        yield database


def serve_metrics(settings: Settings, port: int, registry: CollectorRegistry) -> int:
    """Serve /metrics on a thread of its own; returns the port."""
    try:
        server, _ = start_http_server(port, addr=settings.metrics_host, registry=registry)
    except OSError as error:
        raise SettingsError(f"metrics cannot listen on {settings.metrics_host}:{port}: {error.strerror}") from error
    return int(server.server_port)
