"""Puts the simulated gateways' messages on the wire, as foreign as an enterprise's own client: aiomqtt over paho.

Each enterprise has one connection with its own credentials, MQTT 3.1.1 or 5. `publish` returns when everything is
acknowledged; what a broken connection left unacknowledged is sent again after reconnecting, which the platform may see
as duplicates and `resent_values` counts.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from aiomqtt import Client, MqttError, ProtocolVersion, Will

from domain.errors import WorldFailed
from simulators import wire
from simulators.city import GATEWAY

logger = logging.getLogger(__name__)

_VERSIONS = {"3.1.1": ProtocolVersion.V311, "5": ProtocolVersion.V5}
_FIRST_BACKOFF_S = 0.1
_GREATEST_BACKOFF_S = 5.0


class Items(Protocol):
    """How many items a message holds."""

    @property
    def received(self) -> int: ...


class Publication(Protocol):
    """What can be published; story.Message is one."""

    @property
    def enterprise(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def qos(self) -> int: ...
    @property
    def tally(self) -> Items: ...


class PublishFailed(WorldFailed):
    """The platform did not take a simulated message."""


class Publisher:
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
    ) -> None:
        """credentials: enterprise -> password. versions: enterprise -> "3.1.1" or "5", 5 when absent.

        in_flight: unacknowledged messages of one connection at once; attempts: connections in a row that may fail or
        break without a single acknowledgement before PublishFailed; timeout_s: to wait for an acknowledgement.
        """
        self.published_messages = 0
        self.published_values = 0
        self.resent_messages = 0
        self.resent_values = 0
        self.rejects: list[tuple[str, bytes]] = []
        """(topic, payload) of what the platform reported back."""
        versions = versions or {}
        self._gateways = {
            enterprise: _Gateway(
                self, host, port, enterprise, password, _VERSIONS[versions.get(enterprise, "5")],
                in_flight, attempts, timeout_s, tls,
            )
            for enterprise, password in credentials.items()
        }  # fmt: skip

    async def publish(self, messages: Iterable[Publication]) -> None:
        """Send messages, each enterprise's in order; return when every one with QoS above 0 is acknowledged.

        Raises PublishFailed when a gateway cannot get rid of its messages, KeyError for one without credentials.
        """
        by_gateway: dict[_Gateway, list[Publication]] = {}
        for message in messages:
            by_gateway.setdefault(self._gateways[message.enterprise], []).append(message)
        try:
            async with asyncio.TaskGroup() as group:
                for gateway, batch in by_gateway.items():
                    group.create_task(gateway.send(batch))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures

    async def __aenter__(self) -> Self:
        await asyncio.gather(*(gateway.send([]) for gateway in self._gateways.values()))
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.gather(*(gateway.close() for gateway in self._gateways.values()))


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
        self._status = wire.topic(enterprise, GATEWAY, "status")
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
                await client.publish(self._status, b"offline", qos=1, retain=True, timeout=self._timeout_s)
            except MqttError as error:
                logger.info("a gateway left without a word", extra={"cause": str(error)})
        await self._drop()

    async def _connect(self) -> None:
        client = Client(
            *self._address,
            username=self._enterprise,
            password=self._password,
            identifier=f"{self._enterprise}-{GATEWAY}",
            protocol=self._version,
            will=Will(self._status, b"offline", qos=1, retain=True),
            timeout=self._timeout_s,
            max_inflight_messages=self._in_flight,
            tls_context=self._tls,
        )
        client.pending_calls_threshold = self._in_flight * 2
        await client.__aenter__()
        self._client = client
        self._watch = asyncio.create_task(self._read(client), name=f"rejects of {self._enterprise}")
        await client.subscribe(wire.topic(self._enterprise, GATEWAY, "rejects"), qos=0)
        await client.publish(self._status, b"online", qos=1, retain=True)

    async def _read(self, client: Client) -> None:
        """Ends, with MqttError, when the connection does."""
        async for message in client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            self._totals.rejects.append((str(message.topic), payload))

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
            self._count(window, left)
            if left:
                raise MqttError(f"{len(left)} messages were not acknowledged")

    async def _send_one(self, client: Client, message: Publication) -> None:
        await client.publish(message.topic, message.payload, qos=message.qos, timeout=self._timeout_s)

    def _count(self, sent: list[Publication], left: list[Publication]) -> None:
        totals = self._totals
        totals.published_messages += len(sent) - len(left)
        totals.published_values += sum(m.tally.received for m in sent) - sum(m.tally.received for m in left)
        totals.resent_messages += len(left)
        totals.resent_values += sum(message.tally.received for message in left)
