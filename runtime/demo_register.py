"""The demo's register: the city as its site file tells it, what the bureau decided, and secrets made up for one run."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.clock import Clock
from ingest.passwords import hash_password
from runtime.demo_people import open_accounts
from runtime.site import apply_site
from runtime.sitefile import load_site
from simulators.enabled import ENABLED
from simulators.marker import BUREAU_AUTHOR
from simulators.site import write as write_site
from simulators.story import Story
from storage.credentials import set_password_hash
from storage.database import Connection, Database
from storage.decisions import NewDecision, add_decision
from storage.stations import set_station_key, set_station_password

#: A service that is busy for seconds would be so for a day of the demo's clock.
_PATIENCE: dict[str, Any] = {"failing_for_min": 30 * 24 * 60.0}
_PATIENCE_REASON = "演示的时钟一秒走几小时，通道一时繁忙不算失效"


async def register(
    database: Database, story: Story, clock: Clock, folder: Path
) -> tuple[dict[str, str], dict[str, str]]:
    """Apply the city's register and give every enterprise, data logger and person secrets, made up for this run.

    folder: for the site file. Gives the passwords of enterprises and of people.
    """
    site, *_ = write_site(story.city, folder)
    await apply_site(database, load_site(site), clock)
    passwords = {enterprise.code: secrets.token_urlsafe(12) for enterprise in story.city.enterprises}
    async with database.transaction() as connection:
        await _decide(connection, story, clock())
        for enterprise, password in passwords.items():
            await set_password_hash(connection, enterprise, hash_password(password), clock())
        for mn, secret in story.secrets.items():
            if mn in story.tcp_stations:
                await set_station_password(connection, mn, hash_password(secret.password), clock())
            if secret.sm4_key is not None:
                await set_station_key(connection, mn, secret.sm4_key, clock())
        of_people = await open_accounts(connection, story.city, clock())
    return passwords, of_people


async def _decide(connection: Connection, story: Story, at: datetime) -> None:
    """Everything holds from the story's first day."""
    made: list[tuple[str, dict[str, Any], str, str]] = [
        *((rule_id, {}, reason, source) for rule_id, (reason, source) in ENABLED.items()),
        ("platform.channel_failed", _PATIENCE, _PATIENCE_REASON, "演示"),
    ]
    for rule_id, params, reason, source in made:
        decision = NewDecision(rule_id, story.timeline.first_day, True, params, BUREAU_AUTHOR, reason, source)
        await add_decision(connection, decision, at)
