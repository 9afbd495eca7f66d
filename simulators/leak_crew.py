"""How honest people carry out an LDAR campaign (泄漏检测): a pure generator, the same for the same seed.

Teams of one instrument and one tester walk through the works unit by unit, from the ground up, in two shifts a day with
a break at noon: 150 to 480 points a day each. In the morning the instrument sees zero and span gas, in the evening span
gas again. The probe stays at least twice the response time of the instrument. A third of the points read what the air
around them reads, most a little more, about four in a thousand leak; those are mended in days and tested again. Where
nobody can reach, a camera looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from math import hypot
from zlib import crc32

import numpy as np

from domain.periods import SITE_ZONE
from simulators.leak_shapes import Campaign, Check, Filing, Instrument, Mending, Probe, Spot

KINDS = ("valve", "flange", "flange", "connector", "valve", "pump", "flange", "sampling", "open_end", "relief")
MEDIA = ("gas", "light_liquid", "light_liquid", "heavy_liquid")
MODELS = (("TVA-2020", 4.0), ("PHX-42", 3.5), ("X-PID 9", 8.0), ("EXPEC 3100", 5.0))
LEAK_SHARE = 0.004
#: Shifts of a day: (from, to).
SHIFTS = ((time(8, 20), time(11, 40)), (time(13, 30), time(17, 40)))
MEASURES = ("紧固压盖螺栓", "更换垫片", "更换填料", "加注密封脂", "更换丝堵")
#: Span gas, and what is counted as a leak, lowest published definition by medium.
SPAN = 2000.0
LEAK_FROM = {"gas": 2000.0, "light_liquid": 2000.0, "heavy_liquid": 500.0}


def works(
    count: int, units: Sequence[str] = ("炔化单元", "加氢单元", "精馏单元", "罐区"), seed: int = 1
) -> tuple[Spot, ...]:
    """A ledger of `count` components in units some 150 m apart; two in a hundred cannot be reached."""
    rng = np.random.default_rng([seed, count])
    made = []
    for number in range(count):
        unit = number * len(units) // count
        made.append(
            Spot(
                f"U{unit + 1}-{number + 1:05d}", units[unit], KINDS[number % len(KINDS)], MEDIA[number % len(MEDIA)],
                150.0 * (unit % 3), 150.0 * (unit // 3), float(rng.choice([0.5, 1.5, 6.0, 12.0])),
                float(rng.choice([15, 25, 50, 80, 100, 150, 200])), bool(rng.random() > 0.02),
            )
        )  # fmt: skip
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Team:
    """An instrument and who carries it; pace: points a day that it is out for."""

    instrument: Instrument
    tester: str
    pace: int


def teams(rng: np.random.Generator, count: int, prefix: str) -> list[Team]:
    made = []
    for number in range(count):
        model, response = MODELS[(number + int(rng.integers(len(MODELS)))) % len(MODELS)]
        instrument = Instrument(f"{prefix}-FID-{number + 1:02d}", model, response)
        made.append(Team(instrument, f"{prefix}检测员{number + 1}", int(rng.integers(150, 480))))
    return made


def honest(
    seed: int,
    spots: Sequence[Spot],
    *,
    enterprise: str = "works",
    code: str = "2026-C1",
    from_day: date = date(2026, 3, 2),
    crews: int = 3,
    leaks: bool = True,
    mended: bool = True,
    kit: Sequence[Instrument] = (),
) -> Campaign:
    """A campaign of `crews` teams over all spots. leaks: False for a works without any; mended: retests too.

    kit: the teams' instruments, where they are not to be drawn.
    """
    rng = np.random.default_rng([seed, crc32(f"{enterprise}/{code}".encode())])
    crew = teams(rng, crews, enterprise[:4].upper())
    crew = [replace(team, instrument=one) for team, one in zip(crew, kit, strict=False)] + crew[len(kit) :]
    tests: list[Probe] = []
    checks: list[Check] = []
    last = from_day
    for number, team in enumerate(crew):
        mine = [s for i, s in enumerate(_walk(spots)) if i * crews // max(1, len(spots)) == number]
        for day, part in _days(rng, mine, team.pace, from_day):
            checks += calibrations(rng, team.instrument, day)
            tests += shift(rng, part, team, day, code, leaks)
            last = max(last, day)
    limits = leak_limits(spots)
    found = [t for t in tests if t.net is not None and t.net > limits[t.component]]
    mendings: list[Mending] = []
    filings: list[Filing] = []
    if mended:
        own = Team(Instrument(f"{enterprise[:4].upper()}-FID-OWN", *MODELS[0]), f"{enterprise[:4].upper()}复测员", 100)
        crew.append(own)
        taken: set[int] = set()
        for number, leak in enumerate(found):
            done = mend(rng, leak, own, number, taken)
            mendings += done[0]
            filings += done[2]
            tests += done[1]
        days = sorted({test.tested_at.date() for test in tests if test.purpose == "retest"})
        for day in days:
            checks += calibrations(rng, own.instrument, day)
        last = max([last, *days])
    return Campaign(
        enterprise, code, from_day, last, tuple(spots),
        tuple(team.instrument for team in crew), tuple(team.tester for team in crew),
        tuple(sorted(tests, key=lambda test: (test.tested_at, test.component))),
        tuple(sorted(checks, key=lambda check: (check.done_at, check.instrument))),
        tuple(mendings), tuple(filings),
        declared_components=len(spots), declared_unreachable=sum(not s.reachable for s in spots),
        declared_leaks=len(found),
    )  # fmt: skip


def leak_limits(spots: Sequence[Spot]) -> dict[str, float]:
    """What counts as a leak, net umol/mol, by component."""
    return {spot.code: LEAK_FROM[spot.medium] for spot in spots}


def _walk(spots: Sequence[Spot]) -> list[Spot]:
    """Unit by unit, from the ground up."""
    order = {unit: n for n, unit in enumerate(dict.fromkeys(s.unit for s in spots))}
    return sorted(spots, key=lambda s: (order[s.unit], s.elevation_m, s.code))


def _days(
    rng: np.random.Generator, mine: Sequence[Spot], pace: int, first: date
) -> Iterator[tuple[date, Sequence[Spot]]]:
    day, at = first, 0
    while at < len(mine):
        if day.weekday() < 6:
            count = int(pace * rng.uniform(0.75, 1.04))
            yield day, mine[at : at + count]
            at += count
        day += timedelta(days=1)


def calibrations(rng: np.random.Generator, instrument: Instrument, day: date) -> list[Check]:
    """Zero and span before the first shift, flow and response time with them, span gas once more after the last."""
    at = datetime.combine(day, time(7, 40), tzinfo=SITE_ZONE) + timedelta(seconds=int(rng.integers(0, 900)))
    evening = datetime.combine(day, time(17, 55), tzinfo=SITE_ZONE) + timedelta(seconds=int(rng.integers(0, 900)))
    serial = instrument.serial
    return [
        Check(serial, at, "zero", 0.0, round(float(rng.uniform(0, 1.8)), 1)),
        Check(serial, at + timedelta(minutes=3), "span", SPAN, round(SPAN * float(rng.uniform(0.98, 1.02)), 0)),
        Check(serial, at + timedelta(minutes=5), "flow", None, round(float(rng.uniform(0.9, 1.2)), 2)),
        Check(
            serial, at + timedelta(minutes=6), "response_time", None,
            round(instrument.response_time_s * float(rng.uniform(0.9, 1.0)), 1),
        ),
        Check(serial, evening, "drift", SPAN, round(SPAN * float(rng.uniform(0.955, 1.03)), 0)),
    ]  # fmt: skip


def shift(
    rng: np.random.Generator, part: Sequence[Spot], team: Team, day: date, campaign: str, leaks: bool
) -> Iterator[Probe]:
    """One team's day; the time of a record is when the probe came off the component."""
    seconds = sum((datetime.combine(day, end) - datetime.combine(day, start)).total_seconds() for start, end in SHIFTS)
    usual = seconds * 0.93 / max(team.pace, len(part))
    start, end = (datetime.combine(day, at, tzinfo=SITE_ZONE) for at in SHIFTS[0])
    at = start + timedelta(seconds=int(rng.integers(0, 900)))
    background = round(float(rng.uniform(1.3, 3.2)), 1)
    factors = {unit: round(float(rng.uniform(0.8, 2.6)), 2) for unit in dict.fromkeys(s.unit for s in part)}
    before: Spot | None = None
    rest = 0.0
    for number, spot in enumerate(part):
        if number % 25 == 0:
            background = round(max(0.8, background + float(rng.normal(0, 0.3))), 1)
        dwell = float(np.ceil(team.instrument.response_time_s * rng.uniform(2.05, 3.2)))
        if not spot.reachable:
            dwell = float(rng.integers(15, 45))
        way = 0.0 if before is None or before.unit == spot.unit else hypot(spot.x_m - before.x_m, spot.y_m - before.y_m)
        gap = max(usual * float(rng.lognormal(-0.06, 0.35)), dwell + rest + 6) + way / 1.1
        rest = dwell
        at += timedelta(seconds=round(gap))
        if at > end and end.hour < 13:
            at = datetime.combine(day, SHIFTS[1][0], tzinfo=SITE_ZONE) + timedelta(seconds=int(rng.integers(60, 600)))
            end = datetime.combine(day, SHIFTS[1][1], tzinfo=SITE_ZONE)
        before = spot
        video = f"{campaign}-{team.instrument.serial}-{day:%m%d}-{number // 40 + 1:02d}.mp4"
        if not spot.reachable:
            yield Probe(
                spot.code, at, None, None, None, None, dwell, "ogi", "routine", False, campaign,
                team.instrument.serial, team.tester, video,
            )  # fmt: skip
            continue
        reading, net = measured(rng, spot, background, factors[spot.unit], leaks)
        yield Probe(
            spot.code, at, reading, background, net, factors[spot.unit], dwell, "instrument", "routine", False,
            campaign, team.instrument.serial, team.tester, video,
        )  # fmt: skip


