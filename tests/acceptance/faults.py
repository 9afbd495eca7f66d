"""Faults under load: what is promised to publishers against what the store holds afterwards.

Two ingest processes share their ports; publishers send over MQTT, HJ 212 and a Mosquitto, in the disorder of TSBS's IoT
case (messages out of order 5 %, entries out of order 30 %, entries missing 10 %) and with deliberate redeliveries.
Meanwhile processes are killed, PostgreSQL is crashed, the broker is restarted and connections are cut. Publishers
write down only what was acknowledged.

    python -m tests.acceptance.faults --faults 200
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from ingest.passwords import hash_password
from runtime.embedded import Server, postgres
from runtime.site import apply_site
from runtime.sitefile import load_site
from storage.credentials import set_password_hash
from storage.database import Database, create_database
from storage.migrate import migrate
from storage.stations import set_station_password
from tests.acceptance.fault_publishers import Broker, Ledger, Logger, Plant, Relay
from tests.acceptance.platform import eventually, free_port

ROOT = Path(__file__).parents[2]
FIRST_AT = datetime(2026, 10, 1, tzinfo=UTC)
PASSWORD, STATION_PASSWORD = "fault-password", "123456"
PLANTS = ("plant-1", "plant-2", "plant-3")
BROKER_PLANT, LOGGER_PLANT, MN = "plant-4", "plant-5", "010000A8900016F000169DC0"
POINTS = 20


def site_text() -> str:
    """Five plants with some points each; the last one has an HJ 212 station."""
    lines = ['[city]\ncode="c"\nname="c"\n[[district]]\ncode="d"\nname="d"\n']
    for code in (*PLANTS, BROKER_PLANT, LOGGER_PLANT):
        lines.append(
            f'[[enterprise]]\ncode="{code}"\nname="{code}"\ndistrict="d"\nindustry="i"\nis_industrial=true\n'
            "registered_from=2026-01-01\n"
        )
        for number in range(POINTS):
            lines.append(
                f'[[point]]\nenterprise="{code}"\ncode="P-{number}"\nname="p"\nkind="instantaneous"\nquantity="q"\n'
                'unit="mg/m3"\ninterval_s=60\nin_service_from=2026-01-01\n'
            )
    lines.append(
        f'[[station]]\nenterprise="{LOGGER_PLANT}"\nmn="{MN}"\nname="s"\ngateway="logger"\nedition="2017"\n'
        "in_service_from=2026-01-01\n"
    )
    for number in range(POINTS):
        lines.append(
            f'[[tag]]\nenterprise="{LOGGER_PLANT}"\nprotocol="hj212"\ndevice="{MN}"\n'
            f'name="2011/a{21000 + number}-Rtd"\npoint="P-{number}"\nunit="mg/m3"\n'
        )
    return "".join(lines)


class Postgres:
    """An embedded server that can be crashed and comes back on the same data; reached through a relay."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._stack = ExitStack()
        self.server: Server = self._stack.enter_context(postgres(data))

    def crash(self) -> None:
        """`pg_ctl stop -m immediate`, then start again."""
        os.kill(self.server.pid, signal.SIGQUIT)
        self._stack.close()
        self._stack = ExitStack()
        self.server = self._stack.enter_context(postgres(self._data))

    def close(self) -> None:
        self._stack.close()


class Mosquitto:
    """A broker with persistence; a restart is a graceful one, since a killed broker loses what it acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {folder}/\nmax_inflight_messages 0\nmax_queued_messages 0\n"
            + ("user root\n" if os.geteuid() == 0 else "")
        )
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["mosquitto", "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def restart(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._process = self._start()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)


class Worker:
    """One ingest process, started again whenever it ends until it is told to stop."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        self._environ = environ
        self.log = log
        self._log = log.open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "runtime.cli", "ingest"], cwd=ROOT, env=self._environ, stderr=self._log
        )

    async def keep(self) -> None:
        """Start it again when it is gone; cancelled, it ends it gracefully."""
        while True:
            await asyncio.to_thread(self.process.wait)
            self.process = self._start()

    def kill(self) -> None:
        self.process.kill()

    def _listens(self) -> bool:
        """Whether it would hear that it is to end; one that has only just been started would die of it. True where
        it has ended."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except FileNotFoundError:
            return True
        caught = int(status.partition("SigCgt:")[2].split()[0], 16) if "SigCgt:" in status else 0
        return self.process.poll() is not None or bool(caught >> (signal.SIGTERM - 1) & 1)

    def stop(self) -> int:
        eventually(self._listens, 60)
        self.process.terminate()
        code = self.process.wait(60)
        self._log.close()
        return code


@dataclass(slots=True)
class Report:
    """What a run found."""

    faults: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    figures: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard."""

    faults: int
    seed: int = 1
    pause_s: tuple[float, float] = (0.5, 2.5)
    """Between two faults."""
    messages: int | None = None
    """Per publisher; None publishes until the faults are over."""


