"""The passwords file of `plantwatch simulate`: enterprises by code, data loggers by MN."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.errors import BadInput
from runtime.simulation import _passwords
from simulators.fleet import Secret

MN = "010000A8900016F0319F2D13"


def _read(folder: Path, content: object) -> tuple[dict[str, str], dict[str, Secret]]:
    file = folder / "passwords.json"
    file.write_text(json.dumps(content), "utf-8")
    return _passwords(file, {MN, "2"})


def test_enterprises_and_stations_are_told_apart(tmp_path: Path) -> None:
    assert _read(tmp_path, {"yunhe-coking": "secret"}) == ({"yunhe-coking": "secret"}, {})
    passwords, secrets = _read(
        tmp_path, {"yunhe-coking": "secret", MN: "ABCDEF", "2": {"password": "123456", "sm4_key": "30" * 16}}
    )
    assert passwords == {"yunhe-coking": "secret"}
    assert secrets == {MN: Secret("ABCDEF"), "2": Secret("123456", b"0" * 16)}


@pytest.mark.parametrize(
    "content",
    [
        ["yunhe-coking"],
        {"yunhe-coking": 7},
        {"yunhe-coking": {"password": "secret"}},
        {MN: {"sm4_key": "30" * 16}},
        {MN: {"password": "123456", "key": "x"}},
        {MN: {"password": "123456", "sm4_key": "short"}},
        {MN: {"password": 123456}},
    ],
)
def test_anything_else_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(BadInput):
        _read(tmp_path, content)
