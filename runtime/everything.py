"""`plantwatch all`: every service under one supervisor, on a database of yours or on one of our own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from domain.errors import SettingsError
from runtime.channelfile import channels_known
from runtime.clock import open_clock, system_clock
from runtime.databases import URL_FILE, embedded_database
from runtime.settings import PREFIX, Settings
from runtime.site import apply_site
from runtime.sitefile import load_site
from runtime.supervisor import Supervisor
from storage.database import Database

SERVICES = ("ingest", "rules", "alerts", "api")


def run_everything(settings: Settings, *, embedded: bool, data: Path | None, site: Path | None) -> int:
    """Run until Ctrl-C or SIGTERM. Returns an exit code."""
    if embedded != (settings.database_url is None):
        raise SettingsError(
            "give --embedded or a database URL, one of the two"
            if embedded
            else f"set {PREFIX}DATABASE_URL, or use --embedded"
        )
    with contextlib.ExitStack() as stack:
        if embedded:
            if data is None:
                raise SettingsError("--embedded keeps its data: say where with --data DIR")
            running = stack.enter_context(embedded_database(data, system_clock))
            url = running.url
            sys.stderr.write(f"database    {PREFIX}DATABASE_URL_FILE={running.server.data / URL_FILE}\n")
        else:
            url = settings.require_database_url()
        asyncio.run(_serve(settings, url, site))
    return 0


async def _serve(settings: Settings, url: str, site: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wish in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wish, stop.set)
    if site is not None:
        sys.stderr.write(await apply_and_tell(settings, url, site))
    environ = dict(os.environ)
    environ.pop(PREFIX + "DATABASE_URL_FILE", None)
    environ[PREFIX + "DATABASE_URL"] = url
    async with Supervisor(environ) as supervisor:
        ports: dict[str, int] = {}
        for service in SERVICES:
            ports |= await supervisor.start(service, environ=_sharing(settings) if service == "ingest" else None)
            if service == "ingest":
                await _start_further_ingest(supervisor, settings, ports)
        hj212 = f"HJ 212      {settings.hj212_host}:{ports['hj212_port']}\n" if "hj212_port" in ports else ""
        sys.stderr.write(
            f"MQTT        mqtt://{settings.mqtt_host}:{ports['mqtt_port']}  user name = enterprise code\n{hj212}"
            f"API         http://{settings.api_host}:{ports['api_port']}/docs\n"
            f"Duty desk   http://{settings.api_host}:{ports['api_port']}/  (plantwatch account add)\n"
            "Ctrl-C ends everything.\n"
        )
        await stop.wait()
        sys.stderr.write("stopping ...\n")


async def apply_and_tell(settings: Settings, url: str, site: Path) -> str:
    """Apply a site file; what should be looked at, and how much it changed. Raises SiteError, SettingsError."""
    known = await channels_known(settings)
    async with Database(url) as database:
        difference = await apply_site(database, load_site(site), open_clock(settings.clock_file), channels=known)
    warned = "".join(f"{line}\n" for line in difference.warnings)
    return f"{warned}site        {len(difference.lines)} differences applied from {site}\n"


#: Metrics ports of further ingest processes are so far apart that they miss those of the other services.
_METRICS_STEP = 10


def _sharing(settings: Settings) -> dict[str, str]:
    """What makes an ingest process share its ports with others (SO_REUSEPORT)."""
    return {PREFIX + "MQTT_REUSE_PORT": "true"} if settings.ingest_workers > 1 else {}


async def _start_further_ingest(supervisor: Supervisor, settings: Settings, ports: Mapping[str, int]) -> None:
    doors = {PREFIX + name.upper(): str(ports[name]) for name in ("mqtt_port", "hj212_port") if name in ports}
    for instance in range(2, settings.ingest_workers + 1):
        metrics = settings.ingest_metrics_port + (instance - 1) * _METRICS_STEP if settings.ingest_metrics_port else 0
        own = _sharing(settings) | doors | {PREFIX + "INGEST_METRICS_PORT": str(metrics)}
        await supervisor.start("ingest", instance=instance, environ=own)
