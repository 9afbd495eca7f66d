"""What a dialogue of the desk sends, field by field. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.errors import BadInput


def text(given: Mapping[str, Any], name: str) -> str:
    """What was written into a field, empty when there is none. Raises BadInput for what is no text."""
    value = given.get(name, "")
    if not isinstance(value, str):
        raise BadInput(f"{name} 应为文字")
    return value
