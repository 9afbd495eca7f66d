"""A server of a test's own, in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import BaseServer


@contextmanager
def serving(server: BaseServer, let_go: Callable[[], None]) -> Iterator[None]:
    """Answers until the end. let_go: frees the requests that are held, for which the end waits."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        let_go()
        server.shutdown()
        thread.join()
        server.server_close()
