"""`plantwatch roster show` as a person meets it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from domain.errors import BadInput
from runtime.clock import ClockFile
from runtime.rostercommands import roster
from runtime.settings import Settings
from storage.database import Database
from tests.integration.runtime.test_site_roster import GOOD, NOW, apply


async def test_who_is_on_duty(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await apply(database, tmp_path, GOOD)
    clock = tmp_path / "clock"
    ClockFile(clock, at=NOW).close()
    settings = Settings.from_environ({"PLANTWATCH_DATABASE_URL": database.url, "PLANTWATCH_CLOCK_FILE": str(clock)})
    assert await roster(argparse.Namespace(team="duty", days=1), settings) == 0
    assert capsys.readouterr().out.splitlines() == [
        "市值班室（duty）　负责人：李白",
        "11-27 周五 08:00 至 11-27 20:00　白班　李白（当班）",
        "11-27 周五 20:00 至 11-28 08:00　夜班　李白",
        "11-28 周六 08:00 至 11-28 20:00　白班　李白",
    ]
    with pytest.raises(BadInput, match="expected one of: duty"):
        await roster(argparse.Namespace(team="nobody", days=1), settings)
    with pytest.raises(BadInput, match="expected 1 to 92"):
        await roster(argparse.Namespace(team="duty", days=0), settings)
