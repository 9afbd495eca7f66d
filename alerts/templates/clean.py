"""Makes what others wrote safe to show: names of plants and points come from files that anybody may have written.

A name can neither break a layout nor speak for us: control characters, line breaks and marks that turn the direction of
writing are taken out, what is mark-up becomes the full-width character that looks the same, no address becomes a link,
and a name that is too long is cut in its middle, so that its beginning and its end can be read.
"""

from __future__ import annotations

import html
import re

#: A name is read on a telephone.
MAX_NAME = 40
#: The same as in alerts' titles, so that one is found in the other.
MAX_OWNER = 30
#: More of a text is not looked at: nothing of ours is as long.
_MOST_READ = 20_000

_SPACES = re.compile(r"\s+")
_FIGURE = "0123456789.,"
_FIGURES = frozenset(_FIGURE)
#: Mark-up of the services' markdown, mentions and the beginning of links, each with what looks like it.
_FULL_WIDTH = str.maketrans(
    {
        "\\": "＼", "`": "ˋ", "*": "＊", "_": "＿", "{": "｛", "}": "｝", "[": "［", "]": "］", "<": "＜", ">": "＞",
        "#": "＃", "!": "！", "|": "｜", "~": "～", "@": "＠", "&": "＆", "$": "＄",
    }
)  # fmt: skip


def line(text: object, most: int | None = None) -> str:
    """One line without anything that cannot be seen; at most so many characters, cut in its middle.

    Not seen are control characters, marks of direction and of zero width, halves of pairs, private use and what is not
    assigned: beside spaces, which are made plain ones first, what `str.isprintable` says no to.
    """
    raw = _SPACES.sub(" ", str(text)[:_MOST_READ])
    # a digest of thousands of names is cleaned while an alert waits: what all can be seen is not looked at by character
    shown = raw if raw.isprintable() else "".join(filter(str.isprintable, raw))
    shown = _SPACES.sub(" ", shown).strip().replace("://", "：//")
    return shown if most is None else shorten(shown, most)


def name(text: object) -> str:
    """A name at its greatest length."""
    return line(text, MAX_NAME)


def shorten(text: str, most: int) -> str:
    """A text of at most so many characters (at least 3), cut in its middle, but never within a figure: what is left of
    46.2 must not read as 2."""
    if len(text) <= most:
        return text
    end = (most - 1) // 3
    return f"{begin_of(text, most - 1 - end)}…{_end_of(text, end)}"


def begin_of(text: str, most: int) -> str:
    """The first characters of a text, without a figure that goes on."""
    begin = text[:most]
    return begin.rstrip(_FIGURE) if text[most : most + 1] in _FIGURES and begin[-1:] in _FIGURES else begin


def _end_of(text: str, most: int) -> str:
    end = text[len(text) - most :]
    before = text[len(text) - most - 1 : len(text) - most]
    return end.lstrip(_FIGURE) if before in _FIGURES and end[:1] in _FIGURES else end


def markdown(text: str) -> str:
    """A line as it may stand in DingTalk's, WeCom's and Feishu's markdown: escapes are not known to all of them."""
    return text.translate(_FULL_WIDTH)


def markup(text: str) -> str:
    """A line as it may stand in HTML, quotes too."""
    return html.escape(text, quote=True)


def link(url: object) -> str:
    """An address of ours as it may stand in markdown, or nothing when it is none."""
    found = str(url or "")
    return found if re.fullmatch(r"https?://[A-Za-z0-9._:\[\]/?=&%+,~-]{1,500}", found) else ""
