"""Several listener processes: on one port, and behind the load balancer whose configuration we ship."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from shutil import which
from typing import NamedTuple

import pytest

from tests.integration.listener import wire311
from tests.integration.listener.support import PATIENCE_S, READINGS, Raw

ROOT = Path(__file__).parents[3]
HAPROXY = ROOT / "deploy/haproxy/haproxy.cfg"


class Process(NamedTuple):
    process: asyncio.subprocess.Process
    port: int
    stored: Path

    def lines(self) -> list[tuple[str, bytes]]:
        """Client id and payload of what it stored."""
        pairs = (line.partition(b" ") for line in self.stored.read_bytes().splitlines())
        return [(client.decode(), payload) for client, _, payload in pairs]

    async def stop(self) -> None:
        """Gracefully, to the end."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            assert await self.process.wait() == 0


Launch = Callable[..., Awaitable[Process]]


@pytest.fixture
async def launch(tmp_path: Path) -> AsyncIterator[Launch]:
    """Start listener processes, which end with the test."""
    started: list[asyncio.subprocess.Process] = []

    async def begin(name: str, port: int = 0) -> Process:
        stored = tmp_path / name
        module = "tests.integration.listener.listener_process"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, str(port), str(stored)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        started.append(process)
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            return Process(process, int(await process.stdout.readline()), stored)

    yield begin
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Gateway:
    """Publishes one message after the other until told to stop, and comes back whenever it is sent away."""

    def __init__(self, port: int, name: str) -> None:
        self.acknowledged: list[bytes] = []
        self.connects = 0
        self._port = port
        self._name = name
        self.first = asyncio.Event()
        self.enough = asyncio.Event()

    async def run(self) -> None:
        while not self.enough.is_set():
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                client = await Raw.open(self._port)
                try:
                    await self._publish(client)
                finally:
                    client.drop()

    async def _publish(self, client: Raw) -> None:
        client.send(wire311.connect(self._name))
        if await client.packet() != wire311.CONNACK_OK:
            raise ConnectionError
        self.connects += 1
        while not self.enough.is_set():
            payload = b"%d" % len(self.acknowledged)
            client.send(wire311.publish(READINGS, payload, qos=1, packet_id=1))
            if await client.packet() != wire311.acknowledge(0x40, 1):
                raise ConnectionError
            self.acknowledged.append(payload)
            self.first.set()


async def moved_over(port: int, leaving: Process, staying: Process) -> list[Gateway]:
    """Publishing gateways on two processes, of which one is stopped meanwhile; checks that nothing is lost."""
    gateways = [Gateway(port, f"gw{number}") for number in range(40)]
    async with asyncio.timeout(4 * PATIENCE_S), asyncio.TaskGroup() as group:
        for gateway in gateways:
            group.create_task(gateway.run())
        for gateway in gateways:
            await gateway.first.wait()
        await leaving.stop()
        for gateway in gateways:
            gateway.first.clear()
        for gateway in gateways:
            await gateway.first.wait()
            gateway.enough.set()
    moved = {client for client, _ in leaving.lines()}
    assert moved, "the one that was stopped had gateways"
    assert {client for client, _ in staying.lines()} == {f"gw{number}" for number in range(40)}
    stored: dict[str, set[bytes]] = defaultdict(set)
    for client, payload in leaving.lines() + staying.lines():
        stored[client].add(payload)
    for number, gateway in enumerate(gateways):
        assert set(gateway.acknowledged) <= stored[f"gw{number}"], "what was acknowledged is stored"
    assert sum(gateway.connects for gateway in gateways) >= len(gateways) + len(moved)
    return gateways


async def test_processes_share_a_port_and_the_kernel_spreads_the_connections(launch: Launch) -> None:
    first = await launch("first")
    second = await launch("second", first.port)
    clients = await asyncio.gather(*(Raw.open(first.port) for _ in range(300)))
    for number, client in enumerate(clients):
        client.send(wire311.connect(f"c{number}"), wire311.publish(READINGS, b"x", qos=1, packet_id=7))
    for client in clients:
        assert await client.packet() == wire311.CONNACK_OK
        assert await client.packet() == wire311.acknowledge(0x40, 7)
    shares = [len(process.lines()) for process in (first, second)]
    assert sum(shares) == 300
    assert min(shares) > 30, "a fair coin gives fewer once in 10^48 runs"
    for client in clients:
        await client.close()


