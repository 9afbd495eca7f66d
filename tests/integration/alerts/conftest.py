"""Fixtures of the alert stage."""

from __future__ import annotations

import pytest

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from storage.database import Database
from tests.integration.alerts.world import World


@pytest.fixture
def world(database_url: str) -> World:
    return World(database_url)


@pytest.fixture
def engine(database: Database) -> AlertEngine:
    return AlertEngine(database, EngineSettings(public_url="https://pw.example"))


@pytest.fixture
def dispatcher(database: Database) -> Dispatcher:
    return Dispatcher(database, [ChannelInfo("log", "log")], DispatchSettings(public_url="https://pw.example"))
