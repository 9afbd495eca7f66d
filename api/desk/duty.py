"""..."""

from __future__ import annotations

from api.desk.desk import Desk


def register(desk: Desk) -> None:
    """Adds the page."""
