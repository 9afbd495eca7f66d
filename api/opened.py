"""Opens a finding down: gathers what `api.explain` puts into words, and what a person computes it from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from api.explain import POINT_ROLES, explain, points_of
from api.explainenergy import explain_line
from api.fields import format_instant
from api.models.explain import ExplainedPoint, Explanation, MinuteItem, PartItem
from api.models.limits import limit_item
from api.models.marks import mark_item
from api.session import Session
from domain.findings import Subject, SubjectKind
from domain.periods import HOUR, Period
from domain.reasons import reason_word
from storage.listing.emissions import HOURLY_RULES
from storage.listing.explain import explained_parts, explained_points
from storage.listing.limits import limits_by_id
from storage.listing.marks import marks_by_id
from storage.listing.session import Row

#: Subjects whose findings rest on points, limits and marks.
OPENED = frozenset({SubjectKind.POLLUTANT, SubjectKind.OUTLET, SubjectKind.POINT})
#: Marks shown of one finding; a quarter may name hundreds.
_MARKS_SHOWN = 500
_HOUR_S = 3600


async def explanation_of(session: Session, row: Row) -> Explanation | None:
    """The explanation of a finding; None when it rests on nothing that could be opened."""
    subject = Subject.parse(row["subject"])
    if subject.kind is SubjectKind.LINE and "components" in row["evidence"]:
        line = explain_line(row)
        return Explanation(
            formula=line.formula,
            filled=line.filled,
            steps=line.steps,
            limit=None,
            marks=[],
            points=[],
            parts=[],
            notes=[],
        )
    if subject.kind not in OPENED or subject.enterprise is None:
        return None
    evidence = row["evidence"]
    limits = await limits_by_id(session.connection, [evidence["limit_id"]]) if "limit_id" in evidence else []
    limit = limits[0] if limits else None
    named = evidence.get("marks", [])
    marks = await marks_by_id(session.connection, named[:_MARKS_SHOWN]) if named else []
    period = Period(row["period_start"], row["period_end"])
    points: list[ExplainedPoint] = []
    parts: list[PartItem] = []
    if period.end - period.start == HOUR:
        points = await _points(session, row, subject.enterprise, period)
    elif subject.kind is SubjectKind.POLLUTANT:
        parts = await _parts(session, row, period)
    worked = explain(row, limit)
    return Explanation(
        formula=worked.formula,
        filled=worked.filled,
        steps=worked.steps,
        limit=None if limit is None else limit_item(limit),
        marks=[mark_item(mark) for mark in marks],
        points=points,
        parts=parts,
        notes=_notes(row, points, len(named)),
    )


async def _points(session: Session, row: Row, enterprise: str, hour: Period) -> list[ExplainedPoint]:
    roles = points_of(row["evidence"])
    if not roles:
        return []
    found = await explained_points(
        session.connection, enterprise=enterprise, codes=sorted(set(roles.values())), hour=hour
    )
    by_code = {point["point"]: point for point in found}
    return [_point(role, by_code[code], row, hour) for role, code in roles.items() if code in by_code]


def _point(role: str, point: Row, row: Row, hour: Period) -> ExplainedPoint:
    now = point["hour"]
    return ExplainedPoint(
        role=role,
        role_word=POINT_ROLES.get(role, role),
        **{name: point[name] for name in ("point", "name", "quantity", "unit")},
        hour=now,
        changed_since=now is not None and now["computed_at"] > row["computed_at"],
        minutes=[MinuteItem.model_validate(slot) for slot in _every_slot(point, hour)],
    )


def _every_slot(point: Row, hour: Period) -> list[dict[str, Any]]:
    """The slots of the hour in order, those without readings too."""
    if point["kind"] == "counter":
        return []
    length_s = min(max(int(point["interval_s"]), 60), _HOUR_S)
    found = {slot["slot"]: slot for slot in point["minutes"]}
    empty = {"mean": None, "is_valid": False, "readings": 0, "valid_readings": 0, "corrected": 0, "mark_id": None}
    return [
        found.get(number)
        or {"start": hour.start + number * length_s * HOUR / _HOUR_S, "length_s": length_s, "flags": {}, **empty}
        for number in range(-(-_HOUR_S // length_s))
    ]


async def _parts(session: Session, row: Row, period: Period) -> list[PartItem]:
    of = row["evidence"].get("of")
    rows = await explained_parts(
        session.connection,
        rule_ids=[of] if isinstance(of, str) else list(HOURLY_RULES),
        subject=row["subject"],
        period=period,
    )
    return [
        PartItem(
            rule_id=part["rule_id"],
            verdict=part["verdict"],
            reason=part["reason"],
            reason_word=reason_word(part["reason"]),
            hours=part["hours"],
            findings=f"{session.public_url}/v1/findings?"
            + urlencode(
                {
                    "rule": part["rule_id"],
                    "subject": row["subject"],
                    "verdict": part["verdict"],
                    "reason": part["reason"],
                    "from": format_instant(period.start),
                    "to": format_instant(period.end),
                }
            ),
        )
        for part in rows
    ]


def _notes(row: Row, points: list[ExplainedPoint], named: int) -> list[str]:
    notes = []
    if row["superseded_at"] is not None:
        notes.append("此判定已被新的判定取代；小时与分钟是现在的数据，标记是现在的状态。")
    elif any(point.changed_since for point in points):
        notes.append("小时数据在判定之后重新计算过，平台将重新判定。")
    if points and not any(slot.readings for point in points for slot in point.minutes):
        notes.append("该小时没有读数，或原始读数已超过保存期。")
    if named > _MARKS_SHOWN:
        notes.append(f"此判定涉及 {named} 条标记，这里列出前 {_MARKS_SHOWN} 条。")
    return notes
