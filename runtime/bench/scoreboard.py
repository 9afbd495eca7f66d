"""The scoreboard page beside its bare query: requests to a running `plantwatch api`, one by one, on loopback."""

from __future__ import annotations

import os
import time
from typing import Any

import httpx

from rules.scoreboard.step import Scoreboard
from rules.targets import target_rows
from runtime.bench.children import BenchFailed
from runtime.clock import system_clock
from runtime.settings import PREFIX
from runtime.supervisor import Supervisor
from storage import rule_state
from storage.database import Database, fetch_all

#: What the page shows, as one would fetch it by hand.
_BARE = """
select t.*, s.state, s.value as reached, s.as_of, s.gap, s.projected, s.trend, s.source, s.why, s.computed_at
from target t left join target_status s using (target_id) order by t.target_id
"""


async def scoreboard(database: Database, url: str, requests: int) -> dict[str, Any]:
    """p95 of a page and of the query in ms, and their ratio; requests and queries take turns."""
    async with database.transaction() as connection:
        await rule_state.sync_targets(connection, target_rows())
        await Scoreboard(database).refresh(connection, system_clock())
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    wanted = {"DATABASE_URL": url, "API_PORT": "0", "LOG_LEVEL": "WARNING"}
    pages: list[float] = []
    queries: list[float] = []
    async with Supervisor(environ | {PREFIX + name: value for name, value in wanted.items()}) as supervisor:
        ports = await supervisor.start("api")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports['api_port']}", trust_env=False) as client:
            for _ in range(requests + 1):
                began = time.perf_counter()
                async with database.transaction() as connection:
                    rows = await fetch_all(connection, _BARE)
                queried = time.perf_counter()
                answer = await client.get("/v1/scoreboard")
                pages.append(time.perf_counter() - queried)
                queries.append(queried - began)
                if answer.status_code != 200 or len(answer.json()["items"]) != len(rows):
                    raise BenchFailed(f"the scoreboard answered {answer.status_code} with other rows than there are")
    page, query = _p95(pages[1:]), _p95(queries[1:])
    return {
        "targets": len(rows),
        "page_p95_ms": round(page * 1e3, 1),
        "query_p95_ms": round(query * 1e3, 1),
        "ratio": round(page / query, 2),
    }


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[max(0, -(-len(seconds) * 95 // 100) - 1)]
