"""The whole stage with a foreign MQTT client: the acknowledgement means stored."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt
from prometheus_client import CollectorRegistry, generate_latest

from ingest.passwords import hash_password
from ingest.service import IngestService, IngestSettings
from storage.credentials import set_password_hash
from storage.database import Database
from tests.integration.ingest.plant import NOW, account, minutes, readings, rows, sample

PASSWORD = "correct horse"
TOPIC = "plantwatch/v1/coke-1/gw1/"


@asynccontextmanager
async def running(database: Database, metrics: CollectorRegistry | None = None) -> AsyncIterator[int]:
    async with database.transaction() as connection:
        await set_password_hash(connection, "coke-1", hash_password(PASSWORD), NOW)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    service = IngestService(
        database, lambda: NOW, "127.0.0.1", 0, IngestSettings(writers=2), metrics or CollectorRegistry()
    )
    task = asyncio.create_task(service.run(started=lambda ports: port.set_result(ports["mqtt_port"])))
    try:
        await asyncio.wait([task, port], return_when=asyncio.FIRST_COMPLETED)
        yield port.result()
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


def client(port: int, **options: object) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", port, username="coke-1", password=PASSWORD, **options)  # type: ignore[arg-type]


async def test_what_is_acknowledged_is_stored(plant: Database) -> None:
    async with running(plant) as port:
        for protocol in (aiomqtt.ProtocolVersion.V311, aiomqtt.ProtocolVersion.V5):
            async with client(port, protocol=protocol) as gateway:
                at = NOW - minutes(int(protocol))
                await gateway.publish(TOPIC + "readings", json.dumps(sample(at, {"SO2": 7})), qos=1)
                assert (protocol, 7.0, "N", 1) in await readings(plant)
    assert (await account(plant))["stored"] == 2


async def test_a_gateway_hears_what_was_refused_and_is_known_to_be_there(plant: Database) -> None:
    will = aiomqtt.Will(TOPIC + "status", b"offline", qos=1, retain=True)
    async with running(plant) as port, client(port, will=will) as gateway:
        await gateway.subscribe(TOPIC + "rejects", qos=1)
        await gateway.publish(TOPIC + "status", b"online", qos=1, retain=True)
        assert await rows(plant, "select gateway, online from gateway_status") == [{"gateway": "gw1", "online": True}]
        await gateway.publish(TOPIC + "readings", json.dumps(sample(NOW, {"SO2": 7, "NOPE": 1})), qos=1)
        message = await anext(aiter(gateway.messages))
    report = json.loads(bytes(message.payload))  # type: ignore[arg-type]
    assert [(r["reason"], r["items"]) for r in report["refused"]] == [("unknown_point", 1)]


async def test_stopping_answers_what_is_under_way(plant: Database) -> None:
    async def publish(gateway: aiomqtt.Client, number: int) -> int:
        await gateway.publish(TOPIC + "readings", json.dumps(sample(NOW - minutes(number), {"SO2": number})), qos=1)
        return number

    with contextlib.suppress(aiomqtt.MqttError):  # the gateway finds itself dismissed
        async with contextlib.AsyncExitStack() as stack:
            port = await stack.enter_async_context(running(plant))
            gateway = await stack.enter_async_context(client(port))
            sending = [asyncio.create_task(publish(gateway, number)) for number in range(400)]
            await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait(sending)
    acknowledged = {task.result() for task in sending if not task.cancelled() and task.exception() is None}
    stored = {round(ago) for ago, *_ in await readings(plant)}
    assert acknowledged
    assert acknowledged <= stored
    books = await account(plant)
    assert books["received"] == books["stored"] == len(stored)


async def test_hours_appear_and_the_figures_are_exposed(plant: Database) -> None:
    metrics = CollectorRegistry()
    async with running(plant, metrics) as port, client(port) as gateway, plant.autocommit() as listening:
        await listening.execute("listen plantwatch_rules")
        await gateway.publish(TOPIC + "readings", json.dumps(sample(NOW - minutes(90), {"SO2": 7, "X": 1})), qos=1)
        hints = [hint.channel async for hint in listening.notifies(timeout=30, stop_after=1)]
        assert hints == ["plantwatch_rules"]
        assert await rows(plant, "select mean from hourly") == [{"mean": 7.0}]
    text = generate_latest(metrics).decode()
    for line in (
        'plantwatch_ingest_values_total{fate="stored"} 1.0',
        'plantwatch_ingest_values_total{fate="refused"} 1.0',
        'plantwatch_ingest_refused_items_total{reason="unknown_point"} 1.0',
        "plantwatch_ingest_messages_total 1.0",
        "plantwatch_ingest_queue_messages 0.0",
        "plantwatch_ingest_lag_seconds 0.0",
    ):
        assert line in text.splitlines(), text
