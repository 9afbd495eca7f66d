"""The life of leaks (泄漏): a component's tests, repairs and filings in time order become leaks with states.

Pure. Everything known of a component is folded again whenever anything about it changes, so that it does not matter in
which order facts arrived. What is no legal step of a leak's life is refused where it is new (`illegal`), and passed
over where it is already stored and has lost what it rested on (a corrected reading): stored facts stay.

    no leak --leaking test--> found --repair--> attempted --retest, leaking--> still_leaking --repair--> attempted
    any open state --filing--> delayed; attempted, delayed after a repair --passing retest--> closed
    any open state --out of service--> removed

A leak does not heal by itself: without a repair since it was last seen leaking, no test closes it.
Sources: GB 37822-2019 8.2 (what is a leak), 8.4 (repair, delay of repair), GB 31571-2015 5.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from domain.leaks import DELAY_GROUNDS, MEDIA, Reached, is_above
from domain.periods import SITE_ZONE, day_start, local_day

_MOMENT = timedelta(microseconds=1)

#: Purposes of tests that close a leak once it was repaired; a spot check is the bureau's and closes nothing.
_CLOSING = frozenset({"retest", "routine", "recheck"})


@dataclass(frozen=True, slots=True)
class Measured:
    """A test by its newest revision. net_umol_mol: None where no probe was used, then `visible` says the outcome.

    has_time: False where only the day was reported; `at` is then its beginning.
    """

    at: datetime
    net_umol_mol: float | None
    visible: bool = False
    purpose: str = "routine"
    has_time: bool = True

    def is_leaking(self, definition: float) -> bool:
        """Whether it shows a leak: a visible drip or seep, or a net reading above the definition (umol/mol; see
        `domain.leaks.is_above`)."""
        return self.visible or (self.net_umol_mol is not None and is_above(self.net_umol_mol, definition))


@dataclass(frozen=True, slots=True)
class Repaired:
    """An attempt at repair. found_at: the leak that the record speaks of, where it says so."""

    at: datetime
    found_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """A delay of repair filed with the bureau. at: when it was filed; repair_by: last local day."""

    at: datetime
    found_at: datetime
    ground: str
    repair_by: date
    document: str


Fact = Measured | Repaired | Filed


@dataclass(frozen=True, slots=True)
class Leak:
    """A leak as far as it is known. closed_at: of the passing test; None while open and of a removed component.

    tests: those of it that leaked, the one that found it first; repairs, filings: in time order. failed_at: the newest
    leaking test after a repair. definition: umol/mol, by which it was found.
    """

    found_at: datetime
    net_umol_mol: float | None
    visible: bool
    definition: float
    state: str = "found"
    tests: tuple[Measured, ...] = ()
    repairs: tuple[datetime, ...] = ()
    filings: tuple[Filed, ...] = ()
    failed_at: datetime | None = None
    closed_at: datetime | None = None
    closed_net_umol_mol: float | None = None

    @property
    def is_open(self) -> bool:
        return self.state not in ("closed", "removed")

    @property
    def first_attempt_at(self) -> datetime | None:
        return self.repairs[0] if self.repairs else None

    @property
    def last_repair_at(self) -> datetime | None:
        return self.repairs[-1] if self.repairs else None

    @property
    def awaits_retest(self) -> bool:
        """Whether it was repaired since it was last seen leaking."""
        last = self.last_repair_at
        return last is not None and (self.failed_at is None or self.failed_at < last)


@dataclass(frozen=True, slots=True)
class StepFault:
    """A step that cannot be: what was said, which rule it breaks, what was expected; in Chinese."""

    code: str
    what: str
    rule: str
    expected: str

    @property
    def text(self) -> str:
        """All of it in a line."""
        return f"{self.what}；{self.rule}；应为：{self.expected}"


@dataclass(slots=True)
class Folded:
    """Leaks in time order, none overlapping another; passed_over: stored facts that belong to none."""

    leaks: list[Leak] = field(default_factory=list)
    passed_over: list[tuple[Fact, StepFault]] = field(default_factory=list)


#: The leak definition (umol/mol) that holds at an instant.
Definition = Callable[[datetime], float]


def fold(facts: Iterable[Fact], definition: float | Definition, out_at: datetime | None = None) -> Folded:
    """The leaks that some facts of one component make up.

    definition: net umol/mol above which a reading is a leak; of a leak's whole life that which held when it was found.
    out_at: since when the component is out of service; None while it is in service.
    """
    life = _Life(definition)
    folded = Folded()
    for fact in sorted(facts, key=_order):
        if (fault := life.step(fact, out_at, is_stored=True)) is not None:
            folded.passed_over.append((fact, fault))
    if life.open is not None and out_at is not None:
        life.open = replace(life.open, state="removed")
    folded.leaks = life.leaks()
    return folded


def illegal(
    new: Sequence[Fact], stored: Iterable[Fact], medium: str, definition: float, out_at: datetime | None
) -> list[StepFault | None]:
    """What is wrong with each of some new facts of one component, None where nothing is.

    All are looked at together in time order, tests first at equal times; one that is refused does not happen, and those
    after it are judged without it. A new fact takes the place of a stored one of the same key (a correction). A copy of
    a stored fact is never refused. out_at: since when the component is, or will be, out of service.
    """
    keys = {_key(fact) for fact in new}
    known = list(stored)
    copies = set(known)
    entries: list[tuple[Fact, int | None]] = [(fact, None) for fact in known if _key(fact) not in keys]
    entries += [(fact, number) for number, fact in enumerate(new)]
    # of several versions of one fact in a call the last one counts, but each is judged
    last = {_key(fact): number for number, fact in enumerate(new)}
    faults: list[StepFault | None] = [None] * len(new)
    life = _Life(definition)
    for fact, number in sorted(entries, key=lambda entry: _order(entry[0])):
        if number is None:
            life.step(fact, out_at, is_stored=True)
        elif last[_key(fact)] == number:
            is_copy = _as_stored(fact) in copies
            fault = life.step(fact, out_at, is_stored=is_copy, medium=medium)
            faults[number] = None if is_copy else fault
    for number, fact in enumerate(new):
        if _as_stored(fact) not in copies:
            faults[number] = faults[last[_key(fact)]]
    return faults


def _as_stored(fact: Fact) -> Fact:
    return replace(fact, found_at=None) if isinstance(fact, Repaired) else fact


def _key(fact: Fact) -> tuple[object, ...]:
    """What one fact is known by: a second one of the same key corrects it."""
    if isinstance(fact, Filed):
        return Filed, fact.at, fact.found_at
    return type(fact), fact.at


def _order(fact: Fact) -> tuple[datetime, int]:
    """Facts in time order, tests first at equal times. A retest of which only the day is known comes at its end."""
    if isinstance(fact, Measured):
        if fact.purpose == "retest" and not fact.has_time:
            return day_start(local_day(fact.at) + timedelta(days=1)) - _MOMENT, 0
        return fact.at, 0
    return fact.at, 1 if isinstance(fact, Repaired) else 2


class _Life:
    """One component's leaks while its facts are gone through in order."""

    def __init__(self, definition: float | Definition) -> None:
        self._definition = definition
        self._over: list[Leak] = []
        self.open: Leak | None = None

    def leaks(self) -> list[Leak]:
        return [*self._over, *([] if self.open is None else [self.open])]

    def step(
        self, fact: Fact, out_at: datetime | None, *, is_stored: bool, medium: str | None = None
    ) -> StepFault | None:
        """Take the next fact; what is wrong with it leaves everything as it was."""
        if out_at is not None and fact.at >= out_at:
            return _removed(fact, out_at)
        if isinstance(fact, Measured):
            return self._test(fact, is_stored, medium)
        if isinstance(fact, Repaired):
            return self._repair(fact, medium)
        return self._file(fact, is_stored, medium)

    def _test(self, test: Measured, is_stored: bool, medium: str | None) -> StepFault | None:
        definition = self._definition if isinstance(self._definition, float | int) else self._definition(test.at)
        if self.open is None:
            is_leaking = test.is_leaking(definition)
            fault = self._no_leak(test.at, "复测", medium) if test.purpose == "retest" else None
            if fault is not None and not (is_stored and is_leaking):
                return fault
            if is_leaking:
                self.open = Leak(test.at, test.net_umol_mol, test.visible, definition, tests=(test,))
            return None
        leak = self.open
        if test.purpose == "retest" and not leak.awaits_retest:
            fault = _no_repair(test, leak)
            if not is_stored or not test.is_leaking(leak.definition):
                return fault
        if test.is_leaking(leak.definition):
            failed = leak.awaits_retest
            self.open = replace(
                leak,
                tests=(*leak.tests, test),
                failed_at=max(test.at, leak.repairs[-1]) if failed else leak.failed_at,
                state="still_leaking" if failed else leak.state,
            )
        elif leak.awaits_retest and test.purpose in _CLOSING:
            closed_at = max(test.at, leak.repairs[-1])
            self._over.append(replace(leak, state="closed", closed_at=closed_at, closed_net_umol_mol=test.net_umol_mol))
            self.open = None
        return None

    def _repair(self, repair: Repaired, medium: str | None) -> StepFault | None:
        leak = self.open
        if leak is None:
            return self._no_leak(repair.at, "维修", medium)
        if repair.found_at is not None and repair.found_at not in {test.at for test in leak.tests}:
            return StepFault(
                "another_leak",
                f"维修记录所指泄漏发现于 {_text(repair.found_at)}，该密封点未修复的泄漏发现于 {_text(leak.found_at)}",
                "维修记录须对应该密封点当时未修复的泄漏",
                f"发现时间 {_text(leak.found_at)}，或不填发现时间",
            )
        self.open = replace(leak, repairs=(*leak.repairs, repair.at), state="attempted")
        return None

    def _file(self, filing: Filed, is_stored: bool, medium: str | None) -> StepFault | None:
        fault = filing_fault(filing)
        if fault is not None:
            return fault
        leak = self.open
        if leak is None:
            return self._no_leak(filing.at, "延迟修复备案", medium)
        # a finding test that arrives late moves a leak's beginning: what was filed for it holds on
        since = self._over[-1].closed_at if self._over else None
        belongs = filing.found_at in {test.at for test in leak.tests}
        if not belongs and is_stored:
            belongs = filing.found_at <= filing.at and (since is None or filing.found_at > since)
        if not belongs:
            return StepFault(
                "another_leak",
                f"备案所指泄漏发现于 {_text(filing.found_at)}，该密封点未修复的泄漏发现于 {_text(leak.found_at)}",
                "延迟修复备案须对应该密封点当时未修复的泄漏",
                f"发现时间 {_text(leak.found_at)}",
            )
        self.open = replace(leak, filings=(*leak.filings, filing), state="delayed")
        return None

    def _no_leak(self, at: datetime, word: str, medium: str | None) -> StepFault:
        what = f"{word}时间 {_text(at)} 时，该密封点没有未修复的泄漏"
        if self._over:
            last = self._over[-1]
            assert last.closed_at is not None, "what is over before the end was closed"
            what += f"（上一次泄漏发现于 {_text(last.found_at)}，已于 {_text(last.closed_at)} 复测合格）"
        if isinstance(self._definition, float | int):
            carried = "" if medium is None else f"{MEDIA.get(medium, medium)}"
            above = "达到" if isinstance(self._definition, Reached) else "高于"
            found = (
                f"净检测值{above} {self._definition:g} μmol/mol（{carried}）" if carried else "净检测值超过泄漏认定浓度"
            )
        else:
            found = "净检测值超过泄漏认定浓度"
        return StepFault(
            "no_open_leak",
            what,
            f"{word}须在检出泄漏之后、复测合格之前",
            f"此前有检出泄漏的检测记录（{found}，或目测可见泄漏），{word}时间晚于该检测时间",
        )


