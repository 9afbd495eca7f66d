"""One spelling of data, so that equal data have one hash: what a report rests on can be compared years later."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from api.fields import format_instant


def canonical_json(data: Any) -> str:
    """JSON with sorted keys and no spaces; instants in UTC with Z, dates as ISO, NaN and infinities as null.

    Numbers are written as Python does: the shortest digits that give the same double.
    """
    return json.dumps(_plain(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(data: Any) -> str:
    """SHA-256 of the canonical JSON in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()


def _plain(data: Any) -> Any:
    if isinstance(data, datetime):
        return format_instant(data)
    if isinstance(data, date):
        return data.isoformat()
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, Mapping):
        return {str(name): _plain(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    return data
