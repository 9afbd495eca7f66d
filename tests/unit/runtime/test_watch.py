"""Disks: what is told of them, and that a wrong name is refused at start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from domain.errors import SettingsError
from runtime.watch import DiskCollector, watched_paths


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def figures(paths: list[Path]) -> dict[tuple[str, str], float]:
    metrics: Iterator[object] = iter(DiskCollector(paths).collect())
    return {
        (sample.name, sample.labels["path"]): sample.value
        for metric in metrics
        for sample in metric.samples  # type: ignore[attr-defined]
    }


def test_paths_are_separated_as_in_path_and_named_once(tmp_path: Path) -> None:
    other = tmp_path / "data"
    other.mkdir()
    assert watched_paths(os.pathsep.join([str(tmp_path), str(other), str(tmp_path), ""])) == [tmp_path, other]


@pytest.mark.parametrize("text", ["data", "/no/such/directory"])
def test_a_disk_under_a_wrong_name_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="WATCH_PATHS"):
        watched_paths(f"/{os.pathsep}{text}")


def test_room_is_what_is_left_for_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(1000, 700, 100))  # 200 are kept back for root
    found = figures([tmp_path])
    assert found["plantwatch_disk_free_bytes", str(tmp_path)] == 100
    assert found["plantwatch_disk_free_ratio", str(tmp_path)] == pytest.approx(0.125)
    assert found["plantwatch_disk_readable", str(tmp_path)] == 1


def test_a_disk_that_is_gone_says_so(tmp_path: Path) -> None:
    path = tmp_path / "gone"
    assert figures([path, tmp_path])["plantwatch_disk_readable", str(path)] == 0
    assert ("plantwatch_disk_free_bytes", str(path)) not in figures([path])
