"""One HJ 212 frame at the sink, and what is said of it afterwards."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from ingest.delivery import Receipt
from ingest.hj212.protocol import Say


class Answer(NamedTuple):
    """What is to be said of a frame."""

    say: Say
    data: bytes
    """The whole frame to send."""


class Pending(NamedTuple):
    """One frame, or one piece of noise, at the sink."""

    future: asyncio.Future[Receipt]
    answer: Answer | None
    """After the commit; None when its sender waits for none."""
    size: int
    last: bool = False
    """Nothing of this connection is handled after it, and it ends the connection."""
