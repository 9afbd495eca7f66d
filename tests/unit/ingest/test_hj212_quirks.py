"""Every deviation that is forgiven: strict stations are refused by its name, lenient ones read and counted."""

from __future__ import annotations

import pytest

from domain.refusals import Reason
from ingest.decode.hj212 import decode_hj212
from ingest.decode.hj212_quirks import QUIRK_TEXTS, Quirk
from ingest.decode.register import Station, Tag, View
from ingest.decode.samples import Samples
from tests.unit.ingest.hj212_encoder import MN, MN_2005, checksum, encrypted, envelope, segment

KEY = b"0123456789abcdef"
TIME = "DataTime=20261102085900"
VALUE = "a21026-Rtd=21.4,a21026-Flag=N"
AREA = f"{TIME};{VALUE}"


def station(mn: str = MN, *, edition: str = "2017", strict: bool, key: bytes | None = None) -> Station:
    """A station that has two points under every name that the frames below use."""
    names = ("2011/a21026-Rtd", "2011/02-Rtd", "2099/a21026-Rtd", "2011/SO2-Rtd", "2011/a21026-td", "1062/a21026-Rtd")
    tags = {name: Tag("S1-SO2") for name in names} | {"2011/w01018-Rtd": Tag("W1-COD")}
    return Station(mn, "gw1", edition, strict, "hj212", True, (), key, tags)


def long_area(characters: int, values: str = AREA) -> str:
    """A data area of a certain length."""
    filling = ",a21026-Info=//"
    return values + filling + "x" * (characters - len(values) - len(filling))


def crc_in_lower_case() -> bytes:
    for number in range(100):
        text = segment(f"{TIME};a21026-Rtd={number},a21026-Flag=N")
        crc = f"{checksum(text.encode()):04x}"
        if not crc.isdigit():
            return envelope(text, crc=crc)
    raise AssertionError


