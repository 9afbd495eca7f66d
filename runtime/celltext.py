"""What people write into cells and mean the same by: full-width digits, invisible characters, days in four styles."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_DATE = re.compile(r"([0-9]{4})([-/.年])([0-9]{1,2})([-/.月])([0-9]{1,2})(日?)")
_DATE_STYLES = {("-", "-", ""), ("/", "/", ""), (".", ".", ""), ("年", "月", "日")}
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


def normal(text: str) -> str:
    """Text without what only looks different: NFKC, no invisible characters, stripped."""
    if text.isascii():  # most cells, and nothing in them only looks different
        return text.strip()
    return unicodedata.normalize("NFKC", text).translate(_INVISIBLE).strip()


def iso_date(text: str) -> str | None:
    """`2026-09-01` of 2026-9-1, 2026/9/1, 2026.9.1 or 2026年9月1日; None for anything else."""
    match = _DATE.fullmatch(text)
    if match is None or (match[2], match[4], match[6]) not in _DATE_STYLES:
        return None
    try:
        return date(int(match[1]), int(match[3]), int(match[5])).isoformat()
    except ValueError:
        return None


def control_character(text: str) -> str | None:
    """The first control character of a text that cells and databases cannot hold, None for none. Line ends may stay."""
    return next((one for one in text if unicodedata.category(one) == "Cc" and one not in "\n\t"), None)
