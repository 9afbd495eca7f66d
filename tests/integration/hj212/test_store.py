"""The door with the real gate, register, writer and PostgreSQL, and with a logger that shares no code with it."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from domain.errors import NotFound
from ingest.hj212 import HjServer, RegisteredStations
from ingest.strays import StrayBook
from storage.database import Database
from storage.stations import StationRow, find_station, set_station_key, set_station_password
from tests.integration.hj212.support import MN, NOW, PATIENCE_S, PW, SIBLING, Logger, acknowledgement, hashed, upload
from tests.integration.ingest.plant import account, gateways, make_site, readings, refusals, rows, running_writer

ROOT = Path(__file__).parents[3]

STATIONS = """
insert into station (enterprise_id, mn, name, gateway, edition, profile, crc, missing_flag, ignored, in_service_from)
select enterprise_id, s.*, 'hj212', 'refuse', '{}', '2026-01-01' from enterprise cross join (values
    (%(mn)s, '一号数采仪', 'cems-1', '2017', 'strict'), (%(sibling)s, '二号数采仪', 'cems-2', '2025', 'lenient')
) as s (mn, name, gateway, edition, profile) where code = 'coke-1';
"""
TAGS = """
insert into tag (enterprise_id, protocol, device, name, point_id, unit, scale, zero)
select enterprise_id, 'hj212', %(mn)s, '2011/a21026-Rtd', point_id, 'mg/m3', 1, 0
from point join enterprise using (enterprise_id) where enterprise.code = 'coke-1' and point.code = 'SO2'
"""


@pytest.fixture
async def plant(database: Database) -> Database:
    make_site(database.url)
    with psycopg.connect(database.url) as connection:
        connection.execute(STATIONS.encode() % {b"mn": f"'{MN}'".encode(), b"sibling": f"'{SIBLING}'".encode()})
        connection.execute(TAGS, {"mn": MN})
    async with database.transaction() as connection:
        await set_station_password(connection, MN, hashed(), NOW)
    return database


@asynccontextmanager
async def door(database: Database, port: int = 0) -> AsyncIterator[HjServer]:
    strays = StrayBook(database, CollectorRegistry())
    async with (
        running_writer(database) as writer,
        HjServer("127.0.0.1", port, writer, RegisteredStations(database), strays, lambda: NOW) as server,
    ):
        yield server


async def strays(database: Database) -> list[tuple[str, str, bytes]]:
    found = await rows(database, "select sender, reason, payload from stray_message order by stray_id")
    return [(row["sender"], row["reason"], row["payload"]) for row in found]


async def test_the_register_as_the_door_asks_it(plant: Database) -> None:
    async with plant.transaction() as connection:
        assert await find_station(connection, MN) == StationRow(
            MN, "coke-1", "cems-1", "2017", "strict", "hj212", date(2026, 1, 1), None, hashed()
        )
        sibling = await find_station(connection, SIBLING)
        assert sibling is not None
        assert sibling.password_hash is None
        assert await find_station(connection, "nobody") is None


async def test_secrets_are_set_one_by_one(plant: Database) -> None:
    async def secrets() -> tuple[str | None, bytes | None]:
        (found,) = await rows(plant, "select password_hash, sm4_key from station_secret")
        return found["password_hash"], found["sm4_key"]

    async with plant.transaction() as connection:
        await set_station_key(connection, MN, b"0" * 16, NOW)
    assert await secrets() == (hashed(), b"0" * 16)
    async with plant.transaction() as connection:
        await set_station_password(connection, MN, None, NOW)
    assert await secrets() == (None, b"0" * 16)
    async with plant.transaction() as connection:
        await set_station_key(connection, MN, None, NOW)
        await set_station_password(connection, MN, "hash", NOW)
    assert await secrets() == ("hash", None)
    async with plant.transaction() as connection:
        with pytest.raises(ValueError, match="16 bytes"):
            await set_station_key(connection, MN, b"short", NOW)
        for setting in (set_station_key(connection, "x", None, NOW), set_station_password(connection, "x", "h", NOW)):
            with pytest.raises(NotFound, match="'x'"):
                await setting


async def test_9014_means_stored_and_the_same_again_is_a_duplicate(plant: Database) -> None:
    async with door(plant) as server:
        first = await Logger.open(server.port)
        first.send(upload(1), upload(2))
        assert [await first.answer(), await first.answer()] == [acknowledgement(1), acknowledgement(2)]
        assert [value for _, value, *_ in await readings(plant)] == [1.0, 2.0]
        again = await Logger.open(server.port)
        again.send(upload(2), upload(3))
        assert [await again.answer(), await again.answer()] == [acknowledgement(2), acknowledgement(3)]
        assert await rows(plant, "select gateway, online from gateway_status") == [
            {"gateway": "cems-1", "online": True}
        ]
        await first.close()
        await again.close()
    books = await account(plant)
    assert (books["messages"], books["received"], books["stored"], books["duplicates"]) == (4, 4, 3, 1)
    assert await gateways(plant) == [("cems-1", "SO2")]


async def test_nothing_is_answered_while_the_store_is_away_and_nothing_is_lost(plant: Database) -> None:
    with psycopg.connect(plant.url) as connection:
        connection.execute(
            """create function cut() returns trigger language plpgsql as $$
               begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10); return null; end $$;
               create trigger cut before insert on accounting for each statement execute function cut()"""
        )
    async with door(plant) as server:
        logger = await Logger.open(server.port)
        logger.send(upload(1))
        await logger.ended()
        await logger.close()
        assert await readings(plant) == []
        with psycopg.connect(plant.url) as connection:
            connection.execute("drop trigger cut on accounting")
        again = await Logger.open(server.port)
        again.send(upload(1))
        assert await again.answer() == acknowledgement(1)
        await again.close()
    assert [value for _, value, *_ in await readings(plant)] == [1.0]
    assert (await account(plant))["received"] == 1


async def test_an_answer_that_was_lost_on_its_way_makes_a_counted_duplicate(plant: Database) -> None:
    async with door(plant) as server:
        lost = await Logger.open(server.port)
        lost.send(upload(1))
        lost.writer.write_eof()
        assert await lost.answer() == acknowledgement(1)  # which the logger is now made to forget
        lost.drop()
        again = await Logger.open(server.port)
        again.send(upload(1))
        assert await again.answer() == acknowledgement(1)
        await again.close()
    books = await account(plant)
    assert (books["received"], books["stored"], books["duplicates"]) == (2, 1, 1)


async def test_what_is_refused_is_on_the_record(plant: Database) -> None:
    async with door(plant) as server:
        logger = await Logger.open(server.port)
        bad = upload(2).replace(b"2.0", b"9.0")
        logger.send(upload(1), b"rubbish", bad, upload(3, cn="2999"), upload(4))
        assert await logger.answer() == acknowledgement(1)
        assert await logger.answer() == acknowledgement(3, cn="9011", cp="QnRtn=8")
        assert await logger.answer() == acknowledgement(4)
        await logger.close()
    found = {row["payload"]: row for row in await refusals(plant)}
    assert set(found) == {bad, b"rubbish", upload(3, cn="2999")}
    assert found[bad]["reason"] == "bad_crc"
    assert found[b"rubbish"]["reason"] == "bad_frame"
    assert {(row["client_id"], row["gateway"]) for row in found.values()} == {(f"hj212:{MN}", "cems-1")}
    books = await account(plant)
    assert books["received"] == books["stored"] + books["refused"]
    assert books["stored"] == 2


async def test_who_is_nobody_is_among_the_strays_without_the_password(plant: Database) -> None:
    async with door(plant) as server:
        for who, returned in (({"mn": "0" * 24}, 4), ({"mn": SIBLING}, 3), ({"pw": "guess"}, 3)):
            logger = await Logger.open(server.port)
            logger.send(upload(1, **who))  # type: ignore[arg-type]
            answer = acknowledgement(1, cn="9011", cp=f"QnRtn={returned}", **who)
            assert await logger.answer() == answer
            await logger.ended()
            await logger.close()
    noted = await strays(plant)
    assert sorted((sender, reason) for sender, reason, _ in noted) == [
        ("0" * 24, "unknown_mn"),
        (MN, "wrong_password"),
        (SIBLING, "no_password_set"),
    ]
    assert not any(PW.encode() in payload or b"guess" in payload for *_, payload in noted)
    assert (await account(plant))["received"] == 0


async def test_two_processes_share_a_port_and_a_killed_one_loses_nothing_acknowledged(plant: Database) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        processes = [await start_door(plant.url, port) for _ in range(2)]
    acknowledged = 0
    try:
        for number in range(60):
            if number == 30:
                processes[0].kill()
                await processes[0].wait()
            logger = await Logger.open(port)
            logger.send(upload(number))
            assert await logger.answer() == acknowledgement(number)
            acknowledged += 1
            await logger.close()
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
    assert acknowledged == 60
    assert [value for _, value, *_ in await readings(plant)] == [float(number) for number in range(60)]
    assert (await account(plant))["stored"] == 60


async def start_door(url: str, port: int) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.hj212.door", url, str(port)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        assert await process.stdout.readline() == b"listening\n"
    return process


def foreign_logger(port: int, values: list[float]) -> list[str]:
    """A logger as somebody else would write it, on a blocking socket: sends, waits for the answer, sends the next.

    Returns the QN of each answer, of which it checks length and CRC by itself.
    """

    def check(text: bytes) -> bytes:
        value = 0xFFFF
        for letter in text:
            value = (value >> 8) ^ letter
            for _ in range(8):
                odd = value % 2
                value //= 2
                if odd:
                    value ^= 0xA001
        return format(value, "04X").encode()

    heard = []
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as line:
        inbox = b""
        for number, value in enumerate(values):
            text = (
                f"QN=202611020900{number:02d}000;ST=31;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
                f"CP=&&DataTime=202611020800{number:02d};a21026-Rtd={value},a21026-Flag=N&&"
            ).encode()
            line.sendall(b"##" + str(len(text)).zfill(4).encode() + text + check(text) + b"\r\n")
            while b"\r\n" not in inbox:
                piece = line.recv(7)
                assert piece, "the host hung up"
                inbox += piece
            answer, inbox = inbox.split(b"\r\n", 1)
            body = answer[6:-4]
            assert answer[:6] == b"##" + str(len(body)).zfill(4).encode()
            assert answer[-4:] == check(body)
            fields = dict(field.split("=", 1) for field in body.decode().split(";"))
            assert (fields["ST"], fields["CN"], fields["CP"]) == ("91", "9014", "&&&&")
            heard.append(fields["QN"])
    return heard


async def test_a_logger_of_somebody_else(plant: Database) -> None:
    values = [21.4, 0.0, -0.026, 1e3]
    async with door(plant) as server:
        heard = await asyncio.to_thread(foreign_logger, server.port, values)
    assert heard == [f"202611020900{number:02d}000" for number in range(4)]
    assert [value for _, value, *_ in await readings(plant)] == values
