"""Request numbers: what is odd between two uploads of a data logger."""

from __future__ import annotations

import pytest

from ingest.decode.hj212 import decode_hj212
from ingest.decode.hj212_numbers import DeliveryNumbers, RequestNumbers
from ingest.decode.hj212_quirks import Quirk
from ingest.decode.register import Station, Tag, View
from tests.unit.ingest.hj212_encoder import MN, envelope, segment

OTHER = "010000A8900016F000169DC1"


def send(
    numbers: RequestNumbers, qn: str, value: float = 21.4, *, mn: str = MN, strict: bool = False, **fields: str | int
) -> set[str]:
    """Quirks of one upload."""
    tags = {f"{cn}/a21026-{key}": Tag("S1-SO2") for cn, key in (("2011", "Rtd"), ("2051", "Avg"))}
    view = View(
        stations={one: Station(one, "gw1", "2017", strict, "hj212", True, (), None, tags) for one in (MN, OTHER)}
    )
    key = "Avg" if fields.get("cn") == "2051" else "Rtd"
    area = f"DataTime=20261102085900;a21026-{key}={value},a21026-Flag=N"
    frame = envelope(segment(area, qn=qn, mn=mn, **fields))
    delivery = DeliveryNumbers(numbers)
    first = decode_hj212(frame, view, delivery)
    again = decode_hj212(frame, view, delivery)  # a batch that fails is assembled again
    assert first.quirks == again.quirks
    assert first.codes == ["S1-SO2"]
    return {quirk for _, quirk in first.quirks}


def test_numbers_that_go_forward_are_not_odd() -> None:
    numbers = RequestNumbers()
    assert [send(numbers, f"202611020859{second:02}000", second) for second in range(0, 60, 10)] == [set()] * 6


def test_the_same_upload_again_is_not_odd() -> None:
    numbers = RequestNumbers()
    assert [send(numbers, "20261102085900000") for _ in range(3)] == [set()] * 3


@pytest.mark.parametrize("strict", [True, False])
def test_a_number_with_another_content(strict: bool) -> None:
    numbers = RequestNumbers()
    send(numbers, "20261102085900000", 21.4, strict=strict)
    send(numbers, "20261102090000000", 21.5, strict=strict)
    assert send(numbers, "20261102085900000", 3.1, strict=strict) == {Quirk.QN_REUSED}


def test_parts_of_one_exchange_may_share_a_number() -> None:
    numbers = RequestNumbers()
    assert send(numbers, "20261102085900000", 21.4) == set()
    assert send(numbers, "20261102085900000", 21.5, cn="2051") == set()
    assert send(numbers, "20261102085900000", 1.0, flag=7, more="PNUM=2;PNO=1;") == set()
    assert send(numbers, "20261102085900000", 2.0, flag=7, more="PNUM=2;PNO=2;") == set()


@pytest.mark.parametrize(
    ("qn", "expected"),
    [
        ("20261102085900000", set()),
        ("20261102085859999", {Quirk.QN_BACKWARDS}),
        ("20261101235959999", {Quirk.QN_BACKWARDS}),
    ],
)
def test_a_number_that_goes_back_by_more_than_a_minute(qn: str, expected: set[str]) -> None:
    numbers = RequestNumbers()
    send(numbers, "20261102090000000")
    assert send(numbers, qn, 3.1) == expected


def test_a_step_back_is_counted_once() -> None:
    numbers = RequestNumbers()
    send(numbers, "20261102090000000")
    found = [send(numbers, f"2026110208{minute}00000", minute) for minute in range(10, 15)]
    assert found == [{Quirk.QN_BACKWARDS}, set(), set(), set(), set()]


def test_stations_have_their_own_numbers() -> None:
    numbers = RequestNumbers()
    send(numbers, "20261102090000000")
    assert send(numbers, "20261102080000000", 3.1, mn=OTHER) == set()
    assert send(numbers, "20261102090000000", 3.1, mn=OTHER) == set()


def test_a_backfilled_frame_may_bear_its_old_number() -> None:
    numbers = RequestNumbers()
    send(numbers, "20261102090000000", flag=9)
    assert send(numbers, "20261102080000000", 3.1, flag=9, more="RF=1;") == set()


def test_what_is_no_number_is_not_looked_at() -> None:
    numbers = RequestNumbers()
    send(numbers, "20261102090000000")
    assert send(numbers, "1793581140000", 3.1) == {Quirk.QN_FORM}
    assert send(numbers, "20261302090000000", 3.2) == {Quirk.QN_FORM}


def test_a_wrong_frame_is_not_remembered() -> None:
    numbers = RequestNumbers()
    send(numbers, "20261102090000000")
    frame = envelope(segment("DataTime=20261102085900;a21026-Rtd=9,a21026-Flag=N", qn="20271102090000000"), crc="0000")
    decode_hj212(
        frame,
        View(stations={MN: Station(MN, "gw1", "2017", True, "hj212", True, (), None, {})}),
        DeliveryNumbers(numbers),
    )
    assert send(numbers, "20261102090100000", 3.1) == set()


def test_memory_is_bounded() -> None:
    numbers = RequestNumbers(max_stations=1)
    send(numbers, "20261102090000000")
    send(numbers, "20261102090000000", mn=OTHER)
    assert send(numbers, "20261102080000000", 3.1) == set()  # forgotten
    for second in range(10, 60):
        for _ in range(2):
            send(numbers, f"202611020801{second}000", second)
            send(numbers, f"202611020802{second}000", second)
    assert send(numbers, "20261102080000000", 4.1) == {Quirk.QN_BACKWARDS}  # too long ago to be known as reused
