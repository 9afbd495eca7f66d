"""`plantwatch simulate`: the simulated city as a guest of a running platform, in real time.

The story is that of the current month; its scenarios happen when the calendar says so. Hours that have passed are sent
first, as a gateway would that was cut off, then every hour as it ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from domain.clock import Clock
from domain.errors import BadInput
from domain.periods import HOUR, local_day
from runtime.clock import open_clock
from runtime.commands import read_sm4_key
from runtime.process import run_until_stopped
from runtime.settings import Settings
from simulators.fleet import Secret
from simulators.plants import build_city
from simulators.publish import Publisher
from simulators.site import write
from simulators.story import Story


def simulate(settings: Settings, *, passwords: Path | None, site: Path | None, seed: int, hours: int) -> int:
    """Write the city's site file for this month, or publish. hours: how many past hours to send first.

    Raises BadInput when the passwords file is not what `_passwords` expects.
    """
    clock = open_clock(settings.clock_file)
    today = local_day(clock())
    month = (today.year, today.month)
    if site is not None:
        story = Story(month, seed)
        site.mkdir(parents=True, exist_ok=True)
        for path in write(story.city, site):
            sys.stdout.write(f"{path}\n")
        return 0
    if passwords is None:
        raise BadInput("simulate needs --passwords FILE, or --site DIR to write the register first")
    city = build_city(month)
    credentials, known = _passwords(passwords, {station.mn for station in city.stations})
    # a logger without a password of its own sends by its enterprise's MQTT, one without a key in plain text
    unset = {station.mn: Secret("000000") for station in city.stations}
    story = Story(month, seed, secrets=unset | known)
    stations = {mn: enterprise for mn, enterprise in story.tcp_stations.items() if mn in known}
    asyncio.run(run_until_stopped(_publish(settings, story, clock, credentials, stations, hours)))
    return 0


def _passwords(path: Path, stations: Collection[str]) -> tuple[dict[str, str], dict[str, Secret]]:
    """Passwords by enterprise code, and secrets by MN: `{"yunhe-coking": "...", "MN": {"password": "...",
    "sm4_key": "32 hexadecimal digits"}}`, where a station without a key may have its password alone."""
    try:
        given = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path.name}: {error}") from error
    if not isinstance(given, dict):
        raise BadInput(f"{path.name}: expected a JSON object of enterprise code or MN to password")
    passwords: dict[str, str] = {}
    secrets: dict[str, Secret] = {}
    for name, value in given.items():
        if name in stations:
            secrets[name] = _secret(f"{path.name}: {name}", {"password": value} if isinstance(value, str) else value)
        elif isinstance(value, str):
            passwords[name] = value
        else:
            raise BadInput(f"{path.name}: {name}: expected a password")
    return passwords, secrets


def _secret(where: str, given: object) -> Secret:
    if not isinstance(given, dict) or not {"password"} <= given.keys() <= {"password", "sm4_key"}:
        raise BadInput(f"{where}: expected a password, or an object of password and sm4_key")
    password, key = given["password"], given.get("sm4_key")
    if not isinstance(password, str) or not (key is None or isinstance(key, str)):
        raise BadInput(f"{where}: password and sm4_key are text")
    return Secret(password, None if key is None else read_sm4_key(key))


async def _publish(
    settings: Settings,
    story: Story,
    clock: Clock,
    credentials: dict[str, str],
    stations: dict[str, str],
    hours: int,
) -> None:
    finished = (clock() - story.start) // HOUR
    index = max(0, finished - hours)
    hj212 = (settings.hj212_host, settings.hj212_port) if settings.hj212_port else None
    async with Publisher(
        settings.mqtt_host,
        settings.mqtt_port,
        credentials,
        versions=story.mqtt_versions,
        dialects=story.dialects,
        clock=clock,
        hj212=hj212,
        stations=stations,
    ) as publisher:
        while True:
            step = story.step(index)
            wait = (step.period.end - clock()) / timedelta(seconds=1)
            if wait > 0:
                await asyncio.sleep(wait)
            await publisher.publish(
                [m for m in step.messages if m.enterprise in credentials or (hj212 and m.station in stations)]
            )
            sys.stdout.write(f"{step.period.end.isoformat()} {publisher.published_values} values so far\n")
            sys.stdout.flush()
            index += 1
