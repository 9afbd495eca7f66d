"""Records of leak detection as the documents show them: published by mosquitto_pub, kept, and refused by record."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ingest.listener import Listener, ListenerMetrics
from storage.database import Database, fetch_all
from tests.integration.ingest.plant import account, running_writer
from tests.integration.listener.support import NOW, OnePassword

DOCS = Path(__file__).parents[3] / "docs"
TOPIC = "plantwatch/v1/ent/gun-1/leak-tests"


def shown(page: str) -> list[Any]:
    """The JSON that a page shows."""
    found = re.findall(r"```json\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    return [json.loads(text) for text in found]


MESSAGES = {page: shown(page)[0] for page in ("ldar.zh-CN.md", "leak-records.md")}


@pytest.fixture
async def works(database: Database) -> Database:
    async with database.transaction() as connection:
        await connection.execute(
            """
            insert into district values ('hainan', '海南区');
            insert into enterprise (code, name, district, industry, is_industrial, registered_from)
                values ('ent', '甲化工', 'hainan', 'chemical', true, '2026-01-01');
            insert into installation (enterprise_id, code, name, in_service_from)
                values (1, 'BDO', 'BDO装置', '2025-01-01');
            insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from) values
                (1, 'P-0101', '泵', '反应', 'pump', 'light_liquid', '2025-01-01'),
                (1, 'V-0002', '阀', '反应', 'valve', 'gas', '2025-01-01'),
                (1, 'V-0007', '阀', '反应', 'valve', 'light_liquid', '2025-01-01'),
                (1, 'R-0003', '安全阀', '反应', 'relief', 'gas', '2025-01-01');
            insert into instrument (enterprise_id, serial, in_use_from) values (1, '0071', '2026-01-01');
            insert into campaign (enterprise_id, code, name, from_day, to_day)
                values (1, '2026-H2', '下半年', '2026-07-01', '2026-09-30')
            """
        )
    return database


async def mosquitto(program: str, port: int, *options: str) -> str:
    if which(program) is None:
        pytest.skip(f"{program} is not installed (package mosquitto-clients)")
    arguments = ["-h", "127.0.0.1", "-p", str(port), "-u", "ent", "-P", "right", "-q", "1", *options]
    process = await asyncio.create_subprocess_exec(program, *arguments, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def states(database: Database) -> list[str]:
    async with database.transaction() as connection:
        rows = await fetch_all(connection, "select state from leak join component using (component_id) order by code")
    return [row["state"] for row in rows]


@pytest.mark.parametrize("page", sorted(MESSAGES))
async def test_what_the_page_shows_is_kept(works: Database, tmp_path: Path, page: str) -> None:
    records = MESSAGES[page]
    path = tmp_path / "records.json"
    path.write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    async with (
        running_writer(works) as writer,
        Listener(
            "127.0.0.1", 0, writer, OnePassword(), now=lambda: NOW, metrics=ListenerMetrics(CollectorRegistry())
        ) as listener,
    ):
        await mosquitto("mosquitto_pub", listener.port, "-t", TOPIC, "-f", str(path))
        await mosquitto("mosquitto_pub", listener.port, "-t", TOPIC, "-f", str(path))
    count = len(records)
    assert await account(works, "ent") == {
        "messages": 2, "received": 2 * count, "stored": count, "duplicates": count, "corrections": 0, "refused": 0,
    }  # fmt: skip
    assert await states(works) == ["closed", "delayed"]


async def test_the_gun_hears_which_records_were_refused(works: Database) -> None:
    good, bad = MESSAGES["ldar.zh-CN.md"][0], {"component": "P-9", "tested_at": NOW.isoformat(), "net_umol_mol": 1}
    message = json.dumps([good, bad, {"record": "repair", "component": "V-0002"}])
    async with (
        running_writer(works) as writer,
        Listener(
            "127.0.0.1", 0, writer, OnePassword(), now=lambda: NOW, metrics=ListenerMetrics(CollectorRegistry())
        ) as listener,
    ):
        rejects = ["-t", "plantwatch/v1/ent/gun-1/rejects", "-C", "1"]
        hearing = asyncio.create_task(mosquitto("mosquitto_sub", listener.port, *rejects))
        while not hearing.done():  # the subscription may come after the first refusal
            await mosquitto("mosquitto_pub", listener.port, "-t", TOPIC, "-m", message)
        report = json.loads(await hearing)
    assert {one["reason"]: one["items"] for one in report["refused"]} == {"unknown_component": 1, "bad_leak_record": 1}
    assert "密封点未登记" in {one["chinese"] for one in report["refused"]}
    books = await account(works, "ent")
    assert (books["stored"], books["corrections"]) == (1, 0)
    assert books["received"] == books["stored"] + books["duplicates"] + books["refused"]
