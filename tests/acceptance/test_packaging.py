"""The wheel carries what the code reads, and the short commands do what they say."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.acceptance.platform import ROOT

READ_AT_RUN_TIME = (
    "storage/migrations/0001_create_schema.sql",
    "storage/native/010_reading.sql",
    "storage/timescale/010_reading.sql",
    "storage/views/000_dash_schema.sql",
    "storage/queries/readings.sql",
    "rules/packs/emission.toml",
    "rules/packs/limits_coking.toml",
    "rules/families/contract.py",
    "rules/policy/data/targets.csv",
    "simulators/scenarios/emissions.toml",
    "simulators/scenarios/air.toml",
    "api/desk/assets/desk.css",
    "api/desk/assets/desk.js",
    "api/pages/about.html",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_wheel_holds_what_the_code_reads(tmp_path: Path) -> None:
    done = run("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), ".")
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("plantwatch-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert [name for name in READ_AT_RUN_TIME if name not in names] == []
    assert not [name for name in names if name.startswith(("tests/", "deploy/"))]


def test_rules_test_passes_and_can_fail(tmp_path: Path) -> None:
    assert run("-m", "runtime.cli", "rules", "test", "tests/cases/rules").returncode == 0
    case = (ROOT / "tests" / "cases" / "rules" / "ule_hourly_coke_oven_stack_so2.toml").read_text("utf-8")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(case.replace('verdict = "violation"', 'verdict = "compliant"', 1), "utf-8")
    done = run("-m", "runtime.cli", "rules", "test", str(wrong))
    assert done.returncode == 1, done.stdout
    assert "FAILED" in done.stdout


def test_a_misspelt_setting_ends_with_one_clear_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "runtime.cli", "migrate"],
        cwd=ROOT, env={"PLANTWATCH_DATABSE_URL": "x"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "plantwatch: PLANTWATCH_DATABSE_URL: there is no such setting\n"
