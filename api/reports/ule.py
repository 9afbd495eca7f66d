"""The monthly report on ultra-low emission from what it rests on. Pure: sorts and names, counts nothing anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.models.emissions import legal_hours, period_verdict, process_name, ule_hours
from api.models.marks import STATE_WORDS
from api.models.report import (
    Exceedance,
    ReportItem,
    ReportLimit,
    ReportMark,
    ReportRule,
    UleReport,
    UsedLimit,
    UsedMark,
)
from api.reports.canonical import sha256
from domain.air import POLLUTANTS
from domain.findings import Subject
from domain.limitfaults import STATUSES
from domain.marks import DECISION_WORDS, DIMENSION_WORDS, KINDS, Decision, Dimension
from storage.listing.report import UleInputs

KIND_WORDS = {"legal": "法定限值", "ule": "超低排放"}
_VERDICT_WORDS = {"compliant": "达标", "violation": "未达标", "undetermined": "不作判定"}
OPEN_MONTH = "未出结论"

Row = Mapping[str, Any]


def build(given: UleInputs, *, month: str, enterprise: str | None, as_known_at: datetime) -> UleReport:
    """month: YYYY-MM, local. enterprise: its code, None for the whole city."""
    subjects = given.inputs["subjects"]
    marks_used: dict[int, int] = {}
    for subject in subjects:
        for used in subject["marks"]:
            marks_used[used["mark_id"]] = marks_used.get(used["mark_id"], 0) + used["hours"]
    return UleReport(
        title=_title(given.names, month, enterprise),
        month=month,
        enterprise=enterprise,
        as_known_at=as_known_at,
        inputs_sha256=sha256(given.inputs),
        items=[_item(subject, given.names) for subject in subjects],
        exceedances=[_exceedance(subject, one, given.names) for subject in subjects for one in subject["exceedances"]],
        marks=[_mark(row, marks_used.get(row["mark_id"], 0)) for row in given.inputs["marks"]],
        limits=[_limit(row) for row in given.inputs["limits"]],
        rules=_rules(subjects, given.names["rules"]),
    )


def _title(names: Row, month: str, enterprise: str | None) -> str:
    year, number = month.split("-")
    whose = names["city"] or "" if enterprise is None else names["enterprise"] or enterprise
    return f"{whose} {year} 年 {int(number)} 月超低排放月报".strip()


def _item(subject: Row, names: Row) -> ReportItem:
    enterprise, outlet, pollutant = _place(subject)
    known = names["subjects"][subject["subject"]]
    monthly = subject["monthly"]
    kind_of = {"legal.hourly": "legal", "ule.hourly": "ule"}
    marks: dict[int, int] = {}
    for used in subject["marks"]:
        marks[used["mark_id"]] = marks.get(used["mark_id"], 0) + used["hours"]
    return ReportItem(
        enterprise=enterprise,
        enterprise_name=known["enterprise_name"],
        outlet=outlet,
        outlet_name=known["outlet_name"],
        process_name=process_name(known["process"]),
        pollutant=pollutant,
        pollutant_name=_word(POLLUTANTS, pollutant),
        verdict_word=OPEN_MONTH if monthly is None else _VERDICT_WORDS[monthly["verdict"]],
        ule=ule_hours(subject["ule"], monthly),
        legal=legal_hours(subject["legal"]),
        capture=period_verdict(subject["capture"]),
        transmission=period_verdict(subject["transmission"]),
        limits=[
            UsedLimit(limit_id=used["limit_id"], kind=kind_of[used["rule_id"]], hours=used["hours"])
            for used in subject["limits"]
        ],
        marks=[UsedMark(mark_id=mark_id, hours=hours) for mark_id, hours in sorted(marks.items())],
    )


def _exceedance(subject: Row, row: Row, names: Row) -> Exceedance:
    _, outlet, pollutant = _place(subject)
    known = names["subjects"][subject["subject"]]
    evidence = row["evidence"]
    return Exceedance(
        finding_id=row["finding_id"],
        kind=row["rule_id"].partition(".")[0],
        enterprise_name=known["enterprise_name"],
        outlet=outlet,
        outlet_name=known["outlet_name"],
        pollutant=pollutant,
        pollutant_name=_word(POLLUTANTS, pollutant),
        hour_at=row["period_start"],
        measured=evidence.get("pollutant", {}).get("mean"),
        measured_unit=evidence.get("pollutant", {}).get("unit"),
        o2_pct=evidence.get("o2", {}).get("mean_pct"),
        converted=evidence.get("converted", row["value"]),
        rounded=evidence.get("rounded"),
        limit=evidence.get("limit", row["limit_value"]),
        unit=evidence.get("limit_unit", row["unit"]),
        limit_id=evidence.get("limit_id"),
        marks=evidence.get("marks", []),
    )


def _mark(row: Row, used_hours: int) -> ReportMark:
    dimension = Dimension(row["dimension"])
    decision = None
    if row["decision"] is not None:
        word = DECISION_WORDS[Decision(row["decision"])]
        decision = f"{row['decided_by']}{word}：{row['decision_reason']}"
    return ReportMark(
        mark_id=row["mark_id"],
        enterprise=row["enterprise"],
        outlet=row["outlet"],
        point=row["point"],
        dimension_word=DIMENSION_WORDS[dimension],
        kind_word=_word(KINDS[dimension], row["kind"]),
        start=row["start_at"],
        end=row["end_at"],
        author=row["author"],
        reason=row["reason"],
        created_at=row["created_at"],
        state_word=STATE_WORDS[row["state"]],
        decision=decision,
        used_hours=used_hours,
    )


def _limit(row: Row) -> ReportLimit:
    scope = f"{row['enterprise']}/{row['outlet']}" if row["outlet"] else f"{process_name(row['process'])}（工序）"
    return ReportLimit(
        limit_id=row["limit_id"],
        scope=scope,
        pollutant_name=_word(POLLUTANTS, row["quantity"]),
        kind_word=_word(KIND_WORDS, row["kind"]),
        value=row["value"],
        unit=row["unit"],
        reference_o2_pct=row["reference_o2_pct"],
        standard=row["standard"],
        clause=row["clause"],
        source=row["source"],
        status_word=_word(STATUSES, row["status"]),
        origin=row["origin"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
    )


def _rules(subjects: list[Row], known: Row) -> list[ReportRule]:
    hours: dict[tuple[str, int], int] = {}
    for subject in subjects:
        for row in subject["hours"]:
            key = (row["rule_id"], row["rule_version"])
            hours[key] = hours.get(key, 0) + row["hours"]
    return [
        ReportRule(
            rule_id=rule_id,
            version=version,
            title=known.get(rule_id, {}).get("title", rule_id),
            standard=known.get(rule_id, {}).get("standard", ""),
            clause=known.get(rule_id, {}).get("clause", ""),
            hours=count,
        )
        for (rule_id, version), count in sorted(hours.items())
    ]


def _place(subject: Row) -> tuple[str, str, str]:
    enterprise, outlet, pollutant = Subject.parse(subject["subject"]).key.split("/")
    return enterprise, outlet, pollutant


def _word(words: Mapping[str, str], code: str) -> str:
    return words.get(code, code)
