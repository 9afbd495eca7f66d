"""Tables and JSON lines of history: layouts, what a cell may hold, and the line that every refusal names."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.readings import from_us, to_us
from domain.refusals import Reason
from ingest.decode.samples import Samples
from ingest.decode.table import Layout, decode_json_lines, decode_rows, read_header

POINTS = {"SO2", "O2", "W-01"}
AT = "2024-02-29T08:00:00+08:00"
AT_US = to_us(datetime(2024, 2, 29, tzinfo=UTC))


def table(text: str, *, offset: str = "", encoding: str = "utf-8") -> Samples:
    """A file's text, decoded as its header says."""
    header, *lines = text.splitlines(keepends=True)
    layout = read_header(header)
    assert isinstance(layout, Layout), layout
    return decode_rows([line.encode(encoding) for line in lines], 2, layout, encoding, offset, POINTS)


def values(samples: Samples) -> list[tuple[Any, ...]]:
    at = [at_us for at_us, size in zip(samples.at_us, samples.sizes, strict=True) for _ in range(size)]
    return list(zip(samples.codes, at, samples.values, samples.flags, strict=True))


def refused(samples: Samples) -> dict[Reason, tuple[int, str]]:
    return {reason: (fault.items, fault.first_item) for reason, fault in samples.faults.by_reason.items()}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_long_table(delimiter: str, end: str) -> None:
    rows = ["point,at,value,flag", f"SO2,{AT},21.5,M", f'"O2",{AT}, 9e0 ,', "", f"W-01,{AT},-3,N"]
    found = table("".join(row.replace(",", delimiter) + end for row in rows))
    assert values(found) == [("SO2", AT_US, 21.5, "M"), ("O2", AT_US, 9.0, "N"), ("W-01", AT_US, -3.0, "N")]
    assert found.paths == ["line 2", "line 3", "line 5"]
    assert not found.faults


def test_columns_of_a_long_table_in_another_order() -> None:
    assert values(table(f"value,point,at\n7,SO2,{AT}\n")) == [("SO2", AT_US, 7.0, "N")]


def test_a_wide_table() -> None:
    found = table(f"SO2,at,SO2.flag,O2,\n1,{AT},T,2,\n,{AT},,3,\n,{AT},,,\n")
    assert values(found) == [("SO2", AT_US, 1.0, "T"), ("O2", AT_US, 2.0, "N"), ("O2", AT_US, 3.0, "N")]
    assert (found.paths, found.sizes) == (["line 2", "line 3"], [2, 1])
    assert not found.faults


def test_a_code_that_ends_like_a_flag_column_is_a_code_where_it_stands_alone() -> None:
    layout = read_header("at,SO2.flag\n")
    assert isinstance(layout, Layout)
    assert layout.wide == (("SO2.flag", 1, None),)


@pytest.mark.parametrize("header", ["point,at,value", "at,SO2,O2"])
def test_empty_rows_hold_nothing(header: str) -> None:
    found = table(f"{header}\n,,\n , ,\u3000\n\n \n")
    assert (values(found), refused(found)) == ([], {})


def test_a_row_without_time_holds_what_its_other_cells_say() -> None:
    assert refused(table("point,at,value\nSO2,,1\n")) == {Reason.BAD_TIME: (1, 'line 2: at = ""')}
    assert refused(table("at,SO2,O2\n,1,2\n")) == {Reason.BAD_TIME: (2, 'line 2: at = ""')}


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("", "no column at"),
        ("time,SO2", "no column at"),
        ("at", "no column beside at"),
        ("at,SO2,SO2", "column SO2 is given twice"),
        ("at,at,SO2", "column at is given twice"),
        ("point,at,value,note", "column note in a table"),
        ("ａｔ,SO2", "no column at"),
    ],
)
def test_a_header_that_says_nothing(header: str, problem: str) -> None:
    found = read_header(header)
    assert isinstance(found, str)
    assert found.startswith(problem)


@pytest.mark.parametrize("cell", ["２１", "1_000", "nan", "inf", "-", "1e999", "0x10", '"1,5"', "1 5", "故障", ""])
def test_what_is_no_number(cell: str) -> None:
    found = table(f"point,at,value\nSO2,{AT},{cell}\nO2,{AT},1\n")
    assert [code for code, *_ in values(found)] == ["O2"]
    ((reason, (items, first_item)),) = refused(found).items()
    assert (reason, items) == (Reason.NOT_A_NUMBER, 1)
    assert first_item.startswith("line 2: SO2 = ")
    assert "half-width" in found.faults.by_reason[reason].expected


def test_what_is_wrong_names_its_line() -> None:
    found = table(
        "at,SO2,SO2.flag,O2,NOPE\n"
        f"{AT},1,N,2,\n"  # line 2
        f"{AT},1,X,2,\n"
        f"{AT},,M,2,\n"
        f"{AT},1,N\n"
        "2024-02-29T08:00:00,1,N,2,3\n"
        "2023-02-29T08:00:00+08:00,1,N,,\n"
        f"{AT},,,,7\n"  # line 8
        f"{AT},,,,８\n"
    )
    assert [code for code, *_ in values(found)] == ["SO2", "O2", "O2", "O2"]
    assert refused(found) == {
        Reason.BAD_FLAG: (2, 'line 3: SO2 flag = "X"'),
        Reason.BAD_SAMPLE: (1, f'line 5: "{AT},1,N"'),
        Reason.NAIVE_TIME: (3, 'line 6: at = "2024-02-29T08:00:00"'),
        Reason.BAD_TIME: (1, 'line 7: at = "2023-02-29T08:00:00+08:00"'),
        Reason.UNKNOWN_POINT: (1, "line 8: NOPE = 7.0"),
        Reason.NOT_A_NUMBER: (1, 'line 9: NOPE = "８"'),
    }


