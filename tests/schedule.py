"""In which order several workers take the suite: file by file, the longest first, so that none is left over at the end.

The demo uses little more than one core and takes longest of all: it begins at once, and the others work beside it.
Demos come one after the other: each wants the same ports.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling

#: Folders whose files share what is expensive to make, and so a worker.
TOGETHER = ("tests/unit/simulators/",)

#: Roughly, on two cores, in seconds, of what is slower than its number of tests says.
SECONDS = {
    "tests/acceptance/test_demo.py": 400,
    "tests/unit/simulators/": 90,
    "tests/integration/runtime/test_bench.py": 50,
    "tests/integration/api/test_schema.py": 30,
    "tests/acceptance/test_faults.py": 25,
    "tests/integration/runtime/test_bench_alerts.py": 25,
    "tests/integration/simulators/test_publish.py": 25,
    "tests/integration/simulators/test_hj212_link.py": 25,
    "tests/integration/runtime/test_prometheus.py": 25,
    "tests/acceptance/test_real_input.py": 25,
    "tests/integration/ingest/test_crash.py": 15,
    "tests/integration/ingest/test_service.py": 15,
    "tests/integration/rules/test_schedules.py": 15,
    "tests/integration/runtime/test_bench_coverage.py": 15,
    "tests/acceptance/test_loggers.py": 15,
    "tests/integration/runtime/test_watch.py": 10,
    "tests/integration/runtime/test_accountcommands.py": 10,
    "tests/integration/runtime/test_bench_ldar.py": 10,
    "tests/integration/runtime/test_bench_air.py": 10,
    "tests/integration/runtime/test_bench_leak_signs.py": 5,
    "tests/acceptance/test_packaging.py": 5,
}
#: Of any other test.
_SECONDS_EACH = 0.05


def unit(nodeid: str) -> str:
    """What a worker takes together with the test."""
    file = nodeid.split("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


class LongestFirst(LoadFileScheduling):
    """Takes units in the order in which the workers have collected them, see `sort`."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def sort(items: list[pytest.Item]) -> None:
    """The units that take longest to the beginning; each unit's own tests stay in their order."""
    seconds = dict.fromkeys((unit(item.nodeid) for item in items), 0.0)
    for item in items:
        seconds[unit(item.nodeid)] += _SECONDS_EACH
    seconds |= {name: estimate for name, estimate in SECONDS.items() if name in seconds}
    order = {name: place for place, name in enumerate(sorted(seconds, key=lambda name: (-seconds[name], name)))}
    items.sort(key=lambda item: order[unit(item.nodeid)])
