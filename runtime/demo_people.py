"""The demo's duty rooms: accounts of their people, and stand-ins for the services by which they are reached."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from domain.accounts import Role
from ingest.passwords import hash_password
from runtime.clock import system_clock
from simulators.city import City
from simulators.inbox import Inbox
from simulators.people import ROBOT, SMS, leads, team_of
from simulators.services import GroupRobot, SmsGateway
from storage.accounts import NewAccount, insert_account
from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Phones:
    """Everything that messages go to. channels: the platform's file that says how to reach robot and gateway."""

    inbox: Inbox
    robot: GroupRobot
    sms: SmsGateway
    channels: Path


@contextmanager
def phones(folder: Path) -> Iterator[Phones]:
    """Served on loopback until the block ends, with secrets made up for this run."""
    robot = GroupRobot(token=secrets.token_hex(32), secret=f"SEC{secrets.token_hex(32)}", wall=system_clock)
    sms = SmsGateway(key=secrets.token_urlsafe(16))
    with Inbox() as inbox, robot, sms:
        path = folder / "channels.toml"
        path.touch(0o600)
        path.write_text(_FILE.format(robot=robot, sms=sms, robot_code=ROBOT, sms_code=SMS), "utf-8")
        yield Phones(inbox, robot, sms, path)


#: Rates are those of a paid robot and gateway: the demo tells a month in minutes.
_FILE = """\
[[channel]]
code = "{robot_code}"
kind = "dingtalk"
url = "{robot.url}"
secret = "{robot.secret}"
rate_per_min = 10000

[[channel]]
code = "{sms_code}"
kind = "sms"
url = "{sms.url}"
format = "json"
fields = {{ account = "{sms.account}" }}
secret_field = "apikey"
secret = "{sms.key}"
ok_field = "code"
ok_values = ["0"]
sign = "【云川监测】"
rate_per_min = 10000
"""


async def open_accounts(connection: Connection, city: City, at: datetime) -> dict[str, str]:
    """One for each of the rooms' people, their login being their code; gives their passwords.

    A plant's own people are told, but the desk is the bureau's: they have none.
    """
    password = secrets.token_urlsafe(12)
    hashed = hash_password(password)  # one for all of them: each hash takes tens of milliseconds
    mine = [person for person in city.people if person.enterprise is None]
    for person in mine:
        role = Role.LEAD if person.code in leads() else Role.DUTY
        account = NewAccount(person.code, person.name, role, hashed, person.code, team_of(person.code))
        await insert_account(connection, account, by="demo", at=at)
    return {person.code: password for person in mine}
