"""Signs in the figures of a campaign: readings that repeat, last digits that are not those of instruments, no leaks.

Tight components read what the air reads, so equal low readings are ordinary. Only figures with three and more
significant digits are looked at, and a figure only counts as repeated where it stands out from its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from rules.evaluators.contract import Floats, Ints
from rules.evaluators.ldar_sign_ledger import leaking
from rules.evaluators.leak_records import LeakCampaign, LeakRecords, LeakSignParams, Look, campaign_sign, pct

#: Steps of displays and of people.
_STEPS = (100.0, 10.0, 1.0, 0.1, 0.01)
#: Share of a decade's figures that are multiples of its step.
_STEP_SHARE = 0.95
_DECADES = range(-1, 5)
#: Neighbours on either side that a figure is compared with, in steps.
_NEIGHBOURS = 40


class DigitsParams(LeakSignParams):
    """min_records: figures with three and more significant digits.

    times: a figure must occur so often, and so many times as often as its neighbours do; repeated_pct: of all figures.
    digit_share: chi-square of the last digits against uniform per figure, and digit_chi2 in all (9 degrees of freedom).
    no_leaks_points: points of a campaign without any leak. constant_leaks: leaks of campaigns whose rates are equal to
    a hundredth of a per cent, this one and the two before.
    """

    times: int = Field(ge=2)
    repeated_pct: float = Field(gt=0, le=100)
    digit_share: float = Field(gt=0)
    digit_chi2: float = Field(gt=0)
    no_leaks_points: int = Field(ge=1)
    constant_leaks: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures with three and more significant digits in steps of their decade's display: decade and number of steps."""

    decade: Ints
    steps: Ints

    def __len__(self) -> int:
        return len(self.steps)


@campaign_sign("digits", params=DigitsParams)
def digits(window: LeakCampaign, params: DigitsParams) -> Look:
    """F10: the same figures again and again, last digits far from uniform, not one leak or always the same rate."""
    tests = window.routine.where(window.routine.by_probe)
    shown = np.isfinite(tests.reading_umol_mol)
    main = figures_of(np.where(shown, tests.reading_umol_mol, tests.net_umol_mol))
    look = Look(len(main), unit="%", evidence={"figures": len(main)})
    look.value = 0.0 if len(main) >= params.min_records else None
    # a net value may have been multiplied, rounded or not: it is looked at only where no readings were sent
    candidates = [("reading", tests.reading_umol_mol), ("above_background", tests.above_background)]
    for name, values in candidates if shown.any() else [("net", tests.net_umol_mol)]:
        figures = figures_of(values)
        if len(figures) < params.min_records:
            continue
        share, repeated = repeated_share(figures, params.times)
        look.value = max(look.value or 0.0, share)
        if share >= params.repeated_pct:
            look.note("repeated", figure=name, share_pct=share, of=len(figures), values=_most(tests, values, repeated))
            break
    if len(main) >= params.min_records and shown.any():
        _last_digits(look, main, params)
    _leaks(look, window, window.routine, params)
    return look


def figures_of(values: Floats) -> Figures:
    """Figures with three and more significant digits. The step is what nearly all figures of a decade are multiples of,
    so what was rounded to two digits has none."""
    values = np.round(values[np.isfinite(values) & (values > 0)], 2)
    decades, steps = [], []
    for decade in _DECADES:
        mine = values[(values >= 10.0**decade) & (values < 10.0 ** (decade + 1))]
        step = _step(mine)
        if step is None or 10.0**decade / step < 100 - 1e-9:
            continue
        decades.append(np.full(len(mine), decade, np.int64))
        steps.append(np.round(mine / step).astype(np.int64))
    if not steps:
        return Figures(np.zeros(0, np.int64), np.zeros(0, np.int64))
    return Figures(np.concatenate(decades), np.concatenate(steps))


def _step(values: Floats) -> float | None:
    for step in _STEPS:
        if len(values) and float((np.abs(values / step - np.round(values / step)) < 1e-6).mean()) >= _STEP_SHARE:
            return step
    return None


def repeated_share(figures: Figures, times: int) -> tuple[float, list[float]]:
    """Share of figures, in per cent, that are repeated far more often than their neighbours; the most frequent ones, in
    steps. What is over 10,000 umol/mol is left out: instruments stop at their top."""
    total, repeated, most = 0, 0, []
    for decade in np.unique(figures.decade):
        steps = figures.steps[figures.decade == decade]
        total += len(steps)
        if decade >= 4:
            continue
        low = int(steps.min()) - _NEIGHBOURS
        counts = np.bincount(steps - low, minlength=int(steps.max()) - low + _NEIGHBOURS + 1)
        for cell in np.flatnonzero(counts >= times):
            around = np.delete(counts[max(0, cell - _NEIGHBOURS) : cell + _NEIGHBOURS + 1], min(int(cell), _NEIGHBOURS))
            # only figures that do occur: what was multiplied by a response factor leaves gaps between them
            usual = float(np.median(around[around > 0])) if around.any() else 1.0
            if counts[cell] >= times * usual:
                repeated += int(counts[cell])
                most.append((int(counts[cell]), float(cell + low)))
    most.sort(reverse=True)
    return pct(repeated, total), [value for _, value in most[:10]]


def _most(tests: LeakRecords, values: Floats, repeated: list[float]) -> list[dict[str, float]]:
    """The most frequent of the figures as they were written, with their numbers."""
    if not repeated or not len(tests):
        return []
    found, counts = np.unique(np.round(values[np.isfinite(values) & (values >= 10)], 2), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:5]
    return [{"value": float(found[n]), "times": int(counts[n])} for n in order]


def _last_digits(look: Look, figures: Figures, params: DigitsParams) -> None:
    counts = np.bincount(figures.steps % 10, minlength=10)
    expected = len(figures) / 10
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    look.evidence |= {"last_digits": counts.tolist(), "chi2": round(chi2, 1)}
    if chi2 >= params.digit_chi2 and chi2 / len(figures) >= params.digit_share:
        top = int(counts.argmax())
        look.note(
            "last_digits",
            of=len(figures),
            digit=top,
            share_pct=pct(int(counts[top]), len(figures)),
            counts=counts.tolist(),
            chi2=round(chi2, 1),
        )


def _leaks(look: Look, window: LeakCampaign, tests: LeakRecords, params: DigitsParams) -> None:
    points = len(np.unique(tests.component))
    leaks = len(np.unique(tests.component[leaking(tests)]))
    look.evidence |= {"points": points, "leaks": leaks}
    if points > params.no_leaks_points and leaks == 0:
        look.note("no_leaks", points=points)
    before = [one for one in window.past if one.points][:2]
    rates = {pct_of(leaks, points), *(pct_of(one.leaks, one.points) for one in before)}
    if len(before) == 2 and len(rates) == 1 and min(leaks, *(one.leaks for one in before)) >= params.constant_leaks:
        look.note(
            "constant_rate",
            rate_pct=rates.pop(),
            points=points,
            leaks=leaks,
            campaigns=[{"campaign": one.code, "points": one.points, "leaks": one.leaks} for one in before],
        )


def pct_of(part: int, whole: int) -> float:
    """A share in per cent with two decimals, as reports print leak rates."""
    return round(100.0 * part / whole, 2) if whole else 0.0
