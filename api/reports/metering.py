"""The monthly report on metering of a district from what it rests on. Pure: sorts and names, counts nothing anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from api.models.gaps import gap
from api.models.metering import AccountRow, LevelRow, MeteringReport, RateRow, ReadingRow, RuleNote
from domain.accountreasons import account_word
from domain.findings import Subject
from domain.ledger import MEDIUM_NAMES
from domain.metering import LEVEL_NAMES
from storage.listing.metering_report import MeteringInputs

VERDICT_WORDS = {"compliant": "达标", "violation": "未达标", "undetermined": "不作判定"}

#: Readings that evidence may hold, with the keys of their numerator and denominator.
_READINGS = {
    "by_enterprise": ("enterprises_complete", "enterprises"),
    "by_place": ("fitted", "required"),
    "by_volume": ("permitted_online_m3_a", "permitted_m3_a"),
    "by_count": ("required_online", "required"),
}
#: Headings by what a rule's id begins with; the first that fits. Whatever fits nowhere else stands under the last.
SHEETS = (
    ("水量平衡", ("water.balance", "water.leak_rate", "water.reuse_rate")),
    ("许可与计划", ("water.",)),
    ("能耗", ("energy.",)),
    ("碳与固废", ("carbon.", "green.", "solid.")),
    ("其他", ("",)),
)
#: A monthly rate of metering, no account.
_ARRIVAL = "arrival_rate"

Row = Mapping[str, Any]


def build(
    given: MeteringInputs, *, month: str, district: str, name: str, made_at: datetime, gaps_on: date
) -> MeteringReport:
    """month: YYYY-MM, local. district: its code; name: what it is called."""
    year, number = month.split("-")
    rates = [row for row in given.months if given.rules[row["rule_id"]]["evaluator"] == _ARRIVAL]
    accounts = [row for row in given.months if given.rules[row["rule_id"]]["evaluator"] != _ARRIVAL]
    return MeteringReport(
        title=f"{name} {year} 年 {int(number)} 月水与能源计量月报",
        month=month,
        district=district,
        district_name=name,
        made_at=made_at,
        gaps_on=gaps_on,
        rates=[_rate(row, given) for row in (*given.rates, *rates)],
        gaps=[gap(row) for row in given.gaps],
        accounts=[
            AccountRow(**_finding(row), sheet=_sheet(row["rule_id"]), evidence=row["evidence"]) for row in accounts
        ],
        rules=[RuleNote(**{field: rule[field] for field in RuleNote.model_fields}) for rule in given.rules.values()],
    )


def _finding(row: Row) -> dict[str, Any]:
    same = ("finding_id", "rule_id", "rule_version", "title", "subject", "name", "park", "enterprise_name", "verdict")
    rest = ("reason", "value", "unit", "period_start", "period_end", "computed_at")
    return {field: row[field] for field in (*same, *rest)} | {
        "subject_kind": Subject.parse(row["subject"]).kind,
        "verdict_word": VERDICT_WORDS[row["verdict"]],
        "reason_word": account_word(row["reason"]),
        "limit": row["limit_value"],
    }


def _sheet(rule_id: str) -> str:
    return next(name for name, prefixes in SHEETS if rule_id.startswith(prefixes))


def _rate(row: Row, given: MeteringInputs) -> RateRow:
    rule, evidence = given.rules[row["rule_id"]], row["evidence"]
    target_id = evidence.get("target", {}).get("target_id")
    target = given.targets.get(target_id)
    return RateRow(
        **_finding(row),
        readings=list(_readings(evidence)),
        levels=[_level(level) for level in evidence.get("levels", ())],
        target_id=target_id,
        document=rule["standard"] if target is None else target["document"],
        document_status=rule["document_status"] if target is None else target["document_status"],
    )


def _readings(evidence: Row) -> Iterator[ReadingRow]:
    """The reading that the verdict rests on, then the others."""
    names = sorted((name for name in _READINGS if name in evidence), key=lambda name: name != evidence.get("method"))
    for name in names:
        figures, (numerator, denominator) = evidence[name], _READINGS[name]
        yield ReadingRow(
            method=name,
            label=figures.get("label", name),
            document=figures.get("document"),
            document_status=figures.get("document_status"),
            numerator=figures.get(numerator),
            denominator=figures.get(denominator),
            pct=figures.get("pct"),
        )
    if "decisive" in evidence:
        decisive = evidence["decisive"]
        label = f"{MEDIUM_NAMES.get(decisive['medium'], '')} {LEVEL_NAMES.get(decisive['level'], '')}".strip()
        yield _single("by_level", f"按计量点：{label}", evidence["fitted"], evidence["required"])
    if "expected_hours" in evidence:
        yield _single("by_hour", "按小时：有读数的小时占应有小时之比", evidence["hours"], evidence["expected_hours"])


def _single(method: str, label: str, numerator: float, denominator: float) -> ReadingRow:
    return ReadingRow(
        method=method,
        label=label,
        document=None,
        document_status=None,
        numerator=numerator,
        denominator=denominator,
        pct=100.0 * numerator / denominator if denominator else None,
    )


def _level(level: Row) -> LevelRow:
    return LevelRow(
        **{field: level[field] for field in ("medium", "level", "required", "fitted", "pct", "required_pct", "met")},
        medium_word=MEDIUM_NAMES.get(level["medium"], level["medium"]),
        level_word=LEVEL_NAMES[level["level"]],
    )
