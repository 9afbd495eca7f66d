"""`plantwatch backfill`: a file of history through the one writer, with the same checks and books as what comes live.

What is committed is remembered by the file's checksum: a run that broke off goes on where it stopped, and the same
file a second time does nothing. Rows between the last note and the break come twice and count as duplicates.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from domain.clock import Clock
from domain.errors import BadInput
from domain.readings import from_us
from ingest.batch import assemble
from ingest.decode.samples import Samples
from ingest.delivery import Delivery, Receipt
from ingest.messages import Message, rejects_report
from ingest.metrics import FATES, IngestMetrics
from ingest.registry import Registry
from ingest.topics import read_topic
from ingest.writer import Writer
from runtime.clock import open_clock
from runtime.historyfile import HistoryFile, Portion, open_history
from runtime.historynotice import HistoryNotice
from runtime.process import open_database
from runtime.settings import Settings
from storage.backfills import find_backfill, note_backfill, start_backfill
from storage.database import Database

#: Values on their way to the store at once: what one transaction commits and the next gathers.
_UNDER_WAY = 60_000
#: Seconds between notes of how far it is, and between lines where there is no terminal.
_NOTE_S, _LINE_S = 1.0, 10.0
_OFFSET = re.compile(r"[Zz]|[+-][0-9]{2}:[0-9]{2}")
_DEFAULT_GATEWAY = "backfill"


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for. offset: of times that have none, "" refuses them; again: also a finished file;
    notify: alerts on what it takes in are told, and author says who wants that."""

    file: Path
    enterprise: str
    gateway: str = _DEFAULT_GATEWAY
    offset: str = ""
    dry_run: bool = False
    again: bool = False
    notify: bool = False
    author: str = ""


@dataclass(slots=True)
class Summary:
    """What became of a file in this run. Rows are lines below the header, the other counts are values (items)."""

    rows: int
    rows_before: int = 0
    """Rows that an earlier run had taken in."""
    rows_done: int = 0
    """Rows taken in by now, earlier runs included."""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FATES, 0))
    refused: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """Items, the first of them and what was expected, by reason."""
    seconds: float = 0.0
    oldest_us: int | None = None
    stopped: bool = False

    def refuse(self, report: bytes) -> None:
        """Take over what a message's report of refusals says; the first item of a reason stays the one shown."""
        for fault in json.loads(report)["refused"]:
            items, first, expected = self.refused.get(fault["reason"], (0, fault["first_item"], fault["expected"]))
            self.refused[fault["reason"]] = (items + fault["items"], first, expected)

    def lines(self, *, dry_run: bool, keep_from: datetime) -> Iterator[str]:
        """The summary for a person."""
        rows = self.rows_done - self.rows_before
        speed = f", {rows / self.seconds:,.0f} rows/s" if self.seconds > 0 and rows else ""
        known = f" ({self.rows_before:,} were known from an earlier run)" if self.rows_before else ""
        yield f"rows        {rows:,} of {self.rows:,}{known}{speed}"
        yield f"received    {sum(self.counts.values()):,} values"
        if dry_run:
            yield f"good        {self.counts['stored']:,} (dry run: nothing was stored; duplicates are not told apart)"
        else:
            yield f"stored      {self.counts['stored']:,}"
            yield f"duplicates  {self.counts['duplicate']:,}"
            yield f"corrections {self.counts['correction']:,}"
        yield f"refused     {self.counts['refused']:,}"
        for reason, (items, first, expected) in self.refused.items():
            yield f"  {reason}: {items:,}, first {first} (expected {expected})"
        if self.oldest_us is not None and from_us(self.oldest_us) < keep_from:
            yield f"note: readings before {keep_from:%Y-%m-%d} are past PLANTWATCH_RETENTION_DAYS and will be dropped"
        if self.stopped:
            yield "stopped: run the same command again to go on from here"
        elif self.refused and not dry_run:
            yield "mend what was refused and run it again; with this very file, --again (stored values are duplicates)"


def backfill(settings: Settings, request: Request) -> int:
    """Take a file in and print what became of it: 0, or 1 when something was refused, 130 when it was stopped.

    Raises BadInput for a file, enterprise or option that cannot be used, StorageUnavailable when the database goes
    away; what was committed by then is remembered.
    """
    _check(request)
    source = open_history(request.file)
    clock = open_clock(settings.clock_file)
    summary = asyncio.run(_run(settings, request, source, clock))
    if summary is None:
        return 0
    keep_from = clock() - timedelta(days=settings.retention_days)
    for line in summary.lines(dry_run=request.dry_run, keep_from=keep_from):
        sys.stdout.write(line + "\n")
    if summary.stopped:
        return 130
    return 1 if summary.refused else 0


