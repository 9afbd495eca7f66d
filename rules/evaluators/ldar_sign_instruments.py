"""Signs in who tested with what: names that nobody declared, days without calibration, one instrument at two places."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from domain.findings import BUREAU_ONLY
from domain.leaks import FIND_FROM_UMOL_MOL
from rules.evaluators.contract import Evidence
from rules.evaluators.leak_records import (
    EXAMPLES,
    Bools,
    Calibration,
    Instrument,
    LeakDay,
    LeakRecords,
    LeakSignParams,
    Look,
    Texts,
    Use,
    count_by,
    day_sign,
    json_ms,
    key_of,
    names_of,
    pct,
)

_HOUR_MS = 3_600_000
NONE_DECLARED = "none_declared"


class UndeclaredParams(LeakSignParams):
    """records: of a day with an instrument, or by a tester, that is not declared for it."""

    records: int = Field(ge=1)


@day_sign("undeclared", params=UndeclaredParams)
def undeclared(window: LeakDay, params: UndeclaredParams) -> Look:
    """F3: instruments and testers that are not those declared for the day. An enterprise that declares none has said
    nothing that could differ."""
    tests, day = window.tests, window.local_day
    look = Look(0, otherwise=NONE_DECLARED)
    total = 0
    serials = set(window.declared())
    people = {key_of(one.name) for one in window.testers if one.serves(day)}
    for kind, column, known, serving in (
        ("instrument", tests.instrument, bool(window.instruments), serials),
        ("tester", tests.tester, bool(window.testers), people),
    ):
        if not known:
            continue
        named = column != ""
        unknown = [name for name in names_of(column) if key_of(name) not in serving]
        strange: Bools = named & np.isin(column, unknown)
        look.records = max(look.records, int(named.sum()))
        look.otherwise = "too_few_records"
        look.evidence[f"without_{kind}"] = int((~named).sum())
        if int(strange.sum()) >= params.records and int(named.sum()) >= params.min_records:
            total += int(strange.sum())
            look.note(
                f"undeclared_{kind}",
                names=count_by(str(name) for name in column[strange]),
                records=int(strange.sum()),
                of=int(named.sum()),
                examples=tests.examples(strange),
            )
    look.value, look.unit = float(total), "条"
    return look


class CalibrationParams(LeakSignParams):
    """within_h: how long before an instrument's first test of the day zero or span gas may have been seen, and after
    its last one the drift be checked; so work past midnight is not cut in two. loose_pct: of its records that may lie
    outside: a few points may follow the evening's check.

    no_background_pct: of records without a background; above_pct: of backgrounds above their reading.
    drift_pct: negative drift from which points have to be tested again (HJ 733 practice, KH: said in evidence only).
    """

    within_h: float = Field(gt=0, le=48)
    loose_pct: float = Field(ge=0, lt=100)
    no_background_pct: float = Field(gt=0, le=100)
    above_pct: float = Field(gt=0, le=100)
    drift_pct: float = Field(gt=0, lt=100)


@day_sign("calibration", params=CalibrationParams)
def calibration(window: LeakDay, params: CalibrationParams) -> Look:
    """F9: no calibration before, no drift check after the day's work, no background, or one above the reading."""
    tests = window.tests.where(window.tests.by_probe & window.tests.has_time)
    look = Look(len(tests))
    declared = window.declared()
    keys: Texts = np.array([key_of(str(name)) for name in tests.instrument], np.str_)
    used = [key for key in names_of(keys) if key in declared]
    lacking = 0
    for key in used:
        mine = tests.where(keys == key)
        if len(mine) >= params.min_records:
            lacking += _instrument(look, window, params, declared[key], mine)
    look.value, look.unit = float(lacking), "台"
    look.evidence["instruments"] = len(used)
    if len(tests) >= params.min_records:
        _background(look, tests, params)
    if not used and not look.seen:
        look.records, look.otherwise = 0, NONE_DECLARED
    return look


def _instrument(look: Look, window: LeakDay, params: CalibrationParams, one: Instrument, mine: LeakRecords) -> bool:
    """Note what is missing of one instrument; whether anything is."""
    first, last = int(mine.tested_ms.min()), int(mine.tested_ms.max())
    reach = round(params.within_h * _HOUR_MS)
    own = [done for done in window.calibrations if done.instrument == one.serial]
    gas = [done.done_ms for done in own if done.kind in ("zero", "span") and first - reach <= done.done_ms <= last]
    drift = [done.done_ms for done in own if done.kind == "drift" and first <= done.done_ms <= last + reach]
    entry: Evidence = {"name": one.serial, "records": len(mine), "first": json_ms(first), "last": json_ms(last)}
    before = int((mine.tested_ms < min(gas)).sum()) if gas else len(mine)
    after = int((mine.tested_ms > max(drift)).sum()) if drift else len(mine)
    uncalibrated = pct(before, len(mine)) > params.loose_pct
    if uncalibrated:
        look.note("no_calibration", **entry, uncalibrated=before, done=json_ms(min(gas)) if gas else None)
    unchecked = pct(after, len(mine)) > params.loose_pct
    if unchecked:
        look.note("no_drift", **entry, unchecked=after, done=json_ms(max(drift)) if drift else None)
    expired = one.verified_until is not None and one.verified_until < window.local_day
    if expired:
        look.note("verification_expired", **entry, verified_until=str(one.verified_until))
    _drifts(look, params, own, mine)
    return uncalibrated or unchecked or expired


