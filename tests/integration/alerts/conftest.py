"""Fixtures of the alert stage."""

from __future__ import annotations

import pytest

from alerts.engine import AlertEngine, EngineSettings
from alerts.messages import Receiver
from storage.database import Database
from tests.integration.alerts.world import World


@pytest.fixture
def world(database_url: str) -> World:
    return World(database_url)


@pytest.fixture
def engine(database: Database) -> AlertEngine:
    return AlertEngine(database, [Receiver("log", "duty")], EngineSettings(public_url="https://pw.example"))