async def run(plan: Plan, folder: Path) -> Report:
    """Set everything up, publish under faults, let everything settle, compare."""
    report = Report()
    chance = random.Random(plan.seed)
    began = time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        database = Postgres(folder / "pg")
        stack.callback(database.close)
        create_database(database.server.url, "faults")
        migrate(database.server.database_url("faults"), now=lambda: datetime.now(UTC))
        await _register(database.server.database_url("faults"), folder)

        postgres_relay = await stack.enter_async_context(Relay(lambda: database.server.port))
        url = database.server.database_url("faults").replace(f":{database.server.port}/", f":{postgres_relay.port}/")
        mosquitto = None
        if shutil.which("mosquitto"):
            mosquitto = Mosquitto(folder)
            stack.callback(mosquitto.close)
        mqtt_port, hj212_port = free_port(), free_port()
        environ = os.environ | {
            "PLANTWATCH_DATABASE_URL": url,
            "PLANTWATCH_MQTT_PORT": str(mqtt_port),
            "PLANTWATCH_MQTT_REUSE_PORT": "true",
            "PLANTWATCH_HJ212_PORT": str(hj212_port),
            "PLANTWATCH_INGEST_METRICS_PORT": "0",
            "PLANTWATCH_LOG_LEVEL": "WARNING",
        }
        if mosquitto is not None:
            broker_relay = await stack.enter_async_context(Relay(lambda port=mosquitto.port: port))  # type: ignore[misc]
            environ["PLANTWATCH_BROKER_URL"] = f"mqtt://127.0.0.1:{broker_relay.port}"
        workers = [Worker(environ, folder / f"worker-{number}.log") for number in (1, 2)]
        keepers = [asyncio.create_task(worker.keep()) for worker in workers]

        mqtt_relay = await stack.enter_async_context(Relay(lambda: mqtt_port))
        hj212_relay = await stack.enter_async_context(Relay(lambda: hj212_port))
        publishers: list[Plant | Broker | Logger] = [
            Plant(code, mqtt_relay.port, code, PASSWORD, random.Random(f"{plan.seed} {code}")) for code in PLANTS
        ]
        publishers.append(Logger(LOGGER_PLANT, hj212_relay.port, MN, STATION_PASSWORD, random.Random(plan.seed)))
        relays = [postgres_relay, mqtt_relay, hj212_relay]
        if mosquitto is not None:
            publishers.append(Broker(BROKER_PLANT, mosquitto.port, random.Random(plan.seed + 1)))
            relays.append(broker_relay)
        stop = asyncio.Event()
        loads = [asyncio.create_task(publisher.run(stop)) for publisher in publishers]
        await _first_acknowledgements(publishers, loads)

        async def kill_worker() -> None:
            chance.choice(workers).kill()

        async def crash_postgres() -> None:
            await asyncio.to_thread(database.crash)

        async def cut() -> None:
            chance.choice(relays).cut()

        async def restart_broker() -> None:
            if mosquitto is not None:
                await asyncio.to_thread(mosquitto.restart)

        kinds: list[tuple[str, Callable[[], Any], int]] = [
            ("worker killed", kill_worker, 5), ("postgres crashed", crash_postgres, 2), ("connections cut", cut, 3),
        ]  # fmt: skip
        if mosquitto is not None:
            kinds.append(("broker restarted", restart_broker, 1))
        names = [name for name, _, _ in kinds]
        # every kind at least once, whatever the dice say
        order = names + chance.choices(names, [weight for _, _, weight in kinds], k=max(0, plan.faults - len(names)))
        chance.shuffle(order)
        actions = {name: action for name, action, _ in kinds}
        for name in order[: plan.faults]:
            await asyncio.sleep(chance.uniform(*plan.pause_s))
            await actions[name]()
            report.faults[name] = report.faults.get(name, 0) + 1
        stop.set()
        await asyncio.wait_for(asyncio.gather(*loads), 180)
        await _settled(database.server.database_url("faults"), [publisher.ledger for publisher in publishers])
        for keeper in keepers:
            keeper.cancel()
        for worker in workers:
            if (code := await asyncio.to_thread(worker.stop)) != 0:
                tail = worker.log.read_text(errors="replace").splitlines()[-12:]
                report.problems.append(f"a worker did not end gracefully: exit code {code}, " + " | ".join(tail))
        with psycopg.connect(database.server.database_url("faults")) as connection:
            compare(connection, [publisher.ledger for publisher in publishers], report)
    report.seconds = round(time.monotonic() - began, 1)
    return report


