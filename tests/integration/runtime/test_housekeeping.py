"""Keeping house goes on whatever happens: without it there is no room for coming readings."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime

import pytest

from runtime.clock import system_clock
from runtime.housekeeping import KeepingTimes, keep_house
from storage.database import Database


async def test_an_error_of_any_kind_ends_no_housekeeping(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    again = asyncio.Event()

    def clock() -> datetime:
        if not caplog.records:
            raise RuntimeError("an error that nobody thought of")
        again.set()
        return system_clock()

    keeping = asyncio.create_task(keep_house(database, clock, KeepingTimes(365, 90), pause_s=0.001))
    async with asyncio.timeout(30):
        await asyncio.wait({keeping, asyncio.create_task(again.wait())}, return_when=asyncio.FIRST_COMPLETED)
    assert not keeping.done()
    keeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await keeping
    assert "an error that nobody thought of" in caplog.text
