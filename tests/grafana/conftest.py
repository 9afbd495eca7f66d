"""One filled and one empty database for the whole folder: they are only read.

Both are migrated on their own, not cloned: TimescaleDB's scheduler may sit in the template at any moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from storage.migrate import migrate
from tests.conftest import TestServer
from tests.grafana.accounts import fill_accounts
from tests.grafana.plant import NOW, fill

Connection = psycopg.Connection[tuple[object, ...]]


@contextmanager
def _database(server: TestServer) -> Iterator[str]:
    name = server.create()
    url = server.database_url(name)
    migrate(url, now=lambda: NOW)
    yield url
    server.drop(name)


@contextmanager
def _reader(url: str) -> Iterator[Connection]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        connection.execute("set role dash_reader")
        yield connection
        connection.rollback()


@pytest.fixture(scope="package")
def filled_url(server: TestServer) -> Iterator[str]:
    """URL of a migrated database with six weeks of a small city in it."""
    with _database(server) as url:
        with psycopg.connect(url, options="-c timezone=UTC") as connection:
            fill(connection)
        asyncio.run(fill_accounts(url))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("analyze")
        yield url


@pytest.fixture(scope="package")
def empty_url(server: TestServer) -> Iterator[str]:
    """URL of a migrated database with no row at all."""
    with _database(server) as url:
        yield url


@pytest.fixture
def reader(filled_url: str) -> Iterator[Connection]:
    """A connection to the filled database with the rights of dash_reader; always rolled back."""
    with _reader(filled_url) as connection:
        yield connection


@pytest.fixture
def empty_reader(empty_url: str) -> Iterator[Connection]:
    """The same on the empty one."""
    with _reader(empty_url) as connection:
        yield connection
