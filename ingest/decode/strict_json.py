"""JSON read with suspicion: the slow road, taken only for messages in which something is unusual.

Compared with a plain parser it tells repeated keys, and it reads NaN, Infinity and numbers beyond a double as what
they are instead of giving up the whole message for one of them.
"""

from __future__ import annotations

import json
import re
from typing import Any

from domain.refusals import Reason
from ingest.decode.faults import Faults, payload_head, printable

#: Longer integers are beyond the exact range of a double anyway.
_INT_DIGITS = 18
#: The parser's own limit, about 1,000, counts the calls that led to it too: then the door would decide what is refused.
_NESTING = 400
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class RepeatedKeys(dict[str, Any]):
    """A JSON object that gives a key more than once: which value was meant is anybody's guess."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else RepeatedKeys(found)


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= _INT_DIGITS else float(text)


def read_json(payload: bytes, faults: Faults) -> Any:
    """The JSON value, or None after refusing the whole message as BAD_PAYLOAD (null itself is refused later)."""
    try:
        text = payload.decode("utf-8")
        if not _is_deep(payload):
            return json.loads(text, object_pairs_hook=_object, parse_int=_integer)
        problem = "nested too deeply"
    except UnicodeDecodeError as error:
        problem = f"not UTF-8: {error.reason} at byte {error.start}"
    except ValueError as error:
        problem = str(error)
    faults.add(Reason.BAD_PAYLOAD, payload_head(payload), expected=f"valid JSON: {printable(problem)}")
    return None


def _is_deep(payload: bytes) -> bool:
    """Whether brackets stand within more than _NESTING others."""
    if payload.count(b"[") + payload.count(b"{") <= _NESTING:
        return False
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(payload):
        first = payload[match.start()]
        if first in b"[{":
            depth += 1
            if depth > _NESTING:
                return True
        elif first in b"]}":
            depth -= 1
    return False
