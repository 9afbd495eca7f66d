"""Walks tests/cases/ingest: a topic and a payload as they came, and what must be read from them.

A new case is a directory with `topic.txt`, `payload` (raw bytes) and `expected.json`; the sender is always coke-1.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.readings import from_us
from ingest.delivery import Delivery
from ingest.messages import read_message, receipt

CASES = sorted(path for path in (Path(__file__).parents[2] / "cases" / "ingest").iterdir() if path.is_dir())
RECEIVED_AT = datetime(2026, 11, 2, 1, tzinfo=UTC)


def result(case: Path) -> dict[str, Any]:
    """What is read from a case, as its expected.json says it."""
    topic, payload = (case / "topic.txt").read_text("utf-8").strip(), (case / "payload").read_bytes()
    delivery = Delivery("coke-1", "client", topic, payload, len(payload), 1, False, False, RECEIVED_AT)
    message = read_message(delivery)
    samples = message.samples
    found: dict[str, Any] = {}
    if samples is not None:
        instants = [
            from_us(at).isoformat() for at, n in zip(samples.at_us, samples.sizes, strict=True) for _ in range(n)
        ]
        found["values"] = [
            [code, at, value, flag]
            for code, at, value, flag in zip(samples.codes, instants, samples.values, samples.flags, strict=True)
        ]
    if message.records:
        found["leak_tests"] = [
            [
                r.component,
                from_us(r.tested_us).isoformat(),
                r.net_umol_mol,
                r.background_umol_mol,
                r.instrument,
                r.tester,
            ]
            for r in message.records
        ]
    if message.online is not None:
        found["online"] = message.online
    good = (len(samples.codes) if samples else 0) + len(message.records)
    answer = receipt(message, message.faults, good + message.faults.items)
    found["outcome"] = answer.outcome.value
    if answer.rejects is not None:
        found["refused"] = [
            # behind the colon stands the parser's own message, which changes with Python
            {
                key: str(value).split(": ")[0] if key == "expected" else value
                for key, value in refusal.items()
                if key != "chinese"
            }
            for refusal in json.loads(answer.rejects)["refused"]
        ]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    assert result(case) == json.loads((case / "expected.json").read_text("utf-8"))


def test_there_are_cases() -> None:
    assert len(CASES) > 50
