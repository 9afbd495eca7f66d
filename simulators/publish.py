"""Puts the simulated gateways' messages on the wire, as foreign as an enterprise's own client: aiomqtt over paho.

Each enterprise has one MQTT connection with its own credentials, MQTT 3.1.1 or 5, and each HJ 212 data logger one TCP
connection, see hj212_link. `publish` returns when everything is acknowledged; what a broken connection left
unacknowledged is sent again after reconnecting, which the platform may see as duplicates and `resent_values` counts.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from aiomqtt import Client, MqttError, ProtocolVersion, Will

from domain.clock import Clock
from simulators.city import GATEWAY
from simulators.dialects import Dialect, Plain, Saying
from simulators.hj212_link import Link
from simulators.sending import Publication, PublishFailed, Totals

logger = logging.getLogger(__name__)

_VERSIONS = {"3.1.1": ProtocolVersion.V311, "5": ProtocolVersion.V5}
_FIRST_BACKOFF_S = 0.1
_GREATEST_BACKOFF_S = 5.0


class _Sends(Protocol):
    """One connection."""

    async def send(self, messages: Sequence[Publication]) -> None: ...
    async def close(self) -> None: ...


class Publisher(Totals):
    """All gateways. `async with` connects them and lets them say good-bye at the end."""

    def __init__(
        self,
        host: str,
        port: int,
        credentials: Mapping[str, str],
        *,
        versions: Mapping[str, str] | None = None,
        in_flight: int = 64,
        attempts: int = 8,
        timeout_s: float = 60.0,
        tls: ssl.SSLContext | None = None,
        dialects: Mapping[str, Callable[[Clock], Dialect]] | None = None,
        clock: Clock | None = None,
        hj212: tuple[str, int] | None = None,
        stations: Mapping[str, str] | None = None,
    ) -> None:
        """credentials: enterprise -> password. versions: enterprise -> "3.1.1" or "5", 5 when absent.

        dialects: enterprise -> its manners, Plain when absent; they need a clock. hj212: address of the TCP door;
        stations: MN -> enterprise of the data loggers that connect to it. Without such a connection a frame travels
        over MQTT, which its topic allows.

        in_flight: unacknowledged messages of one connection at once; attempts: connections in a row that may fail or
        break without a single acknowledgement before PublishFailed; timeout_s: to wait for an acknowledgement.
        """
        super().__init__()
        self.rejects: list[tuple[str, bytes]] = []
        """(topic, payload) of what the platform reported back."""
        versions = versions or {}
        self._gateways: dict[str, _Gateway] = {}
        for enterprise, password in credentials.items():
            dialect: Dialect = Plain(enterprise)
            if dialects is not None and enterprise in dialects:
                assert clock is not None, "a dialect cannot say when it speaks without a clock"
                dialect = dialects[enterprise](clock)
            self._gateways[enterprise] = _Gateway(
                self, host, port, enterprise, password, _VERSIONS[versions.get(enterprise, "5")],
                in_flight, attempts, timeout_s, tls, dialect,
            )  # fmt: skip
        self._links: dict[str, Link] = {}
        if hj212 is not None:
            for mn, enterprise in (stations or {}).items():
                self._links[mn] = Link(self, *hj212, enterprise, mn, in_flight, attempts, timeout_s)

    async def publish(self, messages: Iterable[Publication]) -> None:
        """Send messages, each connection's in order; return when every one with QoS above 0 is acknowledged.

        Raises PublishFailed when a gateway cannot get rid of its messages, KeyError for one without credentials.
        """
        by_connection: dict[_Sends, list[Publication]] = {}
        for message in messages:
            link = None if message.station is None else self._links.get(message.station)
            by_connection.setdefault(link or self._gateways[message.enterprise], []).append(message)
        try:
            async with asyncio.TaskGroup() as group:
                for connection, batch in by_connection.items():
                    group.create_task(connection.send(batch))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures

    async def __aenter__(self) -> Self:
        await asyncio.gather(*(connection.send([]) for connection in self._connections))
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.gather(*(connection.close() for connection in self._connections))

    @property
    def _connections(self) -> list[_Sends]:
        return [*self._gateways.values(), *self._links.values()]


class _Gateway:
    """One enterprise's connection."""

    def __init__(
        self,
        totals: Publisher,
        host: str,
        port: int,
        enterprise: str,
        password: str,
        version: ProtocolVersion,
        in_flight: int,
        attempts: int,
        timeout_s: float,
        tls: ssl.SSLContext | None,
        dialect: Dialect,
    ) -> None:
        self._totals = totals
        self._address = (host, port)
        self._enterprise = enterprise
        self._password = password
        self._version = version
        self._in_flight = in_flight
        self._attempts = attempts
        self._timeout_s = timeout_s
        self._tls = tls
        self._dialect = dialect
        self._client: Client | None = None
        self._watch: asyncio.Task[None] | None = None

    async def send(self, messages: Sequence[Publication]) -> None:
        pending = list(messages)
        failures, backoff = 0, _FIRST_BACKOFF_S
        while True:
            try:
                if self._client is None:
                    await self._connect()
                await self._send_all(pending)
            except MqttError as error:
                await self._drop()
                failures += 1
                if failures >= self._attempts:
                    raise PublishFailed(f"{self._enterprise}: {error}") from error
                logger.info("a gateway reconnects", extra={"enterprise": self._enterprise, "cause": str(error)})
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, _GREATEST_BACKOFF_S)
                continue
            if not pending:
                return
            failures, backoff = 0, _FIRST_BACKOFF_S

    async def close(self) -> None:
        client = self._client
        if client is not None:
            try:
                await self._say(client, self._dialect.farewell())
            except MqttError as error:
                logger.info("a gateway left without a word", extra={"cause": str(error)})
        await self._drop()

    async def _connect(self) -> None:
        will = self._dialect.will()
        client = Client(
            *self._address,
            username=self._enterprise,
            password=self._password,
            identifier=f"{self._enterprise}-{GATEWAY}",
            protocol=self._version,
            will=Will(will.topic, will.payload, qos=will.qos, retain=will.retain),
            timeout=self._timeout_s,
            max_inflight_messages=self._in_flight,
            tls_context=self._tls,
        )
        client.pending_calls_threshold = self._in_flight * 2
        await client.__aenter__()
        self._client = client
        self._watch = asyncio.create_task(self._read(client), name=f"rejects of {self._enterprise}")
        for topic in self._dialect.subscriptions:
            await client.subscribe(topic, qos=0)
        await self._say(client, self._dialect.hello())

    async def _say(self, client: Client, sayings: Sequence[Saying]) -> None:
        """All at once, so that nothing of ours gets in between; tasks begin in the order of their making."""
        await asyncio.gather(
            *(client.publish(s.topic, s.payload, qos=s.qos, retain=s.retain, timeout=self._timeout_s) for s in sayings)
        )

    async def _read(self, client: Client) -> None:
        """Ends, with MqttError, when the connection does."""
        async for message in client.messages:
            topic, payload = str(message.topic), message.payload if isinstance(message.payload, bytes) else b""
            if topic.endswith("/rejects"):
                self._totals.rejects.append((topic, payload))
            await self._say(client, self._dialect.answer(topic, payload))

    async def _drop(self) -> None:
        client, watch, self._client, self._watch = self._client, self._watch, None, None
        if watch is not None:
            watch.cancel()
            await asyncio.wait([watch])
            if not watch.cancelled():
                watch.exception()
        if client is not None:
            try:
                await client.__aexit__(None, None, None)
            except MqttError as error:
                logger.debug("the connection was gone already", extra={"cause": str(error)})

    async def _send_all(self, pending: list[Publication]) -> None:
        """Take acknowledged messages off `pending`. Raises MqttError when the connection breaks."""
        assert self._client is not None
        assert self._watch is not None
        if self._watch.done():
            raise MqttError("the platform closed the connection")
        while pending:
            window = pending[: self._in_flight]
            tasks = [asyncio.create_task(self._send_one(self._client, message)) for message in window]
            racing: list[asyncio.Future[Any]] = [asyncio.gather(*tasks, return_exceptions=True), self._watch]
            try:
                await asyncio.wait(racing, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()  # only those that a broken connection left behind are still running
            await asyncio.wait(tasks)
            done = [not task.cancelled() and task.exception() is None for task in tasks]
            left = [message for message, acknowledged in zip(window, done, strict=True) if not acknowledged]
            pending[: len(window)] = left
            self._totals.count(window, left)
            if left:
                raise MqttError(f"{len(left)} messages were not acknowledged")

    async def _send_one(self, client: Client, message: Publication) -> None:
        payload = self._dialect.dressed(message.topic, message.payload)
        await client.publish(message.topic, payload, qos=message.qos, timeout=self._timeout_s)
