"""From figures to a target's points, and what to say where there are none. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import fsum
from typing import Any

from domain.accountreasons import account_word
from domain.ledger import ITEMS
from domain.periods import add_months
from rules.policy import Target
from rules.scoreboard.computed import Computed
from rules.scoreboard.duties import of_duty
from rules.scoreboard.figures import Counted, Figures, Seen
from rules.scoreboard.sources import (
    ConnectedSource,
    CountSource,
    DeclineSource,
    DutySource,
    FindingSource,
    LdarSource,
    LedgerSumSource,
    ManualSource,
    NoSource,
    RatioSource,
    ShareSource,
    Source,
)
from rules.scoreboard.standing import Point

#: Undetermined findings whose figure is complete all the same: nothing was asked for, not something missing.
_WHOLE = ("no_target_this_year", "no_limit")


def compute(target: Target, source: Source, figures: Figures) -> Computed:
    """The figures of a target, in its unit."""
    match source:
        case FindingSource():
            return _findings(target, source, figures)
        case DeclineSource():
            return _decline(source, figures)
        case RatioSource():
            return _ratio(source, figures)
        case LedgerSumSource():
            return _ledger_sum(source, figures)
        case ConnectedSource():
            return _connected(source, figures)
        case CountSource():
            return _count(source, figures)
        case ShareSource():
            return _share(source, figures)
        case LdarSource():
            return _rounds(figures)
        case DutySource():
            return of_duty(source, figures)
        case ManualSource():
            return _entered(target, source, figures)
        case NoSource():
            return Computed(missing=source.why)


def _findings(target: Target, source: FindingSource, figures: Figures) -> Computed:
    by_month: dict[date, tuple[str, Seen]] = {}
    for rule in reversed(source.rules):  # the first one has the say
        by_month |= {seen.month: (rule, seen) for seen in figures.seen.get((rule, source.path), ())}
    if not by_month:
        return Computed(missing=f"还没有判定结果，需要：{source.needs}", basis={"rules": list(source.rules)})
    points = [
        Point(seen.as_of, seen.value / source.per, None if source.grows else _verdict(target, seen))
        for _, (_, seen) in sorted(by_month.items())
        if seen.value is not None and _is_whole(seen)
    ]
    rule, newest = by_month[max(by_month)]
    basis = {
        "rule": rule,
        "finding_id": newest.finding_id,
        "verdict": newest.verdict,
        "reason": newest.reason,
        "figure": newest.value,
    }
    missing = ""
    if not _is_whole(newest) or newest.value is None:
        missing = f"{_month_word(newest.month)}：{account_word(newest.reason)}"
        if points:
            missing += f"；所列为{_day_word(points[-1].as_of)}的数值"
    return Computed(points, missing, basis)


def _is_whole(seen: Seen) -> bool:
    return seen.verdict != "undetermined" or seen.reason in _WHOLE


def _verdict(target: Target, seen: Seen) -> bool | None:
    judged = seen.judged_target == target.id and seen.verdict != "undetermined"
    return seen.verdict == "compliant" if judged else None


def _yearly_ratio(figures: Figures, numerator: str, denominator: str, year: int) -> float | None:
    above, below = (figures.ledger.year(None, item, year) for item in (numerator, denominator))
    return None if above is None or not below else above / below


def _lacking(figures: Figures, items: Iterable[str], year: int) -> str:
    return "、".join(ITEMS[item].name for item in items if not figures.ledger.year(None, item, year))


def _whole_years(figures: Figures, first: int) -> range:
    """Years from one on that have ended."""
    return range(first, (figures.today + timedelta(days=1)).year)


def _decline(source: DeclineSource, figures: Figures) -> Computed:
    items = (source.numerator, source.denominator)
    base = _yearly_ratio(figures, *items, source.base_year)
    if not base:
        return Computed(missing=f"未提供{source.base_year}年基准值：{_lacking(figures, items, source.base_year)}")
    points = [
        Point(date(year, 12, 31), 100.0 * (1.0 - ratio / base))
        for year in _whole_years(figures, source.base_year + 1)
        if (ratio := _yearly_ratio(figures, *items, year)) is not None
    ]
    basis: dict[str, Any] = {"base_year": source.base_year, "base": base, "items": list(items)}
    if not points:
        year = max(source.base_year + 1, figures.today.year - 1)
        return Computed(missing=f"未提供{year}年的{_lacking(figures, items, year)}", basis=basis)
    return Computed(points, basis=basis)


def _ratio(source: RatioSource, figures: Figures) -> Computed:
    items = (source.numerator, source.denominator)
    points = [
        Point(date(year, 12, 31), ratio)
        for year in _whole_years(figures, figures.today.year - 5)
        if (ratio := _yearly_ratio(figures, *items, year)) is not None
    ]
    year = figures.today.year - 1
    missing = "" if points else f"未提供{year}年的{_lacking(figures, items, year)}"
    return Computed(points, missing, {"items": list(items)})


def _ledger_sum(source: LedgerSumSource, figures: Figures) -> Computed:
    amounts: list[tuple[date, float]] = []
    for year in range(source.years[0], min(source.years[1], figures.today.year) + 1):
        amounts += _year_amounts(source.item, figures, year)
    amounts.sort()
    running, points = 0.0, []
    for day in sorted({day for day, _ in amounts}):
        running = fsum([running, *(amount for at, amount in amounts if at == day)])
        points.append(Point(day, running / source.per))
    missing = "" if points else f"台账没有{source.years[0]}年以来的{ITEMS[source.item].name}"
    return Computed(points, missing, {"item": source.item, "years": list(source.years)})


def _year_amounts(item: str, figures: Figures, year: int) -> list[tuple[date, float]]:
    """What was reported for a year: of the city, else of its enterprises; by the day on which its period ends."""
    first = date(year, 1, 1)
    stated = [entry for entry in figures.ledger.entries if (entry.item, entry.first.year) == (item, year)]
    whole = [entry.value for entry in stated if entry.period_kind == "year"]
    if whole:
        return [(_ended(first, 12, figures.today), whole[0])]
    if stated:
        return [(_ended(entry.first, 1, figures.today), entry.value) for entry in stated]
    return [
        (_ended(one.first, 12 if one.period_kind == "year" else 1, figures.today), one.value)
        for one in figures.sums.get(item, ())
        if one.first.year == year
    ]


def _ended(first: date, months: int, today: date) -> date:
    return min(add_months(first, months) - timedelta(days=1), today)


def _connected(source: ConnectedSource, figures: Figures) -> Computed:
    rows = [row for row in figures.linked if not source.industries or row.industry in source.industries]
    totals = {
        month: (
            sum(row.registered for row in rows if row.month == month),
            sum(row.connected for row in rows if row.month == month),
        )
        for month in sorted({row.month for row in rows})
    }
    this_month = figures.today.replace(day=1)
    if any(month < this_month for month in totals):  # a month that has just begun says little
        totals.pop(this_month, None)
    points = [
        Point(_ended(month, 1, figures.today), 100.0 * linked / registered if source.share else float(linked))
        for month, (registered, linked) in totals.items()
        if registered > 0
    ]
    if not points:
        return Computed(missing="没有登记这类企业")
    registered, linked = totals[max(totals)]
    return Computed(points, basis={"registered": registered, "connected": linked})


def _count(source: CountSource, figures: Figures) -> Computed:
    rows = figures.counted.get((source.of, source.rule), ())
    points = [
        Point(
            _ended(month, 1, figures.today),
            float(
                sum(r.subjects for r in rows if r.month == month and (not source.reasons or r.reason in source.reasons))
            ),
        )
        for month in sorted({row.month for row in rows})
    ]
    if not points:
        return Computed(missing=f"还没有判定结果，需要：{source.needs}", basis={"rules": [source.rule]})
    month = max(row.month for row in rows)
    return Computed(
        points, basis={"rule": source.rule, "reasons": _by_reason(row for row in rows if row.month == month)}
    )


def _share(source: ShareSource, figures: Figures) -> Computed:
    rows = [r for r in figures.counted.get(("line", source.rule), ()) if r.industry in source.industries]
    if not rows:
        return Computed(missing=f"这些行业还没有判定结果，需要：{source.needs}", basis={"rules": [source.rule]})
    points, missing = [], ""
    for month in sorted({row.month for row in rows}):
        of_month = [row for row in rows if row.month == month]
        undecided = [row for row in of_month if row.verdict == "undetermined"]
        reached = sum(row.subjects for row in of_month if row.grade in source.grades)
        missing = ""
        if undecided:
            words = "、".join(f"{account_word(reason)}{count}条" for reason, count in _by_reason(undecided).items())
            missing = f"{_month_word(month)}部分生产线无法判定：{words}"
        else:
            points.append(Point(_ended(month, 1, figures.today), 100.0 * reached / sum(r.subjects for r in of_month)))
    newest = max(row.month for row in rows)
    return Computed(points, missing, {"rule": source.rule, "reasons": _by_reason(r for r in rows if r.month == newest)})


def _by_reason(rows: Iterable[Counted]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in rows:
        found[row.reason] += row.subjects
    return dict(sorted(found.items()))


def _rounds(figures: Figures) -> Computed:
    judged = [(code, components, tested) for code, components, tested in figures.rounds if components > 0]
    if not judged:
        return Computed(missing="没有需要检测的密封点，或当年尚未判定")
    complete = sum(components == tested for _, components, tested in judged)
    basis = {
        "rule": "ldar.wuhai_yearly",
        "enterprises": len(judged),
        "enterprises_complete": complete,
        "components": sum(components for _, components, _ in judged),
        "components_tested": sum(tested for _, _, tested in judged),
    }
    return Computed([Point(figures.today, complete / len(judged))], basis=basis)


def _entered(target: Target, source: ManualSource, figures: Figures) -> Computed:
    rows = [row for row in figures.entered.get(target.id, ()) if row.as_of <= figures.today]
    missing = "" if rows else source.why or f"尚未填报，由{target.bureau}填报"
    basis: dict[str, Any] = {}
    if rows:
        newest = max(rows, key=lambda row: (row.as_of, row.value_id))
        basis = {"author": newest.author, "evidence": newest.evidence, "value_id": newest.value_id}
    parts: dict[str, list[Point]] = {}
    for row in sorted(rows, key=lambda row: row.as_of):
        parts.setdefault(row.part, []).append(Point(row.as_of, row.value))
    return Computed(parts.get("", []), missing, basis, parts)


def trend_of(points: Sequence[Point]) -> list[dict[str, Any]]:
    """The last 36 points as JSON."""
    return [{"as_of": point.as_of.isoformat(), "value": point.value} for point in points[-36:]]


def _month_word(month: date) -> str:
    return f"{month.year}年{month.month}月"


def _day_word(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