def _check(request: Request) -> None:
    if request.offset and not _OFFSET.fullmatch(request.offset):
        raise BadInput(f"--offset {request.offset}: expected an offset such as +08:00")
    if request.notify and not request.author.strip():
        raise BadInput("--notify: --author NAME must say who wants old alerts to be told")
    topic = read_topic(request.enterprise, _topic(request))
    if topic.problem is not None:
        raise BadInput(f"--enterprise {request.enterprise} --gateway {request.gateway}: {topic.problem.value}")


def _topic(request: Request) -> str:
    return f"plantwatch/v1/{request.enterprise}/{request.gateway}/readings"


async def _run(settings: Settings, request: Request, source: HistoryFile, clock: Clock) -> Summary | None:
    """None when there was nothing to do."""
    if request.offset and source.layout is None:
        raise BadInput("--offset is for tables; samples in JSON carry their own")
    async with open_database(settings, "backfill") as database:
        loop = asyncio.get_running_loop()
        registry = Registry(database, loop.time)
        await registry.prepare([request.enterprise])
        entry = registry.entry(request.enterprise)
        if entry is None:
            raise BadInput(f"--enterprise {request.enterprise}: not in the register")
        progress = await _begin(database, request, source, entry.enterprise_id, clock())
        if progress is None:
            return None
        summary = Summary(source.rows, rows_before=progress, rows_done=progress)
        with _stoppable(loop) as stop, _Display(source, progress) as display:
            began_s = loop.time()
            if request.dry_run:
                _rehearse(request, source, registry, clock, summary, stop, display)
            else:
                notice = None
                if request.notify:
                    notice = HistoryNotice(database, entry.enterprise_id, request.author.strip(), clock)
                taking = _Taking(database, registry, request, source, entry.enterprise_id, clock, summary, notice)
                await taking.run(stop, display)
            summary.seconds = loop.time() - began_s
    return summary


async def _begin(
    database: Database, request: Request, source: HistoryFile, enterprise_id: int, now: datetime
) -> int | None:
    """Rows to pass over; None for a file that was taken in already."""
    async with database.transaction() as connection:
        if request.dry_run:
            known = await find_backfill(connection, enterprise_id, source.sha256)
        else:
            name, again = request.file.name, request.again
            known = await start_backfill(connection, enterprise_id, source.sha256, name, now, again=again)
    if known is None or request.again:
        return 0
    if known.finished_at is not None:
        sys.stdout.write(
            f"{request.file.name} was taken in by {known.finished_at.isoformat(timespec='seconds')} "
            f"({known.rows_done:,} rows); --again takes it in once more\n"
        )
        return None
    return known.rows_done


def _message(
    request: Request, source: HistoryFile, portion: Portion, points: Collection[str], received_at: datetime
) -> Message:
    samples = source.decode(portion, request.offset, points)
    payload = source.header + b"".join(portion.lines)
    delivery = Delivery(
        request.enterprise, "backfill", _topic(request), payload, len(payload), 1, False, False, received_at
    )
    return Message(delivery, request.gateway, samples.faults, samples, is_history=True)


def _rehearse(
    request: Request,
    source: HistoryFile,
    registry: Registry,
    clock: Clock,
    summary: Summary,
    stop: asyncio.Event,
    display: _Display,
) -> None:
    """Everything but the writing."""
    entry = registry.entry(request.enterprise)
    assert entry is not None, "it was there a moment ago"
    for portion in source.portions(summary.rows_done):
        message = _message(request, source, portion, entry.points, clock())
        batch = assemble([message], registry)
        refused = batch.faults[0].items
        summary.counts["stored"] += batch.items[0] - refused
        summary.counts["refused"] += refused
        if refused:
            summary.refuse(rejects_report(message.delivery, batch.faults[0], batch.items[0]))
        _older(summary, message.samples)
        summary.rows_done += len(portion.lines)
        display.show(summary.rows_done)
        if stop.is_set():
            summary.stopped = True
            return


def _older(summary: Summary, samples: Samples | None) -> None:
    if samples is not None and samples.at_us:
        oldest = min(samples.at_us)
        summary.oldest_us = oldest if summary.oldest_us is None else min(oldest, summary.oldest_us)


