"""What an evaluator is: a pure function from a window of columns and strict parameters to judgements.

It declares by its window type what it needs; the engine fetches. No clock, no store, no rule id: the same function
runs live, on backfill and in rule tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Evidence = dict[str, Any]


class Params(BaseModel):
    """Parameters of an evaluator. Strict: an unknown key, a text for a number or an infinity is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One verdict on one subject for one period; becomes a finding. Fields as in `domain.findings.Finding`."""

    subject: Subject
    period: Period
    verdict: Verdict
    reason: str
    value: float | None = None
    limit: float | None = None
    unit: str | None = None
    evidence: Evidence = field(default_factory=dict)


#: A judging function; its first argument is the window type of its evaluator.
Judge = Callable[[Any, Any], list[Judgement]]


@dataclass(frozen=True, slots=True)
class Evaluator:
    """A judging function with what a pack and the engine must know about it.

    selects: keys that a rule's `applies` must give, no more and no fewer. subjects: kinds that it judges.
    """

    name: str
    params: type[Params]
    window: type[Any]
    selects: frozenset[str]
    subjects: frozenset[SubjectKind]
    judge: Judge


EVALUATORS: dict[str, Evaluator] = {}


def evaluator(
    name: str, *, params: type[Params], window: type[Any], selects: set[str], subjects: set[SubjectKind]
) -> Callable[[Judge], Judge]:
    """Register a judging function by name. Raises ValueError for a name given twice."""

    def register(judge: Judge) -> Judge:
        if name in EVALUATORS:
            raise ValueError(f"evaluator {name} is given twice")
        EVALUATORS[name] = Evaluator(name, params, window, frozenset(selects), frozenset(subjects), judge)
        return judge

    return register


Operator = Literal[">=", ">", "<=", "="]


class YearTarget(Params):
    """What a document asks for in one year. target_id names the row of the policy tables that it comes from."""

    year: int = Field(ge=2000, le=2100)
    operator: Literal[">=", ">"]
    percent: float = Field(gt=0, le=100)
    target_id: str = Field(min_length=1)


def json_day(day: date) -> str:
    """A local day as evidence writes it."""
    return day.isoformat()


def json_instant(at: datetime) -> str:
    """An instant as evidence writes it: UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def known(value: float) -> float | None:
    """A figure for evidence: None instead of NaN, which JSON has not."""
    return float(value) if np.isfinite(value) else None


def share_pct(numerator: float, denominator: float) -> float | None:
    """A share in per cent, None of nothing."""
    return 100.0 * numerator / denominator if denominator > 0 else None
