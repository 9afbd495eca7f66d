"""Words, sounds, dialogues and the form: what can be looked at without a browser."""

from __future__ import annotations

import io
import wave
from datetime import UTC, datetime, timedelta

import pytest

from api.desk.admin import cells
from api.desk.dialogs import dialogs
from api.desk.session import rights
from api.desk.signin import inner, page
from api.desk.sounds import sound
from api.desk.words import clock_text, lasted_text, one_line
from domain.accounts import Actor, Role

NOW = datetime(2026, 11, 26, 13, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(-5, "0分"), (0, "0分"), (59, "59分"), (60, "1小时"), (125, "2小时5分"), (1440, "1天"), (1500, "1天1小时")],
)
def test_durations(minutes: int, text: str) -> None:
    assert lasted_text(timedelta(minutes=minutes)) == text


def test_instants_are_as_short_as_they_can_be_read() -> None:
    assert clock_text(NOW, NOW) == "21:40"
    assert clock_text(NOW - timedelta(hours=22), NOW) == "昨天 23:40"
    assert clock_text(NOW + timedelta(hours=8), NOW) == "明天 05:40"
    assert clock_text(NOW - timedelta(days=3), NOW) == "11-23 21:40"
    assert clock_text(NOW - timedelta(days=400), NOW) == "2025-10-22 21:40"
    assert clock_text(None, NOW) == ""


def test_control_letters_end_no_line() -> None:
    assert one_line("a\r\n\tb\u2028c\x00 d", 10) == "a b c d"
    assert one_line("长" * 50, 10) == "长" * 9 + "…"


@pytest.mark.parametrize("name", ["new", "critical"])
def test_sounds_are_short_wav_files(name: str) -> None:
    made = sound(name)
    assert made is not None
    with wave.open(io.BytesIO(made)) as file:
        assert 0.3 < file.getnframes() / file.getframerate() < 2
    assert sound("../etc/passwd") is None


def test_dialogues_are_those_that_a_role_has_the_right_to() -> None:
    def offered(role: Role) -> dict[str, object]:
        return dialogs(role, rights(Actor("x", role, "tianhe" if role is Role.ENTERPRISE else None)))

    assert offered(Role.VIEWER) == {}
    assert offered(Role.ENTERPRISE) == {}
    assert set(offered(Role.DUTY)) == {
        "acknowledge",
        "confirm",
        "comment",
        "shelve",
        "unshelve",
        "hand_over",
        "handover",
    }
    assert set(offered(Role.LEAD)) - set(offered(Role.DUTY)) == {
        "silence",
        "end_silence",
        "out_of_service",
        "return_to_service",
    }
    for role, longest in ((Role.DUTY, 24), (Role.LEAD, 168)):
        (hours,) = (field for field in dialogs(role, frozenset({"shelve"}))["shelve"]["fields"] if "options" in field)
        assert hours["options"][-1][0] == longest


@pytest.mark.parametrize(
    ("asked", "gone_to"),
    [
        ("/alerts/12", "/alerts/12"),
        ("/?states=all", "/?states=all"),
        (None, "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/sign-out", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
    ],
)
def test_nobody_is_sent_elsewhere_after_coming_in(asked: str | None, gone_to: str) -> None:
    assert inner(asked) == gone_to


def test_what_was_typed_into_the_form_stays_a_text() -> None:
    bad = '"><script>alert(1)</script>'
    made = page(next_path="/", form="f", login=bad, note=bad)
    assert bad not in made
    assert made.count("&lt;script&gt;") == 2


def test_the_log_reads_in_words() -> None:
    detail = {"name": "王维", "role": "duty", "command": "add", "until_at": "2026-11-26T13:40:00+00:00"}
    line = {
        "at": NOW, "actor": "root", "action": "accounts", "object": "account:wang", "detail": detail, "outcome": "done",
        "address": "terminal",
    }  # fmt: skip
    assert cells(line)[4] == "姓名：王维；角色：值班员；命令：建立；至：2026-11-26 21:40:00"
    assert cells(line)[6] == "命令行"
    matchers = [{"label": "enterprise", "op": "=", "value": "hx-coking"}, {"label": "severity", "value": ["info"]}]
    assert cells(line | {"detail": {"matchers": matchers}})[4] == "条件：企业 ＝ hx-coking；级别 ＝ 提示"
