"""The bench of LDAR signs runs through from the command line; its parts are tested in tests/unit/rules."""

from __future__ import annotations

from pathlib import Path

from rules.pack import load_packs
from simulators.leak_campaign import VARIANTS
from tests.integration.runtime.conftest import run_bench


def test_the_bench_measures_every_sign_and_every_forgery(tmp_path: Path) -> None:
    found = run_bench("leak-signs", tmp_path)
    rates, shares = found["figures"]["false_alarms"], found["figures"]["found"]
    assert set(rates) == {rule_id for rule_id in load_packs().variants if rule_id.startswith("ldar.sign_")}
    assert all(rate["judged"] and rate["seen"] == 0 for rate in rates.values())
    assert set(shares) == {f"{sign} {variant}" for sign, variants in VARIANTS.items() for variant in variants}
    assert set(shares.values()) == {100.0}
