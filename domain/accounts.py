"""Who may do what at the desk, by the API and on the command line; and how long a guesser of passwords has to wait.

Pure: sessions, hashes and clocks are elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import BadInput


class Role(StrEnum):
    """What somebody is to the platform; of the bureau's people each role may all that the one before may."""

    VIEWER = "viewer"  # reads
    DUTY = "duty"  # is on duty: takes alerts, writes records down
    LEAD = "lead"  # leads a team: decides what alarms, and by which limits
    ADMIN = "admin"  # accounts, channels, the audit log
    ENTERPRISE = "enterprise"  # a plant's own account: its own rows


#: What the roles are called.
ROLE_NAMES = {
    Role.VIEWER: "查看",
    Role.DUTY: "值班员",
    Role.LEAD: "值班长",
    Role.ADMIN: "管理员",
    Role.ENTERPRISE: "企业",
}

#: Roles of the bureau's people, least first.
STAFF = (Role.VIEWER, Role.DUTY, Role.LEAD, Role.ADMIN)
#: Roles that an account of a person can have.
ROLES = (*STAFF, Role.ENTERPRISE)


class Action(StrEnum):
    """What can be done; the values are what the audit log says."""

    READ = "read"
    ACKNOWLEDGE = "alert.acknowledge"
    CONFIRM_RETURN = "alert.confirm"
    COMMENT = "alert.comment"
    SHELVE = "alert.shelve"
    UNSHELVE = "alert.unshelve"
    HAND_OVER = "alert.hand_over"
    OUT_OF_SERVICE = "alert.out_of_service"
    IN_SERVICE = "alert.in_service"
    SILENCE = "silence.create"
    END_SILENCE = "silence.end"
    WRITE_HANDOVER = "shift.hand_over"  # 交接班: what one shift tells the next
    OVERRIDE_ROSTER = "roster.override"
    REPORT = "report"  # records: marks, ledger, leak detection, duties, replaced meters; an enterprise's of its own
    CORRECT = "correct"  # takes back what somebody recorded, such as a replaced meter
    DECIDE = "decide"  # limits, rules, rejected marks, figures of targets: what verdicts rest on
    ACCOUNTS = "accounts"
    READ_AUDIT = "audit.read"
    TEST_CHANNEL = "channel.test"


#: The least role of the bureau's people that may do it.
_LEAST = {
    Action.READ: Role.VIEWER,
    Action.ACKNOWLEDGE: Role.DUTY,
    Action.CONFIRM_RETURN: Role.DUTY,
    Action.COMMENT: Role.DUTY,
    Action.SHELVE: Role.DUTY,
    Action.UNSHELVE: Role.DUTY,
    Action.HAND_OVER: Role.DUTY,
    Action.OUT_OF_SERVICE: Role.LEAD,
    Action.IN_SERVICE: Role.LEAD,
    Action.SILENCE: Role.LEAD,
    Action.END_SILENCE: Role.LEAD,
    Action.WRITE_HANDOVER: Role.DUTY,
    Action.OVERRIDE_ROSTER: Role.LEAD,
    Action.REPORT: Role.DUTY,
    Action.CORRECT: Role.DUTY,
    Action.DECIDE: Role.LEAD,
    Action.ACCOUNTS: Role.ADMIN,
    Action.READ_AUDIT: Role.ADMIN,
    Action.TEST_CHANNEL: Role.ADMIN,
}

#: What a plant's own account may, of its own rows.
_OF_ENTERPRISES = frozenset({Action.READ, Action.REPORT})

#: For how long somebody may shelve an alarm.
_LONGEST_SHELF = {Role.DUTY: timedelta(hours=24), Role.LEAD: timedelta(days=7), Role.ADMIN: timedelta(days=7)}


def allowed(role: Role, action: Action) -> bool:
    """Whether somebody of this role may do it. Of an enterprise: with its own rows, which the caller sees to."""
    if role is Role.ENTERPRISE:
        return action in _OF_ENTERPRISES
    return STAFF.index(role) >= STAFF.index(_LEAST[action])


def least_role(action: Action) -> Role:
    """The least role of the bureau's people that may do it; for saying so to whom it is refused."""
    return _LEAST[action]


