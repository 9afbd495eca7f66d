"""One request = one connection = one transaction, bounded in time and read-only unless it acts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from api.access import Access, authorize
from api.settings import ApiSettings
from domain.clock import Clock
from storage.database import Connection, Database
from storage.listing.enterprises import enterprise_id
from storage.listing.session import begin


@dataclass(frozen=True, slots=True)
class Session:
    """What an endpoint works with; the transaction ends after the endpoint and before the answer is sent."""

    connection: Connection
    access: Access
    now: datetime
    public_url: str

    async def enterprise_id(self, requested: str | None) -> int | None:
        """Key of the enterprise to filter by, None for all. Raises NotFound, or 403 for a foreign one."""
        code = self.access.narrow(requested)
        return None if code is None else await enterprise_id(self.connection, code)


async def read_session(request: Request, access: Annotated[Access, Depends(authorize)]) -> AsyncIterator[Session]:
    """For operators, and for an enterprise's own rows."""
    async with _session(request, access, read_only=True) as session:
        yield session


async def operator_session(request: Request, access: Annotated[Access, Depends(authorize)]) -> AsyncIterator[Session]:
    """For operators only."""
    access.require_operator()
    async with _session(request, access, read_only=True) as session:
        yield session


async def acting_session(request: Request, access: Annotated[Access, Depends(authorize)]) -> AsyncIterator[Session]:
    """For operators, and may write."""
    access.require_operator()
    async with _session(request, access, read_only=False) as session:
        yield session


async def marking_session(request: Request, access: Annotated[Access, Depends(authorize)]) -> AsyncIterator[Session]:
    """For operators and enterprises, and may write; the endpoint refuses what is not the enterprise's own."""
    async with _session(request, access, read_only=False) as session:
        yield session


@asynccontextmanager
async def _session(request: Request, access: Access, *, read_only: bool) -> AsyncIterator[Session]:
    database: Database = request.app.state.database
    settings: ApiSettings = request.app.state.settings
    clock: Clock = request.app.state.clock
    async with database.transaction() as connection:
        await begin(connection, read_only=read_only, timeout_s=settings.statement_timeout_s)
        yield Session(connection, access, clock(), settings.public_url or "")


# scope="function": the commit happens before the answer, so that a 200 means stored
ReadSession = Annotated[Session, Depends(read_session, scope="function")]
OperatorSession = Annotated[Session, Depends(operator_session, scope="function")]
ActingSession = Annotated[Session, Depends(acting_session, scope="function")]
MarkingSession = Annotated[Session, Depends(marking_session, scope="function")]
