"""Files that prove something (附件): what may be attached, judged by name and content together. Pure.

Neither the name nor what the sender calls the file is believed: the content must begin as a file of its kind does. A
file is kept as it is and given back as a download; nothing in it is ever opened here but an archive's list of contents.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

MAX_BYTES = 20 * 1_048_576
NAME_CHARACTERS = 120
_MAX_ENTRIES = 10_000
#: What no name of a file may hold: paths, and what shells, spreadsheets and Windows take for something else.
_FORBIDDEN = set('/\\:*?"<>|')


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that may be kept."""

    name: str
    media_type: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class AttachmentFault:
    """What is wrong: name or content, and what was expected, in Chinese."""

    field: str
    expected: str


def _is_archive(content: bytes, *needed: str) -> bool:
    """Whether the content is a whole archive with some entries, and no macros among them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, RuntimeError):
        return False
    if not names or len(names) > _MAX_ENTRIES or not set(needed) <= set(names):
        return False
    return not needed or not any(name.lower().endswith("vbaproject.bin") for name in names)


def _is_table(content: bytes) -> bool:
    """Whether the content is text as tables are saved here."""
    if b"\x00" in content or content.startswith((b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff")):
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return all(letter.isprintable() or letter in "\r\n\t\u3000\ufeff" for letter in text[:100_000])
    return False


_OFFICE = "application/vnd.openxmlformats-officedocument."
#: Media type, and how the content must look, by extension.
_TYPES: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "pdf": ("application/pdf", lambda content: content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]),
    "png": ("image/png", lambda content: content.startswith(b"\x89PNG\r\n\x1a\n")),
    "jpg": ("image/jpeg", lambda content: content.startswith(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", lambda content: content.startswith(b"\xff\xd8\xff")),
    "xlsx": (f"{_OFFICE}spreadsheetml.sheet", lambda content: _is_archive(content, "xl/workbook.xml")),
    "docx": (f"{_OFFICE}wordprocessingml.document", lambda content: _is_archive(content, "word/document.xml")),
    "csv": ("text/csv", _is_table),
    "zip": ("application/zip", lambda content: content.startswith(b"PK\x03\x04") and _is_archive(content)),
}
EXTENSIONS = tuple(_TYPES)
EXPECTED_NAME = (
    f"文件名：1 至 {NAME_CHARACTERS} 个可见字符，不含路径和 {' '.join(sorted(_FORBIDDEN))}，"
    f"扩展名为 {'、'.join(EXTENSIONS)} 之一"
)
EXPECTED_SIZE = f"不超过 {MAX_BYTES // 1_048_576} MB 的文件"


def name_fault(name: str) -> AttachmentFault | None:
    """Why a file cannot be called so, None where it can."""
    stem, dot, extension = name.rpartition(".")
    is_good = (
        0 < len(name) <= NAME_CHARACTERS
        and name.isprintable()
        and not _FORBIDDEN & set(name)
        and name.strip() == name
        and dot == "."
        and stem.strip(". ") != ""
        and extension.lower() in _TYPES
    )
    return None if is_good else AttachmentFault("name", EXPECTED_NAME)


def read_attachment(name: str, content: bytes) -> Attached | AttachmentFault:
    """A file that may be kept, or what is wrong with it."""
    if (fault := name_fault(name)) is not None:
        return fault
    if not content:
        return AttachmentFault("content", "不是空的文件")
    if len(content) > MAX_BYTES:
        return AttachmentFault("content", EXPECTED_SIZE)
    extension = name.rpartition(".")[2].lower()
    media_type, looks_so = _TYPES[extension]
    if not looks_so(content):
        expected = f"完整的 {extension} 文件；内容与扩展名不符，或文件不完整"
        return AttachmentFault("content", expected + ("，或带有宏" if extension in ("xlsx", "docx") else ""))
    return Attached(name, media_type, hashlib.sha256(content).hexdigest(), content)
