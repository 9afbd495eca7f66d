"""What the API says of duties with a date, and what it takes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.bodies import Author, Reason
from api.fields import Instant
from domain.duties import EVIDENCE_KINDS
from domain.findings import Verdict
from domain.periods import local_day
from storage.listing.session import Row

State = Literal["scheduled", "due_soon", "overdue", "done_in_time", "done_late", "done_without_evidence", "ended"]
STATE_WORDS: dict[str, str] = {
    "scheduled": "未到期",
    "due_soon": "即将到期",
    "overdue": "逾期未办",
    "done_in_time": "按期办结",
    "done_late": "逾期办结",
    "done_without_evidence": "已办，缺凭证",
    "ended": "不再要求",
}
_RECORD_WORDS = {"effective": "有效", "superseded": "已更正", "withdrawn": "已撤回"}

_STATE: dict[str, Any] = {
    "duty": "duty.soil_monitoring",
    "title": "土壤和地下水年度监测",
    "standard": "《乌海市绿色园区专项治理工作方案》（送审稿）",
    "clause": "土壤污染重点监管单位每年对用地土壤和地下水开展监测并编制报告",
    "subject": "enterprise:ly-chem",
    "enterprise": "ly-chem",
    "enterprise_name": "绿源化工",
    "state": "due_soon",
    "state_word": "即将到期",
    "verdict": "compliant",
    "finding_id": 4711,
    "from_day": "2026-01-01",
    "due_day": "2026-12-31",
    "last_day": "2026-12-31",
    "done_day": None,
    "record_id": None,
    "required": ["report"],
    "missing": [],
    "overdue_terms": 1,
    "overdue_since": "2025-12-31T16:00:00Z",
}
_NEW: dict[str, Any] = {
    "duty": "duty.soil_monitoring",
    "enterprise": "ly-chem",
    "done_on": "2026-10-20",
    "documents": [{"kind": "report", "reference": "TR-2026-018"}],
    "note": "由第三方机构监测",
}
_RECORD: dict[str, Any] = {
    "record_id": 12,
    "duty": "duty.soil_monitoring",
    "title": "土壤和地下水年度监测",
    "subject": "enterprise:ly-chem",
    "enterprise": "ly-chem",
    "done_day": "2026-10-20",
    "documents": [{"kind": "report", "kind_word": "监测（检测、试验）报告", "reference": "TR-2026-018"}],
    "note": "由第三方机构监测",
    "author": "ly-chem:王工",
    "origin": "api",
    "received_at": "2026-10-21T01:00:00Z",
    "state": "effective",
    "state_word": "有效",
    "superseded_at": None,
    "withdrawn_by": None,
    "withdrawn_because": None,
    "attachment_count": 1,
}
_ATTACHMENT: dict[str, Any] = {
    "attachment_id": 3,
    "record_id": 12,
    "kind": "report",
    "kind_word": "监测（检测、试验）报告",
    "name": "土壤监测报告.pdf",
    "media_type": "application/pdf",
    "size_bytes": 482113,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "author": "ly-chem:王工",
    "received_at": "2026-10-21T01:02:00Z",
}


class DutyStanding(BaseModel):
    """Where a subject stands in a duty: its newest term, and what is still owed of earlier ones."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STATE]})

    duty: str = Field(description="rule id")
    title: str
    standard: str
    clause: str
    subject: str
    enterprise: str | None = Field(description="null: the city's or a park's")
    enterprise_name: str | None
    state: State
    state_word: str
    verdict: Verdict
    finding_id: int
    from_day: date
    due_day: date | None = Field(description="the last day in time; null where the duty has ended")
    last_day: date | None = Field(description="with the days of grace")
    done_day: date | None
    record_id: int | None
    required: list[str] = Field(description="kinds of evidence that a record must have")
    missing: list[str] = Field(description="of them, those that the record lacks")
    overdue_terms: int = Field(description="terms that were missed since it was last done")
    overdue_since: Instant | None


class Document(BaseModel):
    kind: str
    kind_word: str
    reference: str


class DutyRecordItem(BaseModel):
    """That a duty was done on a day."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RECORD]})

    record_id: int
    duty: str
    title: str | None
    subject: str
    enterprise: str | None
    done_day: date
    documents: list[Document]
    note: str | None
    author: str = Field(description="an enterprise's account is put before the name it gave")
    origin: str
    received_at: Instant
    state: Literal["effective", "superseded", "withdrawn"]
    state_word: str
    superseded_at: Instant | None
    withdrawn_by: str | None
    withdrawn_because: str | None
    attachment_count: int


class AttachmentItem(BaseModel):
    """A file that proves a record; its content under /v1/duties/attachments/{id}."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ATTACHMENT]})

    attachment_id: int
    record_id: int = Field(description="the record that it was attached to; a correction of the same day takes it over")
    kind: str
    kind_word: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    author: str
    received_at: Instant


