"""A server that answers every publish at once and does nothing else: what the publishers can do when nobody slows them.

It does not read packets: it is told their length, as all of a connection have the same. A child of the bench.
"""

from __future__ import annotations

import json
import select
import socket

from runtime.bench.children import await_end, await_go, read_task, say

_ACKS = memoryview(bytes((0x40, 2, 0, 1)) * 65_536)


class _Client:
    def __init__(self, sock: socket.socket, size: int) -> None:
        self.sock = sock
        self.size = size
        self.is_connected = False
        self.held = 0

    def serve(self) -> bool:
        """False when the client is gone."""
        data = self.sock.recv(262_144)
        if not data:
            return False
        if not self.is_connected:
            # a client waits for its answer, so this is its CONNECT and nothing else
            self.is_connected = True
            self.sock.sendall(b"\x20\x03\0\0\0" if data[8] == 5 else b"\x20\x02\0\0")
            return True
        self.held += len(data)
        count, self.held = divmod(self.held, self.size)
        if count:
            self.sock.sendall(_ACKS[: count * 4])
        return True


def main() -> None:
    sizes: list[int] = read_task()["sizes"]
    server = socket.create_server(("127.0.0.1", 0), backlog=4096)
    await_go()
    say(json.dumps({"port": server.getsockname()[1]}))
    poll = select.epoll()
    clients: dict[int, _Client] = {}
    waiting = iter(sizes)  # in the order of the connections, for the lengths differ from one to the next
    poll.register(server.fileno(), select.EPOLLIN)
    accepted = 0
    while clients or accepted < len(sizes):
        for descriptor, _ in poll.poll():
            if descriptor == server.fileno():
                sock, _ = server.accept()
                clients[sock.fileno()] = _Client(sock, next(waiting))
                poll.register(sock.fileno(), select.EPOLLIN)
                accepted += 1
            elif not clients[descriptor].serve():
                poll.unregister(descriptor)
                clients.pop(descriptor).sock.close()
    await_end()


if __name__ == "__main__":
    main()
