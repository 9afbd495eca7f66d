"""The rows of the scoreboard: one for each target of the policy tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rules.policy import CheckMode, Comparison, Conflict, Target, TargetForm, YearRule, load_policy
from rules.scoreboard.compute import compute, trend_of
from rules.scoreboard.computed import Computed
from rules.scoreboard.figures import Figures
from rules.scoreboard.sources import ManualSource, NoSource, Source, load_sources
from rules.scoreboard.standing import Aim, Point, Standing, State, stand, worst

Row = dict[str, Any]


def rows_of(figures: Figures, sources: Mapping[str, Source] | None = None) -> list[Row]:
    """Every target's row, in the order of the policy tables."""
    policy = load_policy()
    known = load_sources() if sources is None else sources
    return [row_of(target, known[target.id], figures, policy.conflicts) for target in policy.targets]


def row_of(target: Target, source: Source, figures: Figures, conflicts: Sequence[Conflict] = ()) -> Row:
    """A target's row as it is to be stored: figures in the target's unit, days and states as text in JSON."""
    computed = compute(target, source, figures)
    if target.form is TargetForm.PARTS and isinstance(source, ManualSource):
        standing, parts, trend = _parts(target, computed, figures)
    else:
        standing, parts, trend = _single(target, source, computed, figures), [], trend_of(computed.points)
    return {
        "target_id": target.id,
        "indicator_year": standing.year,
        "state": standing.state.value,
        "value": standing.value,
        "unit": target.unit,
        "as_of": standing.as_of,
        "gap": standing.gap,
        "projected": standing.projected,
        "trend": trend,
        "parts": parts,
        "conflicts": [_conflict(one) for one in conflicts if target.id in one.target_ids],
        "source": {
            "kind": source.kind,
            **({"reading": source.reading} if source.reading else {}),
            **computed.basis,
            **({"projection": "linear"} if standing.projected is not None else {}),
        },
        "why": standing.why,
    }


def _single(target: Target, source: Source, computed: Computed, figures: Figures) -> Standing:
    newest = computed.points[-1] if computed.points else None
    value, as_of = (None, None) if newest is None else (newest.value, newest.as_of)
    if isinstance(source, NoSource):
        return Standing(State.NOT_COMPUTABLE, target.target_year, why=source.why)
    if source.cannot and newest is not None:
        why = "；".join(text for text in (source.cannot, computed.missing) if text)
        return Standing(State.NOT_COMPUTABLE, target.target_year, value, as_of, why=why)
    operator = Comparison.AT_MOST if source.kind == "duty" and source.figure == "day_of_month" else target.operator
    if target.value is None or operator is None:
        why = "；".join(text for text in (source.cannot, computed.missing) if text)
        return Standing(State.NOT_COMPUTABLE, target.target_year, why=why)
    aim = _aim(target, operator, float(target.value), getattr(source, "grows", False))
    if computed.missing:
        return _without(target, source, computed, aim, newest)
    return stand(aim, computed.points, figures.today)


def _without(target: Target, source: Source, computed: Computed, aim: Aim, newest: Point | None) -> Standing:
    """Nothing to rest a state on: older figures are shown, but nobody knows whether they still hold."""
    never = isinstance(source, ManualSource) and target.check_mode in (CheckMode.AUTO, CheckMode.DERIVED)
    state = State.NOT_COMPUTABLE if never or (source.kind == "decline" and newest is None) else State.UNKNOWN
    if newest is None:
        return Standing(state, target.target_year, why=computed.missing)
    gap = aim.gap(newest.value)
    return Standing(state, target.target_year, newest.value, newest.as_of, gap, None, computed.missing)


def _aim(target: Target, operator: Comparison, value: float, grows: bool, year: int | None = None) -> Aim:
    share = target.unit == "%" and "下降" not in target.indicator
    return Aim(operator, value, year or target.target_year, target.year_rule, share, grows)


def is_yearly(target: Target) -> bool:
    """Whether the parts of a target are thresholds of different years for one figure."""
    return all(part.label.isdigit() and len(part.label) == 4 for part in target.parts)


def part_labels(target: Target) -> list[str]:
    """What an entered figure of a target may be a figure of: one '' unless it counts several kinds of things."""
    if target.form is not TargetForm.PARTS or is_yearly(target):
        return [""]
    return list(dict.fromkeys(part.label for part in target.parts))


def _parts(target: Target, computed: Computed, figures: Figures) -> tuple[Standing, list[Row], list[Row]]:
    yearly = is_yearly(target)
    standings: list[Standing] = []
    rows: list[Row] = []
    for part in target.parts:
        year = int(part.label) if yearly else target.target_year
        aim = Aim(part.operator, float(part.value), year, YearRule.BY, target.unit == "%")
        standing = stand(aim, computed.parts.get("" if yearly else part.label, []), figures.today)
        standings.append(standing)
        rows.append(
            {
                "part": part.label,
                "operator": part.operator.value,
                "target_value": float(part.value),
                "target_year": year,
                "state": standing.state.value,
                "value": standing.value,
                "as_of": None if standing.as_of is None else standing.as_of.isoformat(),
                "gap": standing.gap,
                "projected": standing.projected,
            }
        )
    state = worst([standing.state for standing in standings])
    trend = [{**point, "part": name} for name, points in computed.parts.items() for point in trend_of(points)]
    why = computed.missing
    if not why and state is State.UNKNOWN:
        lacking = [row["part"] for row in rows if row["state"] == State.UNKNOWN]
        why = f"尚未填报：{'、'.join(dict.fromkeys(lacking))}"
    if not yearly:  # figures of different things: each stands with its part
        return Standing(state, target.target_year, why=why), rows, trend
    last = standings[-1]
    return Standing(state, last.year, last.value, last.as_of, last.gap, last.projected, why), rows, trend


def _conflict(one: Conflict) -> Row:
    return {
        "id": one.id,
        "topic": one.topic,
        "targets": list(one.target_ids),
        "other_source": one.other_source,
        "remark": one.remark,
    }
