"""Writes dashboards/*.json from the boards: ``python -m grafana.build``; ``--check`` exits 1 when one is stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grafana.boards import (
    alarm_health,
    balance,
    carbon,
    city,
    duties,
    emission,
    energy,
    ldar,
    ldar_leaks,
    limits,
    platform,
    targets,
    trust,
    water,
)
from grafana.panels import Board, render

DASHBOARDS = Path(__file__).parent / "dashboards"


def boards() -> list[Board]:
    """All boards, built anew."""
    return [
        city.board(),
        water.board(),
        balance.board(),
        energy.board(),
        carbon.board(),
        targets.board(),
        emission.board(),
        trust.board(),
        limits.board(),
        ldar.board(),
        ldar_leaks.board(),
        duties.board(),
        platform.board(),
        alarm_health.board(),
    ]


def rendered() -> dict[str, str]:
    """File name -> JSON text."""
    return {f"{board.uid}.json": render(board) for board in boards()}


def stale(folder: Path = DASHBOARDS) -> list[str]:
    """Names of files that differ from a rebuild, are missing, or belong to no board."""
    texts = rendered()
    present = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in texts.keys() | present.keys() if texts.get(name) != present.get(name))


def write(folder: Path = DASHBOARDS) -> None:
    """Write every board and remove files that belong to none."""
    texts = rendered()
    for path in folder.glob("*.json"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")


def main(arguments: list[str] | None = None, *, folder: Path = DASHBOARDS) -> int:
    """Exit status: 0 written or fresh, 1 stale."""
    parser = argparse.ArgumentParser(prog="python -m grafana.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    if parser.parse_args(arguments).check:
        names = stale(folder)
        for name in names:
            sys.stderr.write(f"stale: {folder.name}/{name}; run python -m grafana.build\n")
        return 1 if names else 0
    write(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
