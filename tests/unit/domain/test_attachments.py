"""What may be attached: the content decides, whatever it is called."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attachments import EXTENSIONS, MAX_BYTES, NAME_CHARACTERS, Attached, AttachmentFault, read_attachment

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 16
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 16


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        for name in names:
            written.writestr(name, "x")
    return buffer.getvalue()


XLSX = archive("[Content_Types].xml", "xl/workbook.xml")
DOCX = archive("[Content_Types].xml", "word/document.xml")
GOOD = {
    "报告（终稿）.pdf": PDF,
    "现场.PNG": PNG,
    "1.jpg": JPEG,
    "1.jpeg": JPEG,
    "台账.xlsx": XLSX,
    "记录.docx": DOCX,
    "表.csv": "日期,结果\n2026-11-02,正常\n".encode("gb18030"),
    "全部.zip": archive("../../etc/passwd"),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_files(name: str) -> None:
    found = read_attachment(name, GOOD[name])
    assert isinstance(found, Attached)
    assert (found.name, found.sha256) == (name, hashlib.sha256(GOOD[name]).hexdigest())


@pytest.mark.parametrize("name", GOOD)
def test_the_content_of_another_kind_is_refused(name: str) -> None:
    kinds = {one.rpartition(".")[2].lower().replace("jpeg", "jpg") for one in GOOD}
    own = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
    for other in kinds - {own}:
        taken = own in ("xlsx", "docx") and other == "zip"  # a workbook is an archive as well
        found = read_attachment(f"x.{other}", GOOD[name])
        assert isinstance(found, Attached if taken else AttachmentFault), other


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", ".pdf", "pdf", "x.exe", "x.pdf.exe", "x.svg", "x.html", "../x.pdf", "/etc/x.pdf", "c:\\x.pdf",
        "x\n.pdf", "x\x00.pdf", "x\r\nSet-Cookie: a=b.pdf", 'x".pdf', " x.pdf", "x.pdf ", "x\u202efdp.pdf", "x.xlsm",
        "x" * 10_000 + ".pdf", "a" * NAME_CHARACTERS + ".pdf",
    ],
)  # fmt: skip
def test_hostile_names(name: str) -> None:
    found = read_attachment(name, PDF)
    assert isinstance(found, AttachmentFault)
    assert found.field == "name"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.pdf", b""),
        ("x.pdf", PDF[:-8]),  # cut off
        ("x.pdf", b"\n" + PDF),
        ("x.xlsx", XLSX[:-30]),
        ("x.xlsx", archive("xl/workbook.xml", "xl/vbaProject.bin")),
        ("x.xlsx", archive("word/document.xml")),
        ("x.zip", b"PK\x05\x06" + b"\x00" * 18),
        ("x.csv", "a,b\n".encode("utf-16")),
        ("x.csv", b"a,\x1b[31mb\n"),
        ("x.jpg", PNG),
        ("x.pdf", b"%PDF-" + b"0" * MAX_BYTES + b"%%EOF"),
    ],
)
def test_what_is_not_what_it_is_called(name: str, content: bytes) -> None:
    found = read_attachment(name, content)
    assert isinstance(found, AttachmentFault)
    assert found.field == "content"


@given(st.text(max_size=200), st.binary(max_size=200), st.sampled_from(EXTENSIONS))
def test_nothing_makes_it_fail(stem: str, content: bytes, extension: str) -> None:
    found = read_attachment(f"{stem}.{extension}", b"PK\x03\x04" + content)
    assert isinstance(found, Attached | AttachmentFault)