async def _register(url: str, folder: Path) -> None:
    (folder / "site.toml").write_text(site_text())
    now = datetime.now(UTC)
    async with Database(url) as database:
        await apply_site(database, load_site(folder / "site.toml"), lambda: now)
        async with database.transaction() as connection:
            for code in (*PLANTS, BROKER_PLANT, LOGGER_PLANT):
                await set_password_hash(connection, code, hash_password(PASSWORD), now)
            await set_station_password(connection, MN, hash_password(STATION_PASSWORD), now)


async def _first_acknowledgements(publishers: list[Plant | Broker | Logger], loads: list[asyncio.Task[None]]) -> None:
    """Return once every publisher was acknowledged something: faults before the load prove nothing."""
    async with asyncio.timeout(60):
        while not all(publisher.ledger.acknowledged for publisher in publishers):
            for load in loads:
                if load.done():
                    load.result()
            await asyncio.sleep(0.05)


async def _settled(url: str, ledgers: list[Ledger]) -> None:
    """Return once the broker's queue is stored and every hour is rolled up; gives up after a while and lets the
    comparison tell."""
    deadline = time.monotonic() + 120
    wanted = sum(len(ledger.acknowledged) for ledger in ledgers)
    while time.monotonic() < deadline:
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "select (select count(*) from reading), (select count(*) from dirty_hour)"
            ).fetchone()
        assert row is not None
        if row[0] >= wanted and row[1] == 0:
            return
        await asyncio.sleep(0.5)


def compare(connection: psycopg.Connection[Any], ledgers: list[Ledger], report: Report) -> None:
    """Nothing lost, nothing doubled, nothing invented, the books right, the hours right."""
    stored: dict[tuple[str, str, datetime], float] = {
        (enterprise, code, at): value
        for enterprise, code, at, value in connection.execute(
            "select e.code, p.code, r.measured_at, r.value from reading r join point p using (point_id)"
            " join enterprise e using (enterprise_id)"
        )
    }
    acknowledged = {key: value for ledger in ledgers for key, value in ledger.acknowledged.items()}
    sent = {key: value for ledger in ledgers for key, value in ledger.sent.items()}
    problems = report.problems
    lost = [key for key, value in acknowledged.items() if stored.get(key) != value]
    if lost:
        problems.append(f"{len(lost)} acknowledged values are lost, such as {lost[0]}")
    invented = [key for key, value in stored.items() if sent.get(key) != value]
    if invented:
        problems.append(f"{len(invented)} stored values were never sent, such as {invented[0]}")
    row = connection.execute(
        "select sum(received), sum(stored), sum(duplicates), sum(corrections), sum(refused) from accounting"
    ).fetchone()
    assert row is not None
    received, kept, duplicates, corrections, refused = (int(figure) for figure in row)
    if received != kept + duplicates + corrections + refused:
        problems.append(f"the law is broken: {row}")
    if kept != len(stored):
        problems.append(f"the books say {kept} stored, the table holds {len(stored)}")
    if corrections or refused:
        problems.append(f"{corrections} corrections and {refused} refusals out of nothing")
    doubled = connection.execute(
        "select count(*) from (select 1 from reading group by point_id, measured_at having count(*) > 1) d"
    ).fetchone()
    if doubled != (0,):
        problems.append(f"{doubled} readings are doubled")
    hours = connection.execute("select coalesce(sum(reading_count), 0) from hourly").fetchone()
    if hours != (len(stored),):
        problems.append(f"the hours hold {hours} readings of {len(stored)}")
    report.figures = {
        "acknowledged_values": len(acknowledged), "stored_values": len(stored), "sent_values": len(sent),
        "duplicates": duplicates, "lost": len(lost), "invented": len(invented),
        "by_publisher": {ledger.name: len(ledger.acknowledged) for ledger in ledgers},
        "reconnects": sum(ledger.reconnects for ledger in ledgers),
    }  # fmt: skip


@contextmanager
def working_folder() -> Iterator[Path]:
    """A temporary folder that an embedded PostgreSQL under another account may enter."""
    with tempfile.TemporaryDirectory(prefix="plantwatch-faults-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def main() -> int:
    parser = argparse.ArgumentParser(description="faults under load, the long form")
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with working_folder() as folder:
        report = asyncio.run(run(Plan(options.faults, options.seed), folder))
        text = {"faults": report.faults, "seconds": report.seconds, **report.figures, "problems": report.problems}
        sys.stdout.write(json.dumps(text, indent=2) + "\n")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
