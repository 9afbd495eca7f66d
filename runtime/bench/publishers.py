"""The load: publishers of QoS 1 on raw sockets, MQTT 3.1.1 and 5, with packets encoded before the clock starts.

A client library would be the bottleneck. Each connection keeps a window of unacknowledged messages, as a gateway with a
store does; a message's latency runs from the write that carries it to the read of its acknowledgement.

Run as a child of the bench: see `runtime.bench.children`.
"""

from __future__ import annotations

import json
import select
import socket
import time
from functools import partial
from typing import Any

import numpy as np

from runtime.bench.children import await_end, await_go, read_task, say
from runtime.bench.fleet import Cargo, Sender, connect_packet, load
from runtime.bench.frames import heartbeat, load_frames

_CONNECT_TIMEOUT_S = 60.0
#: Without a single answer for so long the run is broken.
_SILENCE_S = 30.0
_PACE_S = 0.002
#: Connections that are opened together: not a herd, which would be another bench.
_AT_ONCE = 50
_QUANTILES = 1_001
_PUBACK, _DISCONNECT, _CONNACK = 0x40, 0xE0, 0x20


class Peer:
    """One connection: what it sends, what it may send now, and when things happened."""

    def __init__(self, sock: socket.socket, cargo: Cargo, window: int) -> None:
        self.sock = sock
        self.window = window
        self.messages, self.size = cargo.messages, cargo.size
        self.queued = self.acked = 0
        self.sends: list[tuple[float, int]] = []
        self.answers: list[tuple[float, int]] = []
        self._bytes = cargo.packets.reshape(-1).data
        self._instants = cargo.instants
        self._written = 0
        self._tail = b""

    def offer(self, allowed: int) -> int:
        """Write as many further messages as window and allowance give; how many those are."""
        count = min(self.window - self.queued + self.acked, allowed, self.messages - self.queued)
        if count > 0:
            self.queued += count
            self.sends.append((time.perf_counter(), count))
        self.flush()
        return max(count, 0)

    def flush(self) -> None:
        """Write what was offered, as far as the socket takes it."""
        end = self.queued * self.size
        while self._written < end:
            try:
                self._written += self.sock.send(self._bytes[self._written : end])
            except BlockingIOError:
                return

    @property
    def is_blocked(self) -> bool:
        """Whether the socket did not take everything."""
        return self._written < self.queued * self.size

    def read(self) -> int:
        """Take answers; how many. Raises RuntimeError when the server ended the connection."""
        data = self.sock.recv(65_536)
        if not data:
            raise RuntimeError("the server closed a connection")
        count, used = self.count(self._tail + data if self._tail else data)
        self._tail = (self._tail + data)[used:]
        if count:
            self.acked += count
            self.answers.append((time.perf_counter(), count))
        return count

    def count(self, data: bytes) -> tuple[int, int]:
        """Acknowledgements in some bytes, and how many bytes those were."""
        count = _plain_pubacks(data)
        if count * 4 == len(data):
            return count, len(data)
        more, used = _other_packets(data, count * 4)
        return count + more, used

    def stored_instants(self) -> int:
        """Distinct samples among the messages that were sent."""
        return int(self._instants[self.queued - 1]) if self.queued else 0

    def latencies(self) -> Any:
        """Seconds from write to answer of each message; answers come in the order of the messages."""
        sent = np.repeat([at for at, _ in self.sends], [count for _, count in self.sends])
        answered = np.repeat([at for at, _ in self.answers], [count for _, count in self.answers])
        return answered - sent[: len(answered)]


class FramePeer(Peer):
    """A data logger that speaks HJ 212 over TCP: every frame asks for its answer (CN=9014)."""

    def count(self, data: bytes) -> tuple[int, int]:
        used = data.rfind(b"\r\n") + 2
        return (data.count(b";CN=9014;", 0, used), used) if used >= 2 else (0, 0)


def _plain_pubacks(data: bytes) -> int:
    """How many PUBACKs of four bytes some bytes begin with: all of them, nearly always."""
    whole = len(data) // 4
    if whole > 8:
        heads = np.frombuffer(data, np.uint8, whole * 4).reshape(-1, 4)
        plain = (heads[:, 0] == _PUBACK) & (heads[:, 1] == 2)
        return whole if plain.all() else int(np.argmin(plain))
    count = 0
    while count < whole and data[count * 4] == _PUBACK and data[count * 4 + 1] == 2:
        count += 1
    return count


def _other_packets(data: bytes, at: int) -> tuple[int, int]:
    """PUBACKs of any length from a position; how many, and where the last whole packet ended."""
    count = 0
    while at + 2 <= len(data) and at + 2 + data[at + 1] <= len(data):
        if data[at] == _DISCONNECT:
            raise RuntimeError(f"the server sent a DISCONNECT: {data[at : at + 2 + data[at + 1]].hex()}")
        count += data[at] == _PUBACK
        at += 2 + data[at + 1]
    return count, at


