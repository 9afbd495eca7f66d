"""How often signs of false data are seen where nothing is false: ordinary simulated stacks through the real path.

Readings of the simulators' analysers go through `domain.hourly` and the evaluators with the shipped thresholds.
Ordinary does not mean undisturbed: analysers are calibrated each morning, drift a little up or down at it, fall silent
for some hours now and then, plants change their load and stand still for a day or two. None of that is a sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from domain.air import POLLUTANTS
from domain.findings import Subject, SubjectKind, Verdict
from domain.hourly import Hours, Windows, hours
from domain.limits import Averaging, Limit, LimitBook, LimitKind, Region
from domain.periods import day_start, local_day, numbered_hour
from domain.quality import QcFlag, SourceFlag
from domain.readings import HOUR_US, Bool, Float64, Int8, Readings, to_us
from rules.evaluators.outlet_day import DAY_HOURS, HISTORY_DAYS, SignParams, at_reference
from rules.evaluators.sign_limits import ClippingParams
from rules.evaluators.sign_records import DuplicateParams
from rules.families.contract import judge
from rules.families.signrows import calibration_rows, day_rows, flagged_rows, hour_rows, judged_rows, twin_rows
from rules.families.signwindows import Fetched, SignOutlet, day_number, windows_of
from rules.pack import RuleSet, load_packs
from simulators.air_register import ANALYSERS, STACKS
from simulators.air_register import Stack as Place
from simulators.air_register import limits as permits
from simulators.devices.cems import day_values
from simulators.devices.noise import generator
from storage.outlet_days import DayShare, JudgedHour, SignPoint

_FIRST = date(2026, 3, 1)
_DAY = timedelta(days=1)
_MINUTES = 1440
_STATION = "88888880000001001"

#: Room below which values of a stack that stands still lie, by quantity; the others keep what they show.
_STILL = {"so2": 0.8, "nox": 2.0, "pm": 0.3, "flue_flow": 4000.0, "nmhc": 1.0}
_AMBIENT_C, _AIR_O2_PCT, _NEAR_AIR_PCT = 18.0, 20.9, 19.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Outlet-days on which a sign was looked for with enough data, and those on which it was seen."""

    outlet_days: int = 0
    seen: int = 0

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.outlet_days + other.outlet_days, self.seen + other.seen)


def false_alarms(
    *,
    seeds: Sequence[int] = (1, 2, 3, 4),
    places: Sequence[Place] = STACKS,
    days: int = 60,
    rules: RuleSet | None = None,
) -> dict[str, dict[str, float]]:
    """{sign: {outlet_days, seen, rate}} of stacks of the simulated city, over the days after the first 30."""
    known = load_packs() if rules is None else rules
    sums: dict[str, Rate] = {}
    for seed in seeds:
        for place in places:
            for sign, rate in _stack_rates(known, place, seed, days).items():
                sums[sign] = sums.get(sign, Rate()) + rate
    return {
        sign: {"outlet_days": rate.outlet_days, "seen": rate.seen, "rate": rate.seen / rate.outlet_days}
        for sign, rate in sorted(sums.items())
        if rate.outlet_days
    }


def _stack_rates(rules: RuleSet, place: Place, seed: int, days: int) -> dict[str, Rate]:
    stack = Stack(place, seed, days, _limits(rules))
    found: dict[str, Rate] = {}
    for rule_id, variants in rules.enabled.items():
        params = variants[0].typed_params
        if not isinstance(params, SignParams):
            continue
        fetched = stack.fetched(params)
        judged = [stack.outlet_days[n] for n in range(HISTORY_DAYS, days)]
        verdicts = [one.verdict for window in windows_of(judged, fetched) for one in judge(variants[0], window)]
        seen = sum(verdict is Verdict.VIOLATION for verdict in verdicts)
        found[rule_id] = Rate(sum(verdict is not Verdict.UNDETERMINED for verdict in verdicts), seen)
    return found


class Stack:
    """One simulated stack with everything that a sign may look at."""

    def __init__(self, place: Place, seed: int, days: int, limits: Sequence[Limit]) -> None:
        """place: a stack of the simulated city; limits: all that are in force."""
        self.days = days
        self.points = list(_points(place))
        self.outlet = SignOutlet(
            Subject(SubjectKind.OUTLET, f"{place.enterprise}/{place.code}"),
            1,
            1,
            place.process,
            place.makeup_air,
            _FIRST,
            None,
            self.points,
        )
        self.outlet_days = [(self.outlet, _FIRST + n * _DAY) for n in range(days)]
        self.limits = [row for row in limits if row.process == place.process or row.outlet == self.outlet.subject.key]
        self.windows, self.hours = _computed(self.points, place, seed, days, self._references())
        self.rows = hour_rows(self.windows, self.hours)
        self.judged: list[JudgedHour] = []
        """What the hourly rules would have found."""
        for window in windows_of(self.outlet_days, Fetched(self.rows, limits=LimitBook(self.limits))):
            self.judged += judged_rows(window, self.outlet, SignParams(weight=1.0))

    def _references(self) -> dict[str, float | None]:
        """Reference oxygen that the logger is set up with: that of a pollutant's hourly limit, if it has one."""
        book, key, process = LimitBook(self.limits), self.outlet.subject.key, self.outlet.process
        found = {
            quantity: limit.reference_o2_pct
            for quantity in POLLUTANTS
            for kind in LimitKind
            if (limit := book.on(key, process, quantity, kind, Averaging.HOUR, _FIRST)) is not None
        }
        return dict.fromkeys(found) if self.outlet.makeup_air is False else found

    def fetched(self, params: SignParams) -> Fetched:
        """What the store would give."""
        days = params.days if isinstance(params, DuplicateParams) else HISTORY_DAYS * 2
        fetched = Fetched(
            self.rows,
            day_rows(self.rows, params.min_valid_minutes),
            flagged_rows(self.rows),
            twin_rows(self.windows, self.hours, days * DAY_HOURS),
            calibration_rows(self.rows),
            limits=LimitBook(self.limits),
            quirks={1: {_STATION: {}}},
        )
        fetched.judged = self.judged
        if isinstance(params, ClippingParams):
            fetched.shares = _shares(self.judged, params.near_from_pct / 100)
        return fetched


