"""Lays a sheet out for each service, within its limit. Whole lines are left out, most dispensable first; nothing is cut
in its middle but a title that alone is too long.

Limits: DingTalk 20,000 bytes a request (https://open.dingtalk.com/document/orgapp/custom-robot-access), WeCom 4,096
bytes of markdown and 2,048 of text (https://developer.work.weixin.qq.com/document/path/91770), Feishu 20 KB a request
(https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot). An SMS holds 70 characters of Chinese; a longer
text is split into parts of 67 (3GPP TS 23.040, UCS-2), each paid for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alerts.templates import clean
from alerts.templates.sheet import Sheet

#: What JSON around a text takes, and room for mentions.
DINGTALK_BYTES = 18_000
WECOM_MARKDOWN_BYTES = 4_096
WECOM_TEXT_BYTES = 2_048
FEISHU_BYTES = 18_000
#: Parts of a mail people still scroll through.
MAIL_BYTES = 200_000
SMS_CHARACTERS, SMS_PART = 70, 67
#: Of a plant's name, what still tells it from others.
_LEAST_NAME = 8
#: Of the most urgent of several alerts, what still says something.
_LEAST_ENTRY = 32


def size(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text.encode())


def fitted(
    first: str, facts: Sequence[str], last: Sequence[str], most: int, *, more: Callable[[int], str], join: str = "\n"
) -> str:
    """The first line, as many facts as fit into so many bytes, and the last lines. more: says how many are left out."""
    fixed = size(join.join([first, *last]))
    if fixed + size(join + more(len(facts))) > most:
        room = most - (fixed - size(first)) - size(join + more(len(facts)))
        first = _cut(first, max(room, 60))
        fixed = size(join.join([first, *last]))
    taken: list[str] = []
    for number, fact in enumerate(facts):
        rest = len(facts) - number - 1
        note = size(join + more(rest)) if rest else 0
        if fixed + size(join + fact) + note > most:
            taken.append(more(len(facts) - number))
            break
        taken.append(fact)
        fixed += size(join + fact)
    return join.join([first, *taken, *last])


def _cut(text: str, most: int) -> str:
    """A text of at most so many bytes, cut in its middle."""
    length = len(text)
    while size(text) > most and length > 3:
        length -= 1 + (size(text) - most) // 4
        text = clean.shorten(text, max(length, 3))
    return text


def markdown(sheet: Sheet, most: int, *, mentions: str = "", join: str = "\n\n") -> str:
    """For DingTalk and WeCom: a heading, the facts, whom it reached, a link."""
    facts, last = _marked(sheet, mentions)
    return fitted(f"### {clean.markdown(sheet.title)}", facts, last, most, more=_more(sheet, clean.markdown), join=join)


def _marked(sheet: Sheet, mentions: str) -> tuple[list[str], list[str]]:
    """(facts, what stands below them) in the groups' markdown."""
    facts = [clean.markdown(text) for text in sheet.lines]
    facts += [f"{number}. {clean.markdown(text)}" for number, text in enumerate(sheet.entries, 1)]
    last = [clean.markdown(text) for text in sheet.tail]
    if sheet.url:
        last.append(f"[查看并签收]({sheet.url})" if not sheet.is_over else f"[查看]({sheet.url})")
    if mentions:
        last.append(mentions)
    return facts, last


def text(sheet: Sheet, most: int) -> str:
    """Plain lines: the log, the text part of a mail, WeCom's text."""
    facts = [*sheet.lines, *(f"{number}. {entry}" for number, entry in enumerate(sheet.entries, 1))]
    last = [*sheet.tail, *([f"详情：{sheet.url}"] if sheet.url else [])]
    return fitted(sheet.title, facts, last, most, more=_more(sheet, str))


def preview(sheet: Sheet) -> str:
    """What a telephone shows before the message is opened."""
    return clean.markdown(clean.shorten(sheet.title, 60))


