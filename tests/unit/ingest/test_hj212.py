"""HJ 212 as a whole: what an independent encoder writes is what is read, and nothing that is sent can break it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from hypothesis import example, given
from hypothesis import strategies as st

from domain.readings import to_us
from domain.refusals import Reason
from ingest.decode.hj212 import decode_hj212, read_time
from ingest.decode.hj212_frames import Frame, split
from ingest.decode.register import Station, Tag, View
from ingest.decode.samples import Samples
from tests.unit.ingest.hj212_encoder import FLAGS, MN, MN_2005, encrypted, envelope, segment

KEY = bytes(range(16))
BEIJING = timezone(timedelta(hours=8))
FACTORS = {
    "2005": ["01", "02", "03", "S01", "B02", "011"],
    "2017": ["a34013", "a21026", "a21002", "a19001", "w01018", "LA"],
}
FACTORS["2025"] = FACTORS["2017"]
LETTERS = {"2005": "NFMSDCTP", "2017": "NFMSDCTB", "2025": "NFMSDCTB"}
ATTRIBUTES = {
    "2011": ["Rtd", "ZsRtd"],
    "2051": ["Cou", "Min", "Avg", "Max", "ZsAvg"],
    "2061": ["Avg", "ZsAvg", "ZsMin", "ZsMax"],
    "2031": ["Min", "Avg", "Max", "Cou"],
}


def tags(edition: str) -> dict[str, Tag]:
    """A point for every name that the encoder may write; every third is scaled."""
    names = [
        f"{command}/{factor}-{attribute}"
        for command, attributes in ATTRIBUTES.items()
        for factor in FACTORS[edition]
        for attribute in attributes
    ]
    return {name: Tag(f"P:{name}", 0.5 if place % 3 == 0 else 1.0) for place, name in enumerate(names)}


def view(edition: str, *, strict: bool = True, key: bytes | None = None, crc: str = "hj212") -> View:
    mn = MN_2005 if edition == "2005" else MN
    return View(stations={mn: Station(mn, "gw1", edition, strict, crc, False, ("*/zz*",), key, tags(edition))})


@dataclass(frozen=True)
class Sent:
    """A frame, and what must be read from it."""

    payload: bytes
    values: list[tuple[str, int, float, str]]


@st.composite
def frames(draw: st.DrawFn, edition: str, key: bytes | None) -> Sent:
    command = draw(st.sampled_from(sorted(ATTRIBUTES)))
    at = datetime(2001, 1, 1, tzinfo=BEIJING) + timedelta(seconds=draw(st.integers(0, 3_000_000_000)))
    at_us = to_us(at)
    groups: list[str] = []
    values: list[tuple[str, int, float, str]] = []
    known = tags(edition)
    for factor in draw(st.lists(st.sampled_from(FACTORS[edition]), unique=True, max_size=6)):
        letter = draw(st.sampled_from(LETTERS[edition]))
        items: list[str] = []
        for attribute in draw(st.lists(st.sampled_from(ATTRIBUTES[command]), unique=True, min_size=1)):
            text = f"{draw(st.decimals(-99999, 99999, places=draw(st.integers(0, 4)))):f}"
            items.append(f"{factor}-{attribute}={text}")
            tag = known[f"{command}/{factor}-{attribute}"]
            kept = "f" if edition == "2005" and letter == "F" else letter
            values.append((tag.point, at_us, float(text) * tag.scale, kept))
        groups.append(",".join([*items, f"{factor}-Flag={letter}"]))
    flag = FLAGS[edition] + draw(st.integers(0, 1))
    more = ""
    if draw(st.booleans()):
        total = draw(st.integers(1, 20))
        more, flag = f"PNUM={total};PNO={draw(st.integers(1, total))};", flag + 2
    if edition == "2025" and draw(st.booleans()):
        more += "RF=1;"
    mn = MN_2005 if edition == "2005" else MN
    area = ";".join([f"DataTime={at:%Y%m%d%H%M%S}", *groups])
    text = segment(area, cn=command, mn=mn, flag=flag, more=more)
    return Sent(envelope(text) if key is None else encrypted(text, key), values)


def read(samples: Samples) -> list[tuple[str, int, float, str]]:
    instants = [at_us for at_us, size in zip(samples.at_us, samples.sizes, strict=True) for _ in range(size)]
    return list(zip(samples.codes, instants, samples.values, samples.flags, strict=True))


@given(st.data(), st.sampled_from([("2005", None), ("2017", None), ("2025", None), ("2025", KEY)]))
def test_what_is_written_is_read(data: st.DataObject, kind: tuple[str, bytes | None]) -> None:
    edition, key = kind
    sent = data.draw(st.lists(frames(edition, key), min_size=1, max_size=4))
    samples = decode_hj212(b"".join(frame.payload for frame in sent), view(edition, key=key))
    assert not samples.faults
    assert not samples.quirks
    assert read(samples) == [value for frame in sent for value in frame.values]


TOKENS = [
    "##", "0101", "QN=20261102085900123;", "ST=31;", "CN=2011;", "CN=9011;", "CN=2099;", f"MN={MN};", "Flag=5;",
    "Flag=9;", "FLAG=300;", "PNUM=1;", "PNO=", "RF=0;", "CP=&&", "&&", "1C80", "\r\n", "DataTime=20261102085900", ";",
    ",", "=", "a21026-Rtd", "=21.4", "a21026-Flag", "=N", "Flag=N", "w01018-SampleTime=", "-", "{0x", "{0xE4,0x3E}",
    "zz-Rtd=1", "a-Info=//;,=//", "nan", "1e999", " ", "\x00", "数", "a21026-Rtd=1,a21026-Rtd=2,a21026-Flag=N",
]  # fmt: skip
VIEWS = [
    view("2017"),
    view("2017", strict=False, crc="none"),
    view("2025", strict=False, key=KEY, crc="none"),
    view("2005", strict=False, crc="modbus"),
    View(),
]


def check(payload: bytes) -> None:
    """The laws that hold for every payload and register: nothing is raised, and each piece comes to something."""
    pieces = split(payload)
    for register in VIEWS:
        samples = decode_hj212(payload, register)
        assert len(samples.codes) == len(samples.values) == len(samples.flags) == sum(samples.sizes)
        assert len(samples.at_us) == len(samples.sizes) == len(samples.paths)
        assert set(samples.flags) <= set("NFMSDCTBPf")
        for fault in samples.faults.by_reason.values():
            assert fault.items > 0
            assert fault.first_item.isprintable()
            assert fault.expected
        noise = [piece for piece in pieces if not isinstance(piece, Frame)]
        if any(not piece.blank for piece in noise) or not pieces:
            assert Reason.BAD_FRAME in samples.faults.by_reason
    assert not decode_hj212(payload, View()).codes


@given(st.binary(max_size=400))
@example(b"")
@example(b"\r\n")
def test_no_bytes_break_it(payload: bytes) -> None:
    check(payload)


@given(st.lists(st.sampled_from(TOKENS), max_size=40).map("".join))
def test_no_words_of_the_standard_break_it(text: str) -> None:
    check(text.encode())
    check(envelope(text))


@given(st.lists(st.sampled_from(TOKENS), max_size=25).map("".join), st.sampled_from([4, 5, 9, 0]))
def test_no_data_area_breaks_it(area: str, flag: int) -> None:
    for mn in (MN, MN_2005):
        check(envelope(segment(area, mn=mn, flag=flag)))


@given(st.data())
def test_no_mutation_breaks_it(data: st.DataObject) -> None:
    payload = bytearray(data.draw(frames("2025", KEY) | frames("2017", None)).payload)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        payload[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not payload:
            break
    check(bytes(payload))


def test_times_are_beijing_time() -> None:
    assert read_time("20261102085900") == to_us(datetime(2026, 11, 2, 8, 59, tzinfo=BEIJING))
    for text in (
        "",
        "2026110208590",
        "202611020859000",
        "20260230000000",
        "20261102240000",
        "２０２６１１０２０８５９００",
        "18991231235959",
    ):
        assert read_time(text) is None


def test_a_register_that_changes_takes_effect_at_once() -> None:
    payload = envelope(segment("DataTime=20261102085900;a21026-Rtd=2,a21026-Flag=N"))
    for point, scale in (("A", 1.0), ("B", 3.0)):
        station = Station(MN, "gw1", "2017", True, "hj212", False, (), None, {"2011/a21026-Rtd": Tag(point, scale)})
        samples = decode_hj212(payload, View(stations={MN: station}))
        assert (samples.codes, samples.values) == ([point], [2 * scale])
    ignoring = Station(MN, "gw1", "2017", True, "hj212", False, ("2011/a2102?-*",), None, {})
    assert decode_hj212(payload, View(stations={MN: ignoring})).ignored == 1
    shouting = Station(MN, "gw1", "2017", True, "hj212", False, ("2011/A2102?-*",), None, {})
    samples = decode_hj212(payload, View(stations={MN: shouting}))
    assert (samples.ignored, samples.faults.by_reason[Reason.UNKNOWN_POINT].items) == (0, 1)
