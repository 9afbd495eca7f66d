"""Corrected hours of counters, with what came first and what counts now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.periods import numbered_hour
from domain.readings import HOUR_US, to_us
from rules.evaluators.correction_magnitude import Corrected, CorrectedHour, CorrectedHours
from rules.families.contract import Job, judge
from rules.families.markedhours import Counted
from rules.families.periodic import Judged
from rules.pack import Rule
from storage import counters
from storage.counters import CorrectedRow, MarkedRow
from storage.database import Connection

#: The mark that is looked at.
MARKS = ("corrected",)
#: Marks of hours in which the register did not simply go up: increments before and after cannot be compared there.
_NOT_PLAIN = frozenset({"rollover", "reset", "jump", "spike", "replaced"})


async def judge_corrections_of(
    connection: Connection, job: Job, points: Mapping[int, Counted], rows: Sequence[MarkedRow]
) -> Judged:
    """See `rules.families.markedhours.JudgeRows`."""
    chosen = plain(rows)
    asked = [(row.point_id, (hour := numbered_hour(row.hour)).start, hour.end) for row in chosen]
    found = await counters.corrected_values(connection, asked) if asked else []
    return judge_corrections(job, points, chosen, found)


def plain(rows: Iterable[MarkedRow]) -> list[MarkedRow]:
    """Corrected hours in which the register simply went up or down."""
    return [row for row in rows if not _NOT_PLAIN.intersection(row.marks)]


def judge_corrections(
    job: Job, points: Mapping[int, Counted], rows: Iterable[MarkedRow], found: Iterable[CorrectedRow]
) -> Judged:
    """Judgements on corrected hours, each by the variant that is in force in it. found: readings of the hours. Pure."""
    readings: dict[tuple[int, int], list[Corrected]] = {}
    for one in found:
        hour = (to_us(one.measured_at) - 1) // HOUR_US  # a counter's hour is (start, end]
        corrected = Corrected(one.measured_at, one.first, one.corrected, one.before)
        readings.setdefault((one.point_id, hour), []).append(corrected)
    by_rule: dict[int, tuple[Rule, list[CorrectedHour]]] = {}
    for row in rows:
        period, own = numbered_hour(row.hour), readings.get((row.point_id, row.hour), [])
        rule = job.variant_at(period.start)
        if rule is not None and own:
            point = points[row.point_id]
            entry = CorrectedHour(point.subject, period, point.point.unit, point.point.serial, own)
            by_rule.setdefault(id(rule), (rule, []))[1].append(entry)
    return [(rule, judgement) for rule, hours in by_rule.values() for judgement in judge(rule, CorrectedHours(hours))]
