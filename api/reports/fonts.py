"""The letters of a report on paper: a Chinese font of the machine, of which the letters used are embedded, or none.

Without one the page names a font that readers of PDF bring along (Adobe's STSong-Light); a reader without its tables
shows nothing then, and telephones mostly have none.
"""

from __future__ import annotations

import logging
import struct
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol

from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfbase.pdfmetrics import registerFont  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFError, TTFont  # type: ignore[import-untyped]

from domain.errors import BadInput

logger = logging.getLogger(__name__)

#: Where free fonts with all that is needed lie: Debian and Ubuntu, Fedora, openEuler and Anolis, Alpine.
PLACES = tuple(
    Path("/usr/share/fonts", place)
    for place in (
        "truetype/wqy/wqy-microhei.ttc",
        "truetype/wqy/wqy-zenhei.ttc",
        "wqy-microhei-fonts/wqy-microhei.ttc",
        "wqy-microhei/wqy-microhei.ttc",
        "wqy-zenhei-fonts/wqy-zenhei.ttc",
        "wqy-zenhei/wqy-zenhei.ttc",
    )
)
#: What a font must have: letters that no report is without. Droid Sans Fallback, for one, has no Latin.
_NEEDED = "".join(map(chr, range(0x20, 0x7F))) + "值班交接记录报警签收，。：（）□"
_CID = "STSong-Light"
_EMBEDDED = "plantwatch-report"
#: For a letter that the font lacks.
_MISSING = "□"


class Font(Protocol):
    """name: as the library knows it."""

    name: str

    def letter(self, letter: str) -> str:
        """A letter as this font can write it: one like it (m³ as m3), or a box; nothing for control and format
        characters, which could turn a text around."""
        ...


class _Named:
    """Not embedded; has the letters of GBK."""

    name = _CID

    def __init__(self) -> None:
        registerFont(UnicodeCIDFont(_CID))

    @staticmethod
    @lru_cache(maxsize=4096)
    def letter(letter: str) -> str:
        return _written(letter, _in_gbk)


class _Embedded:
    def __init__(self, font: Any, name: str) -> None:
        registerFont(font)
        self.name = name
        self._letters = font.face.charToGlyph
        self._known: dict[str, str] = {}

    def letter(self, letter: str) -> str:
        found = self._known.get(letter)
        if found is None:
            found = _written(letter, lambda one: all(ord(part) in self._letters for part in one))
            if len(self._known) < 4096:
                self._known[letter] = found
        return found


def _in_gbk(text: str) -> bool:
    try:
        text.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def _written(letter: str, has: Any) -> str:
    if letter == "\n":
        return letter
    if unicodedata.category(letter) in ("Cc", "Cf"):
        return ""
    return next((one for one in (letter, unicodedata.normalize("NFKC", letter)) if has(one)), _MISSING)


@cache
def named() -> Font:
    """The font that readers bring along."""
    return _Named()


@cache
def from_file(path: Path) -> Font:
    """A TrueType font (.ttf, or the first of a .ttc). Raises BadInput for what cannot be embedded or lacks Chinese."""
    name = f"{_EMBEDDED}-{path}"
    try:
        font = TTFont(name, str(path), subfontIndex=0)
        font.face.makeSubset([ord(letter) for letter in _NEEDED])  # a damaged one fails now
    except (TTFError, OSError, ValueError, LookupError, struct.error) as error:
        raise BadInput(
            f"{path}: not a font that can be embedded ({error}); expected a .ttf or .ttc with TrueType outlines,"
            " such as wqy-microhei.ttc; fonts with PostScript outlines (Noto CJK, .otf) cannot be"
        ) from error
    lacks = [letter for letter in _NEEDED if ord(letter) not in font.face.charToGlyph]
    if lacks:
        raise BadInput(f"{path}: the font lacks letters of every report: {''.join(lacks[:20])}")
    return _Embedded(font, name)


def report_font(path: Path | None, places: Iterable[Path] = PLACES) -> Font:
    """The font of a file that somebody chose (raises BadInput as `from_file`), else the first of the well-known places
    that will do, else the one that readers bring along."""
    if path is not None:
        return from_file(path)
    for place in places:
        if place.is_file():
            try:
                return from_file(place)
            except BadInput as error:
                logger.warning("reports are not written with %s", error)
    logger.info("no Chinese font is installed: the shift report's PDF names one that readers must bring along")
    return named()