def _points(place: Place) -> Iterator[SignPoint]:
    """What is measured, as the city's register has it; and what a data logger would state of it."""
    rows: list[tuple[str, str, int, str | None, str | None]] = [
        (f"{place.code}-{ANALYSERS[quantity][1]}", quantity, interval_s, None, None)
        for interval_s, quantities in place.measured.items()
        for quantity in quantities
    ]
    code = {quantity: point for point, quantity, _, _, _ in rows}
    if "o2" in code:
        rows += [
            (f"{point}-HZ", q, 3600, "hour_converted", point)
            for q, point in code.items()
            if q in ("so2", "nox", "nmhc")
        ]
    if "flue_flow" in code:
        rows.append((f"{code['flue_flow']}-HT", "flue_flow", 3600, "hour_total", code["flue_flow"]))
    for number, (point, quantity, interval_s, statistic, of) in enumerate(rows, 1):
        unit, _, _, _, _, top = ANALYSERS[quantity]
        yield SignPoint(
            outlet_id=1,
            enterprise_id=1,
            enterprise=place.enterprise,
            registered_from=_FIRST,
            outlet=place.code,
            process=place.process,
            makeup_air=place.makeup_air,
            in_service_from=_FIRST,
            in_service_to=None,
            point_id=number,
            point=point,
            quantity=quantity,
            unit="m3" if statistic == "hour_total" else unit,
            interval_s=interval_s,
            statistic=statistic,
            of=of,
            range_top=top if statistic is None else None,
            point_from=_FIRST,
            point_to=None,
        )


def _limits(rules: RuleSet) -> list[Limit]:
    """Limits in force: the shipped ones, and the hourly ones that the city's permits add."""
    shipped = [preset.limit(number) for number, preset in enumerate(rules.limits, 1)]
    return shipped + [
        Limit(
            limit_id=len(shipped) + number,
            origin="site",
            outlet=f"{row.enterprise}/{row.outlet}",
            process=None,
            quantity=row.quantity,
            kind=LimitKind(row.kind),
            averaging=Averaging(row.averaging),
            region=Region.ANY,
            value=row.value,
            unit=row.unit,
            decimals=row.decimals,
            reference_o2_pct=row.reference_o2_pct,
            exempt_process=(),
            status=row.status,
            enabled=True,
            valid_from=row.valid_from,
            valid_to=None,
        )
        for number, row in enumerate(permits(), 1)
    ]


def _shares(judged: Sequence[JudgedHour], near_from: float) -> list[DayShare]:
    counts: dict[tuple[str, str, int], list[int]] = {}
    for one in judged:
        day = day_number(local_day(numbered_hour(one.hour).start))
        sums = counts.setdefault((one.rule_id, one.subject, day), [0, 0, 0])
        sums[0] += 1
        sums[1] += not one.over and one.value >= one.limit * near_from
        sums[2] += one.over
    return [DayShare(*key, *sums) for key, sums in counts.items()]


@dataclass(frozen=True, slots=True)
class _Life:
    """What happens at a stack, minute by minute: how it runs (1 full load, 0 stands still) and what is not sent."""

    load: Float64
    silent: Bool
    calibrating: Bool


def _life(seed: int, outlet: str, days: int) -> _Life:
    dice = generator(seed, f"{outlet} life", 0)
    load, silent = np.ones(days * _MINUTES), np.zeros(days * _MINUTES, bool)
    for day in np.flatnonzero(dice.random(days) < 0.15).tolist():  # a different load for some hours
        begin = day * _MINUTES + int(dice.integers(0, 1000))
        load[begin : begin + int(dice.integers(180, 900))] = dice.uniform(0.75, 1.0)
    for day in range(20, days, 30):  # a stand-still of one to two days
        begin = day * _MINUTES + int(dice.integers(0, 1000))
        load[begin : begin + int(dice.integers(1440, 2880))] = 0.0
    for day in np.flatnonzero(dice.random(days) < 0.03).tolist():  # the line to the platform is down
        begin = day * _MINUTES + int(dice.integers(0, 1000))
        silent[begin : begin + int(dice.integers(20, 240))] = True
    minute = np.arange(days * _MINUTES) % _MINUTES
    return _Life(load, silent, (minute >= 545) & (minute < 565))


