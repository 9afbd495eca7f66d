"""The bench of LDAR signs runs through from the command line; its parts are tested in tests/unit/rules."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from rules.pack import load_packs
from simulators.leak_campaign import VARIANTS

ROOT = Path(__file__).parents[3]


def test_the_bench_measures_every_sign_and_every_forgery(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "runtime.cli", "bench", "leak-signs", "--short", "--report", str(file)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))
    assert json.loads(done.stdout) == found
    rates, shares = found["figures"]["false_alarms"], found["figures"]["found"]
    assert set(rates) == {rule_id for rule_id in load_packs().variants if rule_id.startswith("ldar.sign_")}
    assert all(rate["judged"] and rate["seen"] == 0 for rate in rates.values())
    assert set(shares) == {f"{sign} {variant}" for sign, variants in VARIANTS.items() for variant in variants}
    assert set(shares.values()) == {100.0}
