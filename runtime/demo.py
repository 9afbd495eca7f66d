"""`plantwatch demo`: the whole system on this machine, a simulated city, and the proof that what came out is true.

The simulated clock moves hour by hour, and only after the platform acknowledged the hour before: an acknowledgement
means stored, so the run gives the same findings on a slow machine and on a fast one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from domain.errors import WorldFailed
from domain.periods import HOUR
from runtime.clock import ClockFile
from runtime.databases import Embedded, embedded_database
from runtime.demo_check import check
from runtime.demo_people import Phones, phones
from runtime.demo_register import register
from runtime.ledgerfile import import_ledger
from runtime.progress import Figures, Screen, family_memory_mb, memory_mb
from runtime.settings import PREFIX, Settings
from runtime.supervisor import Supervisor
from simulators.marker import BUREAU_AUTHOR, Marker, Upload
from simulators.officers import Officers
from simulators.people import CITY, ROOMS
from simulators.publish import Publisher
from simulators.story import Step, Story
from storage import pipeline
from storage.database import Database

SERVICES = ("ingest", "rules", "alerts", "api")

#: Seconds that the stages may take to catch up before the demo gives up.
_PATIENCE_S = 180.0
#: After the story, one simulated hour takes so many seconds.
_LEISURE_S = 2.0
_LOOK_S = 1.0
#: Connections in a row that may fail: over a minute, as long as the supervisor waits for a service that comes back.
_ATTEMPTS = 20
#: Days, from 0, of which the readings in formats of their own are compared one by one: one with faults of the
#: analysers, one of backlog over TCP, one of backlog over MQTT, one of corrections and redelivery.
_COMPARED_DAYS = (5, 13, 19, 24)


class DemoFailed(WorldFailed):
    """The demo did not get through."""


@dataclass(slots=True)
class _Run:
    """What one run needs to hand from part to part."""

    story: Story
    folder: Path
    clock: ClockFile
    database: Database
    publisher: Publisher
    marker: Marker
    officers: Officers
    phones: Phones
    supervisor: Supervisor
    screen: Screen
    figures: Figures
    began: float
    postgres_pid: int
    first_finding_s: float | None = None
    looked: float = 0.0
    publishing_s: float = 0.0
    stops: int = 0


def demo(
    settings: Settings, *, seconds: float | None, report: Path | None, seed: int, data: Path | None, days: int | None
) -> int:
    """Run the demo; returns an exit code. seconds: headless for about so long, then check; None: until Ctrl-C.

    days: tell only so many days of the month.
    """
    began = time.monotonic()
    story = Story(seed=seed, salt=secrets.token_hex(16), days=days)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plantwatch-demo-")))
        clock = ClockFile(folder / "clock", at=story.start)
        stack.callback(clock.close)
        embedded = stack.enter_context(embedded_database(data, clock))
        told = stack.enter_context(phones(folder))
        figures = asyncio.run(_demo(settings, story, clock, folder, embedded, told, began, seconds))
    if report is not None:
        report.write_text(json.dumps(figures, ensure_ascii=False, indent=2, default=str) + "\n", "utf-8")
    if seconds is None:
        return 0
    for name, key in (
        ("missing", "missing_examples"),
        ("unexpected", "unexpected_examples"),
        ("different", "differences"),
    ):
        for line in figures.get(key, []):
            sys.stderr.write(f"{name}: {line}\n")
    sys.stderr.write(f"demo: {'everything equals the simulators truth' if figures['ok'] else 'NOT as it should be'}\n")
    return 0 if figures["ok"] else 1


async def _demo(
    settings: Settings,
    story: Story,
    clock: ClockFile,
    folder: Path,
    embedded: Embedded,
    told: Phones,
    began: float,
    seconds: float | None,
) -> dict[str, Any]:
    stop = asyncio.Event()
    for wish in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wish, stop.set)
    api_port = _port(settings.api_port)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)} | {
        PREFIX + "DATABASE_URL": embedded.url,
        PREFIX + "CLOCK_FILE": str(folder / "clock"),
        PREFIX + "MQTT_PORT": str(_port(settings.mqtt_port)),
        PREFIX + "HJ212_PORT": str(_port(settings.hj212_port or 0)),
        PREFIX + "API_PORT": str(api_port),
        PREFIX + "PUBLIC_URL": f"http://127.0.0.1:{api_port}",
        PREFIX + "INGEST_METRICS_PORT": "0",
        PREFIX + "RULES_METRICS_PORT": "0",
        PREFIX + "ALERTS_METRICS_PORT": "0",
        PREFIX + "POLL_SECONDS": "0.1",
        # between whole hours the clock stops for those who tell people: nothing more may be judged there
        PREFIX + "GRACE_MINUTES": "60",
        PREFIX + "WEBHOOK_URL": told.inbox.url,
        PREFIX + "CHANNELS_FILE": str(told.channels),
        PREFIX + "LOG_LEVEL": "ERROR",
    }
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(embedded.url, name="plantwatch demo", probe=False))
        await _refuse_told(database)
        passwords, of_people = await register(database, story, clock, folder)
        supervisor = await stack.enter_async_context(Supervisor(environ))
        ports: dict[str, int] = {}
        for service in SERVICES:
            ports |= await supervisor.start(service)
        publisher = await stack.enter_async_context(
            Publisher(
                "127.0.0.1",
                ports["mqtt_port"],
                passwords,
                versions=story.mqtt_versions,
                dialects=story.dialects,
                clock=clock,
                hj212=("127.0.0.1", ports["hj212_port"]),
                stations=story.tcp_stations,
                attempts=_ATTEMPTS,
            )
        )
        addresses = _addresses(ports, told, embedded, of_people)
        screen = stack.enter_context(Screen(addresses))
        figures = Figures(clock=clock())
        api = f"http://127.0.0.1:{ports['api_port']}"
        marker, officers = Marker(api, passwords), Officers(api, of_people, story.start)
        run = _Run(
            story, folder, clock, database, publisher, marker, officers, told, supervisor, screen, figures, began,
            embedded.server.pid,
        )  # fmt: skip
        return await _tell(run, stop, seconds)


async def _refuse_told(database: Database) -> None:
    """Two stories in one database are none."""
    async with database.transaction() as connection:
        (totals,) = await pipeline.read(connection, "accounting_totals")
    if totals["received"]:
        raise DemoFailed("this data folder has a story in it already: give the demo a new one, or none")


def _addresses(ports: dict[str, int], told: Phones, embedded: Embedded, of_people: dict[str, str]) -> dict[str, str]:
    api = f"http://127.0.0.1:{ports['api_port']}"
    lead = ROOMS[CITY][2]
    return {
        "duty desk": f"{api}/ (sign in as {lead}, password {of_people[lead]})",
        "API": f"{api}/docs",
        "alerts": f"{api}/v1/alerts",
        "findings": f"{api}/v1/findings?verdict=violation",
        "accounting": f"{api}/v1/accounting",
        "metrics": f"{api}/metrics",
        "MQTT": f"mqtt://127.0.0.1:{ports['mqtt_port']}",
        "HJ 212": f"tcp://127.0.0.1:{ports['hj212_port']}",
        "duty phone": f"http://127.0.0.1:{told.inbox.port}/",
        "database URL": str(embedded.server.data / "database-url"),
    }


def _port(preferred: int) -> int:
    """The preferred port when nobody has it, a free one otherwise."""
    for candidate in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", candidate))
                return int(probe.getsockname()[1])
    raise DemoFailed("there is no free port on the loopback address")


async def _tell(run: _Run, stop: asyncio.Event, seconds: float | None) -> dict[str, Any]:
    """Play the story, check it, and go on at leisure until told to stop."""
    run.figures.phase = "story"
    for step in run.story.steps():
        if stop.is_set():
            return {"ok": False}
        await _play(run, step)
    onward = run.story.continue_normal()
    if seconds is None:
        await _settle(run, delivered=True)
        result = await _result(run)
        run.figures.phase = "story told, " + (
            "all as the simulators know it" if result["ok"] else "NOT as it should be"
        )
        await _go_on(run, onward, stop)
        return result
    while time.monotonic() - run.began < seconds and not stop.is_set():
        run.figures.phase = "normal"
        await _play(run, next(onward))
    await _settle(run, delivered=True)
    return await _result(run)


async def _go_on(run: _Run, onward: Iterator[Step], stop: asyncio.Event) -> None:
    while not stop.is_set():
        await _play(run, next(onward))
        await _settle(run)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LEISURE_S)


async def _play(run: _Run, step: Step) -> None:
    """One simulated hour: move the clock to its end, publish, wait for every acknowledgement."""
    for deed in step.between:
        at = run.story.start + timedelta(minutes=deed.minute)
        await _tell_until(run, at)
        run.clock.move(at)
        await _told(run)
        await asyncio.to_thread(run.officers.act, deed)
        await _told(run)
    await _tell_until(run, step.clock)
    run.clock.move(step.clock)
    started = time.monotonic()
    await run.publisher.publish(step.messages)
    run.publishing_s += time.monotonic() - started
    if step.settle or step.acts or step.duty:
        await _settle(run)
    for act in step.acts:
        if isinstance(act, Upload):
            path = run.folder / act.name
            path.write_text(act.text, "utf-8")
            await import_ledger(run.database, path, run.clock, author=BUREAU_AUTHOR)
        else:
            await asyncio.to_thread(run.marker.act, act)
    if step.acts:
        await _settle(run)
    for deed in step.duty:
        await asyncio.to_thread(run.officers.act, deed)
    if step.duty:
        await _settle(run)
    if time.monotonic() - run.looked >= _LOOK_S:
        await _look(run)


async def _tell_until(run: _Run, end: datetime) -> None:
    """Stop the clock at each instant before the end at which somebody is to be told something."""
    while True:
        async with run.database.transaction() as connection:
            due = await pipeline.dispatch_at(connection)
        if due is None or due >= end:
            return
        if due > run.clock():
            run.clock.move(due)
            run.stops += 1
        await _told(run)


async def _told(run: _Run) -> None:
    """Wait until everybody has been told what is due at the clock."""
    now = run.clock()
    await _wait(run, lambda backlog: backlog.has_told(now))


async def _settle(run: _Run, *, delivered: bool = False) -> None:
    """Wait until everything known at the clock has been judged and decided about; delivered: and sent."""
    now = run.clock()
    await _wait(run, lambda backlog: backlog.is_idle(now) if delivered else backlog.is_decided(now))


async def _wait(run: _Run, is_done: Callable[[pipeline.Backlog], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        async with run.database.transaction() as connection:
            backlog = await pipeline.backlog(connection)
        if is_done(backlog):
            return
        if time.monotonic() > deadline:
            raise DemoFailed(f"the stages did not catch up within {_PATIENCE_S:.0f} s: {backlog}")
        await asyncio.sleep(0.02)


async def _look(run: _Run) -> None:
    """Refresh the figures and the screen."""
    run.looked = time.monotonic()
    figures = run.figures
    async with run.database.transaction() as connection:
        backlog = await pipeline.backlog(connection)
        (totals,) = await pipeline.read(connection, "accounting_totals")
        verdicts = await pipeline.read(connection, "verdict_counts")
        alerts = await pipeline.read(connection, "alert_counts")
    figures.clock = run.clock()
    figures.published = run.publisher.published_values
    for name in ("received", "stored", "duplicates", "corrections", "refused"):
        setattr(figures, name, totals[name])
    figures.findings = {}
    for row in verdicts:
        figures.findings.setdefault(row["rule_id"], {})[row["verdict"]] = row["findings"]
    if figures.findings and run.first_finding_s is None:
        run.first_finding_s = round(time.monotonic() - run.began, 1)
    figures.marks = {"posted": run.marker.posted, "rejected": run.marker.rejected}
    figures.alerts = {row["state"]: row["alerts"] for row in alerts}
    figures.notifications = len(run.phones.inbox.notifications())
    figures.backlog = backlog.dirty_hours + backlog.rule_work + backlog.alert_work + backlog.queued_notifications
    through = backlog.rules_through
    figures.lag_s = None if through is None else max(0.0, (figures.clock - through).total_seconds())
    figures.values_per_s = figures.stored / max(run.publishing_s, 0.001)
    figures.memory_mb = {service: memory_mb(run.supervisor.pid(service)) for service in SERVICES}
    run.screen.show(figures)


async def _result(run: _Run) -> dict[str, Any]:
    """The report: figures, and what differs from the truth."""
    await _look(run)
    figures = run.figures
    truth = run.story.truth(run.clock())
    told = (run.clock() - run.story.start) // (24 * HOUR)
    readings = [run.story.named_readings(day) for day in _COMPARED_DAYS if day < told]
    verdict = await check(
        run.database, truth, run.phones, run.story.start, resent=run.publisher.resent_values, readings=readings
    )
    elapsed = time.monotonic() - run.began
    return {
        "published": run.publisher.published_values,
        "received": figures.received,
        "stored": figures.stored,
        "duplicates": figures.duplicates,
        "corrections": figures.corrections,
        "refused": figures.refused,
        "findings": figures.findings,
        "marks": figures.marks,
        "deeds": dict(run.officers.done),
        "clock_stops": run.stops,
        **verdict,
        "seconds": round(elapsed, 1),
        "first_finding_s": run.first_finding_s,
        "published_messages": run.publisher.published_messages,
        "resent_messages": run.publisher.resent_messages,
        "formats": {
            name: {"messages": messages, "values": run.publisher.values_by_format[name]}
            for name, messages in sorted(run.publisher.messages_by_format.items())
        },
        "values_per_s_publishing": round(figures.stored / max(run.publishing_s, 0.001)),
        "values_per_s_overall": round(figures.stored / max(elapsed, 0.001)),
        "memory_mb": figures.memory_mb
        | {"demo with simulators": memory_mb(os.getpid()), "postgres": family_memory_mb(run.postgres_pid)},
        "restarts": run.supervisor.restarts,
    }
