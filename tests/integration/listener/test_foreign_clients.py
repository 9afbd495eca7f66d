"""Clients that enterprises use: mosquitto_pub, paho, aiomqtt, MQTT.js. None can tell that this is no broker."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from shutil import which

import aiomqtt
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from ingest.delivery import Outcome, Receipt
from ingest.listener import Listener
from tests.integration.listener.conftest import Start
from tests.integration.listener.support import PATIENCE_S, READINGS, REJECTS, STATUS, RecordingSink

MQTTJS = os.environ.get("PLANTWATCH_TEST_MQTTJS", "")
VERSIONS = [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5]
REPORT = b'{"count":1}'


async def run(*command: str, stdin: bytes = b"") -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_S):
        out, err = await process.communicate(stdin)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def mosquitto(program: str, listener: Listener, version: str, *options: str, password: str = "right") -> list[str]:
    if which(program) is None:
        pytest.skip(f"{program} is not installed (package mosquitto-clients)")
    address = ["-h", "127.0.0.1", "-p", str(listener.port), "-V", version, "-i", "mosquitto"]
    return [program, *address, "-u", "ent", "-P", password, *options]


@pytest.mark.parametrize("version", ["311", "5"])
@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_mosquitto_pub(listener: Listener, sink: RecordingSink, version: str, qos: int) -> None:
    lines = b"".join(b"line %d\n" % number for number in range(200))
    command = mosquitto("mosquitto_pub", listener, version, "-t", READINGS, "-q", str(qos), "-l")
    assert await run(*command, stdin=lines) == (0, "", "")
    await sink.received(200)
    assert sink.payloads == lines.split(b"\n")[:-1]
    assert {(d.enterprise, d.client_id, d.topic, d.qos) for d in sink.deliveries} == {
        ("ent", "mosquitto", READINGS, qos)
    }


@pytest.mark.parametrize("version", ["311", "5"])
async def test_mosquitto_pub_with_a_wrong_password(listener: Listener, sink: RecordingSink, version: str) -> None:
    command = mosquitto("mosquitto_pub", listener, version, "-t", READINGS, "-m", "x", password="wrong")
    code, _, err = await run(*command)
    assert code != 0
    assert "user name or password" in err.lower()
    assert sink.deliveries == []


async def test_mosquitto_pub_learns_that_a_message_was_refused(listener: Listener, sink: RecordingSink) -> None:
    sink.outcomes[b"x"] = Receipt(Outcome.REFUSED_TENANT, None, None)
    command = mosquitto("mosquitto_pub", listener, "5", "-t", "plantwatch/v1/other/gw/readings", "-m", "x", "-q", "1")
    _, _, err = await run(*command)
    assert "Not authorized" in err


@pytest.mark.parametrize("version", ["311", "5"])
async def test_mosquitto_sub_hears_the_rejects(listener: Listener, sink: RecordingSink, version: str) -> None:
    sink.outcomes[b"bad"] = Receipt(Outcome.REFUSED_PAYLOAD, REPORT, "gw1")
    hearing = asyncio.create_task(
        run(*mosquitto("mosquitto_sub", listener, version, "-t", REJECTS, "-q", "1", "-C", "1"))
    )
    publish = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(listener.port), "-u", "ent", "-P", "right"]
    while not hearing.done():  # the subscription may come after the first refusal
        await run(*publish, "-t", READINGS, "-m", "bad", "-q", "1")
    assert await hearing == (0, REPORT.decode() + "\n", "")


def paho_client(version: MQTTProtocolVersion, **options: bool) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="paho", protocol=version, **options)
    client.username_pw_set("ent", "right")
    return client


@pytest.mark.parametrize("version", VERSIONS)
async def test_paho_at_every_qos(listener: Listener, sink: RecordingSink, version: MQTTProtocolVersion) -> None:
    def publish() -> list[bool]:
        client = paho_client(version)
        client.connect("127.0.0.1", listener.port)
        client.loop_start()
        sent = [client.publish(READINGS, f"{number}", qos=number % 3) for number in range(30)]
        for message in sent:
            message.wait_for_publish(PATIENCE_S)
        client.disconnect()
        client.loop_stop()
        return [message.is_published() for message in sent]

    assert await asyncio.to_thread(publish) == [True] * 30
    await sink.received(30)
    assert sorted(sink.payloads) == sorted(b"%d" % number for number in range(30))


@pytest.mark.parametrize("version", VERSIONS)
async def test_paho_redelivers_what_could_not_be_stored(
    listener: Listener, sink: RecordingSink, version: MQTTProtocolVersion
) -> None:
    sink.unavailable = True
    client = paho_client(version, **({} if version is MQTTProtocolVersion.MQTTv5 else {"clean_session": False}))
    client.connect("127.0.0.1", listener.port)
    client.loop_start()
    message = client.publish(READINGS, b"precious", qos=1)
    await sink.received(1)
    assert not message.is_published()
    sink.unavailable = False
    await asyncio.to_thread(message.wait_for_publish, PATIENCE_S)
    assert message.is_published()
    client.disconnect()
    await asyncio.to_thread(client.loop_stop)
    assert sink.payloads[-1] == b"precious"
    assert len(sink.deliveries) >= 2


@pytest.mark.parametrize("version", list(aiomqtt.ProtocolVersion)[-2:])
async def test_aiomqtt_publishes_subscribes_and_leaves_a_will(
    listener: Listener, sink: RecordingSink, version: aiomqtt.ProtocolVersion
) -> None:
    sink.outcomes[b"bad"] = Receipt(Outcome.REFUSED_PAYLOAD, REPORT, "gw1")
    async with aiomqtt.Client(
        "127.0.0.1",
        listener.port,
        identifier="aiomqtt",
        username="ent",
        password="right",
        protocol=version,
        will=aiomqtt.Will(STATUS, b"offline", qos=1, retain=True),
    ) as client:
        await client.publish(STATUS, b"online", qos=1, retain=True)
        await client.subscribe(REJECTS, qos=1)
        await asyncio.gather(*(client.publish(READINGS, b"%d" % n, qos=n % 3) for n in range(9)))
        await client.publish(READINGS, b"bad", qos=1)
        async with asyncio.timeout(PATIENCE_S):
            told = await anext(aiter(client.messages))
    assert (str(told.topic), told.payload, told.qos) == (REJECTS, REPORT, 1)
    assert sink.statuses == [("ent", "gw1", True)]
    assert sorted(sink.payloads) == [*(b"%d" % n for n in range(9)), b"bad"]


async def test_aiomqtt_is_told_of_a_wrong_password(listener: Listener) -> None:
    client = aiomqtt.Client("127.0.0.1", listener.port, username="ent", password="wrong")
    with pytest.raises(aiomqtt.MqttError, match=r"(?i)user name or password"):
        await client.__aenter__()


@pytest.mark.skipif(which("node") is None, reason="node is not installed")
@pytest.mark.skipif(
    not (Path(MQTTJS) / "node_modules" / "mqtt").is_dir() or not MQTTJS,
    reason="PLANTWATCH_TEST_MQTTJS names no directory with node_modules/mqtt",
)
@pytest.mark.parametrize("version", ["4", "5"])
async def test_mqtt_js(start: Start, sink: RecordingSink, sample: Callable[..., float], version: str) -> None:
    listener = await start()
    sink.outcomes[b"bad"] = Receipt(Outcome.REFUSED_PAYLOAD, REPORT, "gw1")
    script = str(Path(__file__).with_name("mqttjs_client.js"))
    code, out, err = await run("node", script, MQTTJS, str(listener.port), version)
    assert (code, err) == (0, "")
    assert json.loads(out) == {"acknowledged": [0, 1, 2], "told": REPORT.decode(), "granted": 1}
    assert sink.payloads == [b"qos 0", b"qos 1", b"qos 2", b"bad"]
    assert sample("disconnects_total", reason="client_disconnect") == 1
    assert sink.statuses == []