def connect(senders: list[Sender], task: dict[str, Any], cargos: list[Cargo]) -> list[Peer]:
    """All connections, each let in. Raises RuntimeError when one is not."""
    if task["format"] == "hj212":
        return _connect_stations(senders, task, cargos)
    peers: list[Peer] = []
    for start in range(0, len(senders), _AT_ONCE):
        group = [_open(Peer, cargo, task) for cargo in cargos[start : start + _AT_ONCE]]
        for sender, peer in zip(senders[start : start + _AT_ONCE], group, strict=True):
            peer.sock.settimeout(_CONNECT_TIMEOUT_S)
            peer.sock.sendall(connect_packet(sender, task["password"]))
        for peer in group:
            _await_connack(peer)
        peers += group
    return peers


def _await_connack(peer: Peer) -> None:
    head = _exactly(peer.sock, 2)
    body = _exactly(peer.sock, head[1])
    if head[0] != _CONNACK or body[1] != 0:
        raise RuntimeError(f"a connection was refused: {(head + body).hex()}")
    peer.sock.setblocking(False)


def _connect_stations(senders: list[Sender], task: dict[str, Any], cargos: list[Cargo]) -> list[Peer]:
    stations: list[Peer] = [_open(FramePeer, cargo, task) for cargo in cargos]
    for sender, station in zip(senders, stations, strict=True):
        station.sock.settimeout(_CONNECT_TIMEOUT_S)
        station.sock.sendall(heartbeat(sender, task["password"]))
    for station in stations:
        while _exactly(station.sock, 1) != b"\n":
            pass
        station.sock.setblocking(False)
    return stations


def _open(kind: type[Peer], cargo: Cargo, task: dict[str, Any]) -> Peer:
    sock = socket.create_connection(("127.0.0.1", task["port"]), _CONNECT_TIMEOUT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    return kind(sock, cargo, task["window"])


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise RuntimeError("the server closed a connection before it answered")
        data += more
    return data


class Run:
    """All connections of this process: send for some seconds, or until nothing is left; wait for the last answer."""

    def __init__(self, peers: list[Peer], seconds: float, rate: float | None) -> None:
        """rate: messages/s of all connections together; None sends as fast as the windows allow."""
        self._peers = {peer.sock.fileno(): peer for peer in peers}
        self._poll = select.epoll()
        for descriptor in self._peers:
            self._poll.register(descriptor, select.EPOLLIN)
        self._blocked: set[int] = set()
        self._seconds = seconds
        self._share = None if rate is None else rate / len(peers)
        self._left = sum(peer.messages for peer in peers)
        self._unanswered = 0

    def __call__(self) -> dict[str, Any]:
        cpu, self._began = time.process_time(), time.perf_counter()
        now = paced = heard = self._began
        for descriptor in self._peers:
            self._offer(descriptor, now)
        while self._unanswered or (self._left and now - self._began < self._seconds):
            events = self._poll.poll(_PACE_S if self._share else 1.0)
            now = time.perf_counter()
            for descriptor, event in events:
                if event & ~select.EPOLLOUT:
                    self._unanswered -= self._peers[descriptor].read()
                    heard = now
                if self._share is None or event & select.EPOLLOUT:
                    self._offer(descriptor, now)
            if self._share is not None and now - paced >= _PACE_S:
                paced = now
                for descriptor in self._peers:
                    self._offer(descriptor, now)
            if self._unanswered and now - heard > _SILENCE_S:
                raise RuntimeError(f"no answer for {_SILENCE_S:.0f} s with {self._unanswered} messages open")
        return self._report(time.process_time() - cpu)

    def _offer(self, descriptor: int, now: float) -> None:
        peer = self._peers[descriptor]
        allowed = 0
        if now - self._began < self._seconds:
            allowed = peer.messages
            if self._share is not None:
                allowed = int(self._share * (now - self._began)) + 1 - peer.queued
        sent = peer.offer(allowed)
        self._unanswered += sent
        self._left -= sent
        if peer.is_blocked != (descriptor in self._blocked):
            self._poll.modify(descriptor, select.EPOLLIN | (select.EPOLLOUT if peer.is_blocked else 0))
            self._blocked.symmetric_difference_update((descriptor,))

    def _report(self, cpu: float) -> dict[str, Any]:
        peers = self._peers.values()
        latencies = np.concatenate([peer.latencies() for peer in peers])
        return {
            "messages": sum(peer.acked for peer in peers),
            "instants": sum(peer.stored_instants() for peer in peers),
            "seconds": max(peer.answers[-1][0] for peer in peers if peer.answers) - self._began,
            "cpu_s": cpu,
            "ran_out": self._left == 0,
            "latency_ms": (np.quantile(latencies, np.linspace(0, 1, _QUANTILES)) * 1e3).round(3).tolist(),
        }


def main() -> None:
    task = read_task()
    senders = [Sender(**{**given, "codes": tuple(given["codes"])}) for given in task["senders"]]
    encode = partial(load_frames, password=task["password"]) if task["format"] == "hj212" else load
    cargos = [
        encode(sender, first_ms=task["first_ms"], messages=task["messages"], seed=task["seed"] + number)
        for number, sender in enumerate(senders)
    ]
    try:
        run = Run(connect(senders, task, cargos), task["seconds"], task["rate"])
        await_go()
        say(json.dumps(run()))
    except (RuntimeError, OSError) as error:
        say(json.dumps({"error": f"{type(error).__name__}: {error}"}))
    await_end()


if __name__ == "__main__":
    main()
