"""One request = one connection = one transaction, bounded in time and read-only unless it acts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from alerts.actions import record_refusal
from api.access import Access, authorize
from api.settings import ApiSettings
from domain.accounts import Action
from domain.clock import Clock
from domain.errors import Forbidden
from storage import audit
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


def acting_as(action: Action) -> Callable[..., AsyncIterator[Session]]:
    """For whoever's role may do this, and may write; what was done and what was refused go to the audit log.

    Of an enterprise's account the endpoint refuses what is not the enterprise's own.
    """

    async def session(request: Request, access: Annotated[Access, Depends(authorize)]) -> AsyncIterator[Session]:
        async with _audited(request):
            asked = f"{request.method} {request.url.path}"
            access.require_right(action, asked)
            async with _session(request, access, read_only=False) as opened:
                yield opened
                await audit.write(opened.connection, audit.Entry(opened.now, access.actor, action, asked))

    return session


async def person_session(request: Request, access: Annotated[Access, Depends(authorize)]) -> AsyncIterator[Session]:
    """For use-cases that ask for the right themselves and write the audit log, such as `alerts.actions`."""
    async with _audited(request), _session(request, access, read_only=False) as session:
        yield session


async def admin_session(request: Request, access: Annotated[Access, Depends(authorize)]) -> AsyncIterator[Session]:
    """For administrators, to read."""
    async with _audited(request):
        access.require_right(Action.READ_AUDIT, request.url.path)
        async with _session(request, access, read_only=True) as session:
            yield session


@asynccontextmanager
async def _audited(request: Request) -> AsyncIterator[None]:
    """What is refused within is written to the audit log, in a transaction of its own."""
    try:
        yield
    except Forbidden as error:
        await record_refusal(request.app.state.database, error, request.app.state.clock())
        raise


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
#: Decides what verdicts rest on: limits, rules, rejected marks, figures of targets.
ActingSession = Annotated[Session, Depends(acting_as(Action.DECIDE), scope="function")]
#: Takes a record back that belongs to nobody in particular.
CorrectingSession = Annotated[Session, Depends(acting_as(Action.CORRECT), scope="function")]
#: Writes records, an enterprise its own.
MarkingSession = Annotated[Session, Depends(acting_as(Action.REPORT), scope="function")]
PersonSession = Annotated[Session, Depends(person_session, scope="function")]
AdminSession = Annotated[Session, Depends(admin_session, scope="function")]
