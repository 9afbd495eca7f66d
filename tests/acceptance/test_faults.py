"""Nothing acknowledged is lost and nothing is doubled, whatever dies: the bounded form; the long one is run by hand."""

from __future__ import annotations

from tests.acceptance.faults import Plan, run, working_folder


async def test_what_was_acknowledged_survives_every_fault() -> None:
    with working_folder() as folder:
        report = await run(Plan(faults=12, seed=7, pause_s=(0.3, 1.5)), folder)
    assert report.problems == []
    assert sum(report.faults.values()) == 12
    assert min(report.figures["by_publisher"].values()) > 0
    assert report.figures["reconnects"] > 0