def filing_fault(filing: Filed) -> StepFault | None:
    """What is wrong with a filing in itself."""
    if filing.ground not in DELAY_GROUNDS:
        grounds = "、".join(f"{code}（{word}）" for code, word in DELAY_GROUNDS.items())
        return StepFault(
            "unknown_ground",
            f"延迟修复理由“{filing.ground}”不在规定之列",
            "只有规定的三种情形可以延迟修复（GB 37822-2019 8.4）",
            grounds,
        )
    if not filing.document.strip():
        return StepFault(
            "no_document", "延迟修复备案没有文件编号", "延迟修复方案须报生态环境主管部门备案", "备案文件的编号或名称"
        )
    if filing.repair_by < local_day(filing.at):
        return StepFault(
            "ends_before_filing",
            f"计划修复日期 {filing.repair_by} 早于备案日期 {local_day(filing.at)}",
            "延迟修复的期限不得早于备案之日",
            f"{local_day(filing.at)} 或更晚的日期，即下一次停车（工）检修结束之日",
        )
    return None


def _no_repair(test: Measured, leak: Leak) -> StepFault:
    if leak.failed_at is None:
        what = f"复测时间 {_text(test.at)} 之前没有维修记录（泄漏发现于 {_text(leak.found_at)}）"
    else:
        what = f"{_text(leak.failed_at)} 检测仍泄漏，到复测时间 {_text(test.at)} 为止没有新的维修记录"
    return StepFault(
        "no_repair",
        what,
        "复测须在维修之后：泄漏不会自行消除",
        "先报送该次维修的记录，复测时间晚于维修时间；不是维修后的复测，检测目的填例行检测（routine）",
    )


def _removed(fact: Fact, out_at: datetime) -> StepFault:
    word = "检测" if isinstance(fact, Measured) else "维修" if isinstance(fact, Repaired) else "延迟修复备案"
    return StepFault(
        "removed",
        f"{word}时间 {_text(fact.at)} 时，该密封点已停用（自 {local_day(out_at)} 起）",
        "停用的密封点没有检测、维修和备案",
        f"{local_day(out_at)} 之前的时间，或先更正密封点的停用日期",
    )


def _text(at: datetime) -> str:
    return f"{at.astimezone(SITE_ZONE):%Y-%m-%d %H:%M:%S}"
