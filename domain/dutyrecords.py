"""Records that a duty was done, on their way in: what somebody says, and all that is wrong with it. Pure.

One reading for every door (API, file). Whether the duty concerns the subject on that day is the register's business,
see `concern_fault`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from domain.duties import EVIDENCE_KINDS, Span
from domain.findings import Subject, SubjectKind

#: What a record may say; everything else is refused by name.
FIELDS = ("duty", "enterprise", "subject", "done_on", "documents", "note")
MAX_DOCUMENTS, REFERENCE_CHARACTERS, NOTE_CHARACTERS = 20, 200, 500

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ENTERPRISE = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_FIRST_YEAR = 2000

EXPECTED_DAY = "日期，例如 2026-11-02"
EXPECTED_SUBJECT = "对象，例如 enterprise:hx-coking、park:wuda-park、city:wuhai 或 point:hx-coking/S1-SO2"
_KINDS = "、".join(f"{kind} {name}" for kind, name in EVIDENCE_KINDS.items())
EXPECTED_DOCUMENT = f"凭证：kind 为 {_KINDS} 之一，reference 为编号或说明，1 至 {REFERENCE_CHARACTERS} 个可见字符"


@dataclass(frozen=True, slots=True)
class KnownDuty:
    """A duty that may be recorded. kind: of its subjects. by_register: it is met in the register, not by records."""

    rule_id: str
    title: str
    kind: SubjectKind
    by_register: bool = False


@dataclass(frozen=True, slots=True)
class DutyRecord:
    """That a duty was done on a local day. documents: (kind, reference) in order, what proves it."""

    rule_id: str
    subject: Subject
    done_on: date
    documents: tuple[tuple[str, str], ...]
    note: str | None

    @property
    def key(self) -> tuple[str, str, date]:
        """Another record with the same key corrects this one."""
        return self.rule_id, str(self.subject), self.done_on


@dataclass(frozen=True, slots=True)
class RecordFault:
    """What is wrong: the field, what it said (None: nothing) and what was expected, in Chinese."""

    field: str
    value: Any
    expected: str


def read_record(
    said: Mapping[str, Any], today: date, known: Mapping[str, KnownDuty], city: str | None
) -> DutyRecord | list[RecordFault]:
    """A record of what was said, or every fault of it. today: the local day on which it is said. city: the city's code.

    Absent and null are the same. The subject may be left out where the duty tells: the enterprise's own, the city.
    """
    faults = [
        RecordFault(str(name), said[name], f"没有这个字段；可用：{'、'.join(FIELDS)}")
        for name in said
        if name not in FIELDS
    ]
    duty = _duty(said.get("duty"), known, faults)
    subject = None if duty is None else _subject(said, duty, city, faults)
    done_on = _day(said.get("done_on"), today, faults)
    documents = tuple(_documents(said.get("documents"), faults))
    note = said.get("note")
    if note is not None and not _is_line(note, NOTE_CHARACTERS):
        faults.append(RecordFault("note", note, f"说明：1 至 {NOTE_CHARACTERS} 个可见字符"))
    if faults or duty is None or subject is None or done_on is None:
        return faults
    return DutyRecord(duty.rule_id, subject, done_on, documents, note)


def repeated(placed: Iterable[tuple[int, DutyRecord]]) -> Iterator[tuple[int, int]]:
    """(place, earlier place) of records with the same key as an earlier one: which of them holds would be a guess."""
    first: dict[tuple[str, str, date], int] = {}
    for place, record in placed:
        before = first.setdefault(record.key, place)
        if before != place:
            yield place, before


def concern_fault(
    record: DutyRecord, duty: KnownDuty, registered_from: date | None, spans: Sequence[Span]
) -> RecordFault | None:
    """Why a duty does not concern a record's subject on its day, None where it does.

    registered_from: of the enterprise, None where there is no such subject. spans: days on which the duty holds of it.
    """
    if registered_from is None:
        return RecordFault("subject", str(record.subject), f"已登记的{_SUBJECT_WORDS[record.subject.kind]}")
    if record.done_on < registered_from:
        expected = f"不早于登记日 {registered_from.isoformat()} 的日期"
        return RecordFault("done_on", record.done_on.isoformat(), expected)
    if any(record.done_on in span for span in spans):
        return None
    if not spans:
        return RecordFault("duty", record.rule_id, f"与 {record.subject.key} 有关的事项；“{duty.title}”不要求其办理")
    held = "、".join(_days(span) for span in spans)
    return RecordFault("done_on", record.done_on.isoformat(), f"要求其办理“{duty.title}”的日期：{held}")


_SUBJECT_WORDS: Mapping[SubjectKind, str] = {
    SubjectKind.ENTERPRISE: "企业代码",
    SubjectKind.PARK: "园区代码",
    SubjectKind.CITY: "城市代码",
    SubjectKind.POINT: "分析仪测点（企业代码/测点编码）",
    SubjectKind.PLACE: "计量点（企业代码/计量点编码）",
}


def _days(span: Span) -> str:
    return (
        f"{span.start.isoformat()} 起"
        if span.end is None
        else f"{span.start.isoformat()} 至 {span.end.isoformat()} 之前"
    )


def _duty(said: Any, known: Mapping[str, KnownDuty], faults: list[RecordFault]) -> KnownDuty | None:
    found = known.get(said) if isinstance(said, str) else None
    if found is None:
        near = get_close_matches(said, known, 3) if isinstance(said, str) else []
        options = "、".join(near or sorted(one for one in known if not known[one].by_register)) or "（尚未装入规则）"
        faults.append(RecordFault("duty", said, f"事项编号：{options}"))
    elif found.by_register:
        faults.append(RecordFault("duty", said, f"由登记数据办结的事项不用填报：“{found.title}”请更新登记的检定日期"))
        return None
    return found


def _subject(said: Mapping[str, Any], duty: KnownDuty, city: str | None, faults: list[RecordFault]) -> Subject | None:
    enterprise, text = said.get("enterprise"), said.get("subject")
    if enterprise is not None and not (isinstance(enterprise, str) and _ENTERPRISE.fullmatch(enterprise)):
        faults.append(RecordFault("enterprise", enterprise, "企业代码，例如 hx-coking"))
        return None
    if text is None:
        if duty.kind is SubjectKind.ENTERPRISE and enterprise is not None:
            return Subject(SubjectKind.ENTERPRISE, enterprise)
        if duty.kind is SubjectKind.CITY and city is not None and enterprise is None:
            return Subject(SubjectKind.CITY, city)
        field = "enterprise" if duty.kind is SubjectKind.ENTERPRISE else "subject"
        faults.append(
            RecordFault(field, None, f"“{duty.title}”的对象：{_SUBJECT_WORDS[duty.kind]}（{duty.kind}:代码）")
        )
        return None
    subject = _parsed(text)
    if subject is None:
        faults.append(RecordFault("subject", text, EXPECTED_SUBJECT))
    elif subject.kind is not duty.kind:
        faults.append(
            RecordFault("subject", text, f"“{duty.title}”的对象：{_SUBJECT_WORDS[duty.kind]}（{duty.kind}:代码）")
        )
    elif enterprise is not None and subject.enterprise != enterprise:
        faults.append(RecordFault("subject", text, f"企业 {enterprise} 的对象"))
    else:
        return subject
    return None


def _parsed(text: Any) -> Subject | None:
    if not _is_line(text, 200):
        return None
    try:
        return Subject.parse(text)
    except ValueError:
        return None


def _day(said: Any, today: date, faults: list[RecordFault]) -> date | None:
    try:
        day = date.fromisoformat(said) if isinstance(said, str) and _DAY.fullmatch(said) else None
    except ValueError:
        day = None
    if day is None or day.year < _FIRST_YEAR:
        faults.append(RecordFault("done_on", said, f"办理{EXPECTED_DAY}"))
        return None
    if day > today:
        faults.append(RecordFault("done_on", said, f"不晚于今天（{today.isoformat()}）的日期"))
        return None
    return day


def _documents(said: Any, faults: list[RecordFault]) -> Iterator[tuple[str, str]]:
    if said is None:
        return
    if not isinstance(said, list) or len(said) > MAX_DOCUMENTS:
        faults.append(RecordFault("documents", said, f"凭证的列表，至多 {MAX_DOCUMENTS} 条"))
        return
    for number, one in enumerate(said):
        kind, reference = (one.get("kind"), one.get("reference")) if isinstance(one, Mapping) else (None, None)
        if (
            isinstance(kind, str)
            and kind in EVIDENCE_KINDS
            and _is_line(reference, REFERENCE_CHARACTERS)
            and set(one) == {"kind", "reference"}
        ):
            yield kind, str(reference)
        else:
            faults.append(RecordFault(f"documents.{number}", one, EXPECTED_DOCUMENT))


def _is_line(text: Any, length: int) -> bool:
    return isinstance(text, str) and 0 < len(text) <= length and text.isprintable() and not text.isspace()
