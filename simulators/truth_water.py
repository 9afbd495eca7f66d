"""What must be found of the water meters: installed, online, reporting.

Everything follows from the register and from which hours of which meter were never sent or were sent late.

Assumptions. A place is fitted while one of its meters is installed (installed_on <= day < removed_on) and verified
(up to and including the day its verification ends). An hour has arrived when it holds at least one reading; a reading
on the hour belongs to the hour that it closes. Arrival is counted over the hours from the later of month start and
meter installation to the day's end, with what is known when the day is judged, and again when late data come.
Installation and online rates share the reasons target_met and target_not_met. Offline findings are recorded on change;
when late data undo a recorded `silent`, that hour's finding becomes `reporting`, which says nothing new (redundant: a
platform may also leave no current finding for that hour).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from domain.periods import HOUR, Period, add_months, day_period, day_start
from simulators.city import City, Enterprise, Intake, Meter
from simulators.effects import Outcome
from simulators.events import Arrivals, Event, closing_clock
from simulators.timing import Timeline

INSTALLATION = "water.meter_installation_rate"
ONLINE_GREEN = "water.intake_online_rate.green_park_plan"
ONLINE_COKING = "water.intake_online_rate.coking_plan"
OFFLINE = "data.point_offline"

INSTALLATION_TARGET = {2025: 100.0, 2026: 100.0, 2027: 100.0}
GREEN_TARGET = {2025: 85.0, 2026: 90.0, 2027: 95.0}
COKING_TARGET = {2027: 90.0}  # above it, not merely reached


def water_events(city: City, timeline: Timeline, until: int, arrivals: Arrivals) -> Iterator[Event]:
    """All judgements of the three rules up to a clock value, in order for each series."""
    yield from _installation(city, timeline, until)
    yield from _Online(city, timeline, arrivals).events(until)
    yield from _offline(city, timeline, until, arrivals)


def closed_days(timeline: Timeline, until: int) -> Iterator[tuple[int, date, Period]]:
    """(clock at which it is judged, day, period) of each closed day."""
    for number in range(max(0, (until - 1) // 24)):
        day = timeline.first_day + timedelta(days=number)
        yield closing_clock((number + 1) * 24), day, day_period(day)


def is_fitted(meter: Meter, day: date) -> bool:
    installed = meter.installed_on <= day and (meter.removed_on is None or day < meter.removed_on)
    return installed and day <= add_months(meter.verified_on, meter.verification_months)


def in_service(record: object, day: date) -> bool:
    since: date = getattr(record, "in_service_from")  # noqa: B009
    until: date | None = getattr(record, "in_service_to")  # noqa: B009
    return since <= day and (until is None or day < until)


def groups(city: City, members: list[Enterprise]) -> Iterator[tuple[str, list[Enterprise]]]:
    """Parks, districts and the city, as subjects, with their enterprises."""
    for park in city.parks:
        yield f"park:{park.code}", [e for e in members if e.park == park.code]
    for district in city.districts:
        yield f"district:{district.code}", [e for e in members if e.district == district.code]
    yield f"city:{city.code}", members


def judged(value: float, met: bool) -> Outcome:
    return Outcome("compliant", "target_met", value) if met else Outcome("violation", "target_not_met", value)


def _installation(city: City, timeline: Timeline, until: int) -> Iterator[Event]:
    industrial = [enterprise for enterprise in city.enterprises if enterprise.is_industrial]
    for clock, day, period in closed_days(timeline, until):
        if day.year not in INSTALLATION_TARGET:
            continue
        rates = {enterprise.code: _fitted_pct(city, enterprise, day) for enterprise in industrial}
        for enterprise in industrial:
            rate = rates[enterprise.code]
            outcome = Outcome("undetermined", "no_metering_place") if rate is None else judged(rate, rate >= 100)
            yield Event(clock, INSTALLATION, f"enterprise:{enterprise.code}", period, outcome)
        for subject, members in groups(city, industrial):
            complete = sum(rates[member.code] == 100 for member in members)
            outcome = Outcome("undetermined", "no_enterprise")
            if members:
                outcome = judged(100 * complete / len(members), complete == len(members))
            yield Event(clock, INSTALLATION, subject, period, outcome)


def _fitted_pct(city: City, enterprise: Enterprise, day: date) -> float | None:
    places = [
        place for place in city.places
        if place.enterprise == enterprise.code
        and (place.medium, place.level) == ("water", "unit")
        and in_service(place, day)
    ]  # fmt: skip
    if not places:
        return None
    fitted = sum(
        any(m.enterprise == place.enterprise and m.place == place.code and is_fitted(m, day) for m in city.meters)
        for place in places
    )
    return 100 * fitted / len(places)


class _Online:
    """The online rate by permitted volume, under one target or the other."""

    def __init__(self, city: City, timeline: Timeline, arrivals: Arrivals) -> None:
        self._city = city
        self._timeline = timeline
        self._arrivals = arrivals
        self._meters = {
            (intake.enterprise, intake.code): [
                meter
                for place in city.places
                if (place.enterprise, place.intake) == (intake.enterprise, intake.code) and place.level == "unit"
                for meter in city.meters
                if (meter.enterprise, meter.place) == (place.enterprise, place.code)
            ]
            for intake in city.intakes
        }

    def events(self, until: int) -> Iterator[Event]:
        days = list(closed_days(self._timeline, until))
        current: dict[tuple[str, str, date], Outcome] = {}
        moments = [(clock, day, period, True) for clock, day, period in days]
        for _, late_clock, hours in self._arrivals.late():
            since = self._timeline.day_of(hours.start)
            moments += [
                (late_clock, day, period, False)
                for clock, day, period in days
                if clock <= late_clock <= until and day >= since
            ]
        for clock, day, period, closing in sorted(moments, key=lambda moment: (moment[0], not moment[3], moment[1])):
            known_until = clock - 1 if closing and self._arrivals.judged_first else clock
            for rule, subject, outcome in self._day(day, known_until):
                if current.get((rule, subject, day)) != outcome:
                    current[(rule, subject, day)] = outcome
                    yield Event(clock, rule, subject, period, outcome)

    def _day(self, day: date, clock: int) -> Iterator[tuple[str, str, Outcome]]:
        intakes = [i for i in self._city.intakes if not i.is_agricultural and in_service(i, day)]
        online = {(i.enterprise, i.code): self._is_online(i, day, clock) for i in intakes}
        subjects = [(f"enterprise:{e.code}", [e]) for e in self._city.enterprises]
        subjects += list(groups(self._city, list(self._city.enterprises)))
        for subject, members in subjects:
            codes = {member.code for member in members}
            mine = [intake for intake in intakes if intake.enterprise in codes]
            if not mine and subject.startswith("enterprise:"):
                continue
            total = sum(intake.permitted_m3_a for intake in mine)
            reached = sum(i.permitted_m3_a for i in mine if online[(i.enterprise, i.code)])
            yield from self._targets(subject, day, 100 * reached / total if mine else None)

    def _targets(self, subject: str, day: date, value: float | None) -> Iterator[tuple[str, str, Outcome]]:
        nothing = Outcome("undetermined", "no_intake")
        if (target := GREEN_TARGET.get(day.year)) is not None:
            yield ONLINE_GREEN, subject, nothing if value is None else judged(value, value >= target)
        if (target := COKING_TARGET.get(day.year)) is not None:
            yield ONLINE_COKING, subject, nothing if value is None else judged(value, value > target)

    def _is_online(self, intake: Intake, day: date, clock: int) -> bool:
        for meter in self._meters[(intake.enterprise, intake.code)]:
            if meter.point is None or not is_fitted(meter, day):
                continue
            since = max(day_start(day.replace(day=1)), day_start(meter.installed_on), self._city.month.start)
            hours = range((since - self._city.month.start) // HOUR, self._hour_after(day))
            arrived = sum(self._arrivals.known(f"{intake.enterprise}/{meter.point}", hour, clock) for hour in hours)
            if arrived * 10 >= len(hours) * 9:
                return True
        return False

    def _hour_after(self, day: date) -> int:
        return ((day - self._timeline.first_day).days + 1) * 24


def _offline(city: City, timeline: Timeline, until: int, arrivals: Arrivals) -> Iterator[Event]:
    for point in city.points:
        if point.quantity != "water_volume":
            continue
        late = [clock for enterprise, clock, _ in arrivals.late() if enterprise == point.enterprise]
        yield from _Offline(point.key, timeline, arrivals).events(until, late)


class _Offline:
    """One point: its verdict of each hour, of which only the changes are recorded."""

    def __init__(self, point: str, timeline: Timeline, arrivals: Arrivals) -> None:
        self._point = point
        self._timeline = timeline
        self._arrivals = arrivals
        self._recorded: dict[int, tuple[str, bool]] = {}  # verdict and whether it says nothing new, by hour

    def events(self, until: int, late: list[int]) -> Iterator[Event]:
        present: list[bool] = []
        for clock in range(2, until + 1):
            hour = clock - 2
            if clock in late and not self._arrivals.judged_first:
                present = [self._arrivals.known(self._point, h, clock) for h in range(hour + 1)]
                yield from self._record(clock, present, since=0)
                continue
            present.append(self._arrivals.known_at_closing(self._point, hour, clock))
            yield from self._record(clock, present, since=hour)
            if clock in late:
                present = [self._arrivals.known(self._point, h, clock) for h in range(hour + 1)]
                yield from self._record(clock, present, since=0)

    def _record(self, clock: int, present: list[bool], since: int) -> Iterator[Event]:
        before = self._verdict_before(since)
        for hour in range(since, len(present)):
            verdict = before
            if present[hour]:
                verdict = "reporting"
            elif hour >= 2 and not any(present[hour - 2 : hour + 1]):
                verdict = "silent"
            redundant = verdict == before
            if (not redundant or hour in self._recorded) and self._recorded.get(hour) != (verdict, redundant):
                self._recorded[hour] = (verdict, redundant)
                yield self._event(clock, hour, verdict, redundant)
            before = verdict

    def _verdict_before(self, hour: int) -> str:
        earlier = [recorded for recorded in self._recorded if recorded < hour]
        return self._recorded[max(earlier)][0] if earlier else ""

    def _event(self, clock: int, hour: int, verdict: str, redundant: bool) -> Event:
        outcome = Outcome("violation" if verdict == "silent" else "compliant", verdict)
        return Event(clock, OFFLINE, f"point:{self._point}", self._timeline.period(hour), outcome, redundant)
