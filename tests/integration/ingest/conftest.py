"""A migrated database with a small plant in it."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.integration.ingest.plant import make_site


@pytest.fixture
async def plant(database: Database) -> Database:
    make_site(database.url)
    return database