@dataclass(slots=True)
class _Taking:
    """One run: portions go to the writer while earlier ones are committed; notes follow in the order of the file."""

    database: Database
    registry: Registry
    request: Request
    source: HistoryFile
    enterprise_id: int
    clock: Clock
    summary: Summary
    notice: HistoryNotice | None
    _under_way: deque[tuple[asyncio.Future[Receipt], int, int]] = field(default_factory=deque)
    """(answer, rows, weight) of each portion, oldest first."""
    _weight: int = 0

    async def run(self, stop: asyncio.Event, display: _Display) -> None:
        metrics = CollectorRegistry()
        writer = Writer(self.database, self.registry, IngestMetrics(metrics))
        writing = asyncio.create_task(writer.run(), name="writer")
        try:
            await self._feed(writer, stop, display)
        finally:
            writer.close()
            await asyncio.gather(writing, *(answer for answer, _, _ in self._under_way), return_exceptions=True)
            for fate in FATES:
                value = metrics.get_sample_value("plantwatch_ingest_values_total", {"fate": fate})
                self.summary.counts[fate] = int(value or 0)
        finished = not stop.is_set() or self.summary.rows_done == self.source.rows
        self.summary.stopped = not finished
        if self.notice is not None:
            await self.notice.finish()
        await self._note(finished=finished)

    async def _feed(self, writer: Writer, stop: asyncio.Event, display: _Display) -> None:
        loop = asyncio.get_running_loop()
        noted_s = loop.time()
        for portion in self.source.portions(self.summary.rows_done):
            entry = self.registry.entry(self.request.enterprise)
            if entry is None:
                raise BadInput(f"--enterprise {self.request.enterprise}: no longer in the register")
            message = _message(self.request, self.source, portion, entry.points, self.clock())
            _older(self.summary, message.samples)
            if self.notice is not None:
                await self.notice.cover(message.samples)
            self._under_way.append((writer.push(message), len(portion.lines), message.weight))
            self._weight += message.weight
            await asyncio.sleep(0)  # the writer works in between
            while self._weight > _UNDER_WAY:
                await self._settle()
            if loop.time() - noted_s >= _NOTE_S:
                await self._note(finished=False)
                noted_s = loop.time()
            display.show(self.summary.rows_done)
            if stop.is_set():
                break
        while self._under_way:
            await self._settle()
            display.show(self.summary.rows_done)

    async def _settle(self) -> None:
        answer, rows, weight = self._under_way.popleft()
        self._weight -= weight
        report = (await answer).rejects
        if report is not None:
            self.summary.refuse(report)
        self.summary.rows_done += rows

    async def _note(self, *, finished: bool) -> None:
        async with self.database.transaction() as connection:
            await note_backfill(
                connection,
                self.enterprise_id,
                self.source.sha256,
                self.summary.rows_done,
                self.clock(),
                finished=finished,
            )


@contextlib.contextmanager
def _stoppable(loop: asyncio.AbstractEventLoop) -> Iterator[asyncio.Event]:
    """Set by the first Ctrl-C or SIGTERM, so that what is under way is finished; the second ends at once."""
    stop = asyncio.Event()

    def heard(wish: signal.Signals) -> None:
        loop.remove_signal_handler(wish)
        stop.set()

    wishes = (signal.SIGINT, signal.SIGTERM)
    for wish in wishes:
        loop.add_signal_handler(wish, heard, wish)
    try:
        yield stop
    finally:
        for wish in wishes:
            loop.remove_signal_handler(wish)


class _Display:
    """A progress bar on a terminal, a line now and then anywhere else."""

    def __init__(self, source: HistoryFile, rows_done: int) -> None:
        self._rows = source.rows
        self._name = source.path.name
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.completed:,.0f} rows"),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console) if console.is_terminal else None
        self._task = None
        self._clock: Callable[[], float] = asyncio.get_running_loop().time
        self._shown_s = self._clock()
        if self._progress is not None:
            self._task = self._progress.add_task(self._name, total=source.rows, completed=rows_done)

    def __enter__(self) -> _Display:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, rows_done: int) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=rows_done)
        elif self._clock() - self._shown_s >= _LINE_S:
            self._shown_s = self._clock()
            sys.stderr.write(f"{self._name}: {rows_done:,} of {self._rows:,} rows\n")
