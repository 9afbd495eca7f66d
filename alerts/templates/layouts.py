"""Lays a sheet out for each service, within its limit. Whole lines are left out, most dispensable first; nothing is cut
in its middle but a title that alone is too long.

Limits: DingTalk 20,000 bytes a request (https://open.dingtalk.com/document/orgapp/custom-robot-access), WeCom 4,096
bytes of markdown and 2,048 of text (https://developer.work.weixin.qq.com/document/path/91770), Feishu 20 KB a request
(https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot). An SMS holds 70 characters of Chinese; a longer
text is split into parts of 67 (3GPP TS 23.040, UCS-2), each paid for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from alerts.templates import clean
from alerts.templates.sheet import EARLY, Sheet
from alerts.wording import WORK_LIST

#: What JSON around a text takes, and room for mentions.
DINGTALK_BYTES = 18_000
WECOM_MARKDOWN_BYTES = 4_096
WECOM_TEXT_BYTES = 2_048
FEISHU_BYTES = 18_000
#: Parts of a mail people still scroll through.
MAIL_BYTES = 200_000
SMS_CHARACTERS, SMS_PART = 70, 67
#: What a list of messages, a list of mails and a card's header show of a first line.
PREVIEW_CHARACTERS, SUBJECT_CHARACTERS, CARD_CHARACTERS = 60, 150, 200
#: Characters that a short message counts twice; and what stands for the second one while its text is laid out.
_RARE, _SECOND = re.compile("[\U00010000-\U0010ffff]"), "\ue000"
#: Of a plant's name, what still tells it from others.
_LEAST_NAME = 8
#: And of it before the last word, which may be the pollutant and is kept whole.
_LEAST_PLANT = 4


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
        note = size(join + said) if (said := more(rest)) else 0
        if fixed + size(join + fact) + note > most:
            taken.append(more(len(facts) - number))
            break
        taken.append(fact)
        fixed += size(join + fact)
    else:
        taken += [said] if (said := more(0)) else []
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
    """(facts, what stands below them) in the groups' markdown; each alert of several has its own link."""
    facts = [clean.markdown(text) for text in sheet.lines]
    for text, entry in zip(sheet.texts, sheet.entries, strict=True):
        facts.append(clean.markdown(text) + (f" [查看]({entry.url})" if entry.url else ""))
    last = [clean.markdown(text) for text in sheet.tail]
    if sheet.work_list:
        last.append(f"[工作清单]({sheet.work_list})")
    if sheet.url:
        last.append(f"[{_label(sheet)}]({sheet.url})")
    if mentions:
        last.append(mentions)
    return facts, last


def _label(sheet: Sheet) -> str:
    what = f"打开列表（共 {sheet.count} 条）" if sheet.entries else "查看"
    return what if sheet.is_over else f"{what}并签收"


def text(sheet: Sheet, most: int) -> str:
    """Plain lines: the log, the text part of a mail, WeCom's text."""
    facts = list(sheet.lines)
    for said, entry in zip(sheet.texts, sheet.entries, strict=True):
        facts.append(f"{said} {entry.url}".rstrip())
    word = "列表" if sheet.entries else "详情"
    links = [(WORK_LIST, sheet.work_list), (f"{word}：", sheet.url)]
    last = [*sheet.tail, *(f"{name}{url}" for name, url in links if url)]
    return fitted(sheet.title, facts, last, most, more=_more(sheet, str))


def preview(sheet: Sheet) -> str:
    """What a telephone shows before the message is opened."""
    return clean.markdown(_within(sheet.head, sheet.what, PREVIEW_CHARACTERS))


def mail(sheet: Sheet) -> tuple[str, str, str]:
    """(subject, text, HTML) of a mail."""
    facts = [f"<p>{clean.markup(line)}</p>" for line in sheet.lines]
    for said, entry in zip(sheet.texts, sheet.entries, strict=True):
        link = f' <a href="{clean.markup(entry.url)}">查看</a>' if entry.url else ""
        facts.append(f"<p>{clean.markup(said)}{link}</p>")
    last = [f'<p style="color:#555">{clean.markup(line)}</p>' for line in sheet.tail]
    if sheet.work_list:
        last.append(f'<p><a href="{clean.markup(sheet.work_list)}">工作清单</a></p>')
    if sheet.url:
        address = clean.markup(sheet.url)
        last.append(f'<p><a href="{address}">{_label(sheet)}</a><br>{address}</p>')
    colour = (
        "#2e7d32" if sheet.is_over else {"critical": "#c62828", "warning": "#e65100"}.get(sheet.severity, "#1565c0")
    )
    first = (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><body style="font-family:sans-serif;line-height:1.6">'
        f'<h2 style="color:{colour};font-size:1.1em">{clean.markup(sheet.title)}</h2>'
    )
    left = _more(sheet, str)
    page = fitted(
        first,
        facts,
        [*last, "</body></html>"],
        MAIL_BYTES,
        more=lambda n: f"<p>{said}</p>" if (said := left(n)) else "",
    )
    return _within(sheet.head, sheet.what, SUBJECT_CHARACTERS), text(sheet, MAIL_BYTES), page


