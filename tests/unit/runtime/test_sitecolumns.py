"""Headers and words of the register's tables: complete, and each means one thing."""

from __future__ import annotations

from datetime import date

import pytest

from domain.errors import BadInput
from runtime.celltext import normal
from runtime.sitecolumns import Column, Kind, by_header, columns, find_column, find_noun
from runtime.sitemodels import MODELS
from runtime.siteregister import KEYS
from runtime.siteremarks import REMARKS
from runtime.sitewords import HEADERS, NOUN_NAMES, OTHER_WORDS, WORDS
from storage.site import NOUNS

EVERY = [column for noun in MODELS for column in columns(noun)]
#: Choices that everybody writes by their code.
BY_CODE = {
    ("limit", "unit"),
    ("quota", "confidence"),
    ("station", "edition"),
    ("station", "crc"),
    ("tag", "protocol"),
    ("installation", "standard"),
}


def column(noun: str, field: str) -> Column:
    return next(one for one in columns(noun) if one.field == field)


def is_chinese(word: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in word)


def test_every_noun_has_a_table() -> None:
    assert set(NOUN_NAMES) == set(HEADERS) == set(MODELS) == set(KEYS) == set(NOUNS)
    names = [name for noun, words in NOUN_NAMES.items() for name in (noun, *words)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("noun", MODELS)
def test_every_field_has_a_chinese_header_that_means_nothing_else(noun: str) -> None:
    assert set(HEADERS[noun]) == {one.field for one in columns(noun)}
    assert all(is_chinese(header) or header == "MN" for one in columns(noun) for header in one.headers)
    for one in columns(noun):
        for header in (one.field, *one.headers):
            assert by_header(noun)[normal(header).lower()] is one


@pytest.mark.parametrize(
    "one", [one for one in EVERY if one.kind is Kind.CHOICE], ids=lambda one: f"{one.noun}.{one.field}"
)
def test_every_choice_has_a_word_that_means_nothing_else(one: Column) -> None:
    assert len(set(one.words.values())) == len(one.words)
    if (one.noun, one.field) not in BY_CODE:
        assert all(is_chinese(word) for word in one.words.values())
    for code, word in one.words.items():
        assert one.read(code) == one.read(f" {word} ") == code
    for word, code in OTHER_WORDS.get((one.noun, one.field), {}).items():
        assert one.read(word) == code


def test_words_are_of_fields_that_exist() -> None:
    known = {(one.noun, one.field) for one in EVERY}
    assert set(WORDS) <= known
    assert set(OTHER_WORDS) <= known
    assert set(REMARKS) <= known


@pytest.mark.parametrize(
    ("noun", "field", "kind", "required"),
    [
        ("meter", "verified_on", Kind.DAY, True),
        ("meter", "removed_on", Kind.DAY, False),
        ("meter", "verification_months", Kind.WHOLE, True),
        ("meter", "counter_digits", Kind.WHOLE, False),
        ("meter", "counter_scale", Kind.NUMBER, False),
        ("meter", "serial", Kind.TEXT, True),
        ("intake", "is_agricultural", Kind.YES_NO, True),
        ("outlet", "makeup_air", Kind.YES_NO, False),
        ("intake", "source", Kind.CHOICE, True),
        ("metering_place", "use", Kind.CHOICE, False),
        ("metering_place", "medium", Kind.CHOICE, False),
        ("point", "statistic", Kind.CHOICE, False),
        ("station", "ignored", Kind.LIST, False),
        ("tag", "scale", Kind.NUMBER, False),
    ],
)
def test_how_cells_are_read_comes_from_the_model(noun: str, field: str, kind: Kind, required: bool) -> None:
    found = column(noun, field)
    assert (found.kind, found.required) == (kind, required)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("年许可水量(m3/a)", "permitted_m3_a"),
        ("年许可水量（m³）", "permitted_m3_a"),
        ("企业编码*", "enterprise"),
        ("Permitted_M3_A", "permitted_m3_a"),
        ("水量", None),
    ],
)
def test_headers_as_people_write_them(header: str, field: str | None) -> None:
    found = find_column("intake", header)
    assert (found and found.field) == field


@pytest.mark.parametrize(
    ("name", "noun"),
    [("计量器具", "meter"), ("Meter", "meter"), ("meters", "meter"), (" 旗区 ", "district"), ("Sheet1", None)],
)
def test_nouns_as_people_write_them(name: str, noun: str | None) -> None:
    assert find_noun(name) == noun


@pytest.mark.parametrize(
    ("noun", "field", "cell", "value"),
    [
        ("meter", "verified_on", "２０２６年９月１日", date(2026, 9, 1)),
        ("meter", "verification_months", "２４", 24),
        ("intake", "permitted_m3_a", "６０００００．５", 600000.5),
        ("intake", "permitted_m3_a", "6e5", 600000.0),
        ("intake", "is_agricultural", "否", False),
        ("intake", "is_agricultural", "TRUE", True),
        ("line", "product", "焦炭", "coke"),
        ("line", "product", "聚氯乙烯（电石法，通用型）", "pvc_general"),
        ("metering_place", "level", "二级", "secondary"),
        ("station", "ignored", "*/*-Min；2031/*", ["*/*-Min", "2031/*"]),
        ("station", "ignored", '["a;b/c"]', ["a;b/c"]),
        ("enterprise", "name", " 一号（焦化） ", " 一号（焦化） "),  # the model strips it, and nothing else
    ],
)
def test_cells_that_are_understood(noun: str, field: str, cell: str, value: object) -> None:
    assert column(noun, field).read(cell) == value


@pytest.mark.parametrize(
    ("noun", "field", "cell", "said"),
    [
        ("meter", "verified_on", "46266", "expected a day such as 2026-09-01"),
        ("meter", "verified_on", "2026-02-30", "expected a day"),
        ("meter", "verification_months", "2年", "expected a whole number"),
        ("meter", "verification_months", "24.5", "expected a whole number"),
        ("meter", "serial", "2.02301E+11", "a spreadsheet made a number of it"),
        ("intake", "permitted_m3_a", "600,000", "expected a number such as 1234.5, without unit and thousands"),
        ("intake", "permitted_m3_a", "60万", "expected a number"),
        ("intake", "permitted_m3_a", "nan", "expected a number"),
        ("intake", "is_agricultural", "也许", "expected 是 or 否"),
        ("intake", "source", "井水", "expected one of 地表水 (surface), 地下水 (ground)"),
        ("station", "ignored", '["a/b"', "expected items parted by ; or a JSON list"),
    ],
)
def test_cells_that_are_not(noun: str, field: str, cell: str, said: str) -> None:
    with pytest.raises(BadInput, match="expected") as caught:
        column(noun, field).read(cell)
    assert said in str(caught.value)
