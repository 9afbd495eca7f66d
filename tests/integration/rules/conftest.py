"""Fixtures of the rule engine's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.rules.world import City


@pytest.fixture
def city(database_url: str) -> Iterator[City]:
    city = City(database_url)
    yield city
    city.connection.close()
