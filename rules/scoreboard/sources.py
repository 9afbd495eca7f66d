"""How each target is followed, as `sources.toml` says. Strict: a mistyped key must not cost a target its figures."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from domain.errors import PackError
from domain.ledger import ITEMS
from rules.policy import CheckMode, Target, TargetForm, load_policy


class _Source(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    targets: list[str] = Field(min_length=1)
    reading: str = ""
    cannot: str = ""


class FindingSource(_Source):
    kind: Literal["finding"]
    rules: list[str] = Field(min_length=1)
    path: str = ""
    per: float = Field(default=1.0, gt=0)
    grows: bool = False
    needs: str = Field(min_length=1)


class DeclineSource(_Source):
    kind: Literal["decline"]
    numerator: str
    denominator: str
    base_year: int


class RatioSource(_Source):
    kind: Literal["ratio"]
    numerator: str
    denominator: str


class LedgerSumSource(_Source):
    kind: Literal["ledger_sum"]
    item: str
    years: list[int] = Field(min_length=2, max_length=2)
    per: float = Field(default=1.0, gt=0)


class ConnectedSource(_Source):
    kind: Literal["connected"]
    industries: list[str] = Field(default_factory=list)
    share: bool = False


class CountSource(_Source):
    kind: Literal["count"]
    of: Literal["enterprise", "line"]
    rule: str
    reasons: list[str]
    needs: str = Field(min_length=1)


class ShareSource(_Source):
    kind: Literal["share"]
    rule: str
    grades: list[str] = Field(min_length=1)
    industries: list[str] = Field(min_length=1)
    needs: str = Field(min_length=1)


class LdarSource(_Source):
    kind: Literal["ldar_rounds"]
    grows: bool = True


class DutySource(_Source):
    """figure: ``done_in_year``: subjects that did it in a year; ``longest_years``: the longest time since anybody did
    it last, in years; ``day_of_month``: the day of the month on which it was done; ``done_subjects``: who did it."""

    kind: Literal["duty"]
    rule: str
    figure: Literal["done_in_year", "longest_years", "day_of_month", "done_subjects"]
    needs: str = Field(min_length=1)

    @property
    def grows(self) -> bool:
        """Whether the figure adds up within a year."""
        return self.figure == "done_in_year"


class ManualSource(_Source):
    kind: Literal["manual"]
    why: str = ""


class NoSource(_Source):
    kind: Literal["none"]
    why: str = Field(min_length=1)


Source = Annotated[
    FindingSource
    | DeclineSource
    | RatioSource
    | LedgerSumSource
    | ConnectedSource
    | CountSource
    | ShareSource
    | LdarSource
    | DutySource
    | ManualSource
    | NoSource,
    Field(discriminator="kind"),
]
_ADAPTER: TypeAdapter[list[Source]] = TypeAdapter(list[Source])
FILE = "rules/scoreboard/sources.toml"


def read_sources(text: str, targets: Mapping[str, Target]) -> dict[str, Source]:
    """The source of every target. Raises PackError naming what is wrong: every target exactly once, none unknown."""
    try:
        sources = _ADAPTER.validate_python(tomllib.loads(text).get("source", []))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise PackError(f"{FILE}: {error}") from error
    named = Counter(target for source in sources for target in source.targets)
    wrong = [f"{target} is named {count} times" for target, count in named.items() if count > 1]
    wrong += [f"{target} is no target" for target in named if target not in targets]
    wrong += [f"{target} has no source" for target in targets if target not in named]
    found = {target: source for source in sources for target in source.targets}
    wrong += [fault for target, source in found.items() if (fault := _fault(targets.get(target), source)) is not None]
    if wrong:
        raise PackError(f"{FILE}: {'; '.join(wrong)}")
    return found


def _fault(target: Target | None, source: Source) -> str | None:
    if target is None:
        return None
    if isinstance(source, DeclineSource | RatioSource):
        unknown = [item for item in (source.numerator, source.denominator) if item not in ITEMS]
    else:
        unknown = [source.item] if isinstance(source, LedgerSumSource) and source.item not in ITEMS else []
    if unknown:
        return f"{target.id}: no ledger item {unknown[0]}"
    if isinstance(source, ManualSource):
        if target.form not in (TargetForm.NUMBER, TargetForm.PARTS):
            return f"{target.id} has no number that a bureau could enter"
        if target.check_mode in (CheckMode.AUTO, CheckMode.DERIVED) and not source.why:
            return f"{target.id} is {target.check_mode}: say why it is not computed"
    elif isinstance(source, DutySource) and source.figure == "day_of_month":
        if target.form is not TargetForm.MONTHLY:
            return f"{target.id} names no day of the month"
    elif not isinstance(source, NoSource) and target.form is not TargetForm.NUMBER and not source.cannot:
        return f"{target.id} has no number to compare with: say so"
    return None


@cache
def load_sources() -> dict[str, Source]:
    """The package's own sources, read once, by target id in the order of the policy tables."""
    targets = {target.id: target for target in load_policy().targets}
    found = read_sources(files("rules.scoreboard").joinpath("sources.toml").read_text("utf-8"), targets)
    return {target: found[target] for target in targets}