def longest_shelf(role: Role) -> timedelta:
    """For how long this role may shelve an alarm; nothing for those who may not."""
    return _LONGEST_SHELF.get(role, timedelta(0))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. name: as people read it; account: the login, None for the operators' token and for the
    command line; person, team: codes of the roster, who they are there and to which team they belong; address: where
    from, as text."""

    name: str
    role: Role
    enterprise: str | None = None
    account: str | None = None
    address: str = ""
    person: str | None = None
    team: str | None = None

    def __post_init__(self) -> None:
        # who has no enterprise sees them all: an enterprise's account without its own must not come about
        if (self.role is Role.ENTERPRISE) != (self.enterprise is not None):
            raise ValueError(f"an actor of role {self.role} with enterprise {self.enterprise!r}")

    @property
    def signature(self) -> str:
        """For the audit log: name and login, so that two of one name are told apart."""
        return self.name if self.account in (None, self.name) else f"{self.name} <{self.account}>"


LOGIN = re.compile(r"[a-z0-9._-]{2,64}")
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 10, 200
_LONGEST_NAME = 100


def check_login(login: str) -> str:
    """The login, or BadInput."""
    if LOGIN.fullmatch(login) is None:
        raise BadInput(f"登录名 {login[:80]!r}：应为 2 至 64 个字符，只用 a-z、0-9、点、下划线、连字符")
    return login


def check_name(name: str) -> str:
    """A person's name without blanks around it, or BadInput."""
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadInput(f"姓名 {name[:80]!r}：应为 1 至 {_LONGEST_NAME} 个可显示的字符")
    return name


def check_role(text: str) -> Role:
    """The role of a person's account, or BadInput."""
    if text not in ROLES:
        raise BadInput(f"角色 {text[:80]!r}：应为 {', '.join(ROLES)} 之一")
    return Role(text)


def check_password(login: str, password: str) -> str:
    """The password, or BadInput, which never repeats it.

    Length and not the login, as NIST SP 800-63B 5.1.1 asks: rules of composition make people write passwords down.
    """
    if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise BadInput(f"密码应为 {_SHORTEST_PASSWORD} 至 {_LONGEST_PASSWORD} 个字符")
    if any("\ud800" <= letter <= "\udfff" for letter in password):
        raise BadInput("密码中有不能保存的字符")
    if password.strip().casefold() == login.casefold():
        raise BadInput("密码不能与登录名相同")
    if len(set(password)) == 1:
        raise BadInput("密码不能是同一个字符的重复")
    return password


#: Sessions end after so long without a request, and after so long in any case.
IDLE = timedelta(hours=12)
LONGEST_SESSION = timedelta(hours=24)

#: Failed attempts older than this do not count.
MEMORY = timedelta(minutes=15)
#: Failures that cost nothing: of a login at one address; of a login anywhere; at one address of any login.
_FREE_PAIR, _FREE_LOGIN, _FREE_ADDRESS = 5, 20, 50
_LONGEST_WAIT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed attempts within MEMORY: how many, and the newest.

    pair: of the login at this address since it last came in from there; login: of the login at any address; address:
    of any login at this address. known: the login came in from this address not long ago.
    """

    pair: int = 0
    pair_at: datetime | None = None
    login: int = 0
    login_at: datetime | None = None
    address: int = 0
    address_at: datetime | None = None
    known: bool = False


def retry_at(failures: Failures, now: datetime) -> datetime | None:
    """When the next attempt is looked at; None: at once.

    Waits grow from a second, doubled with each failure, to a minute at most: a guesser gets some thousand tries a day,
    and nobody is locked out for longer than that. Only the first rule applies to a login at an address where it is
    known: whoever guesses from elsewhere, or at a colleague's login behind the same router, keeps nobody from the desk.
    """
    waits = [_until(failures.pair - _FREE_PAIR, failures.pair_at)]
    if not failures.known:
        waits.append(_until(failures.login - _FREE_LOGIN, failures.login_at))
        waits.append(_until(failures.address - _FREE_ADDRESS, failures.address_at))
    latest = max((until for until in waits if until is not None), default=None)
    return latest if latest is not None and latest > now else None


def _until(beyond: int, newest: datetime | None) -> datetime | None:
    if beyond < 0 or newest is None:
        return None
    return newest + min(timedelta(seconds=2 ** min(beyond, 10)), _LONGEST_WAIT)