class AttachmentAdded(AttachmentItem):
    model_config = ConfigDict(json_schema_extra={"examples": [_ATTACHMENT | {"new": True}]})

    new: bool = Field(description="false: the same content was attached before, nothing has changed")


class DutyRecordDetail(DutyRecordItem):
    """A record with what is attached to it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RECORD | {"attachments": [_ATTACHMENT]}]})

    attachments: list[AttachmentItem]


class NewDutyRecord(BaseModel):
    """What somebody says; read by one reader for API and file, so every fault is named at once."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_NEW]})

    duty: Any = Field(default=None, description="rule id")
    enterprise: Any = Field(default=None, description="an enterprise's own account may leave it out")
    subject: Any = Field(default=None, description="where it is not the enterprise: park:…, city:…, point:…")
    done_on: Any = Field(default=None, description="local date (Asia/Shanghai), not after today")
    documents: Any = Field(
        default=None,
        description=f"[{{kind, reference}}], kinds: {'、'.join(f'{k} {w}' for k, w in EVIDENCE_KINDS.items())}",
    )
    note: Any = None

    def said(self) -> dict[str, Any]:
        """The fields that were given."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class NewDutyRecords(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"author": "王工", "records": [_NEW]}]})

    author: Author
    records: list[NewDutyRecord] = Field(min_length=1, max_length=500)


class DutyRecordsWritten(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"new": 1, "corrected": 0, "same": 0, "record_ids": [12]}]}
    )

    new: int
    corrected: int = Field(description="took the place of another record of the same duty, subject and day; both stay")
    same: int
    record_ids: list[int] = Field(description="in the order given; of the same again the number of the one that stands")


class DutyWithdrawal(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"author": "李科长", "reason": "报告不是本企业的"}]}
    )

    author: Author
    reason: Reason


class CalendarItem(BaseModel):
    """Something with a date."""

    day: date = Field(description="local date (Asia/Shanghai): the last day in time")
    kind: Literal["duty", "ldar", "leak"]
    title: str
    rule_ids: list[str]
    subject: str | None
    count: int = Field(description="ldar: sealing points due; leak: leaks whose term ends; duty: 1")
    state: str
    state_word: str
    done_day: date | None
    finding_id: int | None
    standard: str | None
    clause: str | None


class DutyCalendar(BaseModel):
    """Everything with a date of an enterprise, by day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "enterprise": "ly-chem",
                    "from_day": "2026-09-03",
                    "to_day": "2027-12-07",
                    "items": [
                        {
                            "day": "2026-12-31",
                            "kind": "duty",
                            "title": "土壤和地下水年度监测",
                            "rule_ids": ["duty.soil_monitoring"],
                            "subject": "enterprise:ly-chem",
                            "count": 1,
                            "state": "due_soon",
                            "state_word": "即将到期",
                            "done_day": None,
                            "finding_id": 4711,
                            "standard": "《乌海市绿色园区专项治理工作方案》（送审稿）",
                            "clause": "土壤污染重点监管单位每年对用地土壤和地下水开展监测并编制报告",
                        }
                    ],
                }
            ]
        }
    )

    enterprise: str | None = Field(description="null: the city's and the parks' duties")
    from_day: date
    to_day: date
    items: list[CalendarItem]


def standing(row: Row) -> DutyStanding:
    """A row as the API shows it."""
    evidence = row["evidence"]
    due = evidence.get("due_on")
    return DutyStanding.model_validate(
        row
        | {
            "duty": row["rule_id"],
            "state": row["reason"],
            "state_word": STATE_WORDS[row["reason"]],
            "from_day": local_day(row["period_start"]),
            "due_day": due,
            "last_day": evidence.get("last_day", due),
            "done_day": evidence.get("done_on"),
            "record_id": evidence.get("record_id"),
            "required": evidence.get("required", []),
            "missing": evidence.get("missing", []),
        }
    )


def record_fields(row: Row) -> Row:
    """A record's row as the API shows it."""
    documents = [one | {"kind_word": EVIDENCE_KINDS.get(one["kind"], one["kind"])} for one in row["documents"]]
    return row | {
        "duty": row["rule_id"],
        "done_day": row["done_on"],
        "documents": documents,
        "state_word": _RECORD_WORDS[row["state"]],
    }


def attachment_fields(row: Row) -> Row:
    """An attachment's row as the API shows it."""
    return row | {"kind_word": EVIDENCE_KINDS.get(row["kind"], row["kind"])}


def last_day_of(period_end: datetime) -> date:
    """The last local day of a term that ends with an instant."""
    return local_day(period_end - timedelta(microseconds=1))