def test_an_offset_is_for_times_that_have_none() -> None:
    found = table("point,at,value\nSO2,2024-02-29 08:00:00,1\nSO2,2024-02-29T01:00:00Z,2\n", offset="+08:00")
    assert [at for _, at, *_ in values(found)] == [AT_US, AT_US + 3_600_000_000]


def test_a_last_line_without_an_end_may_be_cut_and_is_refused() -> None:
    found = table(f"point,at,value\nSO2,{AT},1\nO2,{AT},20.9")
    assert [code for code, *_ in values(found)] == ["SO2"]
    assert refused(found) == {Reason.BAD_PAYLOAD: (1, f'line 3: "O2,{AT},20.9"')}


def test_gb18030_and_bytes_that_are_no_text() -> None:
    found = table(f"point,at,value\nSO2,{AT},故障\nO2,{AT},1\n", encoding="gb18030")
    assert refused(found) == {Reason.NOT_A_NUMBER: (1, 'line 2: SO2 = "故障"')}
    layout = read_header("point,at,value")
    assert isinstance(layout, Layout)
    lines = [b"SO2,\xff\xff,1\n", f"SO2,{AT},1\n".encode(), b"SO2,\0,1\n"]
    broken = decode_rows(lines, 2, layout, "gb18030", "", POINTS)
    assert len(values(broken)) == 1
    assert refused(broken) == {Reason.BAD_PAYLOAD: (2, "line 2: SO2,\\xff\\xff,1\\n")}


def test_json_lines() -> None:
    lines = [
        f'{{"at":"{AT}","values":{{"SO2":1,"O2":2}},"flags":{{"SO2":"M"}}}}\n'.encode(),
        b"\n",
        f'[{{"at":"{AT}","values":{{"SO2":3}}}},{{"at":"{AT}","values":{{"SO2":"x"}}}}]\n'.encode(),
        b'{"at":"2024-02-',
    ]
    found = decode_json_lines(lines, 7)
    assert values(found) == [("SO2", AT_US, 1.0, "M"), ("O2", AT_US, 2.0, "N"), ("SO2", AT_US, 3.0, "N")]
    assert found.paths == ["line 7: $", "line 9: $[0]", "line 9: $[1]"]
    assert refused(found) == {
        Reason.NOT_A_NUMBER: (1, 'line 9: $[1].values.SO2 = "x"'),
        Reason.BAD_PAYLOAD: (1, 'line 10: {"at":"2024-02-'),
    }


instants = st.integers(0, 2_000_000_000).map(lambda s: datetime.fromtimestamp(s, timezone(timedelta(hours=8))))
numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(POINTS)), instants, numbers, st.sampled_from(["", *"NFMSDCTB"]))),
    st.sampled_from(",;\t"),
    st.booleans(),
)
def test_what_is_written_is_what_is_read(
    rows: list[tuple[str, datetime, float, str]], delimiter: str, quoted: bool
) -> None:
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\r\n")
    writer.writerow(["point", "at", "value", "flag"])
    writer.writerows([code, at.isoformat(), repr(value), flag] for code, at, value, flag in rows)
    found = table(text.getvalue())
    assert not found.faults
    expected = [(code, at.astimezone(UTC), value, flag or "N") for code, at, value, flag in rows]
    assert [(code, from_us(at), value, flag) for code, at, value, flag in values(found)] == expected


LAYOUTS = ["point,at,value,flag", "at,SO2,SO2.flag,O2", "at,SO2,"]
pieces = st.sampled_from(["SO2", AT, "1", ",", ",,", '"', "\r", "N", "２", "故", "\0", "nan", "", "-", "é"])
lines_ = st.lists(st.lists(pieces, max_size=9).map("".join), max_size=5)


@given(
    st.sampled_from(LAYOUTS),
    st.one_of(lines_.map(lambda parts: "\n".join(parts).encode()), st.binary()),
    st.sampled_from(["utf-8", "gb18030"]),
    st.sampled_from(["", "+08:00"]),
)
def test_any_bytes_are_taken_apart_or_refused(header: str, content: bytes, encoding: str, offset: str) -> None:
    layout = read_header(header)
    assert isinstance(layout, Layout)
    lines = io.BytesIO(content).readlines()
    for found in (decode_rows(lines, 2, layout, encoding, offset, POINTS), decode_json_lines(lines, 1)):
        assert len(found.codes) == len(found.values) == len(found.flags) == sum(found.sizes)
        assert len(found.sizes) == len(found.at_us) == len(found.paths)
        for fault in found.faults.by_reason.values():
            assert fault.items > 0
            assert fault.first_item.startswith("line ")
            assert fault.first_item.isprintable()
