"""Named SQL blocks. SQL lives in queries/*.sql so that it can be read, explained and prepared in a test as SQL.

A block starts with a line ``-- name --``; a comment line below it says what it is for.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_HEADER = re.compile(r"^-- ([a-z][a-z0-9_]*) --$", re.MULTILINE)


def parse_blocks(text: str) -> dict[str, str]:
    """Blocks of one file by name. Raises ValueError on a name given twice or SQL before the first header."""
    parts = _HEADER.split(text)
    if parts[0].strip() and not all(line.startswith("--") for line in parts[0].strip().splitlines()):
        raise ValueError("SQL before the first `-- name --` line")
    blocks: dict[str, str] = {}
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        if name in blocks:
            raise ValueError(f"SQL block {name} is given twice")
        blocks[name] = body.strip()
    return blocks


@cache
def queries(noun: str) -> dict[str, str]:
    """The blocks of queries/{noun}.sql."""
    return parse_blocks(files("storage").joinpath("queries", f"{noun}.sql").read_text("utf-8"))
