"""Keeps people's numbers and addresses out of what is written down of a channel's errors.

A gateway's answer may quote whom it did not reach. Mobile numbers are masked as is usual here (138****0000), mail
addresses to their first letter; other numbers (codes of errors, of requests) are what helps and stay.
"""

from __future__ import annotations

import re

#: 11 digits as the numbering plan has them for mobile phones (1, then 3 to 9), with or without +86 and separators.
_MOBILE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[- ]?)?(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?!\d)", re.ASCII)
_MAIL = re.compile(r"(?<![\w.+-])([\w+-])[\w.+-]*@((?:[\w-]+\.)*[\w-]+)")


def masked(text: str) -> str:
    """A text without whole mobile numbers and mail addresses."""
    return _MAIL.sub(r"\1***@\2", _MOBILE.sub(r"\1****\2", text))
