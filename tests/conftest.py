"""Fixtures: one PostgreSQL for the run, one migrated template, one cloned database per test.

`--database-url URL` runs the same suite on a server of yours (a TimescaleDB, say); the URL must name a role that may
create databases. Without it an embedded PostgreSQL is started.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from psycopg import sql

from ingest import passwords
from runtime.embedded import postgres
from storage.database import Database
from storage.migrate import migrate
from tests import schedule

# how long an example takes says something of the machine, not of the code
settings.register_profile("house", deadline=None)
settings.load_profile("house")

#: The platform's own, which is slow by intent (unit/ingest/test_listener_passwords.py holds it to the standard). Each
#: hash says what checking it costs, so that cheap ones keep every test on who gets in as it was.
SLOW_HASHER = passwords._HASHER
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

#: An arbitrary instant for tests: 2026-11-02 08:00 in Wuhai.
NOW = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-url",
        default=os.environ.get("PLANTWATCH_TEST_DATABASE_URL"),
        help="maintenance database of a PostgreSQL or TimescaleDB server to run the suite on",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        schedule.sort(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> schedule.LongestFirst | None:
    return schedule.LongestFirst(config, log) if config.getoption("dist") == "loadfile" else None


class TestServer:
    """The server under test: gives fresh databases and drops them."""

    __test__ = False

    def __init__(self, url: str, *, copies_files: bool = False) -> None:
        """copies_files: clone by copying files, which is faster where nothing is durable."""
        self.url = url
        self._strategy = sql.SQL(" strategy file_copy" if copies_files else "")
        self.template: str | None = None
        self.version = ""

    def database_url(self, name: str) -> str:
        return self.url.rsplit("/", 1)[0] + "/" + name

    def create(self, *, template: str | None = None) -> str:
        name = f"pw_{uuid.uuid4().hex[:16]}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            statement = sql.SQL("create database {}").format(sql.Identifier(name))
            if template is not None:
                statement += sql.SQL(" template {}").format(sql.Identifier(template)) + self._strategy
            connection.execute(statement)
        return name

    def drop(self, name: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def migrated(self) -> str:
        """Name of the template database, migrated once per run."""
        if self.template is None:
            name = self.create()
            migrate(self.database_url(name), now=lambda: NOW)
            # TimescaleDB's scheduler keeps a session in every database; one in the template forbids cloning it
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(sql.SQL("alter database {} allow_connections false").format(sql.Identifier(name)))
                connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
            self.template = name
        return self.template


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[TestServer]:
    with ExitStack() as stack:
        url = request.config.getoption("--database-url")
        if url is None:
            server = TestServer(stack.enter_context(postgres(durable=False)).url, copies_files=True)
        else:
            server = TestServer(url)
        yield server
        if server.template is not None:
            server.drop(server.template)


@pytest.fixture
def empty_database_url(server: TestServer) -> Iterator[str]:
    """URL of a database with nothing in it."""
    name = server.create()
    yield server.database_url(name)
    server.drop(name)


@pytest.fixture
def database_url(server: TestServer) -> Iterator[str]:
    """URL of a migrated database of the test's own."""
    name = server.create(template=server.migrated())
    yield server.database_url(name)
    server.drop(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on a migrated database of the test's own."""
    async with Database(database_url) as database:
        yield database