def measured(
    rng: np.random.Generator, spot: Spot, background: float, factor: float, leaks: bool
) -> tuple[float, float]:
    """(reading, net) at one component."""
    chance = float(rng.random())
    if chance < 0.33:
        above = float(rng.normal(0.15, 0.25))
    elif leaks and chance > 1 - LEAK_SHARE:
        above = LEAK_FROM[spot.medium] * float(rng.lognormal(0.8, 0.6))
    else:
        above = min(float(rng.lognormal(2.4, 1.0)), 0.7 * LEAK_FROM[spot.medium] / factor)
    reading = shown(max(0.2, background + above))
    return reading, round(max(0.0, reading - background) * factor, 2)


def shown(value: float) -> float:
    """As an instrument's display has it: a tenth below 100, whole numbers below 10 000, tens from there."""
    return round(value, 1 if value < 100 else 0 if value < 10_000 else -1)


def mend(
    rng: np.random.Generator, leak: Probe, team: Team, number: int, taken: set[int]
) -> tuple[list[Mending], list[Probe], list[Filing]]:
    """(repairs, retests, filings) after a leak: one in eight leaks still after the first repair, one in nine waits.

    taken: ten minutes since the epoch in which the instrument for retests is already somewhere.
    """
    repairs: list[Mending] = []
    retests: list[Probe] = []
    at = _working(leak.tested_at + timedelta(days=int(rng.integers(1, 4)), minutes=int(rng.integers(0, 200))))
    attempts = 2 if number % 8 == 5 else 1
    for attempt in range(attempts):
        repairs.append(
            Mending(leak.component, leak.tested_at, at, MEASURES[(number + attempt) % len(MEASURES)], "维修班")
        )
        if number % 9 == 4:
            filed = _working(leak.tested_at + timedelta(days=7))
            until = (leak.tested_at + timedelta(days=75)).date()
            filing = Filing(leak.component, leak.tested_at, filed, "shutdown", until, f"延修备案〔2026〕{number + 1}号")
            return repairs, retests, [filing]
        tested = at + timedelta(minutes=int(rng.integers(45, 200)), seconds=int(rng.integers(0, 60)))
        while tested.timestamp() // 600 in taken:
            tested += timedelta(minutes=10)
        taken.add(int(tested.timestamp() // 600))
        background = round(float(rng.uniform(1.3, 3.0)), 1)
        still = attempt + 1 < attempts
        above = (leak.reading or SPAN) * float(rng.uniform(0.5, 0.8)) if still else float(rng.lognormal(2.2, 0.7))
        if still:
            above = max(above, 2.2 * SPAN)
        reading, factor = shown(background + above), leak.response_factor or 1.0
        retests.append(
            Probe(
                leak.component, tested, reading, background, round(max(0.0, reading - background) * factor, 2),
                leak.response_factor, float(np.ceil(team.instrument.response_time_s * rng.uniform(2.05, 3.2))),
                "instrument", "retest", False, leak.campaign, team.instrument.serial, team.tester,
                f"{leak.campaign}-R{number + 1:03d}-{attempt + 1}.mp4",
            )
        )  # fmt: skip
        at = _working(at + timedelta(days=2))
    return repairs, retests, []


def _working(at: datetime) -> datetime:
    """The same time of day, not on a Sunday, and early enough for a retest in daylight."""
    local = at.astimezone(SITE_ZONE)
    if local.hour >= 15:
        local = local.replace(hour=9)
        if local <= at:
            local += timedelta(days=1)
    return local + timedelta(days=1) if local.weekday() == 6 else local
