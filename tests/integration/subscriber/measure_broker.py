"""Measures what docs/brokers.md says of Mosquitto: `python -m tests.integration.subscriber.measure_broker`.

How many of 5,000 acknowledged messages a killed broker gives back to a session that was away, and how fast messages
come through a broker to a sink that does nothing. Takes about half a minute and a folder of its own.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
from pathlib import Path

import mqtt5
from prometheus_client import CollectorRegistry

from ingest.delivery import Delivery, Outcome, Receipt
from ingest.listener.framing import FrameReader
from ingest.subscriber import SubscriberMetrics, SubscriberOptions
from ingest.subscriber.connection import BrokerConnection
from ingest.subscriber.door import Door
from ingest.subscriber.topics import wishes
from tests.integration.subscriber.support import (
    CONFIG,
    NOW,
    PUBACK,
    PUBLISH,
    READINGS,
    Enterprises,
    Mosquitto,
    Sink,
    Strays,
)

COUNT = 5_000
SINGLES = 100_000
WINDOW = 1_000


async def connect(port: int, name: str, *, subscribe: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(mqtt5.ConnectPacket(name, session_expiry_interval=3600, keep_alive=600).write())
    if subscribe:
        wish = mqtt5.TopicFilter("plantwatch/v1/+/+/readings", max_qos=mqtt5.QoS.AT_LEAST_ONCE)
        writer.write(mqtt5.SubscribePacket(1, [wish]).write())
    return reader, writer


async def publish(port: int, count: int) -> float:
    """Publish at QoS 1 with a window; seconds until the last acknowledgement."""
    reader, writer = await connect(port, "publisher", subscribe=False)
    frames, sent, done = FrameReader(max_connect_bytes=10_000), 0, 0
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    while done < count:
        while sent < count and sent - done < WINDOW:
            sent += 1
            packet_id = sent % 60_000 + 1
            packet = mqtt5.PublishPacket(READINGS, b"x" * 60, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=packet_id)
            writer.write(packet.write())
        frames.feed(await reader.read(65_536))
        while frame := frames.next():
            done += frame.packet[0] >> 4 == PUBACK
    writer.close()
    return loop.time() - began_s


async def given_back(port: int) -> int:
    """Messages that a session gets which was away, until the broker is silent for two seconds."""
    reader, writer = await connect(port, "away", subscribe=False)
    frames, got = FrameReader(max_connect_bytes=10_000), 0
    try:
        while True:
            async with asyncio.timeout(2.0):
                frames.feed(await reader.read(65_536))
            while frame := frames.next():
                if frame.packet[0] >> 4 == PUBLISH:
                    got += 1
                    at = frame.body_at + 2 + len(READINGS)
                    writer.write(b"\x40\x02" + frame.packet[at : at + 2])
    except TimeoutError:
        writer.close()
        return got


async def durability(extra: str, *, kill: bool, count: int = COUNT) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = Mosquitto(folder)
        config = CONFIG.format(port=broker.port, folder=folder, persistence="true")
        port, broker = broker.port, Mosquitto(folder, config + extra)
        broker.port = port
        await broker.start()
        reader, writer = await connect(port, "away", subscribe=True)
        await reader.readexactly(5)
        await asyncio.sleep(0.2)
        writer.close()
        took_s = await publish(port, count)
        await broker.stop(kill=kill)
        await broker.start()
        back = await given_back(port)
        await broker.stop(kill=True)
        return f"{back} of {count} given back, {count / took_s:.0f} messages/s acknowledged"


class Nothing(Sink):
    """Commits at once."""

    count = 0

    def enqueue(self, delivery: Delivery) -> asyncio.Future[Receipt]:
        self.count += 1
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        future.set_result(Receipt(Outcome.STORED, None, "gw1"))
        if self.count == SINGLES:
            self.changed.set()
        return future


async def throughput() -> str:
    with tempfile.TemporaryDirectory() as name:
        broker = Mosquitto(Path(name), persistence=False)
        await broker.start()
        loop = asyncio.get_running_loop()
        options, metrics = SubscriberOptions("127.0.0.1", broker.port), SubscriberMetrics(CollectorRegistry())
        sink = Nothing()
        door = Door(sink, Enterprises(), Strays(), lambda: NOW, options, metrics)
        connection = BrokerConnection("measured", wishes(0, options.group, sparkplug=True), door, options, metrics)
        await loop.create_connection(lambda: connection, "127.0.0.1", broker.port)
        while not connection.subscribed:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        program = "import asyncio;from tests.integration.subscriber.measure_broker import publish;"
        program += f"asyncio.run(publish({broker.port},{SINGLES}))"
        publisher = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
        while sink.count == 0:  # noqa: ASYNC110 - the start of the publisher is not measured
            await asyncio.sleep(0.001)
        began_s, cpu_s = loop.time(), _cpu_s()
        await sink.changed.wait()
        took_s, cpu_s = loop.time() - began_s, _cpu_s() - cpu_s
        await publisher.wait()
        await connection.drain()
        await broker.stop(kill=True)
        return f"{SINGLES / took_s:.0f} messages/s, {cpu_s / SINGLES * 1e6:.1f} us of CPU per message here"


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def main() -> None:
    say = sys.stdout.write
    say(f"killed, autosave as shipped with Mosquitto: {await durability('', kill=True)}\n")
    say(f"killed, autosave_interval 5: {await durability('autosave_interval 5', kill=True)}\n")
    every = "autosave_on_changes true\nautosave_interval 1"
    say(f"killed, autosave on every change: {await durability(every, kill=True)}\n")
    say(f"stopped with SIGTERM: {await durability('', kill=False)}\n")
    say(f"broker to an empty sink: {await throughput()}\n")


if __name__ == "__main__":
    asyncio.run(main())
