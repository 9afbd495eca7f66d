"""What the Chinese pages tell people on duty and whoever sets channels up, held against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.telling import REASON_WORDS
from tests.unit.runtime.test_channelfile import _load as load

DOCS = Path(__file__).parents[3] / "docs"
SECRETS = {
    "dingtalk-url": "https://oapi.dingtalk.com/robot/send?access_token=abc123",
    "dingtalk-secret": "SECabc123",
    "wecom-url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc-123",
    "feishu-url": "https://open.feishu.cn/open-apis/bot/v2/hook/abc-123",
    "feishu-secret": "x",
}
BLOCKS = [
    block
    for block in re.findall(
        r"```toml\n(.*?)```", (DOCS / "channels.zh-CN.md").read_text("utf-8").replace("   ", ""), re.S
    )
    if "[[channel]]" in block
]


def test_every_reason_is_explained_by_the_word_that_the_desk_shows() -> None:
    text = (DOCS / "duty-desk.zh-CN.md").read_text("utf-8")
    explained = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \|$", text, re.M)
    assert set(REASON_WORDS.values()) <= set(explained)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: re.findall(r'kind = "(\w+)"', block)[0])
def test_every_channel_of_the_page_can_be_loaded(tmp_path: Path, block: str) -> None:
    (tmp_path / "secrets").mkdir()
    for name, secret in SECRETS.items():
        (tmp_path / "secrets" / name).write_text(secret)
    ((code, kind, is_group, _),) = load(tmp_path, block)
    assert (code, is_group) == (f"{kind}-duty", True)


def test_the_page_has_a_channel_of_each_robot() -> None:
    assert len(BLOCKS) == 3
