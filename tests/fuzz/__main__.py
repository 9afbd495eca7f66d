"""The long form by hand: `python -m tests.fuzz --messages 1000000 --seed 1`, which prints a JSON report.

Exit status 1 when a message raised, was accounted wrongly, or left in the tables what the receipts do not say.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.fuzz.long_run import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    report = run(given.messages, given.seed, given.processes)
    sys.stdout.write(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return 1 if report["problems"] or report["messages"] != given.messages else 0


if __name__ == "__main__":
    sys.exit(main())
