"""Every SQL block prepares against the migrated schema: drift between code and schema shows without any data."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from storage.sql import parse_blocks

QUERIES = sorted((Path(__file__).parents[3] / "storage" / "queries").glob("*.sql"))
#: COPY, SET, LISTEN and CREATE TEMP TABLE cannot be prepared.
_PREPARABLE = re.compile(r"(with|select|insert|update|delete|merge)\b", re.IGNORECASE)
#: Made within transactions; a block that uses one is prepared beside it.
_TEMPORARY = re.compile(r"create temp(?:orary)? table", re.IGNORECASE)


def _body(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()


BLOCKS = [
    pytest.param(text, id=f"{path.stem}.{name}")
    for path in QUERIES
    for name, text in parse_blocks(path.read_text("utf-8")).items()
    if _PREPARABLE.match(_body(text))
]


@pytest.fixture(scope="module")
def prepared(server):  # type: ignore[no-untyped-def]
    name = server.create(template=server.migrated())
    with psycopg.connect(server.database_url(name), autocommit=True) as connection:
        for path in QUERIES:
            for text in parse_blocks(path.read_text("utf-8")).values():
                if _TEMPORARY.match(_body(text)):
                    made = re.sub(r"%\(\w+\)s", "null", _body(text)).replace(" on commit drop", "")
                    connection.execute(made)
        yield connection
    server.drop(name)


@pytest.mark.parametrize("text", BLOCKS)
def test_block_prepares(prepared: psycopg.Connection[tuple[object, ...]], text: str) -> None:
    numbers: dict[str, int] = {}
    numbered = re.sub(r"%\((\w+)\)s", lambda match: f"${numbers.setdefault(match[1], len(numbers) + 1)}", _body(text))
    numbered = numbered.replace("%%", "%")
    prepared.execute(f"prepare block as {numbered}")
    prepared.execute("deallocate block")