#: quirk -> frames of a station of the 2017 edition that have this quirk and no other.
FRAMES: dict[Quirk, list[bytes]] = {
    Quirk.LENGTH_MISMATCH: [envelope(segment(AREA), length=7), envelope(segment(AREA), length=999)],
    Quirk.TAIL: [envelope(segment(AREA), tail=tail) for tail in (b"\n", b"", b"\r")],
    Quirk.CRC_LOWER_CASE: [crc_in_lower_case()],
    Quirk.ENCODING: [envelope(segment(AREA + ",a21026-Info=//").encode()[:-2] + "数据".encode("gbk") + b"//&&")],
    Quirk.HEADER_SYNTAX: [
        envelope(segment(AREA).replace(";ST=", ",ST=")),
        envelope(segment(AREA).replace("Flag=5;CP", "Flag=5CP")),
        envelope(segment(AREA).replace(";ST=", ";;ST=")),
        envelope(segment(AREA).replace(";ST=31", "; ST=31")),
    ],
    Quirk.HEADER_ORDER: [
        envelope(segment(AREA).replace("ST=31;CN=2011;", "CN=2011;ST=31;")),
        envelope(segment(AREA, flag=7, more="PNO=1;PNUM=2;")),
    ],
    Quirk.HEADER_REPEATED: [envelope(segment(AREA).replace("ST=31;", "ST=31;ST=32;"))],
    Quirk.HEADER_UNKNOWN_FIELD: [envelope(segment(AREA, more="Ver=2;"))],
    Quirk.HEADER_CASE: [envelope(segment(AREA).replace("Flag=5", "FLAG=5"))],
    Quirk.QN_MISSING: [envelope(segment(AREA).replace("QN=20261102085900123;", ""))],
    Quirk.QN_FORM: [
        envelope(segment(AREA, qn=qn)) for qn in ("1793581140000", "20261102085900", "20261302085900123", "")
    ],
    Quirk.ST_MISSING: [envelope(segment(AREA).replace("ST=31;", ""))],
    Quirk.ST_UNKNOWN: [envelope(segment(AREA, st=st)) for st in ("101", "80", "44")],
    Quirk.CN_UNKNOWN: [envelope(segment(AREA, cn="2099")), envelope(segment("", cn="9021"))],
    Quirk.PW_MISSING: [envelope(segment(AREA).replace("PW=123456;", ""))],
    Quirk.PW_FORM: [envelope(segment(AREA).replace("PW=123456", pw)) for pw in ("PW=", f"PW={'1' * 24}")],
    Quirk.FLAG_MISSING: [envelope(segment(AREA).replace("Flag=5;", ""))],
    Quirk.FLAG_FORM: [envelope(segment(AREA).replace("Flag=5", flag)) for flag in ("Flag=", "Flag=x", "Flag=13")],
    Quirk.PACKET_NUMBERS_MISSING: [
        envelope(segment(AREA, flag=7)),
        envelope(segment(AREA, flag=6, more="PNUM=2;")),
    ],
    Quirk.PACKET_NUMBERS_UNASKED: [envelope(segment(AREA, flag=5, more="PNUM=2;PNO=1;"))],
    Quirk.PACKET_NUMBERS_WRONG: [
        envelope(segment(AREA, flag=7, more=more)) for more in ("PNUM=2;PNO=3;", "PNUM=x;PNO=1;", "PNUM=;PNO=;")
    ],
    Quirk.PACKET_NUMBERS_FORM: [envelope(segment(AREA, flag=7, more="PNUM=0002;PNO=0002;"))],
    Quirk.RF: [
        envelope(segment(AREA, flag=9, more="RF=0;")),
        envelope(segment(AREA, flag=5, more="RF=1;")),
    ],
    Quirk.EMPTY_ITEM: [envelope(segment(area)) for area in (f"{AREA};", f"{TIME};;{VALUE}", f";{AREA}", f"{AREA},")],
    Quirk.BARE_FLAG: [
        envelope(segment(f"{TIME};a21026-Rtd=21.4,Flag=N")),
    ],
    Quirk.WRONG_SEPARATOR: [
        envelope(segment(f"{TIME},{VALUE}")),
        envelope(segment(f"{TIME};a21026-Rtd=21.4;a21026-Flag=N")),
        envelope(segment(f"{AREA},w01018-Rtd=3,w01018-Flag=N")),
        envelope(segment("BeginTime=20261101000000,EndTime=20261102000000")),
    ],
    Quirk.SPACES: [envelope(segment(f"{TIME}; a21026-Rtd = 21.4 ,a21026-Flag=N"))],
    Quirk.NO_EQUALS_SIGN: [envelope(segment(f"{AREA},a21026-EFlag"))],
    Quirk.REPEATED_KEY: [envelope(segment(f"{TIME};a21026-Rtd=21.4,{VALUE}"))],
    Quirk.FACTOR_FORM: [envelope(segment(f"{TIME};{name}-Rtd=3,{name}-Flag=N")) for name in ("SO2", "02")],
    Quirk.UNKNOWN_KEY: [envelope(segment(f"{TIME};a21026-td=50,a21026-Flag=N"))],
    Quirk.FLAG_BEFORE_VALUE: [envelope(segment(f"{TIME};a21026-Flag=N,a21026-Rtd=21.4"))],
    Quirk.FLAG_WITHOUT_VALUE: [envelope(segment(f"{AREA};a34013-Flag=N"))],
    Quirk.EMPTY_SAMPLE_TIME: [envelope(segment(f"{TIME};w01018-SampleTime=,w01018-Rtd=3,w01018-Flag=N", st="32"))],
    Quirk.DATA_TIME_PLACE: [envelope(segment(f"{VALUE};{TIME}"))],
    Quirk.ENCRYPTION_UNASKED: [
        encrypted(segment(AREA, flag=5), KEY),
        encrypted(segment("x" * 40, flag=9, cn="1062"), KEY),
    ],
    Quirk.PLAIN_TEXT: [envelope(segment(AREA, flag=9))],
}
#: Those need a station of their own, see below, or more than one frame, see test_hj212_numbers.
OTHERS = {Quirk.SEGMENT_TOO_LONG, Quirk.CP_TOO_LONG, Quirk.MN_FORM, Quirk.QN_REUSED, Quirk.QN_BACKWARDS}
CASES = [(quirk, number, frame) for quirk, frames in FRAMES.items() for number, frame in enumerate(frames)]
#: Their frames hold no value.
WITHOUT_VALUE = {(Quirk.CN_UNKNOWN, 1), (Quirk.WRONG_SEPARATOR, 3), (Quirk.ENCRYPTION_UNASKED, 1)}


def decode(frame: bytes, *, strict: bool, key: bytes | None = None, mn: str = MN, edition: str = "2017") -> Samples:
    return decode_hj212(frame, View(stations={mn: station(mn, edition=edition, strict=strict, key=key)}))


def key_of(quirk: Quirk) -> bytes | None:
    return KEY if quirk in (Quirk.ENCRYPTION_UNASKED, Quirk.PLAIN_TEXT) else None


def test_every_quirk_has_frames_and_a_text() -> None:
    assert FRAMES.keys() | OTHERS == set(Quirk) == QUIRK_TEXTS.keys()
    assert not FRAMES.keys() & OTHERS
    assert all(chinese and english for chinese, english in QUIRK_TEXTS.values())


@pytest.mark.parametrize(("quirk", "number", "frame"), CASES)
def test_a_strict_station_is_refused(quirk: Quirk, number: int, frame: bytes) -> None:
    samples = decode(frame, strict=True, key=key_of(quirk))
    ((reason, fault),) = samples.faults.by_reason.items()
    assert (reason, fault.items, fault.expected) == (Reason.NOT_CONFORMANT, 1, f"a frame without {quirk}")
    assert samples.codes == []
    assert not samples.quirks


@pytest.mark.parametrize(("quirk", "number", "frame"), CASES)
def test_a_lenient_station_is_read_and_counted(quirk: Quirk, number: int, frame: bytes) -> None:
    samples = decode(frame, strict=False, key=key_of(quirk))
    assert samples.quirks == {(MN, quirk.value): 1}
    assert not samples.faults
    assert bool(samples.codes) is ((quirk, number) not in WITHOUT_VALUE)
    assert set(samples.flags) <= {"N"}


