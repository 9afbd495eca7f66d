import pytest

from domain.errors import BadInput
from domain.matchers import fit, parse

LABELS = {"rule": "ule.hourly", "severity": "critical", "enterprise": "hx-coking", "district": "haibowan"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], True),
        ([{"label": "enterprise", "value": "hx-coking"}], True),
        ([{"label": "enterprise", "op": "!=", "value": "hx-coking"}], False),
        ([{"label": "rule", "op": "starts", "value": "ule."}], True),
        ([{"label": "district", "op": "in", "value": ["wuda", "haibowan"]}], True),
        ([{"label": "district", "op": "in", "value": ["wuda"]}], False),
        ([{"label": "park", "value": ""}], True),
        ([{"label": "rule", "op": "starts", "value": "ule."}, {"label": "severity", "value": "info"}], False),
    ],
)
def test_all_matchers_must_fit(rows: list[dict], expected: bool) -> None:
    assert fit(parse(rows), LABELS) is expected
    assert parse([matcher.row() for matcher in parse(rows)]) == parse(rows)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"label": "enterprize", "value": "x"}, "matcher 1: label 'enterprize' is none of rule"),
        ({"label": "rule", "op": "=~", "value": "x"}, "matcher 1: op '=~' is none of ="),
        ({"label": "rule", "value": 5}, "matcher 1: value of rule must be a text"),
        ({"label": "rule", "op": "in", "value": []}, "matcher 1: value of rule must be a text"),
        ({"label": "rule", "value": "x", "regex": True}, "matcher 1: expected label, op and value"),
        ({"label": "rule"}, "matcher 1: expected label, op and value"),
    ],
)
def test_a_matcher_that_is_wrong_is_refused_by_name(row: dict, told: str) -> None:
    with pytest.raises(BadInput, match=told.replace("(", r"\(")):
        parse([row])
