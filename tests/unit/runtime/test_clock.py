"""The clock file: what one process sets, another reads."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import SettingsError
from runtime.clock import ClockFile, open_clock, system_clock

AT = datetime(2026, 10, 31, 15, 59, 59, 123456, tzinfo=UTC)


def test_another_process_reads_what_is_set(tmp_path: Path) -> None:
    clock = ClockFile(tmp_path / "clock", at=AT)
    clock.move(AT + timedelta(hours=1))
    script = "import sys, pathlib, runtime.clock as c; print(c.open_clock(pathlib.Path(sys.argv[1]))())"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "clock")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(AT + timedelta(hours=1))
    clock.close()


def test_it_does_not_go_back(tmp_path: Path) -> None:
    clock = ClockFile(tmp_path / "clock", at=AT)
    with pytest.raises(ValueError, match="does not go back"):
        clock.move(AT - timedelta(microseconds=1))
    assert clock() == AT
    clock.close()


def test_missing_file_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="clock file"):
        open_clock(tmp_path / "nowhere")


def test_without_a_file_it_is_the_machine_clock() -> None:
    assert open_clock(None) is system_clock
    assert system_clock().tzinfo is UTC