async def test_of_processes_on_one_port_one_may_stop_and_nothing_is_lost(launch: Launch) -> None:
    first = await launch("first")
    second = await launch("second", first.port)
    await moved_over(first.port, second, first)


async def test_a_client_id_is_not_taken_over_across_processes(launch: Launch) -> None:
    """Documented with `Listener`: processes share nothing. This fails when they begin to, and the words can go."""
    first = await launch("first")
    second = await launch("second")
    old, new = await Raw.open(first.port), await Raw.open(second.port)
    for client in (old, new):
        client.send(wire311.connect("same"))
        assert await client.packet() == wire311.CONNACK_OK
    for client in (new, old):
        await client.silent()
        await client.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def haproxy() -> str:
    found = which("haproxy") or which("haproxy", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("haproxy is not installed (apt install haproxy)")
    return found


async def test_the_shipped_configuration_is_valid(haproxy: str) -> None:
    """As it stands, without a warning."""
    process = await asyncio.create_subprocess_exec(
        haproxy, "-c", "-q", "-dW", "-f", str(HAPROXY), stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert (process.returncode, said) == (0, b"")


@pytest.fixture
async def balancer(haproxy: str, launch: Launch) -> AsyncIterator[tuple[int, Process, Process]]:
    """The shipped configuration on a port of its own, before two listeners."""
    listeners = await launch("first"), await launch("second")
    port = free_port()
    environ = {
        "PLANTWATCH_BALANCER_BIND": f"127.0.0.1:{port}",
        "PLANTWATCH_BALANCER_CONNECTIONS": "200",
        **{f"PLANTWATCH_LISTENER_{n}": f"127.0.0.1:{each.port}" for n, each in enumerate(listeners, 1)},
    }
    process = await asyncio.create_subprocess_exec(
        *(haproxy, "-db", "-f", str(HAPROXY)),
        env=os.environ | environ,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while process.returncode is None:
                with suppress(ConnectionError):
                    await (await Raw.open(port)).close()
                    break
                await asyncio.sleep(0.02)  # it says nothing when it is ready
        yield port, *listeners
        assert process.returncode is None
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def test_gateways_move_over_when_a_listener_behind_the_balancer_stops(
    balancer: tuple[int, Process, Process],
) -> None:
    port, first, second = balancer
    await moved_over(port, second, first)


async def test_connections_behind_the_balancer_go_where_there_are_fewest(
    balancer: tuple[int, Process, Process],
) -> None:
    port, first, second = balancer
    clients = []
    for number in range(20):
        client = await Raw.open(port)
        client.send(wire311.connect(f"c{number}"), wire311.publish(READINGS, b"x", qos=1, packet_id=7))
        assert await client.packet() == wire311.CONNACK_OK
        assert await client.packet() == wire311.acknowledge(0x40, 7)
        clients.append(client)
    assert abs(len(first.lines()) - len(second.lines())) <= 2
    for client in clients:
        await client.close()


async def test_a_listener_that_hangs_gets_no_more_gateways(balancer: tuple[int, Process, Process]) -> None:
    """The kernel takes connections for it; the shipped health check speaks MQTT and is not deceived."""
    port, first, second = balancer
    second.process.send_signal(signal.SIGSTOP)
    served: list[Raw] = []
    async with asyncio.timeout(4 * PATIENCE_S):
        while len(served) < 12:
            client = await Raw.open(port)
            client.send(wire311.connect(f"c{len(served)}"), wire311.publish(READINGS, b"x", qos=1, packet_id=7))
            try:
                async with asyncio.timeout(1):
                    answers = [await client.packet(), await client.packet()]
                assert answers == [wire311.CONNACK_OK, wire311.acknowledge(0x40, 7)]
            except TimeoutError:
                client.drop()
                for each in served:
                    each.drop()
                served.clear()  # so that the hanging one, with none, would be preferred
            else:
                served.append(client)
    for client in served:
        await client.close()
    assert len(first.lines()) >= 12
