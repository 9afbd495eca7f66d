"""`plantwatch channels test` against a local gateway."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from domain.errors import BadInput
from runtime.channelcommands import channels
from runtime.settings import Settings
from tests.integration.channels import services
from tests.integration.channels.services import SECRET, Reply, Service, serve


@pytest.fixture
def service() -> Iterator[Service]:
    with serve(services.sms) as state:
        yield state


@pytest.fixture
def settings(service: Service, database_url: str, tmp_path: Path) -> Settings:
    file = tmp_path / "channels.toml"
    file.write_text(
        f'[[channel]]\ncode = "sms"\nkind = "sms"\nurl = "{service.base}/"\nsecret = "{SECRET}"\n'
        'secret_field = "apikey"\nok_field = "code"\nsign = "【监测平台】"\n'
        f'[[channel]]\ncode = "hook"\nkind = "webhook"\nurl = "{service.base}/"\n'
    )
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into person (code, name, contacts) values ('wang', '王维', %s)",
            (json.dumps([{"channel": "sms", "address": "13800138000"}]),),
        )
    return Settings.from_environ({"PLANTWATCH_CHANNELS_FILE": str(file), "PLANTWATCH_DATABASE_URL": database_url})


def _options(code: str, to: str | None = None) -> argparse.Namespace:
    return argparse.Namespace(code=code, to=to)


async def test_the_answer_is_printed(settings: Settings, service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert await channels(_options("sms", "wang"), settings) == 0
    assert capsys.readouterr().out == "sms: taken: code 0, 1 part(s)\n"
    assert service.requests[0].form["mobile"] == "13800138000"
    assert "测试" in service.requests[0].form["content"]
    service.answers = [Reply({"code": "22"}), Reply(b"", status=503)]
    assert await channels(_options("sms", "wang"), settings) == 1
    assert await channels(_options("hook"), settings) == 1
    assert capsys.readouterr().err == (
        "sms: not taken (would be given up): code 22: refused\n"
        "hook: not taken (would be tried again): answered HTTP 503\n"
    )


@pytest.mark.parametrize(
    ("code", "to", "said"),
    [
        ("pager", None, "there is no channel pager; there are log, sms, hook"),
        ("sms", None, "name one with --to"),
        ("sms", "li", "li is nobody in the register"),
        ("hook", "wang", "reaches a group"),
    ],
)
async def test_what_cannot_be_tried(settings: Settings, code: str, to: str | None, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        await channels(_options(code, to), settings)
