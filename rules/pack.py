"""Rule packs: limits as data. TOML, because YAML would read the pollutant NO as false; strict, because a mistyped key
in a limit must stop the start, not weaken the limit.

Everything wrong is a PackError that names file, key and reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from domain.errors import PackError
from domain.findings import SubjectKind
from domain.periods import day_start, local_day
from rules.evaluators import EVALUATORS, Evaluator, Params
from rules.evaluators.monthly_share import MonthlyShareParams
from rules.presets import CONFIRMED, Preset, check_presets, join_presets
from rules.selectors import selector_problem

#: Confidence in a limit's figures: V, V1 read in the source, V2 in a text that quotes it, KH and KL from knowledge
#: only, DESIGN our own.
Confidence = Literal["V", "V1", "V2", "KH", "KL", "DESIGN"]
Status = Literal["law", "policy", "draft", "unconfirmed", "platform"]
DocumentStatus = Literal["现行", "issued", "征求意见稿", "送审稿", "平台规则"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Alert(_Strict):
    """How findings of a rule become alerts. Hours are event time; subjects: kinds that alert.

    duty: a finding's period is the time allowed, so what is wrong begins at its end: see `alerts.lifecycle`.
    no_data_for_h: how long a subject may be undetermined for want of data before that is told; absent: it never is.
    each_period: every violating period is an alert of its own, told anew.
    """

    severity: Literal["critical", "warning", "info"]
    for_h: float = Field(default=0, ge=0)
    keep_firing_for_h: float = Field(default=0, ge=0)
    per: Literal["subject", "enterprise"] = "subject"
    subjects: list[str] = Field(min_length=1)
    duty: bool = False
    no_data_for_h: float | None = Field(default=None, gt=0)
    each_period: bool = False

    @field_validator("subjects")
    @classmethod
    def _kinds(cls, subjects: list[str]) -> list[str]:
        for kind in subjects:
            if kind not in set(SubjectKind):
                raise ValueError(f"unknown kind {kind!r}; known: {', '.join(SubjectKind)}")
        return subjects

    @model_validator(mode="after")
    def _a_duty_is_told_at_once(self) -> Alert:
        if self.duty and (self.for_h or self.keep_firing_for_h):
            raise ValueError("a duty is recorded on change only: for_h and keep_firing_for_h must be 0")
        return self

    @model_validator(mode="after")
    def _periods_of_one_subject(self) -> Alert:
        plain = self.per == "subject" and not self.duty
        if self.no_data_for_h is not None and (not plain or self.each_period):
            raise ValueError("no_data_for_h is of single subjects whose findings are no duty, and not of each_period")
        if self.each_period and (not plain or self.for_h or self.keep_firing_for_h):
            raise ValueError(
                "each_period is of single subjects whose findings are no duty; no period waits for another"
            )
        return self


class Rule(_Strict):
    """One rule, or one of several of the same id whose validity does not overlap.

    valid_from and valid_to are local days, both included. A period is judged by the variant that is valid at its start.
    reading: how we read the clause where it leaves something open.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    standard: str = Field(min_length=1)
    clause: str = Field(min_length=1)
    document: str = Field(min_length=1)
    document_status: DocumentStatus
    confidence: Confidence
    status: Status
    enabled: bool
    evaluator: str
    applies: dict[str, str] = Field(default_factory=dict)
    valid_from: date
    valid_to: date | None = None
    reading: str = ""
    alert: Alert
    params: dict[str, Any] = Field(default_factory=dict)

    @property
    def kind(self) -> Evaluator:
        """The evaluator."""
        return EVALUATORS[self.evaluator]

    @cached_property
    def typed_params(self) -> Params:
        """params as the evaluator's model; checked at load."""
        return self.kind.params.model_validate(self.params)

    @property
    def valid_from_at(self) -> datetime:
        """First instant of validity."""
        return day_start(self.valid_from)

    @property
    def valid_until_at(self) -> datetime | None:
        """First instant after validity, None for no end."""
        return None if self.valid_to is None else day_start(self.valid_to + timedelta(days=1))

    def is_valid_at(self, at: datetime) -> bool:
        """Whether an instant lies in the rule's validity."""
        until = self.valid_until_at
        return self.valid_from_at <= at and (until is None or at < until)

    def judges_from(self, at: datetime) -> bool:
        """Whether it judges anything that starts at an instant or later."""
        return self.enabled and (self.valid_until_at is None or at < self.valid_until_at)

    def definition(self) -> dict[str, Any]:
        """As JSON, for the table `rule`; params with their defaults filled in."""
        dumped: dict[str, Any] = self.model_dump(mode="json")
        return dumped | {"params": self.typed_params.model_dump(mode="json")}


