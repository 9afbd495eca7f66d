"""`plantwatch simulate`: the simulated city as a guest of a running platform, in real time.

The story is that of the current month; its scenarios happen when the calendar says so. Hours that have passed are sent
first, as a gateway would that was cut off, then every hour as it ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

from domain.clock import Clock
from domain.errors import BadInput
from domain.periods import HOUR, local_day
from runtime.clock import open_clock
from runtime.process import run_until_stopped
from runtime.settings import Settings
from simulators.publish import Publisher
from simulators.site import write
from simulators.story import Story


def simulate(settings: Settings, *, passwords: Path | None, site: Path | None, seed: int, hours: int) -> int:
    """Write the city's site file for this month, or publish. hours: how many past hours to send first.

    Raises BadInput when the passwords file is not a JSON object of enterprise code to password.
    """
    clock = open_clock(settings.clock_file)
    today = local_day(clock())
    story = Story(month=(today.year, today.month), seed=seed)
    if site is not None:
        site.mkdir(parents=True, exist_ok=True)
        for path in write(story.city, site):
            sys.stdout.write(f"{path}\n")
        return 0
    if passwords is None:
        raise BadInput("simulate needs --passwords FILE, or --site DIR to write the register first")
    credentials = _passwords(passwords)
    asyncio.run(run_until_stopped(_publish(settings, story, clock, credentials, hours)))
    return 0


def _passwords(path: Path) -> dict[str, str]:
    try:
        given = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path.name}: {error}") from error
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise BadInput(f"{path.name}: expected a JSON object of enterprise code to password")
    return given


async def _publish(settings: Settings, story: Story, clock: Clock, credentials: dict[str, str], hours: int) -> None:
    finished = (clock() - story.start) // HOUR
    index = max(0, finished - hours)
    async with Publisher(
        settings.mqtt_host, settings.mqtt_port, credentials, versions=story.mqtt_versions
    ) as publisher:
        while True:
            step = story.step(index)
            wait = (step.period.end - clock()) / timedelta(seconds=1)
            if wait > 0:
                await asyncio.sleep(wait)
            await publisher.publish([message for message in step.messages if message.enterprise in credentials])
            sys.stdout.write(f"{step.period.end.isoformat()} {publisher.published_values} values so far\n")
            sys.stdout.flush()
            index += 1
