"""Matchers of silences as people read them: at the desk, in the audit log and in the shift report. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alerts.wording import SEVERITY_WORDS
from api.naming import FAMILIES, KINDS, Names

_LABELS = {
    "rule": "规则",
    "severity": "级别",
    "condition": "情形",
    "subject": "对象",
    "kind": "对象类别",
    "enterprise": "企业",
    "district": "旗县区",
    "park": "园区",
}
_OPS = {"=": "＝", "!=": "≠", "in": "属于", "starts": "以此开头"}
_LEVELS = {str(severity): word for severity, word in SEVERITY_WORDS.items()}
_CLOSED = {
    "severity": _LEVELS,
    "condition": {"violation": "不符合", "no_data": "无数据"},
    "kind": {str(kind): word for kind, word in KINDS.items()},
}
#: Labels whose values are codes of a kind of subject.
_CODES = ("rule", "enterprise", "district", "park")


def matched(matchers: Sequence[Mapping[str, Any]], names: Names | None = None) -> str:
    """What matchers fit, as they are stored; what has no word stands as it is. names: of `named_by`."""
    return "；".join(_matcher(matcher, names or Names()) for matcher in matchers)


def named_by(matchers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The subjects whose names say what matchers fit."""
    for matcher in matchers:
        label, values = str(matcher.get("label")), _values(matcher)
        if label == "subject":
            yield from values
        elif label in _CODES:
            yield from (f"{label}:{value}" for value in values if value)


def _values(matcher: Mapping[str, Any]) -> list[str]:
    value = matcher.get("value")
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _matcher(matcher: Mapping[str, Any], names: Names) -> str:
    label, op = str(matcher.get("label")), str(matcher.get("op", "="))
    values = [_value(label, value, names) for value in _values(matcher)]
    return f"{_LABELS.get(label, label)} {_OPS.get(op, op)} {'、'.join(values)}"


def _value(label: str, value: str, names: Names) -> str:
    """The word and, behind it, the code that is meant."""
    if label in _CLOSED:
        return _CLOSED[label].get(value, value)
    if label == "rule" and value.endswith("."):
        word = FAMILIES.get(value[:-1])
    elif label in _CODES:
        word = names.own(f"{label}:{value}")
    elif label == "subject" and value in names.subjects:
        plant = names.subjects[value][0]
        word = " ".join(dict.fromkeys(part for part in (plant, names.subject(value)) if part))
    else:
        word = None
    return value if word is None or word == value else f"{word}（{value}）"
