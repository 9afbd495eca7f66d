"""The browser of a benchmark: one that hangs is said to hang."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runtime.bench.children import BenchFailed
from runtime.bench.firstpaint import _Page


class Hanging:
    """A browser that takes commands and says nothing."""

    async def send(self, _: str) -> None:
        return

    async def recv(self) -> str:
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_browser_that_hangs_is_named() -> None:
    socket: Any = Hanging()
    with pytest.raises(BenchFailed, match=r"did not answer Page\.navigate"):
        await _Page(socket, patience_s=0.01).first_row("http://127.0.0.1/")
