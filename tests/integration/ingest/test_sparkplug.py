"""Sparkplug edge nodes (paho, payloads written byte by byte) at the listener, the writer and PostgreSQL."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from prometheus_client import CollectorRegistry

from ingest.passwords import hash_password
from ingest.service import IngestService, IngestSettings
from storage.credentials import set_password_hash
from storage.database import Database
from tests.integration.ingest.plant import NOW, account, gateways, readings, refusals, rows
from tests.unit.ingest import sparkplug_encoder as wire
from tests.unit.ingest.sparkplug_encoder import bd_seq, double, metric, payload, value

PASSWORD = "correct horse"
PATIENCE_S = 20.0
MS = round(NOW.timestamp() * 1000)
MINUTE_MS = 60_000
REBIRTH = payload(metric("Node Control/Rebirth", value("boolean", True), at_ms=MS, datatype=wire.BOOLEAN), at_ms=MS)
COMMAND = ("spBv1.0/coke-1/NCMD/edge", REBIRTH)
TAG = """
insert into tag (enterprise_id, protocol, device, name, point_id, unit, scale, zero)
select enterprise_id, 'sparkplug', 'edge/cems', 'Stack/SO2', point_id, 'g/m3', 1000, 0
from enterprise join point using (enterprise_id) where enterprise.code = 'coke-1' and point.code = 'SO2'
"""


@pytest.fixture(autouse=True)
async def _tagged(plant: Database) -> None:
    async with plant.transaction() as connection:
        await connection.execute(TAG)
        await set_password_hash(connection, "coke-1", hash_password(PASSWORD), NOW)


@asynccontextmanager
async def running(database: Database) -> AsyncIterator[int]:
    """The stage, as a process would run it; gives its port."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    settings = IngestSettings(writers=2, roll_up=False)
    service = IngestService(database, lambda: NOW, "127.0.0.1", 0, settings, CollectorRegistry())
    task = asyncio.create_task(service.run(started=lambda ports: port.set_result(ports["mqtt_port"])))
    try:
        either: set[asyncio.Future[Any]] = {task, port}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        yield port.result()
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


