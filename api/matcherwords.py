"""Matchers of silences as people read them: at the desk, in the audit log and in the shift report. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.wording import SEVERITY_WORDS

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


def matched(matchers: Sequence[Mapping[str, Any]]) -> str:
    """What matchers fit, as they are stored; what has no word stands as it is."""
    return "；".join(map(_matcher, matchers))


def _matcher(matcher: Mapping[str, Any]) -> str:
    label, value = str(matcher.get("label")), matcher.get("value")
    values = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    if label == "severity":
        values = [_LEVELS.get(one, one) for one in values]
    op = str(matcher.get("op", "="))
    return f"{_LABELS.get(label, label)} {_OPS.get(op, op)} {'、'.join(values)}"
