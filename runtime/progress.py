"""What the demo shows while it runs: where the clock stands, what came in, what was judged, who was told."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from domain.periods import SITE_ZONE


@dataclass(slots=True)
class Figures:
    """One look at the running system. Counts are values (items), not messages."""

    clock: datetime
    published: int = 0
    received: int = 0
    stored: int = 0
    duplicates: int = 0
    corrections: int = 0
    refused: int = 0
    findings: dict[str, dict[str, int]] = field(default_factory=dict)
    alerts: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    """Posted by enterprises, rejected by the bureau."""
    notifications: int = 0
    backlog: int = 0
    lag_s: float | None = None
    """Simulated seconds by which the judgement is behind the clock; None before every rule has judged once."""
    values_per_s: float = 0.0
    memory_mb: dict[str, float] = field(default_factory=dict)
    phase: str = "starting"


def memory_mb(pid: int) -> float:
    """Peak resident memory of a process in MB (VmHWM), 0 where /proc does not tell."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    except (OSError, ValueError, IndexError):
        pass
    return 0.0


def render(figures: Figures, addresses: Mapping[str, str]) -> Group:
    """The screen."""
    flow = Table(title=f"Plantwatch demo · {figures.phase}", title_justify="left", show_header=True)
    for column in (
        "simulated clock",
        "published",
        "received",
        "stored",
        "duplicate",
        "corrected",
        "refused",
        "values/s",
        "waiting",
        "lag",
    ):
        flow.add_column(column, justify="right", no_wrap=True)
    flow.add_row(
        figures.clock.astimezone(SITE_ZONE).strftime("%Y-%m-%d %H:%M"),
        *(f"{n:,}" for n in (figures.published, figures.received, figures.stored, figures.duplicates)),
        *(f"{n:,}" for n in (figures.corrections, figures.refused, round(figures.values_per_s), figures.backlog)),
        "-" if figures.lag_s is None else f"{figures.lag_s / 3600:.0f} h",
    )
    judged = Table(show_header=True)
    judged.add_column("rule")
    for verdict in ("compliant", "violation", "undetermined"):
        judged.add_column(verdict, justify="right")
    for rule, verdicts in sorted(figures.findings.items()):
        judged.add_row(rule, *(f"{verdicts.get(name, 0):,}" for name in ("compliant", "violation", "undetermined")))
    people = Table(show_header=False)
    people.add_row("alerts firing", str(figures.alerts.get("firing", 0)))
    people.add_row("alerts resolved", str(figures.alerts.get("resolved", 0)))
    people.add_row("messages on the duty phone", str(figures.notifications))
    for service, megabytes in figures.memory_mb.items():
        people.add_row(f"memory of {service}", f"{megabytes:.0f} MB")
    where = Table(show_header=False)
    for name, address in addresses.items():
        where.add_row(name, address)
    return Group(flow, judged, people, where)


class Screen:
    """Live tables on a terminal, one line every few seconds anywhere else."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._last_line = ""

    def __enter__(self) -> Screen:
        if self._live is not None:
            self._live.start()
        else:
            for name, address in self._addresses.items():
                sys.stderr.write(f"{name:<14}{address}\n")
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, figures: Figures) -> None:
        """Draw the figures; off a terminal, one line for each simulated day."""
        if self._live is not None:
            self._live.update(render(figures, self._addresses), refresh=True)
            return
        day = figures.clock.astimezone(SITE_ZONE).strftime("%Y-%m-%d")
        if f"{day}{figures.phase}" != self._last_line:
            self._last_line = f"{day}{figures.phase}"
            verdicts = {
                name: sum(v.get(name, 0) for v in figures.findings.values()) for name in ("violation", "undetermined")
            }
            sys.stderr.write(
                f"{day} {figures.phase:<10} stored {figures.stored:>8,} refused {figures.refused:>3} "
                f"violations {verdicts['violation']:>5,} undetermined {verdicts['undetermined']:>5,} "
                f"alerts {sum(figures.alerts.values()):>3} values/s {figures.values_per_s:>7,.0f}\n"
            )


def family_memory_mb(pid: int) -> float:
    """Memory of a process and its children in MB, shared pages counted once (PSS); for PostgreSQL's many processes."""
    kilobytes = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text("utf-8").rsplit(")", 1)[1].split()[1])
            if pid in (parent, int(folder.name)):
                lines = (folder / "smaps_rollup").read_text("utf-8").splitlines()
                kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, ValueError, IndexError):
            continue  # ended meanwhile, or not ours to look into
    return round(kilobytes / 1024, 1)