class EdgeNode:
    """One MQTT session of a node, with its death certificate as will and its sequence numbers."""

    def __init__(self, version: MQTTProtocolVersion, bd_seq: int) -> None:
        self.commands: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self.seq = -1
        self.bd_seq = bd_seq
        self._loop = asyncio.get_running_loop()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id="edge", protocol=version, reconnect_on_failure=False
        )
        self._client.username_pw_set("coke-1", PASSWORD)
        self._client.will_set(self._topic("NDEATH"), payload(wire.bd_seq(bd_seq), at_ms=MS), qos=1)
        self._client.on_message = self._heard

    def _topic(self, kind: str, device: str = "") -> str:
        return f"spBv1.0/coke-1/{kind}/edge" + (f"/{device}" if device else "")

    def _heard(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._loop.call_soon_threadsafe(self.commands.put_nowait, (message.topic, bytes(message.payload)))

    async def connect(self, port: int) -> None:
        granted: asyncio.Future[Any] = self._loop.create_future()

        def on_subscribe(_client: object, _data: object, _mid: int, codes: list[Any], *_: object) -> None:
            self._loop.call_soon_threadsafe(granted.set_result, codes[0].is_failure)

        self._client.on_connect = lambda client, *_: client.subscribe(self._topic("NCMD"), qos=1)
        self._client.on_subscribe = on_subscribe
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        async with asyncio.timeout(PATIENCE_S):
            assert await granted is False

    async def publish(self, kind: str, *metrics: bytes, device: str = "", qos: int = 1) -> None:
        """Send with the next sequence number; at QoS 1 it is committed when this returns."""
        self.seq = 0 if kind == "NBIRTH" else (self.seq + 1) % 256
        content = payload(*metrics, seq=self.seq, at_ms=MS)
        info = self._client.publish(self._topic(kind, device), content, qos=qos)
        if qos:
            await asyncio.to_thread(info.wait_for_publish, PATIENCE_S)
            assert info.is_published()

    async def be_born(self, *, alias: int = 7) -> None:
        """At QoS 0, as the specification has it."""
        rebirth = metric("Node Control/Rebirth", value("boolean", False), datatype=wire.BOOLEAN)
        await self.publish("NBIRTH", bd_seq(self.bd_seq), rebirth, double(9.5, "O2", alias=1, at_ms=MS), qos=0)
        await self.publish("DBIRTH", double(0.02, "Stack/SO2", alias=alias, at_ms=MS), device="cems", qos=0)

    async def send(self, number: float, minutes: int, *, alias: int = 7, qos: int = 1) -> None:
        """SO2 in g/m3, measured so many minutes ago."""
        await self.publish("DDATA", double(number, alias=alias, at_ms=MS - minutes * MINUTE_MS), device="cems", qos=qos)

    async def command(self) -> tuple[str, bytes]:
        async with asyncio.timeout(PATIENCE_S):
            return await self.commands.get()

    def cut(self) -> None:
        """End the connection without a word."""
        connection = self._client.socket()
        assert isinstance(connection, socket.socket)
        connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@asynccontextmanager
async def edge(
    port: int, *, bd_seq: int = 0, version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311
) -> AsyncIterator[EdgeNode]:
    node = EdgeNode(version, bd_seq)
    try:
        await node.connect(port)
        yield node
    finally:
        await asyncio.to_thread(node.close)


async def presence(database: Database) -> dict[str, bool]:
    return {row["gateway"]: row["online"] for row in await rows(database, "select gateway, online from gateway_status")}


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Nobody is told that a will is stored: look until it is."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110 - it is the database that changes
            await asyncio.sleep(0)


@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
async def test_births_and_data_are_stored_and_counted(plant: Database, version: MQTTProtocolVersion) -> None:
    async with running(plant) as port, edge(port, version=version) as node:
        await node.be_born()
        await node.send(0.0215, 1)
        await node.send(0.022, 2)
        await node.publish("NDATA", double(9.75, alias=1, at_ms=MS - MINUTE_MS))
        assert await readings(plant, "SO2") == [(2, 22.0, "N", 1), (1, 21.5, "N", 1), (0, 20.0, "N", 1)]
        assert await readings(plant, "O2") == [(1, 9.75, "N", 1), (0, 9.5, "N", 1)]
        assert await presence(plant) == {"edge": True, "edge/cems": True}
        assert await gateways(plant) == [("edge", "O2"), ("edge", "SO2")]
        assert node.commands.empty()
    books = {"messages": 5, "received": 5, "stored": 5, "duplicates": 0, "corrections": 0, "refused": 0}
    assert await account(plant) == books


async def test_a_rebirth_with_the_same_values_changes_nothing_but_the_books(plant: Database) -> None:
    async with running(plant) as port, edge(port) as node:
        await node.be_born()
        await node.be_born()
        await node.send(0.0215, 1)
    assert await readings(plant, "SO2") == [(1, 21.5, "N", 1), (0, 20.0, "N", 1)]
    books = await account(plant)
    assert (books["received"], books["stored"], books["duplicates"]) == (5, 3, 2)


async def test_a_cut_connection_is_a_death(plant: Database) -> None:
    async with running(plant) as port:
        async with edge(port, bd_seq=4) as node:
            await node.be_born()
            await node.send(0.0215, 1)
            node.cut()
            await until(lambda: _is(plant, {"edge": False, "edge/cems": False}))
        async with edge(port, bd_seq=5) as node:
            # the aliases of the dead session mean nothing
            await node.send(0.03, 3)
            assert await node.command() == COMMAND
            await node.be_born(alias=8)
            await node.send(0.0225, 2, alias=8)
            assert await presence(plant) == {"edge": True, "edge/cems": True}
            # the will of the session before comes late
            await node.publish("NDEATH", bd_seq(4))
            assert await presence(plant) == {"edge": True, "edge/cems": True}
    assert [number for _, number, *_ in await readings(plant, "SO2")] == [22.5, 21.5, 20.0]
    assert [(r["reason"], r["first_item"]) for r in await refusals(plant)] == [("no_birth", "metrics[0] alias 7")]


async def _is(database: Database, expected: dict[str, bool]) -> bool:
    return await presence(database) == expected


async def test_a_session_that_is_taken_over_is_no_death_of_the_new_one(plant: Database) -> None:
    async with running(plant) as port, edge(port, bd_seq=1) as old:
        await old.be_born()
        await old.send(0.0215, 1)
        async with edge(port, bd_seq=2) as new:
            await new.be_born(alias=9)
            await new.send(0.022, 2, alias=9)
            assert await presence(plant) == {"edge": True, "edge/cems": True}
    assert [number for _, number, *_ in await readings(plant, "SO2")] == [22.0, 21.5, 20.0]


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_gap_loses_no_value_and_asks_for_a_birth(plant: Database, qos: int) -> None:
    async with running(plant) as port, edge(port) as node:
        await node.be_born()
        node.seq += 2
        await node.send(0.0215, 1, qos=qos)
        assert await node.command() == COMMAND
        assert [number for _, number, *_ in await readings(plant, "SO2")] == [21.5, 20.0]
        await node.be_born()
        await node.send(0.022, 2)
        assert node.commands.empty()
    assert (await account(plant))["refused"] == 0


async def test_data_before_any_birth_are_refused_and_a_birth_is_asked_for(plant: Database) -> None:
    async with running(plant) as port, edge(port) as node:
        await node.send(0.0215, 1)
        assert await node.command() == COMMAND
        await node.be_born()
        await node.send(0.0215, 1)
        assert await readings(plant, "SO2") == [(1, 21.5, "N", 1), (0, 20.0, "N", 1)]
    (refused,) = await refusals(plant)
    assert (refused["reason"], refused["items"], refused["gateway"]) == ("no_birth", 1, "edge")
    assert await account(plant) == {
        "messages": 4, "received": 4, "stored": 3, "duplicates": 0, "corrections": 0, "refused": 1,
    }  # fmt: skip


async def test_another_process_and_a_later_one_know_what_aliases_mean(plant: Database) -> None:
    async with running(plant) as first, running(plant) as second, edge(first) as here, edge(second) as there:
        await here.be_born()
        await here.send(0.0215, 1)
        await there.send(0.022, 2)
        # born again with other aliases: the second process must not go by what it knew
        await here.publish("NBIRTH", bd_seq(0), double(9.5, "O2", alias=7, at_ms=MS))
        await here.publish("DBIRTH", double(0.02, "Stack/SO2", alias=1, at_ms=MS), device="cems")
        await there.send(0.0225, 3, alias=1)
        await there.publish("NDATA", double(9.25, alias=7, at_ms=MS - MINUTE_MS))
        assert here.commands.empty()
    # no death was heard, so what is known holds
    async with running(plant) as port, edge(port) as node:
        await node.send(0.023, 4, alias=1)
        assert node.commands.empty()
    assert [number for _, number, *_ in await readings(plant, "SO2")] == [23.0, 22.5, 22.0, 21.5, 20.0]
    assert [number for _, number, *_ in await readings(plant, "O2")] == [9.25, 9.5]
    assert await refusals(plant) == []


async def test_births_of_one_node_in_two_processes_at_once(plant: Database) -> None:
    async with running(plant) as first, running(plant) as second, edge(first) as here, edge(second) as there:
        for _ in range(20):
            await asyncio.gather(here.be_born(), there.be_born())
        await asyncio.gather(here.send(0.0215, 1), there.send(0.022, 2))
    born = await rows(plant, "select node, device from sparkplug_birth order by device")
    assert [tuple(each.values()) for each in born] == [("edge", ""), ("edge", "cems")]
    books = await account(plant)
    assert books["received"] == books["stored"] + books["duplicates"] + books["refused"] == 82


async def test_what_is_no_protobuf_is_refused_with_its_bytes(plant: Database) -> None:
    async with running(plant) as port, edge(port) as node:
        info = node._client.publish("spBv1.0/coke-1/NDATA/edge", b'{"SO2": 21.5}', qos=1)
        await asyncio.to_thread(info.wait_for_publish, PATIENCE_S)
    (refused,) = await refusals(plant)
    assert (refused["reason"], refused["items"], refused["payload"]) == ("bad_payload", 1, b'{"SO2": 21.5}')
    assert "Sparkplug B" in refused["expected"]


async def test_a_node_is_not_asked_twice_at_once(plant: Database) -> None:
    async with running(plant) as port, edge(port) as node:
        for minutes in range(5):
            await node.send(0.0215, minutes)
        assert await node.command() == COMMAND
        # on the same connection, after whatever else would have been sent
        await node.be_born()
        await node.send(0.0215, 6)
        assert node.commands.empty()
