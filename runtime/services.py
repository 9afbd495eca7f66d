"""The composition root: what each service is made of. One process each; `plantwatch SERVICE` runs one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import random
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from alerts.channels import Channel
from alerts.dispatch.dispatcher import ChannelInfo, DispatchSettings
from alerts.engine import EngineSettings as AlertEngineSettings
from alerts.service import AlertService, AlertsSettings
from api.app import create_app
from api.reports.fonts import report_font
from api.settings import ApiSettings
from domain.clock import Clock
from domain.errors import BadInput, PlantwatchError, SettingsError
from ingest.listener import Limits, PasswordAuthenticator, server_context
from ingest.registry import Registry
from ingest.service import IngestService, IngestSettings
from ingest.writer import WriterLimits
from rules.engine import EngineSettings as RuleEngineSettings
from rules.metrics import RulesMetrics
from rules.pack import load_packs
from rules.service import RulesService, RulesSettings
from runtime.broker import broker_options
from runtime.channelfile import configured_channels
from runtime.clock import open_clock, system_clock
from runtime.housekeeping import KeepingTimes, keep_house
from runtime.httpserver import Server
from runtime.process import open_database, run_until_stopped, serve_metrics
from runtime.rosternotes import stored_notes
from runtime.settings import PREFIX, Settings
from runtime.supervisor import report_ready
from runtime.watch import DiskCollector, watched_paths, watching
from storage.database import Database

logger = logging.getLogger(__name__)


async def run_service(name: str, settings: Settings) -> None:
    """Run one service until it is told to stop. Raises SettingsError for what a person must mend."""
    services: dict[str, Callable[[Settings], Coroutine[Any, Any, None]]] = {
        "ingest": ingest,
        "rules": rules,
        "alerts": alerts,
        "api": api,
    }
    await run_until_stopped(services[name](settings))


def _registry(settings: Settings) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(DiskCollector(watched_paths(settings.watch_paths)))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


@contextlib.asynccontextmanager
async def _open(
    settings: Settings, name: str, registry: CollectorRegistry, *, probe: bool = False
) -> AsyncIterator[Database]:
    """The database, and for as long as it is open the gauges of the machine."""
    async with open_database(settings, name, probe=probe) as database, watching(database, registry, system_clock):
        yield database


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.mqtt_tls_certificate is None or settings.mqtt_tls_key is None:
        return None
    return server_context(
        settings.mqtt_tls_certificate,
        settings.mqtt_tls_key,
        settings.mqtt_tls_client_ca,
        settings.mqtt_client_certificates,
    )


def _limits(settings: Settings) -> Limits:
    """A rate of 0 lifts the byte rate that goes with it too."""
    own, together = settings.mqtt_messages_per_s or None, settings.mqtt_enterprise_messages_per_s or None
    limits = Limits(max_messages_per_s=own, max_messages_per_s_per_enterprise=together)
    return replace(
        limits,
        max_bytes_per_s=limits.max_bytes_per_s if own else None,
        max_bytes_per_s_per_enterprise=limits.max_bytes_per_s_per_enterprise if together else None,
    )


async def ingest(settings: Settings) -> None:
    """The doors (MQTT, HJ 212, a broker), the writer, the roll-up, and the keeping times."""
    # messages come by the ten thousand and hold no cycles; looking for some took a third of the time of small ones
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    clock = open_clock(settings.clock_file)
    registry = _registry(settings)
    async with _open(settings, "ingest", registry, probe=True) as database:
        service = IngestService(
            database,
            clock,
            settings.mqtt_host,
            settings.mqtt_port,
            IngestSettings(
                tls=_tls(settings),
                reuse_port=settings.mqtt_reuse_port,
                listener=_limits(settings),
                hj212_host=settings.hj212_host,
                hj212_port=settings.hj212_port,
                subscriber=broker_options(settings),
                writer=WriterLimits(),
                roll_up_poll_s=min(settings.poll_seconds, 1.0),
            ),
            registry,
        )
        metrics_port = serve_metrics(settings, settings.ingest_metrics_port, registry)

        def started(ports: dict[str, int]) -> None:
            report_ready(os.environ, ports | {"ingest_metrics_port": metrics_port})
            logger.info("ingest listens", extra=ports | {"tls": settings.mqtt_tls_key is not None})

        times = KeepingTimes(settings.retention_days, settings.refusals_retention_days)
        maintenance = asyncio.create_task(keep_house(database, clock, times), name="maintenance")
        try:
            await service.run(started=started)
        except ExceptionGroup as group:
            refused, _ = group.split(OSError)
            if refused is None:
                raise
            doors = f"{settings.mqtt_host}:{settings.mqtt_port}"
            if settings.hj212_port is not None:
                doors += f" or {settings.hj212_host}:{settings.hj212_port}"
            raise _taken(doors, _leaf(refused)) from group
        finally:
            maintenance.cancel()


def _leaf(error: BaseException) -> BaseException:
    """The first plain exception within nested groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _taken(address: str, error: BaseException) -> SettingsError:
    """What a person reads whose port is somebody else's."""
    return SettingsError(f"cannot listen on {address}: {getattr(error, 'strerror', None) or error}")


