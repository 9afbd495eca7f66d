"""The embedded server's one database: made, migrated, and its address left where the other commands find it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from domain.clock import Clock
from runtime.embedded import Server, postgres
from storage.database import create_database
from storage.migrate import migrate

NAME = "plantwatch"
URL_FILE = "database-url"


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running embedded server with a migrated database."""

    server: Server
    url: str


@contextlib.contextmanager
def embedded_database(data: Path | None, now: Clock, *, durable: bool = True) -> Iterator[Embedded]:
    """Run the embedded server with its migrated database; DIR/database-url holds the URL while it runs (mode 0600)."""
    with postgres(data, durable=durable) as server:
        create_database(server.url, NAME)
        url = server.database_url(NAME)
        migrate(url, now=now)
        address = server.data / URL_FILE
        address.touch(mode=0o600)
        address.write_text(url + "\n", "utf-8")
        try:
            yield Embedded(server, url)
        finally:
            address.unlink(missing_ok=True)
