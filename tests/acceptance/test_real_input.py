"""What README's quick start promises: a stock client publishes good and bad input, and everything is accounted for."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.acceptance.platform import Platform, descendants, platform

pytestmark = pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="mosquitto-clients is not installed")

OWN = "plantwatch/v1/my-plant/gw1"


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    with platform() as started:
        yield started


@pytest.fixture(scope="module")
def password(running: Platform) -> str:
    return running.run("password", "my-plant").strip()


def sample(at: datetime, **values: float) -> str:
    return json.dumps(
        {"at": at.isoformat(), "values": {name.replace("_", "-"): value for name, value in values.items()}}
    )


def account(running: Platform) -> dict[str, int]:
    rows = running.get("/v1/accounting?enterprise=my-plant")["items"]
    assert all(row["law_holds"] for row in rows)
    names = ("received", "stored", "duplicates", "corrections", "refused")
    return {name: sum(row[name] for row in rows) for name in names}


@pytest.fixture
def change(running: Platform, password: str) -> Callable[..., dict[str, int]]:
    """Publish, and say what changed in the books. An acknowledged message is stored, so nothing is waited for."""

    def publish(topic: str, payload: str, *options: str) -> dict[str, int]:
        before = account(running)
        running.publish(password, topic, payload, *options)
        after = account(running)
        return {name: after[name] - before[name] for name in after if after[name] != before[name]}

    return publish


NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])
def test_good_duplicate_corrected(change: Callable[..., dict[str, int]], version: str) -> None:
    at = NOW - timedelta(minutes=5 if version == "mqttv5" else 6)
    message = sample(at, S1_SO2=21.4, S1_O2=6.8)
    assert change(f"{OWN}/readings", message, "-V", version) == {"received": 2, "stored": 2}
    assert change(f"{OWN}/readings", message, "-V", version) == {"received": 2, "duplicates": 2}
    assert change(f"{OWN}/readings", sample(at, S1_SO2=22.0), "-V", version) == {"received": 1, "corrections": 1}


def test_late_by_a_month(change: Callable[..., dict[str, int]]) -> None:
    assert change(f"{OWN}/readings", sample(NOW - timedelta(days=31), S1_SO2=20.0)) == {"received": 1, "stored": 1}


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (f"{OWN}/readings", "not json", "bad_payload"),
        (f"{OWN}/readings", '{"at":"2026-11-21T08:00:00","values":{"S1-SO2":1}}', "naive_time"),
        (f"{OWN}/readings", '{"at":"2026-11-21T08:00:00+08:00","values":{"S1-SO2":"high"}}', "not_a_number"),
        (f"{OWN}/readings", '{"at":"2026-11-21T08:00:00+08:00","values":{"S9":1}}', "unknown_point"),
        ("plantwatch/v1/other-plant/gw1/readings", "{}", "foreign_tenant"),
        (f"{OWN}/nonsense", "{}", "bad_topic"),
        (f"{OWN}/readings", "x" * 300_000, "oversize"),
    ],
)
def test_bad_input_is_refused_and_found(
    running: Platform, change: Callable[..., dict[str, int]], topic: str, payload: str, reason: str
) -> None:
    assert change(topic, payload, "-V", "mqttv311") == {"received": 1, "refused": 1}
    newest: dict[str, Any] = running.get(f"/v1/rejects?enterprise=my-plant&reason={reason}&limit=1")["items"][0]
    assert newest["topic"] == topic
    assert newest["payload_size"] == len(payload)
    (refusal,) = newest["refusals"]
    assert refusal["reason"] == reason
    assert refusal["chinese"]
    assert refusal["expected"]


def test_a_wrong_password_is_refused_at_the_door(running: Platform) -> None:
    done = running.publish("wrong", f"{OWN}/readings", "{}")
    assert done.returncode != 0
    assert "password" in done.stderr.lower()


def test_the_services_are_well_after_all_that(running: Platform) -> None:
    assert running.get("/health/ready")["status"] == "ready"
    assert account(running)["received"] > 0


def test_ctrl_c_leaves_nothing_and_the_data_stay(tmp_path_factory: pytest.TempPathFactory) -> None:
    with platform() as started:
        processes = descendants(started.process.pid)
        assert len(processes) > 4
        started.process.send_signal(signal.SIGINT)
        assert started.process.wait(60) == 0
        left = {pid for pid in processes if os.path.exists(f"/proc/{pid}")}
        assert left == set()
        assert (started.data / "cluster" / "PG_VERSION").exists()


def test_a_killed_ingest_comes_back_and_nothing_is_lost(running: Platform, password: str) -> None:
    """The gateway sends until it is acknowledged, as gateways do; then the reading is there, once."""
    before = account(running)
    os.kill(running.service_pid("ingest"), signal.SIGKILL)
    message = sample(NOW - timedelta(minutes=30), W_01=1234)
    deadline = time.monotonic() + 60
    while running.publish(password, f"{OWN}/readings", message).returncode != 0:
        assert time.monotonic() < deadline, "ingest did not come back"
    after = account(running)
    assert after["stored"] - before["stored"] == 1
