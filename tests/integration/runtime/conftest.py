"""What tests of the commands share."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


def run_bench(bench: str, folder: Path, *, timeout_s: float = 180) -> dict[str, Any]:
    """The report of `plantwatch bench BENCH --short`, which is in its file and on its standard output alike."""
    file = folder / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "runtime.cli", "bench", bench, "--short", "--report", str(file)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout_s,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    assert json.loads(done.stdout) == found
    return found
