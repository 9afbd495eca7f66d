"""The checked-in OpenAPI document: `python -m api.snapshot` writes it, so that every change of the surface is seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry

from api.app import create_app
from api.settings import ApiSettings
from storage.database import Database

SNAPSHOT = Path(__file__).with_name("openapi.json")


class _Nobody:
    async def authenticate(self, username: str | None, password: bytes | None) -> str | None:
        return None


def render() -> str:
    """The document of an application that serves nothing: it depends on the code alone."""
    app = create_app(
        Database("postgresql://"),
        clock=lambda: datetime(2026, 11, 2, tzinfo=UTC),
        settings=ApiSettings(),
        registry=CollectorRegistry(),
        verifier=_Nobody(),
    )
    return json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    SNAPSHOT.write_text(render(), "utf-8")