class _Pack(_Strict):
    pack: str = Field(pattern=r"^[a-z0-9_]+$")
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    rule: list[Rule] = Field(default_factory=list)
    limit: list[Preset] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_something(self) -> _Pack:
        if not self.rule and not self.limit:
            raise ValueError("a pack has [[rule]] or [[limit]] tables")
        return self


@dataclass(frozen=True)
class RuleSet:
    """All rules and shipped limits of the loaded packs. A rule id may have several variants, in order of validity."""

    variants: Mapping[str, Sequence[Rule]]
    pack_of: Mapping[str, str]
    limits: Sequence[Preset] = ()
    decided: frozenset[str] = frozenset()
    """Ids on which operators have decided, see `rules.decisions`."""

    @cached_property
    def enabled(self) -> dict[str, list[Rule]]:
        """Enabled variants by rule id; ids without any are left out."""
        found = {rule_id: [rule for rule in rules if rule.enabled] for rule_id, rules in self.variants.items()}
        return {rule_id: rules for rule_id, rules in found.items() if rules}

    def in_force(self, rule_id: str, at: datetime) -> Rule:
        """The variant to show at an instant: the valid one, or the last one that began before, or the first."""
        rules = self.variants[rule_id]
        day = local_day(at)
        return next(
            (rule for rule in rules if rule.is_valid_at(at)),
            max((rule for rule in rules if rule.valid_from <= day), key=lambda r: r.valid_from, default=rules[0]),
        )


def load_packs(paths: Iterable[Path | Traversable] | None = None) -> RuleSet:
    """Load pack files, by default those of this package. Raises PackError."""
    chosen = list(default_packs() if paths is None else paths)
    loaded: dict[str, _Pack] = {}
    for path in chosen:
        pack = _read(path)
        for other, known in loaded.items():
            if known.pack == pack.pack:
                raise PackError(f"{path.name}: pack: {pack.pack!r} is also the name of {other}")
        loaded[path.name] = pack
    return _joined(loaded)


def default_packs() -> list[Traversable]:
    """The packs that are shipped, by name."""
    folder = files("rules").joinpath("packs")
    return sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)


def _read(path: Path | Traversable) -> _Pack:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackError(f"{path.name}: {error}") from error
    try:
        pack = _Pack.model_validate(content)
    except ValidationError as error:
        raise PackError(f"{path.name}: {_first(error, content)}") from error
    for rule in pack.rule:
        _check_rule(path.name, rule)
    check_presets(path.name, pack.limit)
    return pack


def _first(error: ValidationError, content: Mapping[str, Any]) -> str:
    """The first problem of a pack as `key: reason`; a rule is named by its id where it has one, a limit by its key."""
    problem = error.errors(include_url=False)[0]
    place = [str(part) for part in problem["loc"]]
    if len(place) > 1 and place[0] in ("rule", "limit") and place[1].isdigit():
        table = content[place[0]][int(place[1])]
        name = f"number {int(place[1]) + 1}"
        if isinstance(table, dict):
            name = table.get("id" if place[0] == "rule" else "key", name)
        place = [f"{place[0]} {name}", *place[2:]]
    return f"{'.'.join(place) or 'pack'}: {problem['msg']}"


