"""Accounts of people, for administrators. What they are is in `api.people`, which the desk and the command line use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Body, Path, Request

from api import people
from api.auth import Auth
from api.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, problems
from api.models.roster import Cancellation
from api.models.users import MadeUser, NewPassword, NewUser, UserChange, UserItem, Users, made_user, user_item
from api.session import PersonSession, Session
from domain.accounts import Action
from storage import accounts as store

router = APIRouter(prefix="/users", tags=["access"])

Login = Annotated[str, Path(pattern=r"^[a-z0-9._-]{2,64}$", examples=["wang.wei"])]
_ACTING = problems(BAD_REQUEST, NOT_FOUND, CONFLICT)


@router.get("", summary="Accounts of people")
async def users(request: Request, session: PersonSession) -> Users:
    """For administrators."""
    session.access.require_right(Action.ACCOUNTS, request.url.path)
    rows = await store.list_accounts(session.connection, _times(request, session).wall)
    return Users(items=[user_item(row) for row in rows])


@router.post("", summary="A new account", responses=_ACTING)
async def new_user(request: Request, session: PersonSession, body: Annotated[NewUser, Body()]) -> MadeUser:
    """For administrators. 409 when the login is taken, also by the code of an enterprise."""
    times = _times(request, session)
    made = await people.create_account(
        session.connection,
        body.login,
        _profile(body),
        password=body.password,
        actor=session.access.signing(body.actor),
        times=times,
    )
    return made_user(await store.get_account(session.connection, body.login, times.wall), made)


@router.post("/{login}", summary="Another name, role, person or team", responses=_ACTING)
async def change_user(
    request: Request, session: PersonSession, login: Login, body: Annotated[UserChange, Body()]
) -> UserItem:
    """For administrators. Counts from the next request on. 409 for the last administrator who may come in."""
    times, actor = _times(request, session), session.access.signing(body.actor)
    await people.change_account(session.connection, login, _profile(body), actor=actor, times=times)
    return user_item(await store.get_account(session.connection, login, times.wall))


@router.post("/{login}/password", summary="Another password", responses=_ACTING)
async def reset_password(
    request: Request, session: PersonSession, login: Login, body: Annotated[NewPassword, Body()]
) -> MadeUser:
    """For administrators. Whoever is signed in with the account is out."""
    times, actor = _times(request, session), session.access.signing(body.actor)
    made = await people.reset_password(session.connection, login, password=body.password, actor=actor, times=times)
    return made_user(await store.get_account(session.connection, login, times.wall), made)


@router.post("/{login}/disable", summary="Let an account in no longer", responses=_ACTING)
async def disable_user(
    request: Request, session: PersonSession, login: Login, body: Annotated[Cancellation, Body()]
) -> UserItem:
    """For administrators. Whoever is signed in with it is out. 409 for the last administrator who may come in."""
    return await _done(request, session, login, body, people.disable_account)


@router.post("/{login}/enable", summary="Let a disabled account in again", responses=_ACTING)
async def enable_user(
    request: Request, session: PersonSession, login: Login, body: Annotated[Cancellation, Body()]
) -> UserItem:
    """For administrators."""
    return await _done(request, session, login, body, people.enable_account)


@router.post("/{login}/unlock", summary="Let somebody who mistyped their password try again at once", responses=_ACTING)
async def unlock_user(
    request: Request, session: PersonSession, login: Login, body: Annotated[Cancellation, Body()]
) -> UserItem:
    """For administrators. Attempts that failed count no more."""
    return await _done(request, session, login, body, people.unlock_account)


async def _done(
    request: Request, session: Session, login: str, body: Cancellation, act: Callable[..., Awaitable[object]]
) -> UserItem:
    times, actor = _times(request, session), session.access.signing(body.actor)
    await act(session.connection, login, actor=actor, times=times)
    return user_item(await store.get_account(session.connection, login, times.wall))


def _times(request: Request, session: Session) -> people.Times:
    auth: Auth = request.app.state.auth
    return people.Times(session.now, auth.wall())


def _profile(body: UserChange) -> people.Profile:
    return people.Profile(body.name, body.role, body.enterprise, body.person, body.team)
