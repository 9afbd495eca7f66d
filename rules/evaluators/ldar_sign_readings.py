"""Signs in single readings of leak tests: how long the probe stayed, the background, the response factor."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from rules.evaluators.contract import Floats
from rules.evaluators.leak_records import Bools, LeakDay, LeakSignParams, Look, day_sign, key_of, pct

NOT_RECORDED = "not_recorded"
#: A net value was computed so, if it differs by no more than this share (and 0.5 umol/mol).
_EQUAL_SHARE, _EQUAL_UMOL_MOL = 0.01, 0.5


class DwellParams(LeakSignParams):
    """responses: response times that the probe has to stay at the maximum (HJ 733 practice, KH). tolerance_s: of times
    that are written down in whole seconds. short_pct: of records with a known response time; size_missing_pct: of the
    components that were tested."""

    responses: float = Field(gt=0)
    tolerance_s: float = Field(ge=0)
    short_pct: float = Field(gt=0, le=100)
    size_missing_pct: float = Field(gt=0, le=100)


@day_sign("dwell", params=DwellParams)
def dwell(window: LeakDay, params: DwellParams) -> Look:
    """F4: the probe stayed less than twice the instrument's response time, or the ledger has no nominal diameters, by
    which the time around a component could be checked."""
    tests = window.tests.where(window.tests.by_probe)
    declared = window.declared()
    response = {key: one.response_time_s for key, one in declared.items() if one.response_time_s is not None}
    least = np.array([params.responses * response.get(key_of(str(name)), np.nan) for name in tests.instrument])
    judged: Bools = np.isfinite(tests.dwell_s) & np.isfinite(least)
    short: Bools = judged & (tests.dwell_s < least - params.tolerance_s)
    sized = np.isfinite(tests.size_mm)
    look = Look(len(tests), unit="%")
    look.evidence |= {
        "with_dwell": int(np.isfinite(tests.dwell_s).sum()),
        "judged": int(judged.sum()),
        "without_size": int((~sized).sum()),
    }
    if not np.isfinite(tests.dwell_s).any() and not sized.any():
        look.records, look.otherwise = 0, NOT_RECORDED
        return look
    if len(tests) < params.min_records:
        return look
    look.value = pct(int(short.sum()), int(judged.sum()))
    if int(judged.sum()) >= params.min_records and look.value >= params.short_pct:
        look.note(
            "dwell_short",
            records=int(short.sum()),
            of=int(judged.sum()),
            median_s=float(np.median(tests.dwell_s[short])),
            needed_s=float(np.median(least[short])),
            examples=tests.examples(short),
        )
    if pct(int((~sized).sum()), len(tests)) >= params.size_missing_pct:
        look.note("size_missing", records=int((~sized).sum()), of=len(tests), examples=tests.examples(~sized)[:5])
    return look


class BackgroundParams(LeakSignParams):
    """zero_pct: of net values that are exactly 0. negative_pct: of readings below their background: the air around a
    tight component reads now a little more, now a little less than the background."""

    zero_pct: float = Field(gt=0, le=100)
    negative_pct: float = Field(gt=0, le=100)


@day_sign("background", params=BackgroundParams)
def background(window: LeakDay, params: BackgroundParams) -> Look:
    """F5: many readings below their background, or nearly all net values 0."""
    tests = window.tests.where(window.tests.by_probe)
    look = Look(len(tests), unit="%")
    if len(tests) < params.min_records:
        return look
    net = np.isfinite(tests.net_umol_mol)
    zero: Bools = net & (tests.net_umol_mol == 0)
    both = np.isfinite(tests.above_background)
    negative: Bools = both & (tests.above_background < 0)
    look.value = pct(int(zero.sum()), int(net.sum()))
    look.evidence |= {"zero": int(zero.sum()), "with_background": int(both.sum()), "negative": int(negative.sum())}
    if int(both.sum()) >= params.min_records and pct(int(negative.sum()), int(both.sum())) >= params.negative_pct:
        look.note("negative_net", records=int(negative.sum()), of=int(both.sum()), examples=tests.examples(negative))
    if look.value >= params.zero_pct:
        look.note("all_zero", records=int(zero.sum()), of=int(net.sum()), examples=tests.examples(zero)[:5])
    return look


class ResponseFactorParams(LeakSignParams):
    """unusable_from: response factor from which the instrument cannot be used for a stream. missing_pct: of readings
    with a background but no factor."""

    unusable_from: float = Field(gt=1)
    missing_pct: float = Field(gt=0, le=100)


@day_sign("response_factor", params=ResponseFactorParams)
def response_factor(window: LeakDay, params: ResponseFactorParams) -> Look:
    """F6: factors with which an instrument cannot be used, factors that were not applied, readings without a factor.

    A record with a net value alone says nothing of how it was made. A factor of 1 is a factor.
    """
    tests = window.tests.where(window.tests.by_probe)
    factor, above = tests.response_factor, tests.above_background
    given, measured = np.isfinite(factor), np.isfinite(above)
    look = Look(int((given | measured).sum()), unit="条")
    look.evidence |= {"with_factor": int(given.sum()), "with_reading": int(measured.sum())}
    if not look.records:
        look.otherwise = NOT_RECORDED
        return look
    corrected = np.maximum(above, 0) * factor
    plain = np.maximum(above, 0)
    unusable: Bools = given & (factor >= params.unusable_from)
    applied = unusable & _equal(tests.net_umol_mol, corrected) & ~_equal(corrected, plain)
    as_plain = _equal(tests.net_umol_mol, plain) & ~_equal(tests.net_umol_mol, corrected)
    forgotten: Bools = given & ~unusable & as_plain
    missing: Bools = measured & ~given
    look.value = float(unusable.sum() + forgotten.sum())
    if unusable.any():
        look.note(
            "factor_unusable",
            records=int(unusable.sum()),
            of=int(given.sum()),
            applied=int(applied.sum()),
            highest=float(factor[unusable].max()),
            examples=tests.examples(unusable),
        )
    if forgotten.any():
        look.note(
            "factor_not_applied",
            records=int(forgotten.sum()),
            of=int(given.sum()),
            examples=tests.examples(forgotten),
        )
    measured_count = int(measured.sum())
    if measured_count >= params.min_records and pct(int(missing.sum()), measured_count) >= params.missing_pct:
        look.note("factor_missing", records=int(missing.sum()), of=measured_count, examples=tests.examples(missing)[:5])
    return look


def _equal(left: Floats, right: Floats) -> Bools:
    """Figures that are the same but for rounding."""
    with np.errstate(invalid="ignore"):
        near: Bools = np.abs(left - right) <= np.maximum(_EQUAL_UMOL_MOL, _EQUAL_SHARE * np.abs(right))
    return near