def _values(point: SignPoint, place: Place, seed: int, days: int, life: _Life) -> tuple[Float64, Int8]:
    """Values and flags, one a reading, of every day."""
    count = 86_400 // point.interval_s
    name, of = f"{seed}/{place.enterprise}/{point.point}", f"{place.enterprise}/{place.code}"
    load = life.load[:: point.interval_s // 60]
    flags: Int8 = np.full(len(load), ord(SourceFlag.NORMAL), np.int8)
    if point.quantity == "running_state":
        return (load > 0).astype(np.float64), flags
    value = np.concatenate(
        [day_values(seed, name, point.quantity, day, count, process=place.process, of=of) for day in range(days)]
    )
    decimals = 0 if point.quantity == "flue_flow" else 2
    if point.quantity in POLLUTANTS:
        drift = np.repeat(generator(seed, f"{name} drift", 0).normal(1.0, 0.02, days), count)
        value = value * drift
        flags[life.calibrating[:: point.interval_s // 60]] = ord(SourceFlag.CALIBRATION)
    noise = generator(seed, f"{name} still", 0).random(len(value))
    if point.quantity == "o2":
        still = _AIR_O2_PCT - 0.1 * noise
    elif point.quantity == "flue_temperature":
        still = _AMBIENT_C + 3 * noise
    else:
        still = _STILL.get(point.quantity, 1.0) * noise
    if point.quantity in (*POLLUTANTS, "flue_flow"):
        value = value * load
    return np.where(load > 0, value, still).round(decimals), flags


def _computed(
    points: Sequence[SignPoint], place: Place, seed: int, days: int, references: Mapping[str, float | None]
) -> tuple[Windows, Hours]:
    life = _life(seed, f"{place.enterprise}/{place.code}", days)
    start = to_us(day_start(_FIRST))
    measured = {p.point: _values(p, place, seed, days, life) for p in points if p.statistic is None}
    columns: list[tuple[SignPoint, Float64, Int8, Bool]] = []
    for point in points:
        step = point.interval_s // 60
        if point.statistic is None:
            value, flags = measured[point.point]
            columns.append((point, value, flags, ~life.silent[::step]))
        else:
            value = _stated(point, points, measured, life, references)
            flags = np.full(len(value), ord(SourceFlag.NORMAL), np.int8)
            columns.append((point, value, flags, np.isfinite(value)))
    size = days * DAY_HOURS
    windows = Windows(
        point_id=np.repeat([p.point_id for p in points], size),
        hour_us=np.tile(start + np.arange(size) * HOUR_US, len(points)),
        is_counter=np.zeros(size * len(points), bool),
        interval_s=np.repeat([p.interval_s for p in points], size),
        rollover=np.full(size * len(points), np.nan),
        max_rate_per_h=np.full(size * len(points), np.nan),
        stuck_minutes=np.zeros(size * len(points), np.int64),
        max_step=np.full(size * len(points), np.nan),
    )
    at = [start + np.flatnonzero(sent) * p.interval_s * 1_000_000 for p, _, _, sent in columns]
    readings = Readings(
        point_id=np.concatenate([np.full(len(one), c[0].point_id) for c, one in zip(columns, at, strict=True)]),
        measured_us=np.concatenate(at),
        value=np.concatenate([value[sent] for _, value, _, sent in columns]),
        source_flag=np.concatenate([flags[sent] for _, _, flags, sent in columns]),
        qc_flag=np.full(sum(map(len, at)), int(QcFlag.GOOD), np.int16),
        received_us=np.concatenate(at),
    )
    return windows, hours(windows, readings, np.zeros(len(readings), bool))


def _stated(
    point: SignPoint,
    points: Sequence[SignPoint],
    measured: Mapping[str, tuple[Float64, Int8]],
    life: _Life,
    references: Mapping[str, float | None],
) -> Float64:
    """What a data logger makes of its values: the mean of converted ones, or the flow that passed; to two decimals."""
    value, flags = measured[point.of or ""]
    good = np.where(flags == ord(SourceFlag.NORMAL), value, np.nan)
    if point.statistic == "hour_converted":
        oxygen = measured[next(p.point for p in points if p.quantity == "o2")][0]
        good = at_reference(good, np.where(oxygen < _NEAR_AIR_PCT, oxygen, np.nan), references.get(point.quantity))
    by_hour = good.reshape(-1, len(good) * 60 // len(life.load))
    usable = np.isfinite(by_hour)
    counts = usable.sum(axis=1)
    enough = counts * 4 >= by_hour.shape[1] * 3
    mean = np.where(enough, np.where(usable, by_hour, 0).sum(axis=1) / np.maximum(counts, 1), np.nan)
    silent = life.silent.reshape(-1, 60).any(axis=1)
    return np.where(silent, np.nan, mean).round(2)
