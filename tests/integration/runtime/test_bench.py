"""The bench runs through, stops by itself and says plausible things. How fast is not asserted: machines are noisy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.decode.json_v1 import decode_samples
from ingest.listener import codec5, codec311
from ingest.listener.packets import Publish
from runtime.bench.fleet import DUPLICATE_EVERY, STEP_MS, Fleet, load
from runtime.bench.frames import crc16, frames
from tests.integration.runtime.conftest import ROOT, run_bench


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_bench("ingest", tmp_path_factory.mktemp("bench"), timeout_s=120)


def test_commits_are_durable_and_duplicates_are_sent(report: dict[str, Any]) -> None:
    assert {report["machine"]["server"][name] for name in ("fsync", "synchronous_commit", "full_page_writes")} == {"on"}
    assert report["load"]["duplicates"] == 0.02
    assert report["load"]["values_per_message"] == 20


@pytest.mark.parametrize("name", ["listener_1_worker", "listener_2_workers", "listener_singles", "paced"])
def test_a_door_is_measured_whole(report: dict[str, Any], name: str) -> None:
    figures = report["figures"][name]
    # equal when so few messages fit into so short a run that none was due to be repeated
    assert 0 < figures["stored_values_per_s"] <= figures["values_per_s"]
    assert 0 < figures["puback_p50_ms"] <= figures["puback_p99_ms"]
    assert set(figures["cpu_us_per_value"]) == set(figures["peak_pss_mib"]) == {"ingest", "postgres", "publishers"}
    assert figures["cpu_us_per_value"]["ingest"] > 0
    assert figures["peak_pss_mib"]["ingest"] > 10


def test_the_publishers_are_measured_alone(report: dict[str, Any]) -> None:
    alone = report["figures"]["publishers_to_nobody"]
    assert min(alone["batched"]["values_per_s"], alone["singles"]["values_per_s"]) > 0


def test_ratios_are_numbers_or_say_why_not(report: dict[str, Any]) -> None:
    for name in ("copy_ceiling", "naive", "singles_vs_broker", "broker_path", "hj212_path"):
        ratio = report["ratios"][name]
        assert (isinstance(ratio, float) and ratio > 0) or str(ratio).startswith("not measured: ")
    assert isinstance(report["ratios"]["copy_ceiling"], float)


def test_no_process_is_left_behind(report: dict[str, Any]) -> None:
    assert report
    left = [
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if b"runtime.bench." in (_bytes(path)) and _bytes(path.parent / "cwd").startswith(str(ROOT).encode())
    ]
    assert left == []


def _bytes(path: Path) -> bytes:
    try:
        return str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("gateway", [2, 3])
def test_packets_are_what_a_gateway_would_send(gateway: int) -> None:
    """Decoded by the platform's own codec: distinct minutes in order, and 2 % sent again, half of these marked."""
    sender = next(s for s in Fleet(1, 5).senders() if s.client_id == f"gw-00{gateway}")
    cargo = load(sender, first_ms=1_700_000_000_000, messages=1_000, seed=1)
    codec = codec5 if sender.level == 5 else codec311
    decoded = [codec.decode(bytes(packet), 3) for packet in cargo.packets]
    assert all(isinstance(p, Publish) and p.topic == sender.topic and p.qos == 1 for p in decoded)
    publishes = [p for p in decoded if isinstance(p, Publish)]
    samples = [decode_samples(p.payload) for p in publishes]
    assert all(tuple(s.codes) == sender.codes and not s.faults for s in samples)
    instants = [s.at_us[0] // 1000 for s in samples]
    again = np.arange(1_000) % DUPLICATE_EVERY == DUPLICATE_EVERY - 1
    assert np.array_equal(np.array(instants)[~again], 1_700_000_000_000 + np.arange(980) * STEP_MS)
    contents = {instant: sample.values for instant, sample in zip(instants, samples, strict=True)}
    assert len(contents) == 980 == cargo.instants[-1]
    assert all(contents[instant] == sample.values for instant, sample in zip(instants, samples, strict=True))
    assert sum(p.duplicate for p in publishes) == again.sum() // 2


def test_frames_carry_the_check_of_the_standard() -> None:
    segment = "QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
    assert bytes(frames([segment])[0]) == b"##0101" + segment.encode() + b"1C80\r\n"  # HJ 212-2017, C.2
    assert int(crc16(np.zeros((1, 0), np.uint8))[0]) == 0xFFFF
