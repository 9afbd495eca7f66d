"""What people write by hand: an aiomqtt loop, a pydantic model, one INSERT per value, a commit per message.

A stand-in for somebody else's program and no part of the platform: it has its SQL in its code, and a client library
that acknowledges before anything is stored. A child of the bench.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import time
from typing import Any

from pydantic import AwareDatetime, BaseModel

from runtime.bench.children import await_end, await_go, read_task, say
from storage.database import Database

_INSERT = """
    insert into reading (point_id, measured_at, value, source_flag, qc_flag, received_at)
    values (%s, %s, %s, %s, 1, %s) on conflict do nothing
"""


class Sample(BaseModel):
    """One message."""

    at: AwareDatetime
    values: dict[str, float]
    flags: dict[str, str] = {}


async def _run(task: dict[str, Any]) -> dict[str, Any]:
    # by name: the platform itself may not import an MQTT library here, and this loop is not the platform
    aiomqtt = importlib.import_module("aiomqtt")
    points: dict[str, dict[str, int]] = task["points"]
    values = 0
    async with (
        Database(task["url"], probe=False) as database,
        database.transaction() as connection,
        aiomqtt.Client("127.0.0.1", task["port"], identifier="naive") as client,
    ):
        await client.subscribe("plantwatch/v1/+/+/readings", qos=1)
        await_go()
        began = 0.0
        async for message in client.messages:
            now = time.perf_counter()
            began = began or now
            if now - began >= task["seconds"]:
                break
            enterprise = str(message.topic).split("/")[2]
            sample = Sample.model_validate_json(message.payload)
            for code, value in sample.values.items():
                flag = sample.flags.get(code, "N")
                row = (points[enterprise][code], sample.at, value, flag, sample.at)
                await connection.execute(_INSERT, row)
            await connection.commit()
            values += len(sample.values)
        return {"values": values, "seconds": time.perf_counter() - began}


def main() -> None:
    say(json.dumps(asyncio.run(_run(read_task()))))
    await_end()


if __name__ == "__main__":
    main()
