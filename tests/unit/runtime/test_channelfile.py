"""The file of channels: what is refused, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import SettingsError
from runtime.channelfile import load_channels

DINGTALK = '[[channel]]\ncode = "d"\nkind = "dingtalk"\n'
URL = 'url = "https://oapi.dingtalk.com/robot/send?access_token=abc123"\n'
SMS = '[[channel]]\ncode = "s"\nkind = "sms"\nurl = "https://sms.example/"\n'
MAIL = '[[channel]]\ncode = "m"\nkind = "email"\nhost = "smtp.example"\nsender = "a@b.example"\n'


def _wall() -> datetime:
    return datetime(2026, 11, 2, tzinfo=UTC)


def _load(tmp_path: Path, text: str) -> list[tuple[str, str, bool, int | None]]:
    path = tmp_path / "channels.toml"
    path.write_text(text)
    found = load_channels(path, wall=_wall)
    return [(channel.code, channel.kind, channel.is_group, channel.rate_per_min) for channel in found]


def test_the_example(tmp_path: Path) -> None:
    example = Path("deploy/channels.example.toml").read_text()
    (tmp_path / "secrets").mkdir()
    for name, text in {
        "dingtalk-url": "https://oapi.dingtalk.com/robot/send?access_token=abc123\n",
        "dingtalk-secret": "SECabc123\n",
        "wecom-url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc-123",
        "feishu-url": "https://open.feishu.cn/open-apis/bot/v2/hook/abc-123",
        "feishu-secret": "x",
        "mail-password": "x",
        "sms-url": "https://sms.example/",
        "sms-key": "x",
        "centre-url": "https://centre.example/hook",
        "centre-secret": "x",
    }.items():
        (tmp_path / "secrets" / name).write_text(text)
    assert _load(tmp_path, example) == [
        ("dingtalk-duty", "dingtalk", True, 20),
        ("wecom-duty", "wecom", True, 20),
        ("feishu-duty", "feishu", True, 100),
        ("email", "email", False, 60),
        ("sms", "sms", False, 60),
        ("command-centre", "webhook", True, None),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chanel = []", "chanel: there is no such key"),
        ("channel = 1", "channel: expected [[channel]]"),
        ("[[channel", "channels.toml: "),
        (DINGTALK + URL + 'tokn = "x"', "channel 1 (d): tokn: there is no such key"),
        ('[[channel]]\ncode = "d"\nkind = "pager"', "channel 1 (d): kind: expected one of dingtalk, wecom, feishu"),
        ('[[channel]]\ncode = "d"', "channel 1 (d): kind: expected one of"),
        (DINGTALK, "channel 1 (d): url (or url_file) is missing"),
        (DINGTALK + URL + 'url_file = "x"', "channel 1 (d): give either url or url_file, not both"),
        (DINGTALK + 'url_file = "absent"', "channel 1 (d): url_file: FileNotFoundError"),
        (DINGTALK + 'url = "https://x.example/?key=abc123"', "channel 1 (d): expected the robot's whole address"),
        (DINGTALK + URL + 'ca_file = "absent.pem"', "channel 1 (d): ca_file: FileNotFoundError"),
        (DINGTALK + URL + "rate_per_min = 0", "channel 1 (d): rate_per_min: "),
        (DINGTALK + URL + "timeout_s = 60", "channel 1 (d): timeout_s: "),
        (DINGTALK + URL + DINGTALK + URL, "channel 2 (d): code: taken already"),
        ((DINGTALK + URL).replace('"d"', '"log"'), "channel 1 (log): code: taken already"),
        ((DINGTALK + URL).replace('"d"', '"D T"'), "channel 1 (D T): code: "),
        ((DINGTALK + URL).replace('"d"', "7"), "channel 1: code: "),
        (MAIL + 'user = "a"', "channel 1 (m): user and secret go together"),
        (MAIL + 'user = "a"\nsecret = "b"\nsecurity = "none"', "channel 1 (m): a password is not sent without TLS"),
        (MAIL.replace("a@b.example", "nobody"), "channel 1 (m): sender is no mail address"),
        (SMS + 'secret = "x"', "channel 1 (s): secret_field and secret go together"),
        (SMS + 'secret_field = "x"', "channel 1 (s): secret_field and secret go together"),
        (SMS + "max_characters = 10", "channel 1 (s): max_characters: "),
    ],
)
def test_what_is_refused_names_entry_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, text)
    assert said in str(caught.value)
    assert "channels.toml" in str(caught.value)
    assert "abc123" not in str(caught.value)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, DINGTALK + SMS + "x = 1")
    assert "channel 1 (d)" in str(caught.value)
    assert "channel 2 (s)" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="absent"):
        load_channels(tmp_path / "absent.toml", wall=_wall)
