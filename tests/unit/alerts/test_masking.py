"""Whose number it was stays out of what is kept of an error; what helps to mend it stays in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.masking import masked


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL: 13812345678", "isv.MOBILE_NUMBER_ILLEGAL: 138****5678"),
        ('{"to":"+8613812345678"}', '{"to":"138****5678"}'),
        ("86 138-1234-5678,15912345678", "138****5678,159****5678"),
        ("号码13812345678停机", "号码138****5678停机"),
        ("550 <wang.wei@example.org>: no such user", "550 <w***@example.org>: no such user"),
        ("99991400 frequency limit, log 20261102093015138123", "99991400 frequency limit, log 20261102093015138123"),
        ("HTTP 500 at 1793580000000", "HTTP 500 at 1793580000000"),
    ],
)
def test_masked(said: str, kept: str) -> None:
    assert masked(said) == kept


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.text(alphabet="ab:，<> \n"),
    st.text(alphabet="ab:，<> \n"),
)
def test_no_mobile_number_is_left(number: str, before: str, after: str) -> None:
    found = masked(before + number + after)
    assert number not in found
    assert masked(found) == found
