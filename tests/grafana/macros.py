"""What Grafana makes of a query before the database sees it: template variables first, then its macros.

After the PostgreSQL data source of Grafana 10 to 12 (interpolateVariable, postgresMacroEngine): a macro is
`$name(args)` without a closing bracket inside; an unknown one is an error there and here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

_MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")
_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?::(\w+))?\}")


class UnknownMacro(Exception):
    """Grafana would refuse the query."""


def quote(value: str) -> str:
    """A literal as Grafana quotes it."""
    return "'" + value.replace("'", "''") + "'"


def expand(query: str, *, start: datetime, end: datetime, chosen: Mapping[str, Sequence[str] | str]) -> str:
    """The query that reaches the server. chosen: raw text (the all-value) or a list of values per variable."""

    def variable(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name == "__interval":
            return "1h"
        if name not in chosen:
            return match[0]
        value = chosen[name]
        return value if isinstance(value, str) else ",".join(quote(one) for one in value)

    def macro(match: re.Match[str]) -> str:
        name, argument = match[1], match[2].strip()
        first, last = _text(start), _text(end)
        if name == "__timeFilter":
            return f"{argument} BETWEEN '{first}' AND '{last}'"
        if name == "__timeFrom":
            return f"'{first}'"
        if name == "__timeTo":
            return f"'{last}'"
        raise UnknownMacro(match[0])

    return _MACRO.sub(macro, _VARIABLE.sub(variable, query))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
