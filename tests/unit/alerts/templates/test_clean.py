"""What is taken out of what others wrote, held against Unicode's own tables."""

from __future__ import annotations

import unicodedata

from alerts.templates.clean import line

UNSHOWN = {"Cc", "Cf", "Cs", "Co", "Cn"}


def test_of_all_characters_there_are_only_those_that_cannot_be_seen_are_taken_out() -> None:
    for first in range(0, 0x110000, 0x1000):
        block = [chr(code) for code in range(first, first + 0x1000)]
        kept = "".join(c for c in block if not c.isspace() and unicodedata.category(c) not in UNSHOWN)
        assert line("".join(block)).replace(" ", "") == kept
