"""Accounts of people as administrators meet them by the API. No password is in any answer but the one that made it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Instant
from api.models.roster import Code, Signature
from domain.accounts import ROLE_NAMES, Role
from storage.accounts import AccountRow

_USER: dict[str, Any] = {
    "login": "wang.wei",
    "name": "王维",
    "role": "duty",
    "role_name": "值班员",
    "enterprise": None,
    "person": "wang-wei",
    "team": "duty",
    "created_at": "2026-11-01T00:00:00Z",
    "created_by": "admin",
    "password_set_at": "2026-11-01T00:00:00Z",
    "disabled_at": None,
    "last_sign_in_at": "2026-11-02T00:02:00Z",
    "failures": 0,
}
_Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
_Password = Annotated[
    str | None,
    Field(default=None, max_length=200, description="10 characters at least; left out: one is made and answered once"),
]
#: As the command line takes them; plants have codes of their own kind.
_Enterprise = Annotated[str | None, Field(default=None, pattern=r"^[a-z0-9-]{1,64}$", description="of role enterprise")]


class UserItem(BaseModel):
    """An account of a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [_USER]})

    login: str
    name: str
    role: Role
    role_name: str
    enterprise: str | None = Field(description="of a plant's own people: the plant whose rows they see")
    person: str | None = Field(description="code in the roster")
    team: str | None = Field(description="code in the roster: what the desk shows first")
    created_at: Instant
    created_by: str
    password_set_at: Instant
    disabled_at: Instant | None
    last_sign_in_at: Instant | None = Field(description="at the desk, within the last quarter")
    failures: int = Field(description="attempts to come in that failed within the last 15 minutes")


class Users(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_USER]}]})

    items: list[UserItem]


class MadeUser(UserItem):
    """An account, and the password that was made for it, where one was."""

    model_config = ConfigDict(json_schema_extra={"examples": [_USER | {"password": None}]})

    password: str | None = Field(description="only where one was made here, and only this once")


class UserChange(BaseModel):
    """All of what an account says of a person: what is left out is empty afterwards."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "王维", "role": "lead", "person": "wang-wei", "team": "duty", "actor": "张三"}]
        },
    )

    name: _Name
    role: Literal["viewer", "duty", "lead", "admin", "enterprise"]
    enterprise: _Enterprise
    person: Code | None = None
    team: Code | None = None
    actor: Signature


class NewUser(UserChange):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "login": "wang.wei", "name": "王维", "role": "duty", "person": "wang-wei", "team": "duty",
                    "actor": "张三",
                }
            ]
        },
    )  # fmt: skip

    login: str = Field(pattern=r"^[a-z0-9._-]{2,64}$")
    password: _Password


class NewPassword(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"actor": "张三"}]})

    password: _Password
    actor: Signature


def user_item(row: AccountRow) -> UserItem:
    """An account as it is shown."""
    return UserItem(**_fields(row))


def made_user(row: AccountRow, password: str | None) -> MadeUser:
    """An account that has just got a password."""
    return MadeUser(**_fields(row), password=password)


def _fields(row: AccountRow) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in UserItem.model_fields if name != "role_name"}
    return shown | {"role_name": ROLE_NAMES[Role(row.role)]}