def mail(sheet: Sheet) -> tuple[str, str, str]:
    """(subject, text, HTML) of a mail."""
    facts = [f"<p>{clean.markup(line)}</p>" for line in sheet.lines]
    facts += [f"<p>{number}. {clean.markup(entry)}</p>" for number, entry in enumerate(sheet.entries, 1)]
    last = [f'<p style="color:#555">{clean.markup(line)}</p>' for line in sheet.tail]
    if sheet.url:
        address = clean.markup(sheet.url)
        last.append(f'<p><a href="{address}">{"查看" if sheet.is_over else "查看并签收"}</a><br>{address}</p>')
    colour = (
        "#2e7d32" if sheet.is_over else {"critical": "#c62828", "warning": "#e65100"}.get(sheet.severity, "#1565c0")
    )
    first = (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><body style="font-family:sans-serif;line-height:1.6">'
        f'<h2 style="color:{colour};font-size:1.1em">{clean.markup(sheet.title)}</h2>'
    )
    page = fitted(first, facts, [*last, "</body></html>"], MAIL_BYTES, more=lambda n: f"<p>{_more(sheet, str)(n)}</p>")
    return clean.shorten(sheet.title, 150), text(sheet, MAIL_BYTES), page


def card(sheet: Sheet, mentions: str = "") -> tuple[str, str, str]:
    """(title, markdown, colour of the header) of a Feishu card. The title is plain text there."""
    facts, last = _marked(sheet, mentions)
    title = clean.shorten(sheet.title, 200)
    first, facts = (facts[0], facts[1:]) if facts else (clean.markdown(sheet.what), [])
    colour = "green" if sheet.is_over else {"critical": "red", "warning": "orange"}.get(sheet.severity, "blue")
    body = fitted(first, facts, last, FEISHU_BYTES - size(title), more=_more(sheet, clean.markdown))
    return title, body, colour


def sms(sheet: Sheet, most: int, sign: str = "") -> str:
    """One short message of at most so many characters with its sign; what matters most comes first.

    What is left out, in this order: the link (a word points to the duty desk), since when, the middle of the plant's
    name, the middle of what is said. Of several alerts it names the most urgent one, its middle left out first.
    """
    head, said = f"{sign}{sheet.short_head}", sheet.what.rstrip("。")
    repeat = "可能重复。" if sheet.may_repeat else ""
    since = f"，{sheet.since}起" if sheet.since and sheet.count == 1 and not sheet.is_over else ""
    desk = f"。{repeat}详见值班台"
    if sheet.count > 1 and sheet.entries:
        end = f"。{repeat}{sheet.url}" if sheet.url else desk
        room = most - len(f"{head}{said}。最急：{end}")
        if room >= _LEAST_ENTRY:
            entry = sheet.entries[0]
            if len(entry) > room and entry.endswith("起）"):
                entry = entry.rpartition("（")[0]  # the figures say more than since when
            return f"{head}{said}。最急：{clean.shorten(entry, room)}{end}"
    for end in (f"{since}。{repeat}{sheet.url}", f"{since}{desk}", desk):
        if len(f"{head}{said}{end}") <= most:
            return f"{head}{said}{end}"
    where, colon, what = said.partition("：")
    room = most - len(f"{head}{colon}{what}{desk}")
    if colon and room >= _LEAST_NAME:
        return f"{head}{clean.shorten(where, room)}{colon}{what}{desk}"
    return f"{head}{clean.shorten(said, max(most - len(head) - len(desk), 3))}{desk}"[:most]


def sms_parts(text: str) -> int:
    """How many messages a gateway makes of a text."""
    return 1 if len(text) <= SMS_CHARACTERS else -(-len(text) // SMS_PART)


def _more(sheet: Sheet, escape: Callable[[str], str]) -> Callable[[int], str]:
    known = len(sheet.entries)
    if not sheet.entries:
        return lambda number: escape("（其余内容见详情）") if number else ""
    beyond = max(sheet.count - known, 0)
    return lambda number: f"另有 {number + beyond} 条，见详情" if number + beyond else ""
