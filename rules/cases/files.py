"""Rule tests as data: what `plantwatch rules test` runs. A case gives series or a register and says what must be found.

The limits come from the packs, the hourly rows from the real hourly computation and the verdicts from the real
evaluators; there is no database. What changes when data arrives late is the engine's business and is tested there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from domain.errors import BadInput
from domain.periods import require_aware
from rules.cases.model import Case, CaseError, read_cases
from rules.cases.windows import JUDGES
from rules.evaluators.contract import Judgement
from rules.pack import RuleSet, load_packs


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case went for one rule: it passed when there are no problems."""

    file: str
    rule_id: str
    case: Case
    problems: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether the case holds."""
        return not self.problems

    @property
    def title(self) -> str:
        """File, rule and name in a line."""
        return f"{self.file}: {self.rule_id}: {self.case.name}"


def case_files(paths: Iterable[Path]) -> list[Path]:
    """The given files, and the .toml files of given folders, by name."""
    found: list[Path] = []
    for path in paths:
        found += sorted(path.rglob("*.toml")) if path.is_dir() else [path]
    return found


def run_cases(paths: Iterable[Path], rules: RuleSet | None = None) -> list[CaseResult]:
    """Run every case of some files or folders against a rule set, by default the shipped packs.

    Raises CaseError for a file that cannot be read or names an unknown rule.
    """
    known = load_packs() if rules is None else rules
    results = []
    for path in case_files(paths):
        for rule_id, case in read_cases(path):
            if rule_id not in known.variants:
                raise CaseError(f"{path.name}: rule: no rule {rule_id!r} in the packs")
            try:
                problems = compare(case, judge_case(known, rule_id, case))
            except (BadInput, ValueError, KeyError) as error:
                raise CaseError(f"{path.name}: case {case.name!r}: {error}") from error
            results.append(CaseResult(path.name, rule_id, case, problems))
    return results


def judge_case(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """The judgements that a rule makes on a case. A disabled rule is judged as if it were enabled."""
    return JUDGES[rules.variants[rule_id][0].evaluator](rules, rule_id, case)


def compare(case: Case, found: Sequence[Judgement]) -> list[str]:
    """What differs between expectations and judgements, one line each."""
    problems = []
    left = {(str(one.subject), one.period.start): one for one in found}
    for expected in case.expect:
        at = require_aware(expected.at)
        matches = [key for key in left if key[1] == at and expected.subject in (None, key[0])]
        if len(matches) != 1:
            made = ", ".join(sorted(key[0] for key in matches)) or "none"
            problems.append(f"{_when(at)} {expected.subject or ''}: expected one judgement, found: {made}")
            continue
        judgement = left.pop(matches[0])
        difference = expected.mismatch(judgement)
        if difference is not None:
            problems.append(f"{_when(at)} {judgement.subject}: {difference}")
    if case.complete:
        problems += [
            f"{_when(at)} {subject}: not expected: {one.verdict} {one.reason}" for (subject, at), one in left.items()
        ]
    return problems


def summary(results: Sequence[CaseResult]) -> list[str]:
    """Lines for a person: every failed case with what differs, and the counts."""
    lines = []
    for result in results:
        if not result.passed:
            lines += [f"FAILED {result.title}", *(f"  {problem}" for problem in result.problems)]
    failed = sum(not result.passed for result in results)
    rules = len({result.rule_id for result in results})
    return [*lines, f"{len(results)} cases of {rules} rules, {failed} failed"]


def _when(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