@pytest.mark.parametrize(
    ("frame", "key"), [(envelope(segment(AREA)), None), (encrypted(segment(AREA, flag=9), KEY), KEY)]
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_regular_frame_has_none(frame: bytes, key: bytes | None, strict: bool) -> None:
    samples = decode(frame, strict=strict, key=key)
    assert (samples.codes, samples.values, samples.flags) == (["S1-SO2"], [21.4], "N")
    assert not samples.quirks
    assert not samples.faults


@pytest.mark.parametrize(("edition", "flag", "mn"), [("2005", 1, MN_2005), ("2017", 5, MN), ("2025", 9, MN)])
@pytest.mark.parametrize("characters", [950, 951, 960, 961])
def test_the_longest_data_area(edition: str, flag: int, mn: str, characters: int) -> None:
    values = f"{TIME};02-Rtd=21.4,02-Flag=N" if edition == "2005" else AREA
    area = long_area(characters, values).replace("a21026-Info", "02-Info" if edition == "2005" else "a21026-Info")
    area += "x" * (characters - len(area))
    samples = decode(envelope(segment(area, flag=flag, mn=mn)), strict=False, mn=mn, edition=edition)
    too_long = characters > (960 if edition == "2005" else 950)
    assert ((mn, Quirk.CP_TOO_LONG.value) in samples.quirks) is too_long
    assert samples.codes == ["S1-SO2"]


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize("characters", [1024, 1025])
def test_a_segment_that_should_have_been_split(characters: int, secret: bool) -> None:
    text = segment(long_area(characters - len(segment("", flag=9))), flag=9)
    assert len(text) == characters
    frame, key = (encrypted(text, KEY), KEY) if secret else (envelope(text), None)
    samples, refused = decode(frame, strict=False, key=key), decode(frame, strict=True, key=key)
    assert samples.codes == ["S1-SO2"]
    if characters == 1024:
        assert not samples.quirks
        assert not refused.faults
    else:
        assert samples.quirks == {(MN, Quirk.SEGMENT_TOO_LONG.value): 1}
        expected = f"a frame without {Quirk.SEGMENT_TOO_LONG}"
        assert refused.faults.by_reason[Reason.NOT_CONFORMANT].expected == expected


@pytest.mark.parametrize("mn", ["123456", "8888888000001", MN_2005, "010000A8900016F000169D", MN.lower(), "a-b-c"])
def test_an_mn_of_another_form(mn: str) -> None:
    frame = envelope(segment(AREA, mn=mn))
    samples = decode(frame, strict=False, mn=mn)
    assert samples.quirks == {(mn, Quirk.MN_FORM.value): 1}
    assert samples.codes == ["S1-SO2"]
    refused = decode(frame, strict=True, mn=mn)
    assert refused.faults.by_reason[Reason.NOT_CONFORMANT].expected == f"a frame without {Quirk.MN_FORM}"


@pytest.mark.parametrize(
    "text",
    [
        f"ST=31;CN=2011;PW=123456;MN={MN_2005};CP=&&{TIME};02-Rtd=21.4,02-Flag=N&&",
        f"QN=20261102085900123;ST=31;CN=2011;PW=123456;MN={MN_2005};Flag=0;CP=&&{TIME};02-Rtd=21.4,02-Flag=N&&",
        f"QN=20261102085900123;ST=31;CN=2011;PW=123456;MN={MN_2005};Flag=3;PNUM=1;PNO=1;CP=&&{TIME};"
        "02-Rtd=21.4,02-Flag=N&&",
    ],
)
def test_what_2005_does_without(text: str) -> None:
    samples = decode(envelope(text), strict=True, mn=MN_2005, edition="2005")
    assert not samples.faults
    assert samples.codes == ["S1-SO2"]


@pytest.mark.parametrize("command", ["1021", "1042", "2071", "2072"])
def test_commands_of_2005_only(command: str) -> None:
    text = f"QN=20261102085900123;ST=31;CN={command};PW=123456;MN={{}};Flag={{}};CP=&&&&"
    old = decode(envelope(text.format(MN_2005, 1)), strict=False, mn=MN_2005, edition="2005")
    new = decode(envelope(text.format(MN, 5)), strict=False)
    assert not old.quirks
    assert new.quirks == {(MN, Quirk.CN_UNKNOWN.value): 1}


@pytest.mark.parametrize("command", ["1001", "1002", "1014", "2013", "2052", "2062", "2111", "3022", "3024", "9015"])
def test_commands_that_are_new_in_2025(command: str) -> None:
    new = decode(envelope(segment("", cn=command, flag=9)), strict=False)
    before = decode(envelope(segment("", cn=command, flag=5)), strict=False)
    assert not new.quirks
    assert before.quirks == {(MN, Quirk.CN_UNKNOWN.value): 1}


@pytest.mark.parametrize("system", ["44", "45"])
def test_systems_that_are_new_in_2025(system: str) -> None:
    assert not decode(envelope(segment(AREA, st=system, flag=9)), strict=True).faults
    assert decode(envelope(segment(AREA, st=system, flag=5)), strict=True).faults
