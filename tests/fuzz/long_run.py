"""A long run: one embedded PostgreSQL; each process has a database, a writer and a share of the messages."""

from __future__ import annotations

import asyncio
import hashlib
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from itertools import pairwise
from multiprocessing import get_context

import psycopg

from runtime.embedded import postgres
from storage.database import Database
from storage.migrate import migrate
from tests.fuzz.corpus import load
from tests.fuzz.mutations import FIRST_AT, Mutation, make
from tests.fuzz.through_writer import Tally, audit, keep_births, make_plant, send

_TOLD_EVERY = 50_000
#: The schema is migrated before the first message comes.
_MIGRATED_AT = FIRST_AT - timedelta(hours=1)


def _mutations(seed: int, numbers: range) -> Iterator[Mutation]:
    seeds = load()[1]
    started = time.monotonic()
    for done, number in enumerate(numbers, 1):
        yield make(seeds, seed, number)
        if done % _TOLD_EVERY == 0:
            sys.stderr.write(f"{numbers.start}+{done}: {time.monotonic() - started:.0f} s\n")


def _share(url: str, seed: int, numbers: range) -> tuple[Tally, dict[str, int], int]:
    """What one process does: its tally, the sums of its tables, its peak memory in KiB."""

    async def run() -> tuple[Tally, dict[str, int]]:
        plant, _ = load()
        make_plant(url, plant)
        async with Database(url) as database:
            await keep_births(database, plant)
            tally = await send(database, plant, _mutations(seed, numbers))
            return tally, await audit(database, tally)

    tally, books = asyncio.run(run())
    return tally, books, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _corpus_digest() -> str:
    """Which corpus the numbers of a report belong to: a new case directory changes all messages."""
    return hashlib.sha256(repr(load()[1]).encode()).hexdigest()[:12]


def run(messages: int, seed: int, processes: int) -> dict[str, object]:
    """The report of a run."""
    bounds = [messages * number // processes for number in range(processes + 1)]
    shares = [range(*pair) for pair in pairwise(bounds)]
    started, corpus = time.monotonic(), _corpus_digest()
    with postgres(durable=False) as server, ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        urls = [server.database_url(f"fuzz_{number}") for number in range(processes)]
        with psycopg.connect(server.url, autocommit=True) as connection:
            for number, url in enumerate(urls):
                connection.execute(f"create database fuzz_{number}")
                migrate(url, now=lambda: _MIGRATED_AT)
        done = list(pool.map(_share, urls, [seed] * processes, shares))
    total, books, memory = Tally(), dict.fromkeys(done[0][1], 0), 0
    for tally, sums, peak in done:
        total.add(tally)
        books = {name: books[name] + sums[name] for name in books}
        memory = max(memory, peak)
    return {
        "messages": total.messages,
        "seed": seed,
        "corpus": corpus,
        "seconds": round(time.monotonic() - started, 1),
        "processes": processes,
        "peak_memory_mib": memory // 1024,
        "by_format": dict(total.formats.most_common()),
        "by_outcome": dict(total.outcomes.most_common()),
        "items_by_reason": dict(total.reasons.most_common()),
        "items": total.items,
        "tables": books,
        "transactions_failed": dict(total.failures),
        "tried_again": total.tried_again,
        "longest_texts": total.longest,
        "problems": total.problems,
    }