def card(sheet: Sheet, mentions: str = "") -> tuple[str, str, str]:
    """(title, markdown, colour of the header) of a Feishu card. The title is plain text there."""
    facts, last = _marked(sheet, mentions)
    title = _within(sheet.head, sheet.what, CARD_CHARACTERS)
    first, facts = (facts[0], facts[1:]) if facts else (clean.markdown(sheet.what), [])
    colour = "green" if sheet.is_over else {"critical": "red", "warning": "orange"}.get(sheet.severity, "blue")
    body = fitted(first, facts, last, FEISHU_BYTES - size(title), more=_more(sheet, clean.markdown))
    return title, body, colour


def sms(sheet: Sheet, most: int, sign: str = "") -> str:
    """One short message of at most so many characters with its sign; what matters most comes first.

    What is left out, in this order: the link (a word points to the duty desk), how many of several alerts are of which
    weight, since when, the middle of the place's name, the middle of what is said. Of several alerts it says the most
    urgent one, and how many there are.
    """
    room, text = most, _sms(sheet, most, sign)
    while _characters(text) > most:  # a rare character and what makes it count were cut apart
        room -= 1
        text = _sms(sheet, room, sign)
    return text


def _characters(text: str) -> int:
    """As short messages count them: rare Han characters are two (UCS-2)."""
    return len(text) + len(_RARE.findall(text))


def _sms(sheet: Sheet, most: int, sign: str) -> str:
    said = (sheet.entries[0].whole if sheet.entries else sheet.what).rstrip("。")
    said = _RARE.sub(rf"\g<0>{_SECOND}", said)
    repeat = "可能重复。" if sheet.may_repeat else ""
    since = f"，{sheet.since}" if sheet.since else ""
    number = f"，等 {sheet.count} 条" if sheet.entries else ""
    kinds = f"（{sheet.kinds}）" if sheet.kinds else ""
    desk = f"。{repeat}详见值班台"
    link = f"。{repeat}{sheet.url}" if sheet.url else desk
    ends = (f"{since}{number}{kinds}{link}", f"{since}{number}{link}", f"{since}{number}{desk}", f"{number}{desk}")
    head = f"{sign}{sheet.short_head}"
    for end in ends:
        if len(head) + len(said) + len(end) <= most:
            return f"{head}{said}{end}".replace(_SECOND, "")
    return f"{_within(head, said, most - len(ends[-1]))}{ends[-1]}"[:most].replace(_SECOND, "")


def _within(head: str, what: str, most: int) -> str:
    """A first line of at most so many characters: of a long one the middle of the place's name goes first.

    No figure is cut."""
    if len(head) + len(what) <= most:
        return f"{head}{what}"
    if what.startswith(EARLY):
        head, what = f"{head}{EARLY}", what.removeprefix(EARLY)
    for place in (place for place, letter in enumerate(what) if letter == "："):  # a name may have one too
        where, rest = what[:place], what[place:]
        room = most - len(head) - len(rest)
        if room >= _LEAST_NAME:
            last = where.rpartition(" ")[2]
            left = room - len(last) - 1
            kept = f"{clean.begin_of(where, left)}…{last}" if left >= _LEAST_PLANT else clean.shorten(where, room)
            return f"{head}{kept}{rest}"
    return f"{head}{clean.shorten(what, max(most - len(head), 3))}"


def sms_parts(text: str) -> int:
    """How many messages a gateway makes of a text."""
    count = _characters(text)
    return 1 if count <= SMS_CHARACTERS else -(-count // SMS_PART)


def _more(sheet: Sheet, escape: Callable[[str], str]) -> Callable[[int], str]:
    """Says how many alerts are left out, and of what weight: the last so many, and those that the sheet has not."""
    entries = sheet.entries
    if not entries:
        return lambda number: escape("（其余内容见详情）") if number else ""
    beyond = max(sheet.count - len(entries), 0)

    def more(number: int) -> str:
        left = entries[max(len(entries) - number, 0) :]
        if not left and not beyond:
            return ""
        marks = Counter(entry.mark for entry in left)
        kinds = "、".join(f"{mark} {times}" for mark, times in marks.items()) if not beyond else ""
        return escape(f"余 {len(left) + beyond} 条{f'（{kinds}）' if kinds else ''}，见列表")

    return more
