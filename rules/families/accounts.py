"""Family of monthly accounts: every closed local month, of whatever subjects an evaluator finds in the register.

A month is judged as a whole and again as a whole: a balance, a quota and a city's share all rest on the same few
totals, which are kept by month (`storage.month_totals`), so that looking again costs no look at hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from domain.periods import add_months, local_day, month_of, month_period, numbered_hour
from rules.evaluators.account import AccountWindow
from rules.evaluators.contract import Judgement
from rules.evaluators.coverage import Register
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.recording import settle
from rules.families.registers import Registered, books, registered
from rules.pack import Rule
from storage import findings, month_totals, rule_state
from storage.database import Connection

#: Under this name the engine remembers up to where counters are summed up by month.
TOTALS = "point_month"
#: The one series of a rule's watermarks.
_SERIES = "month"
#: Months that are judged in one transaction.
_AT_ONCE = 3


class Accounts:
    """See `contract.Family`. The watermark is the start of the first month that is not judged.

    months: how many months a verdict looks at, its own included.
    """

    def __init__(self, months: int = 1) -> None:
        self._months = months

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return month_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed months, once their hours are settled and summed up."""
        known = await registered(connection)
        done = Advance(subjects=len(known.register.users))
        if not known.register.users:
            return done
        marks = await rule_state.watermarks(connection, job.rule_id)
        summed = (await rule_state.watermarks(connection, TOTALS)).get(_SERIES)
        first = _first_month(known.register, job)
        month = max(first, local_day(marks[_SERIES])) if _SERIES in marks else first
        chosen: list[date] = []
        while (period := month_period(month.year, month.month)).end <= job.closed_at:
            if summed is None or period.end > summed or await month_totals.is_unsettled(connection, period):
                done.deferred = True
                break
            if len(chosen) == _AT_ONCE:
                done.more = True
                break
            chosen.append(month)
            month = add_months(month, 1)
        if chosen:
            done.add(await self._judge(connection, job, known, chosen))
            through = {_SERIES: month_period(month.year, month.month).start}
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge again the judged months that rest on anything that has changed."""
        months = await self._changed(connection, job, work)
        known = await registered(connection, work) if months else None
        if known is None or not known.register.users:
            return Advance()
        first = _first_month(known.register, job)
        return await self._judge(connection, job, known, [month for month in months if month >= first], work)

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark goes back to the earliest changed month."""
        months = await self._changed(connection, job, work)
        if months:
            through = {_SERIES: month_period(months[0].year, months[0].month).start}
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _changed(self, connection: Connection, job: Job, work: Worklist) -> list[date]:
        """First days of the judged months that rest on what has changed, in order."""
        through = (await rule_state.watermarks(connection, job.rule_id)).get(_SERIES)
        if through is None:
            return []
        end = local_day(through)
        touched: set[date] = set()
        for first in (*work.months, *(local_day(at).replace(day=1) for at in work.ledger)):
            touched |= {add_months(first, n) for n in range(self._months)}
        for at in work.ledger:  # a figure of a year belongs to each of its months
            if (day := local_day(at)).month == 1:
                touched |= {add_months(day.replace(day=1), n) for n in range(11 + self._months)}
        changed = [*work.registers.values(), *work.metering.values()]
        month = min((local_day(at).replace(day=1) for at in changed), default=end)
        while month < end:
            touched.add(month)
            month = add_months(month, 1)
        return sorted(first for first in touched if first < end)

    async def _judge(
        self, connection: Connection, job: Job, known: Registered, months: Sequence[date], work: Worklist | None = None
    ) -> Advance:
        done = Advance()
        if not months:
            return done
        begin = add_months(min(months), 1 - self._months)
        kept = await books(connection, known.register, begin, max(months), work)
        for month in months:
            looked_at = [add_months(month, n) for n in range(1 - self._months, 1)]
            judged = judge_month(job, AccountWindow(looked_at, known.register, kept.totals, kept.ledger))
            period = month_period(month.year, month.month)
            subjects = {str(judgement.subject) for _, judgement in judged}
            subjects |= set(await findings.subjects_at(connection, job.rule_id, period.start))
            whole = [(subject, period.start, period.end) for subject in sorted(subjects)]
            done.add(await settle(connection, judged, known.enterprise_ids, job.now, whole=whole, rule_id=job.rule_id))
        return done


def _first_month(register: Register, job: Job) -> date:
    """First month that is judged: of the first registration, or of the rule's validity. The register has users."""
    return max(min(user.registered_from for user in register.users), local_day(job.valid_from_at)).replace(day=1)


def judge_month(job: Job, window: AccountWindow) -> list[tuple[Rule, Judgement]]:
    """Judgements on a window's month, by the variant that is in force at its start. Pure."""
    rule = job.variant_at(window.period.start)
    return [] if rule is None else [(rule, judgement) for judgement in judge(rule, window)]


async def sum_up(connection: Connection, closed_at: datetime) -> None:
    """Sum up the months of counters that have closed and are not summed up yet."""
    marks = await rule_state.watermarks(connection, TOTALS)
    first = await month_totals.first_day(connection)
    if first is None:
        return
    month = local_day(marks[_SERIES]) if _SERIES in marks else first.replace(day=1)
    begin = month
    while (period := month_period(month.year, month.month)).end <= closed_at:
        await month_totals.close_month(connection, month, period)
        month = add_months(month, 1)
    if month != begin or not marks:
        through = {_SERIES: month_period(month.year, month.month).start}
        await rule_state.save_watermarks(connection, TOTALS, 1, through)


async def sum_up_again(connection: Connection, work: Worklist) -> None:
    """Sum up again the months of which hours have changed; `work.months` says which of them came out otherwise."""
    through = (await rule_state.watermarks(connection, TOTALS)).get(_SERIES)
    if through is None:
        return
    pairs = {
        (point, month)
        for point, hours in work.hours.items()
        for hour in hours
        if (month := _month(hour)) < local_day(through)
    }
    work.months |= set(await month_totals.refresh(connection, sorted(pairs)))


def _month(hour: int) -> date:
    return local_day(numbered_hour(hour).start).replace(day=1)
