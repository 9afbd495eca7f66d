"""Leaks from facts: each step by hand, and what holds of every sequence of steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.leaks import DELAY_GROUNDS, FIND_FROM_UMOL_MOL, LEAK_STATES
from domain.leakstates import Fact, Filed, Leak, Measured, Repaired, StepFault, fold, illegal

DAY = timedelta(days=1)
T0 = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)  # 10:00 in Wuhai
HIGH, LOW = 6000.0, 20.0


def at(days: float) -> datetime:
    return T0 + days * DAY


def reading(days: float, net: float | None, purpose: str = "routine", **more: bool) -> Measured:
    return Measured(at(days), net, purpose=purpose, **more)


def delay(days: float, found: float = 0, until: date = date(2026, 12, 31), **more: str) -> Filed:
    return Filed(at(days), at(found), more.get("ground", "shutdown"), until, more.get("document", "乌环备〔2026〕7号"))


def leaks(*facts: Fact, out_at: datetime | None = None) -> list[Leak]:
    return fold(facts, 2000.0, out_at).leaks


def state(*facts: Fact, out_at: datetime | None = None) -> str:
    (leak,) = leaks(*facts, out_at=out_at)
    return leak.state


def code(new: Fact, *stored: Fact, out_at: datetime | None = None) -> str | None:
    (fault,) = illegal([new], stored, "gas", 2000.0, out_at)
    return None if fault is None else fault.code


FOUND = reading(0, HIGH)
REPAIR = Repaired(at(1))
FAILS, PASSES = reading(2, 2500.0, "retest"), reading(3, 2000.0, "retest")


def test_the_life_of_a_leak() -> None:
    assert leaks(reading(0, 2000.0)) == []  # at the definition it is none
    assert state(FOUND) == "found"
    assert state(FOUND, REPAIR) == "attempted"
    assert state(FOUND, REPAIR, FAILS) == "still_leaking"
    again = Repaired(at(2.5))
    assert state(FOUND, REPAIR, FAILS, again) == "attempted"
    (leak,) = leaks(FOUND, REPAIR, FAILS, again, PASSES)
    assert (leak.state, leak.found_at, leak.closed_at, leak.closed_net_umol_mol) == ("closed", at(0), at(3), 2000.0)
    assert leak.repairs == (at(1), at(2.5))
    assert [one.found_at for one in leaks(FOUND, REPAIR, reading(3, LOW, "retest"), reading(9, HIGH))] == [at(0), at(9)]


def test_what_is_seen_leaks_whatever_the_probe_says() -> None:
    assert state(reading(0, LOW, visible=True)) == "found"
    assert state(reading(0, None, visible=True)) == "found"
    assert leaks(reading(0, None)) == []
    assert state(FOUND, REPAIR, reading(2, LOW, "retest", visible=True)) == "still_leaking"
    assert state(FOUND, REPAIR, reading(2, None, "retest")) == "closed"


def test_a_leak_does_not_heal_by_itself() -> None:
    assert state(FOUND, reading(2, LOW)) == "found"
    assert state(FOUND, REPAIR, reading(2, LOW)) == "closed"
    assert state(FOUND, REPAIR, reading(2, LOW, "recheck")) == "closed"
    assert state(FOUND, REPAIR, reading(2, LOW, "spot_check")) == "attempted"
    assert state(FOUND, REPAIR, reading(2, HIGH), reading(3, LOW)) == "still_leaking"
    assert state(FOUND, reading(1, HIGH), REPAIR) == "attempted"


def test_filings_and_removal() -> None:
    (leak,) = leaks(FOUND, REPAIR, FAILS, delay(4))
    assert (leak.state, leak.repairs, leak.filings) == ("delayed", (at(1),), (delay(4),))
    assert state(FOUND, delay(4), Repaired(at(20)), reading(21, LOW, "retest")) == "closed"
    assert state(FOUND, delay(4), out_at=at(30)) == "removed"
    assert state(FOUND, REPAIR, PASSES, out_at=at(30)) == "closed"


def test_a_day_without_a_time() -> None:
    """A retest of which only the day is known is after the repair of that day."""
    retest = Measured(datetime(2026, 11, 2, 16, 0, tzinfo=UTC), LOW, purpose="retest", has_time=False)  # the 3rd
    assert code(retest, FOUND, REPAIR) is None
    (leak,) = leaks(FOUND, REPAIR, retest)
    assert (leak.state, leak.closed_at) == ("closed", at(1))


def test_every_illegal_step() -> None:
    assert code(Repaired(at(0))) == "no_open_leak"
    assert code(Repaired(at(-1)), FOUND) == "no_open_leak"
    assert code(Repaired(at(5)), FOUND, REPAIR, PASSES) == "no_open_leak"
    assert code(Repaired(at(1), found_at=at(-3)), FOUND) == "another_leak"
    assert code(Repaired(at(1), found_at=at(0)), FOUND) is None
    assert code(reading(1, LOW, "retest")) == "no_open_leak"
    assert code(reading(1, HIGH, "retest")) == "no_open_leak"
    assert code(reading(1, LOW, "retest"), FOUND) == "no_repair"
    assert code(reading(3, LOW, "retest"), FOUND, REPAIR, FAILS) == "no_repair"
    assert code(reading(4, LOW, "retest"), FOUND, REPAIR, PASSES) == "no_open_leak"
    assert code(delay(2)) == "no_open_leak"
    assert code(delay(2, found=1), FOUND) == "another_leak"
    assert code(delay(4), FOUND, REPAIR, PASSES) == "no_open_leak"
    assert code(delay(2, ground="lazy"), FOUND) == "unknown_ground"
    assert code(delay(2, document=" "), FOUND) == "no_document"
    assert code(delay(2, until=date(2026, 11, 3)), FOUND) == "ends_before_filing"
    assert code(delay(2, until=date(2026, 11, 4)), FOUND) is None
    assert code(REPAIR, FOUND, out_at=at(1)) == "removed"
    assert code(reading(2, LOW), FOUND) is None


def test_a_fault_says_what_which_rule_and_what_was_expected() -> None:
    (fault,) = illegal([Repaired(at(5))], [FOUND, REPAIR, PASSES], "gas", 2000.0, None)
    assert fault == StepFault(
        "no_open_leak",
        "维修时间 2026-11-07 10:00:00 时，该密封点没有未修复的泄漏"
        "（上一次泄漏发现于 2026-11-02 10:00:00，已于 2026-11-05 10:00:00 复测合格）",
        "维修须在检出泄漏之后、复测合格之前",
        "此前有检出泄漏的检测记录（净检测值高于 2000 μmol/mol（气体），或目测可见泄漏），维修时间晚于该检测时间",
    )
    assert fault.text.count("；") == 2


def test_one_call_is_judged_in_time_order() -> None:
    """What is refused does not happen for what comes after it."""
    new = [PASSES, Repaired(at(2.5)), FAILS, REPAIR, FOUND, reading(4, LOW, "retest")]
    faults = illegal(new, [], "gas", 2000.0, None)
    assert [fault and fault.code for fault in faults] == [None, None, None, None, None, "no_open_leak"]
    early = Repaired(at(-1))
    faults = illegal([reading(0.5, LOW, "retest"), early, FOUND], [], "gas", 2000.0, None)
    assert [fault and fault.code for fault in faults] == ["no_repair", "no_open_leak", None]
    equal = [Repaired(at(0)), FOUND]  # tests first at equal times
    assert illegal(equal, [], "gas", 2000.0, None) == [None, None]


def test_copies_and_corrections() -> None:
    stored = [FOUND, REPAIR, PASSES]
    assert illegal(stored, stored, "gas", 2000.0, None) == [None, None, None]
    assert code(replace(PASSES, net_umol_mol=50.0), *stored) is None  # a correction, not a second retest
    stray = [reading(0, LOW), REPAIR, PASSES]  # the finding was corrected: the rest stays, and belongs to nothing
    assert illegal([REPAIR], stray, "gas", 2000.0, None) == [None]
    folded = fold(stray, 2000.0)
    assert folded.leaks == []
    assert [fault.code for _, fault in folded.passed_over] == ["no_open_leak", "no_open_leak"]


def test_a_finding_that_arrives_late_moves_the_beginning() -> None:
    (leak,) = leaks(reading(-2, HIGH), FOUND, delay(1), REPAIR)
    assert (leak.found_at, leak.filings) == (at(-2), (delay(1),))


def test_a_definition_by_day_holds_for_the_leaks_whole_life() -> None:
    """A key region from the 4th on: what was found before is closed by the definition of then."""
    since = at(2)

    def definition(when: datetime) -> float:
        return 2000.0 if when >= since else 5000.0

    facts = [reading(0, 3000.0), reading(1, 6000.0), Repaired(at(2)), reading(3, 4000.0, "retest"), reading(5, 4000.0)]
    first, second = fold(facts, definition).leaks
    assert (first.found_at, first.closed_at, first.definition) == (at(1), at(3), 5000.0)
    assert (second.found_at, second.definition) == (at(5), 2000.0)


nets = st.sampled_from([0.0, LOW, 2000.0, 2000.5, HIGH]) | st.none()
purposes = st.sampled_from(["routine", "retest", "spot_check", "recheck"])
moments = st.integers(0, 40).map(lambda step: T0 + step * timedelta(hours=7))
tests = st.builds(Measured, moments, nets, st.just(False), purposes, st.booleans())
repairs = st.builds(Repaired, moments)
filings = st.builds(
    Filed,
    moments,
    moments,
    st.sampled_from([*DELAY_GROUNDS, "lazy"]),
    st.sampled_from([date(2026, 11, 3), date(2026, 12, 31)]),
    st.sampled_from(["", "备案"]),
)
sequences = st.lists(st.one_of(tests, tests, repairs, filings), max_size=30)


def key(fact: Fact) -> tuple[object, ...]:
    return (type(fact), fact.at, fact.found_at) if isinstance(fact, Filed) else (type(fact), fact.at)


def offered(facts: list[Fact]) -> list[Fact]:
    """What is accepted when facts are sent one by one; a key is sent once."""
    kept: list[Fact] = []
    for fact in facts:
        if key(fact) not in {key(one) for one in kept} and illegal([fact], kept, "gas", 2000.0, None) == [None]:
            kept.append(fact)
    return kept


@given(sequences, st.sampled_from([None, at(9)]))
def test_leaks_do_not_overlap_and_are_consistent(facts: list[Fact], out_at: datetime | None) -> None:
    found = fold(facts, 2000.0, out_at).leaks
    for leak, after in zip(found, [*found, None][1:], strict=True):
        assert leak.state in LEAK_STATES
        assert (leak.closed_at is not None) == (leak.state == "closed")
        assert leak.is_open <= (after is None)
        assert after is None or (leak.state == "closed" and leak.closed_at <= after.found_at)
        assert list(leak.repairs) == sorted(leak.repairs)
        assert all(leak.found_at <= repaired for repaired in leak.repairs)
        assert all(leak.closed_at is None or repaired <= leak.closed_at for repaired in leak.repairs)
        assert leak.tests[0].at == leak.found_at
        assert leak.tests[0].is_leaking(2000.0)
        assert (leak.state == "found") <= (not leak.repairs)
        assert (leak.state in ("attempted", "still_leaking", "closed")) <= bool(leak.repairs)
        assert (leak.state == "delayed") <= bool(leak.filings)
        assert (leak.state == "attempted") <= leak.awaits_retest
    assert (out_at is not None) <= all(not leak.is_open for leak in found)


@given(sequences)
def test_a_call_is_judged_as_its_facts_one_by_one_in_time_order(facts: list[Fact]) -> None:
    """No step is let in by hiding it in a batch."""
    unique = list({key(fact): fact for fact in facts}.values())
    faults = illegal(unique, [], "gas", 2000.0, None)
    kept = [fact for fact, fault in zip(unique, faults, strict=True) if fault is None]
    assert fold(kept, 2000.0).passed_over == []
    one_by_one: list[Fact] = []
    in_order = sorted(unique, key=lambda f: (f.at, [Measured, Repaired, Filed].index(type(f))))
    if all(fact.has_time for fact in unique if isinstance(fact, Measured)):
        one_by_one = offered(in_order)
        assert sorted(map(repr, one_by_one)) == sorted(map(repr, kept))


@given(sequences, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(facts: list[Fact], random: Random) -> None:
    """A legal history that arrives in any order: what is refused at first is accepted once sent again, and the leaks
    are the same."""
    unique = list({key(fact): fact for fact in facts}.values())
    faults = illegal(unique, [], "gas", 2000.0, None)
    history = [fact for fact, fault in zip(unique, faults, strict=True) if fault is None]
    left = random.sample(history, len(history))
    kept: list[Fact] = []
    while left:
        refused = []
        for fact in left:
            (fault,) = illegal([fact], kept, "gas", 2000.0, None)
            (refused if fault else kept).append(fact)
        assert len(refused) < len(left)
        left = refused
    assert fold(kept, 2000.0) == fold(history, 2000.0)


def test_the_index_of_leaking_tests_knows_the_lowest_definition() -> None:
    """Migration 0005 and queries/leaks.sql name it."""
    assert min(FIND_FROM_UMOL_MOL.values()) == 500.0
