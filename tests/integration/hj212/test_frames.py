"""What a known logger sends, and what it is answered: 9014 means stored."""

from __future__ import annotations

import asyncio

import pytest

from ingest.delivery import Delivery, Outcome, Receipt
from ingest.hj212 import HjServer
from tests.integration.hj212.conftest import Open, Sample, Start
from tests.integration.hj212.support import (
    MN,
    NOW,
    PW,
    TOPIC,
    RecordingSink,
    Stations,
    acknowledgement,
    framed,
    qn,
    upload,
)


async def test_a_frame_becomes_a_delivery_and_9014_means_that_it_is_stored(
    host: HjServer, raw: Open, sink: RecordingSink, sample: Sample
) -> None:
    sink.held = True
    logger = await raw(host)
    frame = upload(1)
    logger.send(frame)
    await sink.received(1)
    assert sink.deliveries == [
        Delivery("coke-1", f"hj212:{MN}", TOPIC, frame, len(frame), 1, False, False, NOW),
    ]
    await logger.silent()
    sink.release()
    assert await logger.answer() == acknowledgement(1)
    assert sample("answers_total", cn="9014") == 1
    assert sample("frames_total", kind="upload") == 1


async def test_answers_keep_the_order_of_the_frames(host: HjServer, raw: Open, sink: RecordingSink) -> None:
    sink.held = True
    logger = await raw(host)
    logger.send(upload(1), upload(2), upload(3))
    await sink.received(3)
    sink.release(1, 2)
    await logger.silent()
    sink.release(0)
    assert [await logger.answer() for _ in range(3)] == [acknowledgement(n) for n in (1, 2, 3)]


async def test_who_wants_no_answer_gets_none(host: HjServer, raw: Open, sink: RecordingSink) -> None:
    logger = await raw(host)
    logger.send(upload(1, flag=4), upload(2, flag=None), upload(3, cn="9015", flag=4))
    await sink.received(2)
    await logger.silent()
    assert sink.payloads == [upload(1, flag=4), upload(2, flag=None)]


@pytest.mark.parametrize(
    ("flag", "answer"),
    [
        (1, f"ST=91;CN=9014;PW={PW};MN={MN};Flag=0;CP=&&QN={qn(1)};QnRtn=1&&"),
        (5, f"QN={qn(1)};ST=91;CN=9014;PW={PW};MN={MN};Flag=4;CP=&&&&"),
        (9, f"QN={qn(1)};ST=91;CN=9014;PW={PW};MN={MN};Flag=8;CP=&&&&"),
    ],
    ids=["2005", "2017", "2025"],
)
async def test_each_edition_is_answered_in_its_own_way(host: HjServer, raw: Open, flag: int, answer: str) -> None:
    logger = await raw(host)
    logger.send(upload(1, flag=flag))
    assert await logger.answer() == framed(answer)


@pytest.mark.parametrize("cn", ["9015", "1013"])
async def test_notices_are_answered_with_9013(host: HjServer, raw: Open, sink: RecordingSink, cn: str) -> None:
    logger = await raw(host)
    logger.send(upload(7, cn=cn, cp=""))
    assert await logger.answer() == acknowledgement(7, cn="9013")
    assert sink.deliveries == []


@pytest.mark.parametrize("cn", ["9011", "9012", "9013", "9014"])
async def test_answers_of_the_device_are_absorbed_and_counted(
    host: HjServer, known: Open, sink: RecordingSink, sample: Sample, cn: str
) -> None:
    logger = await known(host)
    logger.send(upload(7, cn=cn, cp="QnRtn=1"))
    await logger.silent()
    assert sink.deliveries == []
    assert sample("frames_total", kind="answer") == 1


async def test_an_unknown_command_is_kept_and_a_strict_station_is_told(
    host: HjServer, raw: Open, stations: Stations, sink: RecordingSink
) -> None:
    strict = await raw(host)
    strict.send(upload(1, cn="9021"))
    assert await strict.answer() == acknowledgement(1, cn="9011", cp="QnRtn=8")
    stations.change(strict=False)
    lenient = await raw(host)
    lenient.send(upload(2, cn="9021"))
    assert await lenient.answer() == acknowledgement(2)
    assert sink.payloads == [upload(1, cn="9021"), upload(2, cn="9021")]


@pytest.mark.parametrize("outcome", [Outcome.REFUSED_PAYLOAD, Outcome.PARTLY_REFUSED])
async def test_refused_data_were_received_all_the_same(
    host: HjServer, raw: Open, sink: RecordingSink, sample: Sample, outcome: Outcome
) -> None:
    """The refusal is committed with the raw bytes, and the same again would be refused again."""
    sink.outcomes[upload(1)] = Receipt(outcome, b'{"refused":[{"reason":"unknown_point"}]}', "cems-1")
    logger = await raw(host)
    logger.send(upload(1))
    assert await logger.answer() == acknowledgement(1)
    assert sample("refusals_total", outcome=outcome.value) == 1


