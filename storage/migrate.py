"""Brings a database to this version's schema. Forward only; services refuse to start on an older schema.

Order: migrations (once each, checksummed), then native/ or timescale/ and views/ (idempotent, every time).
The engine of a database, plain or TimescaleDB, is settled by its first migration and kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import cast

import psycopg

from domain.clock import Clock
from domain.errors import BadInput

_LOCK = 0x706C616E74  # "plant": only migrations take this advisory lock


class MigrationError(BadInput):
    """The database and this version's migrations do not fit together."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a migration did: names applied now, and whether TimescaleDB serves the readings."""

    applied: list[str]
    timescale: bool


def _sql_files(folder: str) -> list[tuple[str, str]]:
    """(name, text) of a folder's .sql files in name order."""
    found = [entry for entry in files("storage").joinpath(folder).iterdir() if entry.name.endswith(".sql")]
    return [(entry.name, entry.read_text("utf-8")) for entry in sorted(found, key=lambda entry: entry.name)]


def expected_migrations() -> list[str]:
    """Names of the migrations that this version knows, in order."""
    return [name for name, _ in _sql_files("migrations")]


def _run(connection: psycopg.Connection[tuple[object, ...]], text: str) -> None:
    connection.execute(text)


def migrate(url: str, *, now: Clock, timescale: str = "auto") -> Report:
    """Apply everything that is missing, in one transaction.

    timescale: ``auto`` uses the extension where the server offers it, ``on`` insists, ``off`` does without.
    Raises MigrationError when a released migration was altered, the database is newer than this version, or
    the wished engine differs from the one the database was made with.
    """
    with psycopg.connect(url, options="-c timezone=UTC -c lock_timeout=4s") as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(
            "create table if not exists schema_migration ("
            " name text primary key, sha256 text not null, applied_at timestamptz not null)"
        )
        connection.execute("create table if not exists schema_info (name text primary key, value text not null)")
        engine = _settle_engine(connection, timescale)
        known: dict[str, str] = dict(
            cast("list[tuple[str, str]]", connection.execute("select name, sha256 from schema_migration").fetchall())
        )
        applied = []
        for name, text in _sql_files("migrations"):
            digest = hashlib.sha256(text.encode()).hexdigest()
            recorded = known.pop(name, None)
            if recorded is None:
                _run(connection, text)
                connection.execute("insert into schema_migration values (%s, %s, %s)", (name, digest, now()))
                applied.append(name)
            elif recorded != digest:
                raise MigrationError(f"migration {name} was altered after it was applied to this database")
        if known:
            raise MigrationError(f"the database has migrations this version does not know: {', '.join(sorted(known))}")
        for folder in (engine, "views"):
            for _, text in _sql_files(folder):
                _run(connection, text)
    return Report(applied=applied, timescale=engine == "timescale")


def _settle_engine(connection: psycopg.Connection[tuple[object, ...]], wish: str) -> str:
    """`native` or `timescale`; recorded at the first migration, because readings do not move between the two."""
    row = connection.execute("select value from schema_info where name = 'engine'").fetchone()
    if row is not None:
        engine = str(row[0])
        if wish in ("on", "off") and (wish == "on") != (engine == "timescale"):
            raise MigrationError(f"this database was made with engine {engine}; timescale={wish} cannot change that")
        return engine
    available = connection.execute("select 1 from pg_available_extensions where name = 'timescaledb'").fetchone()
    preloaded = connection.execute(
        "select 1 from pg_settings where name = 'shared_preload_libraries' and setting like '%%timescaledb%%'"
    ).fetchone()
    usable = available is not None and preloaded is not None
    if wish == "on" and not usable:
        raise MigrationError("timescale=on, but this server does not offer or does not preload TimescaleDB")
    engine = "timescale" if usable and wish != "off" else "native"
    if engine == "timescale":
        connection.execute("create extension if not exists timescaledb")
    connection.execute("insert into schema_info values ('engine', %s)", (engine,))
    return engine


async def missing_migrations(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> list[str]:
    """Names of migrations that the database lacks; a service starts only when there are none."""
    row = await (await connection.execute("select to_regclass('schema_migration')")).fetchone()
    if row is None or row[0] is None:
        return expected_migrations()
    cursor = await connection.execute("select name from schema_migration")
    present = {str(name) for (name,) in await cursor.fetchall()}
    return [name for name in expected_migrations() if name not in present]
