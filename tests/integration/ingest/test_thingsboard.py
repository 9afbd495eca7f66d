"""A stock ThingsBoard client, as its Python SDK behaves: what it subscribes to, asks and publishes."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from domain.readings import to_us
from ingest.delivery import Outcome
from storage.database import Database
from tests.integration.ingest.plant import (
    NOW,
    account,
    delivery,
    minutes,
    readings,
    refusals,
    rows,
    running_writer,
    send,
)
from tests.integration.ingest.test_service import PASSWORD, running

PATIENCE_S = 20.0
TAGS = """
insert into tag (enterprise_id, protocol, device, name, point_id, unit, scale, zero)
select e.enterprise_id, 'thingsboard', t.device, t.name, p.point_id, 'x', t.scale, 0
from (values ('Boiler 1', 'so2', 'SO2', 1.0::float8), ('', 'oxygen', 'O2', 0.1)) as t (device, name, code, scale)
join enterprise e on e.code = 'coke-1' join point p on p.enterprise_id = e.enterprise_id and p.code = t.code
returning 1
"""


def ms(minutes_ago: float) -> int:
    return to_us(NOW - minutes(minutes_ago)) // 1000


def session(port: int, version: MQTTProtocolVersion, published: list[tuple[str, Any]]) -> None:
    """Connect, subscribe and publish as the SDK does; returns when everything is acknowledged."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=version)
    client.username_pw_set("coke-1", PASSWORD)
    ready = threading.Event()

    def on_connect(client: paho.Client, *_: object) -> None:
        for topic in ("attributes", "attributes/response/+", "rpc/request/+", "rpc/response/+"):
            client.subscribe(f"v1/devices/me/{topic}", qos=1)
        ready.set()

    client.on_connect = on_connect
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        assert ready.wait(PATIENCE_S)
        sent = [client.publish(topic, json.dumps(content), qos=1) for topic, content in published]
        for info in sent:
            info.wait_for_publish(PATIENCE_S)
            assert info.is_published()
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
async def test_device_and_gateway_telemetry_are_stored_when_acknowledged(
    plant: Database, version: MQTTProtocolVersion
) -> None:
    await rows(plant, TAGS)
    published = [
        ("v1/devices/me/rpc/request/1", {"method": "getSessionLimits", "params": {"timeout": 5000}}),
        ("v1/devices/me/telemetry", [{"SO2": 7, "oxygen": 95}]),
        ("v1/devices/me/telemetry", {"ts": ms(5), "values": {"SO2": "8.5"}}),
        ("v1/gateway/connect", {"device": "Boiler 1", "type": "default"}),
        ("v1/gateway/telemetry", {"Boiler 1": [{"ts": ms(4), "values": {"so2": 9, "state": "ok", "note": 1}}]}),
        ("v1/gateway/connect", {"device": "Boiler 2", "type": "default"}),
        ("v1/gateway/disconnect", {"device": "Boiler 2"}),
    ]
    async with running(plant) as port:
        await asyncio.to_thread(session, port, version, published)
        assert await readings(plant) == [(5, 8.5, "N", 1), (4, 9.0, "N", 1), (0, 7.0, "N", 1)]
        assert await readings(plant, "O2") == [(0, 9.5, "N", 1)]
        assert await account(plant) == {
            "messages": 4, "received": 7, "stored": 4, "duplicates": 0, "corrections": 0, "refused": 3,
        }  # fmt: skip
        online = await rows(
            plant, "select gateway, online from gateway_status where gateway like 'Boiler%%' order by 1"
        )
        assert online == [{"gateway": "Boiler 1", "online": True}, {"gateway": "Boiler 2", "online": False}]
    assert [(r["reason"], r["first_item"]) for r in await refusals(plant)] == [
        ("format_not_supported", "v1/devices/me/rpc/request/1"),
        ("not_a_number", '$.Boiler 1[0].values.state = "ok"'),
        ("unknown_point", "$.Boiler 1[0].values.note = 1"),
    ]


async def test_a_tag_registered_a_moment_ago_works_without_a_restart(plant: Database) -> None:
    message = delivery({"Boiler 1": [{"ts": ms(4), "values": {"so2": 9}}]}, topic="v1/gateway/telemetry")
    async with running_writer(plant) as writer:
        (before,) = await send(writer, message)
        await rows(plant, TAGS)
        (after,) = await send(writer, message)
    assert (before.outcome, after.outcome) == (Outcome.REFUSED_PAYLOAD, Outcome.STORED)
    assert await readings(plant) == [(4, 9.0, "N", 1)]


async def test_a_redelivery_with_ts_is_a_duplicate(plant: Database) -> None:
    message = delivery({"ts": ms(4), "values": {"SO2": 9}}, topic="v1/devices/me/telemetry")
    async with running_writer(plant) as writer:
        await send(writer, message)
        await send(writer, message)
    books = await account(plant)
    assert (books["stored"], books["duplicates"]) == (1, 1)
