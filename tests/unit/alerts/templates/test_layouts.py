"""What people read: whole within any limit, and nobody's name speaks for us."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.messages import Message
from alerts.templates import clean, layouts
from alerts.templates.sheet import Sheet, sheet
from domain.alerts import Occasion

ALERT: dict[str, Any] = {
    "severity": "critical",
    "state": "firing",
    "resolution": None,
    "enterprise_name": "天河焦化",
    "title": "【严重】天河焦化 1号焦炉烟囱（S1） 二氧化硫：排放限值超标，小时均值 46.2 mg/m³，限值 30 mg/m³",
    "summary": "自2026年11月2日 08:00（北京时间）起，尚未恢复。\n依据：表3。\n详情：https://pw.example/alerts/7",
    "occurred_at": "2026-11-02T00:00:00+00:00",
    "url": "https://pw.example/alerts/7",
}


def told(event: Occasion, alerts: list[dict[str, Any]], **more: Any) -> Sheet:
    body = {"alerts": alerts, "alert": alerts[0] if alerts else {}, "count": len(alerts)} | more
    return sheet(Message(1, event, "c", "team:duty", "k", 1, body))


@pytest.mark.parametrize(
    ("event", "alert", "first"),
    [
        (Occasion.FIRING, {}, "【严重】天河焦化"),
        (Occasion.REPEATED, {"severity": "warning"}, "【再次提醒：无人签收·警告】天河焦化"),
        (Occasion.REALARMED, {}, "【已签收，至今未恢复·严重】天河焦化"),
        (Occasion.ESCALATED, {}, "【升级：无人签收·严重】天河焦化"),
        (Occasion.HANDED_OVER, {"severity": "info"}, "【移交给您·提示】天河焦化"),
        (Occasion.RESOLVED, {"state": "resolved", "resolution": "compliant"}, "【已恢复】天河焦化"),
        (Occasion.RESOLVED, {"state": "resolved", "resolution": "superseded"}, "【已撤销】天河焦化"),
        (
            Occasion.RESOLVED,
            {"state": "resolved", "resolution": "violation", "condition": "no_data"},
            "【数据已恢复】天河焦化",
        ),
        (
            Occasion.RESOLVED,
            {"state": "resolved", "resolution": "superseded", "condition": "no_data"},
            "【已撤销】天河焦化",
        ),
        (Occasion.DIGEST, {}, "【告警汇总·严重】天河焦化 1 条告警（严重 1）"),
        (Occasion.TEST, {}, "【测试】这是一条测试消息"),
    ],
)
def test_each_occasion_has_its_own_first_line(event: Occasion, alert: dict[str, Any], first: str) -> None:
    parts = told(event, [ALERT | alert])
    assert parts.title.startswith(first)
    assert layouts.text(parts, 2048).startswith(first)
    assert layouts.markdown(parts, 4096).startswith(f"### {first}")
    assert layouts.mail(parts)[0].startswith(first)
    assert layouts.card(parts)[0].startswith(first)


def test_several_alerts_are_counted_and_what_does_not_fit_is_said() -> None:
    alerts = [ALERT] * 3 + [ALERT | {"severity": "info", "enterprise_name": "北山焦化"}] * 40
    alerts += [ALERT | {"state": "resolved", "event": "resolved"}]
    parts = told(Occasion.DIGEST, alerts, count=300, to=["王维", "李强"])
    text = layouts.text(parts, layouts.WECOM_TEXT_BYTES)
    shown_of = "所列 44 条：严重 3、提示 40、已恢复 1"
    assert text.splitlines()[0] == f"【告警汇总·严重】天河焦化等 2 处 300 条告警（{shown_of}）"
    shown = len(re.findall(r"^\d+\. ", text, re.MULTILINE))
    assert f"余 {300 - shown} 条，见列表" in text
    assert text.splitlines()[-2:] == ["本次通知：王维、李强", "列表：https://pw.example/alerts/7"]
    assert layouts.size(text) <= layouts.WECOM_TEXT_BYTES


def test_an_sms_about_several_alerts_names_the_most_urgent() -> None:
    parts = told(Occasion.FIRING, [ALERT, ALERT | {"severity": "info"}])
    text = layouts.sms(parts, 134, "【监测平台】")
    assert text == (
        "【监测平台】【严重】天河焦化 1号焦炉烟囱（S1） 二氧化硫：排放限值超标，小时均值 46.2 mg/m³，限值 30 mg/m³，"
        "11月2日 08:00起，等 2 条（严重 1、提示 1）。https://pw.example/alerts/7"
    )
    tight = layouts.sms(parts, 110, "【监测平台】")
    assert tight.endswith("，11月2日 08:00起，等 2 条。详见值班台")
    assert "46.2 mg/m³，限值 30 mg/m³" in tight
    assert layouts.sms(parts, 70, "【监测平台】") == (
        "【监测平台】【严重】天河焦化 1号焦…二氧化硫：排放限值超标，小时均值 46.2 mg/m³，限值 30 mg/m³，"
        "等 2 条。详见值班台"
    )


def test_one_sms_keeps_the_figures_and_gives_up_the_rest() -> None:
    parts = told(Occasion.ESCALATED, [ALERT])
    text = layouts.sms(parts, 70, "【监测平台】")
    assert len(text) <= 70
    assert "46.2 mg/m³，限值 30 mg/m³" in text
    assert layouts.sms_parts(text) == 1
    assert layouts.sms_parts("字" * 71) == 2
    assert layouts.sms_parts("字" * 135) == 3


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags |= {tag, *(f"{tag} {name}" for name, _ in attrs)}


ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300) | st.sampled_from(
    ["<script>alert(1)</script>", "</h2><img src=x onerror=1>", "[x](http://evil)", "**b**", "<at id=all></at>",
     "<@all>", "@所有人", "\u202e\u2066", "a\r\nBcc: b", "\x00\x1b[31m", "长" * 10_000, "![](http://evil)", "】"]
)  # fmt: skip


@given(
    name=ANYTHING,
    words=ANYTHING,
    event=st.sampled_from(list(Occasion)),
    count=st.integers(0, 3),
    most=st.sampled_from([70, 134]),
)
def test_names_of_others_break_nothing_and_speak_for_nobody(
    name: str, words: str, event: Occasion, count: int, most: int
) -> None:
    alert = ALERT | {
        "title": f"【严重】{name}：{words}",
        "summary": words,
        "enterprise_name": name,
        "event": str(event),
        "standard": words,
        "clause": name,
        "unit": words,
        "value": 46.2,
        "limit": 30.0,
        "acknowledged_by": name,
        "acknowledged_at": words,
        "told": {"count": 2, "first_at": words, "last_at": name, "last_value": 31.0},
        "handed_over": {"by": name, "at": words, "comment": words},
    }
    waited = {"since": ALERT["occurred_at"], "to": [name] * 9, "minutes": 15}
    parts = told(event, [alert] * count, to=[name], team_name=words, waited=waited, sent_at=words)
    mark = layouts.markdown(parts, layouts.WECOM_MARKDOWN_BYTES)
    plain = layouts.text(parts, layouts.WECOM_TEXT_BYTES)
    subject, _, page = layouts.mail(parts)
    title, card, _ = layouts.card(parts)
    short = layouts.sms(parts, most, "【平台】")
    assert layouts.size(mark) <= layouts.WECOM_MARKDOWN_BYTES
    assert layouts.size(plain) <= layouts.WECOM_TEXT_BYTES
    assert layouts.size(title) + layouts.size(card) <= layouts.FEISHU_BYTES
    assert len(short.encode("utf-16-le")) // 2 <= most, "as short messages count"
    for text in (mark, plain, subject, title, card, short):
        assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n"]
    links = re.findall(r"https?://[^\s)]+", "\n".join((mark, plain, subject, title, card, short)))
    assert set(links) <= {"https://pw.example/alerts/7"}
    for text in (mark, card):
        assert not re.search(r"[<>*_`@]", text)
        assert set(re.findall(r"\]\(([^)]*)\)?", text)) <= {"https://pw.example/alerts/7"}
    assert "\n" not in subject + short + title
    tags = _Tags()
    tags.feed(page)
    assert tags.tags <= {
        "html", "html lang", "meta", "meta charset", "body", "body style", "h2", "h2 style", "p", "p style", "a",
        "a href", "br",
    }  # fmt: skip


@given(st.text(max_size=200), st.integers(3, 50))
def test_a_short_text_begins_and_ends_as_the_long_one(text: str, most: int) -> None:
    short = clean.shorten(text, most)
    assert len(short) <= most
    if short != text and "…" not in text:
        begin, _, end = short.partition("…")
        assert text.startswith(begin)
        assert text.endswith(end)
        figures = set(re.findall(r"[0-9.,]+", text))
        assert set(re.findall(r"[0-9.,]+", short)) <= figures, "what is left of a figure is another one"


def test_an_address_that_is_not_ours_is_no_link() -> None:
    assert clean.link("https://pw.example/alerts/7") == "https://pw.example/alerts/7"
    for url in ("javascript:alert(1)", "https://x) [y](z", "", None, "https://x\n"):
        assert clean.link(url) == ""
