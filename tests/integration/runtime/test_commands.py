"""Short commands on a real database, as a person types them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import BadInput
from ingest.passwords import verify_password
from runtime.commands import read_sm4_key
from runtime.site import apply_site
from runtime.sitefile import load_site
from storage.database import Database, fetch_all
from storage.stations import find_station
from tests.integration.runtime.test_site import NOW, site
from tests.unit.runtime.test_sitefile import GOOD

MN = "010000A8900016F000169DC0"


@pytest.mark.parametrize(
    ("text", "key"),
    [("30" * 16, b"0" * 16), ("0123456789abcdef", b"0123456789abcdef"), ("AB" * 16, b"\xab" * 16)],
)
def test_keys_as_people_write_them(text: str, key: bytes) -> None:
    assert read_sm4_key(text) == key


@pytest.mark.parametrize("text", ["", "30", "3" * 31, "g" * 32, "0123456789abcde\u00e9"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="32 hexadecimal digits, or 16 ASCII"):
        read_sm4_key(text)


def plantwatch(url: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runtime.cli", *arguments],
        env=os.environ | {"PLANTWATCH_DATABASE_URL": url}, input=given, capture_output=True, text=True, check=False,
    )  # fmt: skip


async def test_a_station_gets_its_secrets(database: Database, database_url: str, tmp_path: Path) -> None:
    await apply_site(database, load_site(site(tmp_path, GOOD)), lambda: NOW)

    made = plantwatch(database_url, "station", "password", MN)
    assert made.returncode == 0, made.stderr
    password = made.stdout.strip()
    assert len(password) == 6
    async with database.transaction() as connection:
        station = await find_station(connection, MN)
    assert station is not None
    assert station.password_hash is not None
    assert verify_password(station.password_hash, password.encode())

    assert plantwatch(database_url, "station", "password", MN, "--stdin", given="123456\n").stdout == ""
    assert plantwatch(database_url, "station", "key", MN, given="30" * 16 + "\n").returncode == 0
    async with database.transaction() as connection:
        station = await find_station(connection, MN)
        cursor = await connection.execute("select sm4_key from station_secret")
        keys = await cursor.fetchall()
    assert station is not None
    assert verify_password(station.password_hash or "", b"123456")
    assert [bytes(key) for (key,) in keys] == [b"0" * 16]

    assert plantwatch(database_url, "station", "password", MN, "--remove").returncode == 0
    async with database.transaction() as connection:
        station = await find_station(connection, MN)
    assert station is not None
    assert station.password_hash is None


def test_a_station_that_is_not_registered(database_url: str, database: Database) -> None:
    told = plantwatch(database_url, "station", "password", "NOBODY")
    assert told.returncode == 2
    assert "'NOBODY' is registered" in told.stderr


def test_a_rule_is_decided_on(database_url: str) -> None:
    words = ["--author", "张三", "--reason", "核对", "--source", "会议纪要"]
    request = ["rules", "decide", "legal.daily", "--from", "2026-11-01"]
    made = plantwatch(database_url, *request, "--enable", "--params", '{"min_valid_hours": 18}', *words)
    assert made.stdout == "decision 1: legal.daily enabled from 2026-11-01 min_valid_hours=18, version 1001\n", (
        made.stderr
    )
    refused = plantwatch(database_url, *request, "--disable", *words[:2], "--reason", " ", *words[4:])
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "plantwatch: reason: 不能为空：决定须写明决定人、理由和依据\n"


async def test_a_command_that_changes_the_register_is_on_record(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    file = site(tmp_path, GOOD)
    assert plantwatch(database_url, "site", "apply", str(file), "--dry-run").returncode == 0
    applied = plantwatch(database_url, "site", "apply", str(file))
    assert applied.returncode == 0, applied.stderr
    async with database.transaction() as connection:
        rows = await fetch_all(connection, "select action, object, detail, role, address from audit")
    assert rows == [
        {
            "action": "command",
            "object": "site apply",
            "detail": {"files": [file.name], "author": None},
            "role": "admin",
            "address": "terminal",
        }
    ]
