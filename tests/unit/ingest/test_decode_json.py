"""The two roads of the JSON decoder give the same, nothing makes it raise, and hostile input is cheap."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.refusals import Reason
from ingest.decode import json_v1
from ingest.decode.faults import show
from ingest.decode.json_v1 import Samples, decode_samples
from ingest.decode.leak_tests import decode_leak_tests

AT = "2026-11-02T08:00:00+08:00"
NOW = datetime(2026, 11, 3, tzinfo=UTC)

texts = st.one_of(
    st.sampled_from(["N", "M", "P", AT, "2026-11-02T08:00:00", "a:b", "", "\0", "é"]), st.text(max_size=5)
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
codes = st.sampled_from(["W-01", "W-02", "S1-SO2", "a:b"])
nearly_samples = st.fixed_dictionaries(
    {"values": st.dictionaries(codes, st.one_of(st.floats(), st.integers(), scalars), max_size=4)},
    optional={
        "at": st.one_of(st.just(AT), texts),
        "ts": st.one_of(st.just(1793577600000), scalars),
        "flags": st.one_of(st.none(), st.dictionaries(codes, st.sampled_from("NFMSDCTBP"), max_size=3), scalars),
        "more": anything,
    },
)


def content(samples: Samples) -> Any:
    # repr tells 0.0 from -0.0, and every value here is finite
    return repr((samples.codes, samples.values, samples.flags, samples.at_us, samples.sizes, samples.faults))


@settings(deadline=None, max_examples=400)
@given(st.one_of(nearly_samples, st.lists(nearly_samples, max_size=3), anything))
def test_both_roads_give_the_same(value: Any) -> None:
    payload = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    slow = json_v1._decode_slowly(payload)
    fast = json_v1._decode_fast(payload)
    if fast is not None:
        assert content(fast) == content(slow)
        assert fast.paths == slow.paths


def test_what_is_in_order_takes_the_fast_road() -> None:
    sample = {"at": AT, "ts": 1793577600000, "values": {"W-01": 1, "W-02": 2.5}, "flags": {"W-01": "M"}}
    for value in (sample, [sample, sample]):
        assert json_v1._decode_fast(json.dumps(value).encode()) is not None


@settings(deadline=None, max_examples=400)
@given(st.one_of(st.binary(max_size=200), anything.map(lambda v: json.dumps(v).encode())))
@example(b'{"values":{"a":1},"at":"0001-01-01T00:00:00+14:00"}')
@example(b'{"values":{"a":1},"at":"9999-12-31T23:59:59-14:00"}')
@example(b'{"values":{"a":1},"at":"2026-02-30T00:00:00Z"}')
@example(b'{"values":{"a":1},"at":"2026-11-02T23:59:60Z"}')
@example(b'{"values":{"a":1},"ts":-99999999999999}')
@example(b'{"values":{"a":1},"ts":1e400}')
@example(b'{"values":{"a":1},"ts":1e14}')
@example('{"values":{"a":1},"at":"２０２６-11-02T08:00:00Z"}'.encode())
def test_nothing_raises_and_every_fault_can_be_shown(payload: bytes) -> None:
    for faults in (decode_samples(payload).faults, decode_leak_tests(payload, NOW).faults):
        for fault in faults.by_reason.values():
            assert fault.items > 0
            assert (fault.first_item + fault.expected).isprintable()


@settings(deadline=None)
@given(nearly_samples)
def test_every_value_is_kept_or_refused(sample: dict[str, Any]) -> None:
    found = decode_samples(json.dumps(sample).encode())
    stray = len(set(sample.get("flags") or ()) - set(sample["values"])) if isinstance(sample.get("flags"), dict) else 0
    items = len(found.codes) + found.faults.items
    assert max(1, len(sample["values"])) <= items <= max(1, len(sample["values"])) + stray


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 500, '"' + "x" * 120 + '"'),
        ({"a": 1}, "object of 1"),
        ([1], "list of 1"),
        ("a\nb", '"a\\nb"'),
        ("值", '"值"'),
        (float("nan"), "NaN"),
    ],
)
def test_values_are_shown_short_and_printable(value: object, shown: str) -> None:
    assert show(value) == shown


def test_a_quarter_megabyte_of_repeated_keys_is_one_refusal() -> None:
    payload = b'{"at":"' + AT.encode() + b'","values":{' + b",".join([b'"W-01":1'] * 29_000) + b"}}"
    assert len(payload) < 256 * 1024
    found = decode_samples(payload)
    assert found.codes == []
    assert list(found.faults.by_reason) == [Reason.BAD_SAMPLE]
