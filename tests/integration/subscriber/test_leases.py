"""The leases as the database keeps them."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import StorageUnavailable
from storage.database import Database
from storage.leases import (
    Leases,
    end_soon_when_cut,
    give_slot_back,
    list_leases,
    rest,
    start_waiting,
    stop_waiting,
    take_slot,
)
from tests.integration.subscriber.support import PATIENCE_S
from tests.integration.subscriber.test_workers import end_leases


async def test_a_slot_is_one_sessions_until_given_back_or_the_session_ends(database: Database) -> None:
    async with database.autocommit() as first, database.autocommit() as second:
        await end_soon_when_cut(first)
        assert await take_slot(first, 0)
        assert await take_slot(first, 3)
        assert not await take_slot(second, 3)
        assert await list_leases(second) == Leases(frozenset({0, 3}), frozenset(), False)
        assert await list_leases(first) == Leases(frozenset({0, 3}), frozenset({0, 3}), False)
        await give_slot_back(first, 3)
        assert await take_slot(second, 3)
        async with database.autocommit() as third:
            assert await take_slot(third, 1)
        async with asyncio.timeout(PATIENCE_S):
            while 1 in (await list_leases(first)).taken:
                pass  # the server ends a session a moment after its client
        assert await list_leases(first) == Leases(frozenset({0, 3}), frozenset({0}), False)


async def test_those_that_wait_are_seen_by_others(database: Database) -> None:
    async with database.autocommit() as first, database.autocommit() as second, database.autocommit() as third:
        await start_waiting(second)
        await start_waiting(third)
        assert (await list_leases(first)).waiting
        await stop_waiting(second)
        assert (await list_leases(first)).waiting
        assert not (await list_leases(third)).waiting, "itself does not count"
        await stop_waiting(third)
        assert not (await list_leases(first)).waiting


async def test_rest_ends_with_the_session(database: Database) -> None:
    async def hold() -> None:
        async with database.autocommit() as connection:
            assert await take_slot(connection, 0)
            await rest(connection, 0.0)
            assert end_leases(database.url) == 1
            await rest(connection, 3600.0)

    with pytest.raises(StorageUnavailable):
        await hold()