def _check_rule(file: str, rule: Rule) -> None:
    def refuse(key: str, reason: str) -> PackError:
        return PackError(f"{file}: rule {rule.id}.{key}: {reason}")

    if rule.evaluator not in EVALUATORS:
        raise refuse("evaluator", f"unknown evaluator {rule.evaluator!r}; known: {', '.join(sorted(EVALUATORS))}")
    if (problem := selector_problem(rule.applies, rule.kind.selects)) is not None:
        raise refuse(*problem)
    if rule.valid_to is not None and rule.valid_to < rule.valid_from:
        raise refuse("valid_to", f"{rule.valid_to} is before valid_from {rule.valid_from}")
    confirmed = rule.confidence in CONFIRMED or (rule.confidence == "DESIGN" and rule.status == "platform")
    if rule.enabled and not confirmed:
        raise refuse("enabled", f"a rule of confidence {rule.confidence} and status {rule.status} stays disabled")
    if rule.enabled and rule.status == "unconfirmed":
        raise refuse("enabled", "an unconfirmed rule stays disabled")
    foreign = [kind for kind in rule.alert.subjects if SubjectKind(kind) not in rule.kind.subjects]
    if foreign:
        known = ", ".join(sorted(rule.kind.subjects))
        raise refuse("alert.subjects", f"{rule.evaluator} judges no {foreign[0]}; it judges: {known}")
    try:
        _ = rule.typed_params
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        key = ".".join(["params", *(str(part) for part in detail["loc"])])
        raise refuse(key, detail["msg"]) from error


def _joined(loaded: Mapping[str, _Pack]) -> RuleSet:
    variants: dict[str, list[Rule]] = {}
    home: dict[str, str] = {}
    pack_of: dict[str, str] = {}
    for file, pack in loaded.items():
        for rule in pack.rule:
            if home.setdefault(rule.id, file) != file:
                raise PackError(f"{file}: rule {rule.id}.id: duplicate, it is also in {home[rule.id]}")
            pack_of[rule.id] = pack.pack
            for other in variants.setdefault(rule.id, []):
                _check_variants(file, rule, other)
            variants[rule.id].append(rule)
    for rules in variants.values():
        rules.sort(key=lambda rule: rule.valid_from)
    _check_references(home, variants)
    return RuleSet(variants, pack_of, join_presets({file: pack.limit for file, pack in loaded.items() if pack.limit}))


def _check_variants(file: str, rule: Rule, other: Rule) -> None:
    """Same id: validity disjoint, and so alike that the same subjects are judged in the same kind of period."""
    late, early = (rule, other) if rule.valid_from >= other.valid_from else (other, rule)
    if early.valid_to is None or late.valid_from <= early.valid_to:
        reason = f"overlaps the validity of the same id from {other.valid_from}"
        raise PackError(f"{file}: rule {rule.id}.valid_from: {reason}")
    for key in ("evaluator", "applies"):
        if getattr(rule, key) != getattr(other, key):
            raise PackError(f"{file}: rule {rule.id}.{key}: differs from the same id from {other.valid_from}")
    if rule.version == other.version:
        raise PackError(f"{file}: rule {rule.id}.version: {rule.version} is also that from {other.valid_from}")


def _check_references(home: Mapping[str, str], variants: Mapping[str, Sequence[Rule]]) -> None:
    """A monthly share counts verdicts of a rule that exists, selects the same and is enabled whenever it is."""
    for rule_id, rules in variants.items():
        for rule in rules:
            params = rule.typed_params
            if not isinstance(params, MonthlyShareParams):
                continue
            counted = variants.get(params.of, ())
            if not counted or counted[0].evaluator != "hourly_limit":
                raise PackError(f"{home[rule_id]}: rule {rule_id}.params.of: no hourly rule {params.of!r}")
            if counted[0].applies != rule.applies:
                raise PackError(f"{home[rule_id]}: rule {rule_id}.applies: differs from that of {params.of}")
            if rule.enabled and not any(one.enabled for one in counted):
                raise PackError(f"{home[rule_id]}: rule {rule_id}.enabled: {params.of} is disabled")