def _drifts(look: Look, params: CalibrationParams, own: list[Calibration], mine: LeakRecords) -> None:
    """What the drift was, and which readings it makes doubtful: evidence, no sign."""
    for done in own:
        if done.kind != "drift" or not done.expected or done.done_ms < int(mine.tested_ms.min()):
            continue
        drift = round(100 * (done.shown - done.expected) / done.expected, 1)
        entry: Evidence = {"instrument": done.instrument, "at": json_ms(done.done_ms), "drift_pct": drift}
        if drift < -params.drift_pct:
            definition = np.array([FIND_FROM_UMOL_MOL.get(str(medium), np.nan) for medium in mine.medium])
            shown = np.where(np.isfinite(mine.reading_umol_mol), mine.reading_umol_mol, mine.net_umol_mol)
            doubtful = (shown >= definition * (1 + drift / 100)) & (shown <= definition)
            doubtful &= mine.tested_ms <= done.done_ms
            again = mine.component[(mine.purpose == "recheck") & (mine.tested_ms > done.done_ms)]
            entry |= {
                "to_recheck": int(doubtful.sum()),
                "rechecked": int(np.isin(mine.component[doubtful], again).sum()),
            }
        look.evidence.setdefault("drifts", []).append(entry)


def _background(look: Look, tests: LeakRecords, params: CalibrationParams) -> None:
    missing = ~np.isfinite(tests.background_umol_mol)
    look.evidence["without_background"] = int(missing.sum())
    if pct(int(missing.sum()), len(tests)) >= params.no_background_pct:
        look.note("no_background", records=int(missing.sum()), of=len(tests))
    both = np.isfinite(tests.above_background)
    # equal figures are ordinary where a display has no tenths; that nearly all are equal is what F5 looks at
    below: Bools = both & (tests.above_background < 0)
    if int(both.sum()) >= params.min_records and pct(int(below.sum()), int(both.sum())) >= params.above_pct:
        look.note("background_high", records=int(below.sum()), of=int(both.sum()), examples=tests.examples(below))


class TwoPlacesParams(LeakSignParams):
    """travel_s: less than anybody needs from one enterprise to another, gates included. name_characters: shorter
    numbers (`1`, `FID`) are no numbers of an instrument."""

    travel_s: float = Field(gt=0)
    name_characters: int = Field(ge=1)


@day_sign("two_places", params=TwoPlacesParams)
def two_places(window: LeakDay, params: TwoPlacesParams) -> Look:
    """F14: an instrument's number is used at another enterprise within less than the way takes.

    Instruments of one number but of different declared models are two instruments.
    """
    numbered = np.char.str_len(window.tests.instrument) >= params.name_characters
    tests = window.tests.where(window.tests.has_time & numbered)
    look = Look(len(tests), value=0.0, unit="次")
    models = {key_of(one.serial): one.model for one in window.instruments}
    keys: Texts = np.array([key_of(str(name)) for name in tests.instrument], np.str_)
    for key in names_of(keys):
        uses = [use for use in window.elsewhere if key_of(use.instrument) == key and _alike(models.get(key), use.model)]
        if uses:
            _switches(look, tests.where(keys == key), uses, params)
    return look


def _alike(one: str | None, other: str | None) -> bool:
    return one is None or other is None or key_of(one) == key_of(other)


def _switches(look: Look, mine: LeakRecords, uses: list[Use], params: TwoPlacesParams) -> None:
    """Changes between here and there that took too little time."""
    at = np.concatenate([mine.tested_ms, np.array([use.tested_ms for use in uses], np.int64)])
    place = np.concatenate([np.full(len(mine), -1), np.arange(len(uses))])
    order = np.lexsort((place, at))
    at, place = at[order], place[order]
    enterprises = np.array(["", *(use.enterprise for use in uses)])[place + 1]
    changed = (enterprises[1:] != enterprises[:-1]) & ((enterprises[1:] == "") | (enterprises[:-1] == ""))
    fast = np.flatnonzero(changed & (np.diff(at) < params.travel_s * 1000))
    if not len(fast):
        return
    there = sorted({str(enterprises[row]) or str(enterprises[row + 1]) for row in fast})
    named = look.evidence.setdefault(BUREAU_ONLY, {"enterprises": []})
    named["enterprises"] = sorted({*named["enterprises"], *there})
    look.value = (look.value or 0.0) + len(fast)
    look.note(
        "two_places",
        name=str(mine.instrument[0]),
        enterprises=len(there),
        switches=len(fast),
        shortest_s=round(float(np.diff(at)[fast].min()) / 1000),
        examples=[
            {
                "left": _side(enterprises[row]),
                "left_at": json_ms(int(at[row])),
                "reached": _side(enterprises[row + 1]),
                "reached_at": json_ms(int(at[row + 1])),
            }
            for row in fast[:EXAMPLES]
        ],
    )


def _side(enterprise: np.str_) -> str:
    """Which enterprise it is stands where only the bureau sees it."""
    return "elsewhere" if enterprise else "here"