async def rules(settings: Settings) -> None:
    """The rule engine with the packs of this version."""
    clock = open_clock(settings.clock_file)
    registry = _registry(settings)
    packs = load_packs()
    async with _open(settings, "rules", registry) as database:
        service = RulesService(
            database=database,
            rules=packs,
            clock=clock,
            settings=RulesSettings(
                poll_s=settings.poll_seconds,
                min_pause_s=min(settings.poll_seconds / 10, 0.5),
                engine=RuleEngineSettings(grace=timedelta(minutes=settings.grace_minutes)),
            ),
            metrics=RulesMetrics(registry),
        )
        port = serve_metrics(settings, settings.rules_metrics_port, registry)
        report_ready(os.environ, {"rules_metrics_port": port})
        await service.run()


async def _note_roster(database: Database, clock: Clock, channels: Sequence[Channel]) -> None:
    """Say in the log what should be looked at in the roster; never a reason not to start."""
    try:
        known = [ChannelInfo(channel.code, channel.kind, channel.is_group) for channel in channels]
        for note in await stored_notes(database, clock(), known):
            logger.warning("the roster should be looked at", extra={"note": note})
    except PlantwatchError as error:
        logger.warning("the roster was not looked at", extra={"error": str(error)})


async def alerts(settings: Settings) -> None:
    """The alert stage with the log channel and, when one is set, the webhook."""
    registry = _registry(settings)
    channels = configured_channels(settings)
    clock = open_clock(settings.clock_file)
    async with _open(settings, "alerts", registry) as database:
        await _note_roster(database, clock, channels)
        service = AlertService(
            database,
            channels,
            clock=clock,
            wall=system_clock,
            random=random.Random(),
            registry=registry,
            settings=AlertsSettings(
                poll_s=settings.poll_seconds,
                engine=AlertEngineSettings(public_url=settings.public_url.rstrip("/")),
                dispatch=DispatchSettings(
                    public_url=settings.public_url.rstrip("/"), notify_within_h=settings.notify_within_h
                ),
            ),
        )
        port = serve_metrics(settings, settings.alerts_metrics_port, registry)
        report_ready(os.environ, {"alerts_metrics_port": port})
        await service.run()


async def api(settings: Settings) -> None:
    """The HTTP API, and the duty desk in front of it."""
    # half a second and a server of its own: the other services' processes go without
    from api.desk.app import with_desk

    registry = _registry(settings)
    token = settings.api_token
    try:
        report_font(settings.report_font_file)
    except BadInput as error:
        raise SettingsError(f"{PREFIX}REPORT_FONT_FILE: {error}") from error
    async with _open(settings, "api", registry, probe=True) as database:
        app = create_app(
            database,
            clock=open_clock(settings.clock_file),
            settings=ApiSettings(
                token=None if token is None else token.get_secret_value(),
                public_url=settings.public_url.rstrip("/"),
                grafana_url=None if settings.grafana_url is None else settings.grafana_url.rstrip("/"),
                report_font_file=settings.report_font_file,
            ),
            registry=registry,
            wall=system_clock,
            verifier=PasswordAuthenticator(Registry(database, lambda: asyncio.get_running_loop().time())),
        )
        listening = _listen(settings.api_host, settings.api_port)
        server = Server(with_desk(app), lifespan="on")
        report_ready(os.environ, {"api_port": listening.getsockname()[1]})
        serving = asyncio.create_task(server.serve(sockets=[listening]), name="uvicorn")
        try:
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            await serving


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise _taken(f"{host}:{port}", error) from error
    listening.listen(1024)
    return listening
