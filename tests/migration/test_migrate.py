"""Migrations: once each, checksummed, the same schema by either road."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from storage.migrate import MigrationError, expected_migrations, migrate

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def test_second_run_applies_nothing(empty_database_url: str) -> None:
    first = migrate(empty_database_url, now=lambda: NOW)
    assert first.applied == expected_migrations()
    assert migrate(empty_database_url, now=lambda: NOW).applied == []


def test_altered_migration_is_refused(empty_database_url: str) -> None:
    migrate(empty_database_url, now=lambda: NOW)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("update schema_migration set sha256 = 'other'")
    with pytest.raises(MigrationError, match=r"0001_create_schema\.sql was altered"):
        migrate(empty_database_url, now=lambda: NOW)


def test_newer_database_is_refused(empty_database_url: str) -> None:
    migrate(empty_database_url, now=lambda: NOW)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("insert into schema_migration values ('9999_from_the_future.sql', 'x', now())")
    with pytest.raises(MigrationError, match="9999_from_the_future"):
        migrate(empty_database_url, now=lambda: NOW)


def test_engine_is_settled_by_the_first_migration(empty_database_url: str) -> None:
    report = migrate(empty_database_url, now=lambda: NOW)
    with pytest.raises(MigrationError, match="cannot change"):
        migrate(empty_database_url, now=lambda: NOW, timescale="off" if report.timescale else "on")


def test_partitions_are_made_on_demand_and_dropped_when_old(empty_database_url: str) -> None:
    report = migrate(empty_database_url, now=lambda: NOW)
    with psycopg.connect(empty_database_url) as connection:
        for at in ("2025-12-31T16:00:00Z", "2026-02-10T00:00:00Z"):
            connection.execute("select ensure_reading_partitions_v1(%s::timestamptz, %s::timestamptz)", (at, at))
            connection.execute("insert into reading values (1, %s, 1.5, 'N', 1, %s)", (at, at))
        dropped = connection.execute("select maintain_v1('2026-04-01T00:00:00Z', interval '60 days')").fetchone()
        left = connection.execute("select count(*) from reading").fetchone()
    assert dropped is not None
    assert dropped[0] >= 1
    # native: December's month is older than 60 days; February's is not wholly
    assert left == (1,), report
