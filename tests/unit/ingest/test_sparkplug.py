"""Sparkplug B payloads: what aliases mean, which values are stored, and what is asked for."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refusals import Reason
from ingest.decode.register import Birth, Tag, View
from ingest.decode.samples import Samples
from ingest.decode.sparkplug import parse_sparkplug, resolve_sparkplug
from ingest.decode.sparkplug_names import gateway_name
from ingest.topics import Sparkplug
from tests.unit.ingest import sparkplug_encoder as wire
from tests.unit.ingest.sparkplug_encoder import bd_seq, block, double, metric, payload, value, varint, whole

MS = 1_793_581_200_000
US = MS * 1000
TYPES = ("NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA")
COMMAND_TOPIC = "spBv1.0/coke-1/NCMD/edge"


def view(*points: str, **tags: Tag) -> View:
    """The register; tags are of device `cems` by metric name."""
    return View(points, sparkplug={("edge/cems", name): tag for name, tag in tags.items()}, births={})


def read(
    content: bytes, kind: str = "DDATA", register: View | None = None, *, gap: bool = False, device: str = "cems"
) -> Samples:
    """What a message says; its births are taken over as the writer does."""
    register = view() if register is None else register
    topic = Sparkplug(kind, "edge", device if kind.startswith("D") else "")
    samples = resolve_sparkplug(parse_sparkplug(content), topic, "coke-1", US + 5_000_000, gap, register)
    for birth in samples.births:
        register.births[birth.node, birth.device] = birth
    return samples


def born(*metrics: bytes, register: View, device: str = "cems") -> View:
    """The register after a birth."""
    assert not read(payload(*metrics, seq=1, at_ms=MS), "DBIRTH", register, device=device).commands
    return register


def rows(samples: Samples) -> list[tuple[str, float, str]]:
    return list(zip(samples.codes, samples.values, samples.flags, strict=True))


def refused(samples: Samples) -> dict[str, tuple[int, str]]:
    return {reason.value: (fault.items, fault.first_item) for reason, fault in samples.faults.by_reason.items()}


# --- names and aliases


def test_a_birth_gives_values_aliases_and_presence() -> None:
    register = view("cems.Stack.SO2", O2=Tag("S1-O2"))
    metrics = (
        double(21.4, "Stack/SO2", alias=7, at_ms=MS),
        double(9.5, "O2", alias=0, at_ms=MS),
        metric("Label", value("string", "Kessel 2"), datatype=wire.STRING),
    )
    samples = read(payload(*metrics, seq=1, at_ms=MS), "DBIRTH", register)
    assert rows(samples) == [("cems.Stack.SO2", 21.4, "N"), ("S1-O2", 9.5, "N")]
    (birth,) = samples.births
    assert (birth.node, birth.device, birth.bd_seq) == ("edge", "cems", None)
    assert birth.metrics == (("Stack/SO2", 7, wire.DOUBLE), ("O2", 0, wire.DOUBLE), ("Label", None, wire.STRING))
    assert samples.online == [("edge/cems", True)]
    assert not samples.commands
    assert not samples.faults


def test_data_by_alias_and_by_name() -> None:
    register = born(
        double(0, "Stack/SO2", alias=7), double(0, "O2", alias=0), register=view("cems.Stack.SO2", "cems.O2")
    )
    samples = read(payload(double(21.5, alias=7), double(9.75, alias=0), double(9.5, "O2"), seq=2), register=register)
    assert rows(samples) == [("cems.Stack.SO2", 21.5, "N"), ("cems.O2", 9.75, "N"), ("cems.O2", 9.5, "N")]
    assert not samples.commands


def test_metrics_of_the_node_itself() -> None:
    register = view("Supply")
    register.sparkplug = {("edge", "Level"): Tag("L-1", 0.1, -2.0)}
    birth = payload(bd_seq(3), double(12.5, "Supply", alias=1), double(70, "Level", alias=2), seq=0, at_ms=MS)
    assert rows(read(birth, "NBIRTH", register)) == [("Supply", 12.5, "N"), ("L-1", 5.0, "N")]
    assert rows(read(payload(double(50, alias=2), seq=1), "NDATA", register)) == [("L-1", 3.0, "N")]


def test_an_unknown_alias_is_refused_and_a_birth_requested() -> None:
    register = born(double(0, "SO2", alias=7), register=view("cems.SO2"))
    samples = read(payload(double(1, alias=7), double(2, alias=8), double(3), seq=2), register=register)
    assert rows(samples) == [("cems.SO2", 1.0, "N")]
    assert refused(samples) == {"no_birth": (2, "metrics[1] alias 8")}
    assert [topic for topic, _ in samples.commands] == [COMMAND_TOPIC]


def test_an_alias_of_two_names_means_neither() -> None:
    register = born(double(0, "SO2", alias=7), double(0, "NOx", alias=7), register=view("cems.SO2", "cems.NOx"))
    samples = read(payload(double(1, alias=7), double(2, "NOx"), seq=2), register=register)
    assert rows(samples) == [("cems.NOx", 2.0, "N")]
    assert refused(samples) == {"no_birth": (1, "metrics[0] alias 7")}


def test_an_absent_alias_is_not_alias_zero() -> None:
    register = born(double(0, "SO2", alias=0), register=view("cems.SO2"))
    samples = read(payload(double(5), seq=2), register=register)
    assert rows(samples) == []
    assert refused(samples) == {"no_birth": (1, "metrics[0] without name and alias")}


def test_without_birth_what_explains_itself_is_stored() -> None:
    content = payload(
        metric("SO2", value("double", 21.5)),
        metric("O2", value("int", 9), datatype=wire.INT32),
        metric("NOx", value("int", 30)),
        metric("Ghost", value("int", 30)),
        seq=9,
    )
    samples = read(content, register=view("cems.SO2", "cems.O2", "cems.NOx"))
    assert rows(samples) == [("cems.SO2", 21.5, "N"), ("cems.O2", 9.0, "N")]
    assert refused(samples) == {
        "no_birth": (1, "metrics[2] NOx"), "unknown_point": (1, "metrics[3] Ghost = 30.0"),
    }  # fmt: skip
    assert len(samples.commands) == 1


def test_a_birth_is_requested_although_all_could_be_stored() -> None:
    samples = read(payload(metric("SO2", value("double", 21.5)), seq=9), register=view("cems.SO2"))
    assert rows(samples) == [("cems.SO2", 21.5, "N")]
    assert [topic for topic, _ in samples.commands] == [COMMAND_TOPIC]


def test_a_name_that_the_birth_forgot_is_read_by_what_it_says_of_itself() -> None:
    register = born(double(0, "SO2", alias=7), register=view("cems.SO2", "cems.O2"))
    samples = read(payload(double(9.5, "O2"), seq=2), register=register)
    assert (rows(samples), samples.commands) == ([("cems.O2", 9.5, "N")], [])


def test_a_changed_register_counts_at_once() -> None:
    register = born(double(0, "SO2", alias=7), double(0, "O2", alias=8), register=view("cems.SO2"))
    content = payload(double(1, alias=7), double(2, alias=8), seq=2)
    assert rows(read(content, register=register)) == [("cems.SO2", 1.0, "N")]
    register.points = ["cems.SO2", "cems.O2"]
    assert rows(read(content, register=register)) == [("cems.SO2", 1.0, "N"), ("cems.O2", 2.0, "N")]
    register.sparkplug = {("edge/cems", "O2"): Tag("S1-O2")}
    assert rows(read(content, register=register)) == [("cems.SO2", 1.0, "N"), ("S1-O2", 2.0, "N")]


def test_the_request_is_what_the_specification_says() -> None:
    samples = read(payload(double(1, alias=4), seq=9), gap=True)
    at_ms = MS + 5000
    metrics = metric("Node Control/Rebirth", value("boolean", True), at_ms=at_ms, datatype=wire.BOOLEAN)
    assert samples.commands == [(COMMAND_TOPIC, payload(metrics, at_ms=at_ms))]


def test_values_are_stored_although_messages_before_are_missing() -> None:
    register = born(double(0, "SO2", alias=7), register=view("cems.SO2"))
    samples = read(payload(double(21.5, alias=7), seq=9), register=register, gap=True)
    assert rows(samples) == [("cems.SO2", 21.5, "N")]
    assert len(samples.commands) == 1


@given(names=st.lists(st.text("ab/. 烟", min_size=1, max_size=12), unique=True, min_size=1, max_size=8), data=st.data())
def test_an_alias_means_what_its_name_means(names: list[str], data: st.DataObject) -> None:
    numbers = st.lists(st.integers(0, 2**64 - 1), unique=True, min_size=len(names), max_size=len(names))
    aliases = data.draw(numbers, "aliases")
    tagged = data.draw(st.sets(st.sampled_from(names)), "tagged")
    chosen = data.draw(st.lists(st.integers(0, len(names) - 1), max_size=10), "chosen")
    register = View(sparkplug={("edge/cems", name): Tag(f"P{names.index(name)}", 2.0) for name in tagged}, births={})
    birth = [double(0, name, alias=alias) for name, alias in zip(names, aliases, strict=True)]
    read(payload(*birth, seq=0), "DBIRTH", register)
    by_alias = read(payload(*(double(i, alias=aliases[i]) for i in chosen), seq=1), register=register)
    by_name = read(payload(*(double(i, names[i]) for i in chosen), seq=1), register=register)
    assert rows(by_alias) == [(f"P{i}", 2.0 * i, "N") for i in chosen if names[i] in tagged]
    assert rows(by_alias) == rows(by_name)
    assert refused(by_alias) == refused(by_name)
    assert by_alias.faults.items == sum(names[i] not in tagged for i in chosen)


# --- births and deaths


def test_a_node_birth_makes_the_devices_births_void() -> None:
    register = born(double(0, "SO2", alias=7), register=view("cems.SO2"))
    samples = read(payload(bd_seq(4), seq=0), "NBIRTH", register)
    assert samples.births == [Birth("edge", "cems", None, ()), Birth("edge", "", 4, (("bdSeq", None, wire.INT64),))]
    assert samples.online == [("edge/cems", False), ("edge", True)]
    after = read(payload(double(1, alias=7), seq=1), register=register)
    assert refused(after) == {"no_birth": (1, "metrics[0] alias 7")}
    assert len(after.commands) == 1
    # another one has nothing left to make void
    assert read(payload(bd_seq(4), seq=0), "NBIRTH", register).online == [("edge", True)]


def test_nodes_are_apart() -> None:
    register = born(double(0, "SO2", alias=7), register=view("cems.SO2"))
    register.births["other", "cems"] = Birth("other", "cems", None, (("SO2", 9, wire.DOUBLE),))
    read(payload(bd_seq(4), seq=0), "NBIRTH", register)
    assert register.births["other", "cems"].metrics == (("SO2", 9, wire.DOUBLE),)


@pytest.mark.parametrize(
    ("of_birth", "of_death", "online"),
    [
        (4, 4, [("edge", False), ("edge/cems", False)]),
        (4, 3, []),
        (0, 255, []),
        (None, 3, [("edge", False), ("edge/cems", False)]),
        (4, None, [("edge", False), ("edge/cems", False)]),
    ],
)
def test_a_death_belongs_to_the_birth_of_its_number(
    of_birth: int | None, of_death: int | None, online: list[tuple[str, bool]]
) -> None:
    register = view()
    numbers = [() if number is None else (bd_seq(number),) for number in (of_birth, of_death)]
    read(payload(*numbers[0], double(1, "x"), seq=0), "NBIRTH", register)
    born(double(0, "SO2", alias=7), register=register)
    samples = read(payload(*numbers[1], at_ms=MS), "NDEATH", register)
    assert samples.online == online
    assert bool(register.births["edge", "cems"].metrics) is not bool(online)
    assert not samples.commands
    assert not samples.faults


def test_a_death_of_nobody_known() -> None:
    samples = read(payload(bd_seq(3)), "NDEATH")
    assert (samples.online, samples.births) == ([("edge", False)], [])


def test_a_late_will_after_a_death_and_a_new_birth_is_stale() -> None:
    register = view()
    read(payload(bd_seq(7), seq=0), "NBIRTH", register)
    assert read(payload(bd_seq(7)), "NDEATH", register).online == [("edge", False)]
    read(payload(bd_seq(8), seq=0), "NBIRTH", register)
    assert read(payload(bd_seq(7)), "NDEATH", register).online == []


def test_a_device_dies_alone() -> None:
    register = born(double(0, "SO2", alias=7), register=view("cems.SO2"))
    read(payload(bd_seq(1), seq=0), "NBIRTH", register)
    born(double(0, "SO2", alias=7), register=register)
    samples = read(payload(seq=3, at_ms=MS), "DDEATH", register)
    assert samples.online == [("edge/cems", False)]
    assert samples.births == [Birth("edge", "cems", None, ())]
    again = read(payload(seq=4, at_ms=MS), "DDEATH", register)
    assert (again.online, again.births) == ([("edge/cems", False)], [])


def test_gateway_names_have_at_most_64_characters() -> None:
    assert gateway_name("edge", "") == "edge"
    assert gateway_name("n" * 31, "d" * 32) == "n" * 31 + "/" + "d" * 32
    assert gateway_name("n" * 32, "d" * 32) == "n" * 32 + "/" + "d" * 22 + "~ace709f1"
    long = {gateway_name("n" * 40, "d" * 40 + suffix) for suffix in "ab"}
    assert len(long) == 2
    assert {len(name) for name in long} == {64}
    assert {name[:56] for name in long} == {"n" * 40 + "/" + "d" * 14 + "~"}


# --- values


SIGNED = {wire.INT8: 8, wire.INT16: 16, wire.INT32: 32, wire.INT64: 64}
UNSIGNED = {wire.UINT8: 8, wire.UINT16: 16, wire.UINT32: 32, wire.UINT64: 64}


@given(st.data())
def test_integers_in_whatever_field_holds_them(data: st.DataObject) -> None:
    datatype = data.draw(st.sampled_from([*SIGNED, *UNSIGNED]))
    bits = SIGNED.get(datatype) or UNSIGNED[datatype]
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if datatype in SIGNED else (0, (1 << bits) - 1)
    number = data.draw(st.integers(low, high))
    fields = ["long"] if bits == 64 else ["int", "long"]
    content = value(data.draw(st.sampled_from(fields)), number)
    register = born(metric("n", value("int", 1), alias=3, datatype=datatype), register=view("cems.n"))
    by_alias = read(payload(metric(None, content, alias=3), seq=1), register=register)
    by_name = read(payload(metric("n", content, datatype=datatype), seq=1), register=view("cems.n"))
    assert rows(by_alias) == rows(by_name) == [("cems.n", float(number), "N")]


@pytest.mark.parametrize("datatype", [wire.INT8, wire.INT16])
def test_small_negatives_cut_to_their_bits(datatype: int) -> None:
    content = metric("n", value("int", (1 << SIGNED[datatype]) - 5), datatype=datatype)
    assert rows(read(payload(content, seq=1), register=view("cems.n"))) == [("cems.n", -5.0, "N")]


def test_a_type_that_the_data_give_themselves() -> None:
    register = born(metric("n", value("double", 1), alias=3), register=view("cems.n"))
    content = metric(None, value("int", -1), alias=3, datatype=wire.INT32)
    assert rows(read(payload(content, seq=1), register=register)) == [("cems.n", -1.0, "N")]


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_what_was_sent(single: float, twice: float) -> None:
    register = born(
        metric("f", value("float", 1), alias=1, datatype=wire.FLOAT), double(1, "d", alias=2),
        register=view("cems.f", "cems.d"),
    )  # fmt: skip
    content = payload(metric(None, value("float", single), alias=1), double(twice, alias=2), seq=1)
    assert rows(read(content, register=register)) == [("cems.f", single, "N"), ("cems.d", twice, "N")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ((value("boolean", True), wire.BOOLEAN), 1.0),
        ((value("boolean", False), wire.BOOLEAN), 0.0),
        ((value("int", 1), wire.BOOLEAN), 1.0),
        ((value("float", 2.5), wire.DOUBLE), 2.5),
        ((value("double", 0.0), wire.DOUBLE), 0.0),
        ((value("double", -0.5), wire.INT32), -0.5),
        ((value("int", 0), wire.INT32), 0.0),
        ((value("long", 2**64 - 1), wire.UINT64), float(2**64 - 1)),
        ((value("int", 2**32 - 1), wire.INT64), float(2**32 - 1)),
    ],
)
@pytest.mark.parametrize("is_birth", [True, False])
def test_numbers(content: tuple[bytes, int], expected: float, is_birth: bool) -> None:
    held, datatype = content
    register = view("cems.x")
    birth = read(payload(metric("x", held, alias=1, datatype=datatype), seq=1, at_ms=MS), "DBIRTH", register)
    if is_birth:
        assert rows(birth) == [("cems.x", expected, "N")]
    else:
        found = read(payload(metric(None, held, alias=1), seq=2, at_ms=MS), register=register)
        assert rows(found) == [("cems.x", expected, "N")]


NO_NUMBERS: list[Any] = [
    (value("string", "zwölf"), wire.STRING, '"zwölf"'),
    (value("string", "12.5"), wire.DOUBLE, '"12.5"'),
    (value("long", MS), wire.DATE_TIME, str(MS)),
    (value("bytes", b"\x01\x02"), wire.BYTES, "bytes of 2 bytes"),
    (value("dataset", b"\x08\x01"), wire.DATA_SET, "dataset of 2 bytes"),
    (value("template", b"\x0a\x01v"), wire.TEMPLATE, "template of 3 bytes"),
    (value("double", math.nan), wire.DOUBLE, "nan"),
    (value("double", -math.inf), wire.DOUBLE, "-inf"),
]


@pytest.mark.parametrize(("held", "datatype", "shown"), NO_NUMBERS)
@pytest.mark.parametrize("kind", ["DBIRTH", "DDATA"])
def test_what_is_no_number_is_refused_of_a_point(held: bytes, datatype: int, shown: str, kind: str) -> None:
    register = born(metric("x", alias=1, datatype=datatype), register=view("cems.x"))
    samples = read(payload(metric("x", held, datatype=datatype), seq=2, at_ms=MS), kind, register)
    assert rows(samples) == []
    assert refused(samples) == {"not_a_number": (1, f"metrics[0] x = {shown}")}


@pytest.mark.parametrize("content", [metric("x", null=True), metric("x", value("double", 3), null=True), metric("x")])
def test_null_is_no_reading(content: bytes) -> None:
    register = view("cems.x")
    assert not read(payload(content + whole(4, wire.DOUBLE), seq=1), "DBIRTH", register).faults
    samples = read(payload(content, seq=2), register=register)
    assert rows(samples) == []
    assert refused(samples) == {"not_a_number": (1, "metrics[0] x = null")}


def test_a_value_beyond_a_double_after_conversion_is_refused() -> None:
    samples = read(payload(double(1e300, "x"), seq=1), register=view(x=Tag("P", 1e300)))
    assert refused(samples) == {"not_a_number": (1, "metrics[0] x = inf")}


@pytest.mark.parametrize(("quality", "flag"), [(192, "N"), (0, "B"), (500, "B"), (64, "B")])
def test_quality_is_a_flag(quality: int, flag: str) -> None:
    content = metric("x", value("double", 2), quality=quality)
    assert rows(read(payload(content, seq=1), register=view("cems.x"))) == [("cems.x", 2.0, flag)]


def test_properties_of_others_are_no_quality() -> None:
    odd = block(9, block(1, b"engUnit") + block(1, b"Quality") + block(2, whole(1, 12) + block(8, b"mg/m3")))
    content = [metric("x", value("double", 2), odd), metric("y", value("double", 3))]
    register = view("cems.x", "cems.y")
    assert rows(read(payload(*content, seq=1), register=register)) == [("cems.x", 2.0, "N"), ("cems.y", 3.0, "N")]


def test_what_steers_is_no_item() -> None:
    names = ("bdSeq", "Node Control/Rebirth", "Node Control/Scan Rate", "Device Control/Reboot")
    register = view(*(f"cems.{name.replace('/', '.')}" for name in names))
    for kind in ("DBIRTH", "DDATA"):
        samples = read(payload(*(double(1, name, alias=i) for i, name in enumerate(names)), seq=1), kind, register)
        assert (rows(samples), refused(samples)) == ([], {})


def test_unknown_metrics() -> None:
    content = payload(
        double(1, "Ghost"),
        metric("Properties/OS", value("string", "Linux"), datatype=wire.STRING),
        metric("Fleeting", value("double", 1), datatype=wire.DOUBLE, transient=True),
        metric("Kept", value("double", 1), datatype=wire.DOUBLE, transient=True),
        seq=1,
    )
    register = view("cems.Kept")
    birth = read(content, "DBIRTH", register)
    assert rows(birth) == [("cems.Kept", 1.0, "N")]
    assert refused(birth) == {"unknown_point": (1, "metrics[0] Ghost = 1.0")}
    assert refused(read(content, register=register)) == {"unknown_point": (2, "metrics[0] Ghost = 1.0")}


def test_names_that_no_text_column_takes() -> None:
    content = payload(metric(b"a\0b", value("double", 1)), metric(b"\xff", value("double", 2), datatype=10), seq=1)
    register = view("cems.a\0b")
    samples = read(content, "DBIRTH", register)
    assert refused(samples) == {"unknown_point": (2, "metrics[0] a\\x00b = 1.0")}
    assert [name for name, _, _ in register.births["edge", "cems"].metrics] == ["a\\x00b", "\\xff"]


# --- times


def test_a_metric_has_its_time_or_that_of_its_payload_or_arrival() -> None:
    content = (double(1, "x", at_ms=MS), double(2, "y", at_ms=MS), double(3, "x", at_ms=MS - 1), double(4, "y"))
    register = view("cems.x", "cems.y")
    samples = read(payload(*content, seq=1, at_ms=MS + 1), register=register)
    assert (samples.at_us, samples.sizes) == ([US, US - 1000, US + 1000], [2, 1, 1])
    assert samples.paths == ["metrics[0] x", "metrics[2] x", "metrics[3] y"]
    assert read(payload(*content[3:], seq=1), register=register).at_us == [US + 5_000_000]


def test_times_beyond_all_calendars() -> None:
    content = payload(double(1, "x", at_ms=2**64 - 1), double(2, "x", at_ms=MS), double(3, "x", at_ms=US), seq=1)
    samples = read(content, register=view("cems.x"))
    assert rows(samples) == [("cems.x", 2.0, "N")]
    assert refused(samples) == {"bad_time": (2, f"metrics[0] x.timestamp = {2**64 - 1}")}


# --- bytes of all kinds


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"", "(empty payload)"),
        (b'{"ts":1}', '{"ts":1}'),
        (payload(double(1, "x"), seq=3)[:-1], None),
        (block(4, b"uuid only"), '"\\tuuid only'),
    ],
)
@pytest.mark.parametrize("kind", TYPES)
def test_what_is_no_payload_is_one_item(content: bytes, shown: str | None, kind: str) -> None:
    samples = read(content, kind)
    (found,) = samples.faults.by_reason.values()
    assert list(samples.faults.by_reason) == [Reason.BAD_PAYLOAD]
    assert found.items == 1
    assert "Sparkplug B protobuf" in found.expected
    assert found.first_item == shown or shown is None
    assert (samples.births, samples.online, samples.commands) == ([], [], [])


def test_a_compressed_body_is_refused_and_not_lost() -> None:
    samples = read(payload(seq=3, at_ms=MS) + block(4, b"SPBV1.0_COMPRESSED") + block(5, b"\x1f\x8b" * 9))
    assert refused(samples) == {"bad_payload": (1, "body of 18 bytes")}


def check(samples: Samples) -> None:
    assert len(samples.codes) == len(samples.values) == len(samples.flags) == sum(samples.sizes)
    assert len(samples.sizes) == len(samples.paths) == len(samples.at_us)
    assert all(math.isfinite(number) for number in samples.values)
    assert len(samples.commands) <= 1
    assert all("\0" not in name for birth in samples.births for name, _, _ in birth.metrics)


SOUND = payload(
    bd_seq(1), double(1, "SO2", alias=7, at_ms=MS), metric("x", value("int", -1), alias=8, datatype=3, quality=0),
    metric("t", value("template", block(2, double(1, "SO2"))), datatype=19), metric(null=True, alias=7),
    seq=1, at_ms=MS,
)  # fmt: skip


@given(st.binary(max_size=200), st.sampled_from(TYPES), st.booleans())
def test_any_bytes(content: bytes, kind: str, gap: bool) -> None:
    check(read(content, kind, gap=gap))


@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=6), st.sampled_from(TYPES))
def test_any_damage(damage: Sequence[tuple[int, int]], kind: str) -> None:
    content = bytearray(SOUND)
    for position, byte in damage:
        content[position] = byte
    register = born(double(0, "SO2", alias=7), double(0, "x", alias=8), register=view("cems.SO2", x=Tag("X", 2.0)))
    check(read(bytes(content), kind, register))
    check(read(bytes(content)[: damage[0][0] if damage else 0], kind, register))


def test_deep_nesting_is_stepped_over() -> None:
    nested = b""
    for _ in range(2_000):
        nested = value("template", block(2, nested))
    content = payload(metric("x", nested, datatype=19), double(2, "y"), seq=1)
    assert rows(read(content, register=view("cems.y"))) == [("cems.y", 2.0, "N")]
    groups = payload(double(2, "y"), seq=1) + b"\x7b" * 2_000 + b"\x7c" * 2_000
    check(read(groups))


def test_resolving_again_gives_the_same() -> None:
    parsed = parse_sparkplug(payload(double(1, "x"), double(2, "ghost"), seq=1))
    topic = Sparkplug("DDATA", "edge", "cems")
    first, second = (resolve_sparkplug(parsed, topic, "coke-1", US, False, view("cems.x")) for _ in range(2))
    assert first == second
    assert first.faults is not second.faults


def test_the_encoder_of_these_tests_agrees_with_bytes_written_down() -> None:
    # what pysparkplug 0.6.1 (Google's encoder, the schema of Eclipse Tahu) makes of the same
    foreign = "080212220a016110ac02180120034a100a075175616c6974791205080318f40350feffffff0f18c801"
    content = payload(metric("a", value("int", -2), alias=300, at_ms=1, datatype=3, quality=500), seq=200, at_ms=2)
    assert content == bytes.fromhex(foreign)
    assert varint(300) == b"\xac\x02"
    assert struct.pack("<d", 1.0) in double(1, alias=1)