async def test_a_wrong_crc_is_recorded_and_not_answered(
    host: HjServer, known: Open, sink: RecordingSink, sample: Sample
) -> None:
    logger = await known(host)
    bad = upload(1).replace(b"a21026-Rtd=1.0", b"a21026-Rtd=9.0")
    logger.send(bad)
    await sink.received(1)
    await logger.silent()
    assert sink.payloads == [bad]
    assert sample("frames_total", kind="bad_crc") == 1


async def test_a_wrong_crc_that_only_the_decoder_sees_is_not_answered_either(
    host: HjServer, known: Open, sink: RecordingSink
) -> None:
    encrypted = upload(1, flag=9, cp="{" + ",".join(["0x30"] * 16) + "}rest")
    report = b'{"topic":"t","refused":[{"reason":"bad_crc","items":1}]}'
    sink.outcomes[encrypted] = Receipt(Outcome.REFUSED_PAYLOAD, report, "cems-1")
    logger = await known(host)
    logger.send(encrypted)
    await sink.received(1)
    await logger.silent()


async def test_how_the_stream_is_cut_does_not_matter(host: HjServer, raw: Open, sink: RecordingSink) -> None:
    logger = await raw(host)
    for byte in upload(1) + upload(2):
        logger.send(bytes([byte]))
        await logger.writer.drain()
        await asyncio.sleep(0)  # a segment of its own, mostly
    assert [await logger.answer(), await logger.answer()] == [acknowledgement(1), acknowledgement(2)]
    logger.send(upload(3) + upload(4) + upload(5)[:20])
    assert [await logger.answer(), await logger.answer()] == [acknowledgement(3), acknowledgement(4)]
    logger.send(upload(5)[20:])
    assert await logger.answer() == acknowledgement(5)
    assert sink.payloads == [upload(n) for n in range(1, 6)]


async def test_a_frame_without_its_line_end_is_complete_after_a_pause(host: HjServer, raw: Open) -> None:
    logger = await raw(host)
    logger.send(upload(1)[:-2])
    assert await logger.answer() == acknowledgement(1)


async def test_line_ends_between_frames_are_no_noise(host: HjServer, raw: Open, sink: RecordingSink) -> None:
    logger = await raw(host)
    logger.send(b"\r\n", upload(1), b"\r\n\r\n", upload(2), b"\n")
    assert [await logger.answer(), await logger.answer()] == [acknowledgement(1), acknowledgement(2)]
    await logger.close()
    await sink.until(lambda: ("coke-1", "cems-1", False) in sink.statuses)
    assert sink.payloads == [upload(1), upload(2)]


async def test_noise_between_frames_is_one_refused_item_of_the_station(
    start: Start, raw: Open, sink: RecordingSink, sample: Sample
) -> None:
    host = await start(noise_linger_s=0.2)
    logger = await raw(host)
    logger.send(upload(1), b"\x00\xffrubbish", upload(2), b"##12rubbish again", upload(3))
    assert [await logger.answer() for _ in range(3)] == [acknowledgement(n) for n in (1, 2, 3)]
    await sink.received(4)
    noise = sink.deliveries[-1]
    assert (noise.payload, noise.payload_size) == (b"\x00\xffrubbish##12rubbish again", 26)
    assert (noise.enterprise, noise.topic, noise.oversize) == ("coke-1", TOPIC, False)
    assert sample("noise_bytes_total") == 26


async def test_much_noise_is_kept_in_part_and_counted_whole(start: Start, known: Open, sink: RecordingSink) -> None:
    host = await start(noise_linger_s=60)
    logger = await known(host)
    logger.send(b"##0100 and so on " * 6_000)
    await logger.silent()
    await logger.close()
    await sink.received(1)
    (noise,) = sink.deliveries
    assert noise.payload == (b"##0100 and so on " * 300)[:4096]
    assert 100_000 < noise.payload_size <= 102_000


async def test_what_stood_at_the_end_without_being_a_frame(host: HjServer, known: Open, sink: RecordingSink) -> None:
    """Noise is recorded; a frame that was cut off is not, because its sender knows that it was not answered."""
    cut, noisy = await known(host), await known(host, mn="010000A8900016F000169DC1")
    cut.send(upload(1)[:30])
    noisy.send(b"rubbish")
    for logger in (cut, noisy):
        await logger.close()
    await sink.until(lambda: sum(not online for *_, online in sink.statuses) == 2)
    assert sink.payloads == [b"rubbish"]


async def test_a_logger_that_says_no_more_still_gets_its_answers(
    host: HjServer, raw: Open, sink: RecordingSink
) -> None:
    sink.held = True
    logger = await raw(host)
    logger.send(upload(1), upload(2)[:-2])
    logger.writer.write_eof()
    await sink.received(2)
    sink.release()
    assert [await logger.answer(), await logger.answer()] == [acknowledgement(1), acknowledgement(2)]
    await logger.ended()
