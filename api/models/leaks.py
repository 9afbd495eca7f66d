"""What the API says of leaks: where they are, how far they are, until when each standard wants what."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Instant
from api.models.leak_records import DELAY_EXAMPLE, REPAIR_EXAMPLE, TEST_EXAMPLE, DelayItem, LeakTestItem, RepairItem
from domain.findings import Verdict
from domain.leaks import LEAK_STATES
from storage.listing.session import Row

LeakState = Literal["found", "attempted", "still_leaking", "delayed", "closed", "removed"]

#: Where a term runs still, or ran out: days are left or have gone by.
_RUNNING = frozenset({"scheduled", "due_soon", "delayed", "overdue"})

LEAK_EXAMPLE: dict[str, Any] = {
    "leak_id": 7,
    "enterprise": "hx-coking",
    "enterprise_name": "海西焦化",
    "component": "V-1",
    "component_name": "苯储罐出口阀",
    "unit_name": "苯加氢",
    "installation": "BJQ",
    "standard": "GB37822",
    "tag": "1203-007",
    "kind": "valve",
    "medium": "gas",
    "found_at": "2026-11-02T01:30:05Z",
    "net_umol_mol": 5200.0,
    "visible": False,
    "state": "attempted",
    "state_word": "已维修，待复测",
    "attempts": 1,
    "first_attempt_at": "2026-11-02T02:10:00Z",
    "last_repair_at": "2026-11-02T02:10:00Z",
    "closed_at": None,
    "closed_net_umol_mol": None,
    "delay_ground": None,
    "delay_filed_at": None,
    "delay_until": None,
    "removed_on": None,
    "overdue": False,
    "terms": [
        {
            "rule_id": "ldar.first_attempt",
            "standard": "GB 37822-2019",
            "step": "attempt",
            "finding_id": 812,
            "verdict": "compliant",
            "status": "attempted_in_time",
            "due_on": "2026-11-07",
            "days_left": None,
            "definition_umol_mol": 5000.0,
            "key_region": False,
            "is_leak": {"other": True, "key_region": True},
        },
        {
            "rule_id": "ldar.repair",
            "standard": "GB 37822-2019",
            "step": "repair",
            "finding_id": 813,
            "verdict": "compliant",
            "status": "scheduled",
            "due_on": "2026-11-17",
            "days_left": 12,
            "definition_umol_mol": 5000.0,
            "key_region": False,
            "is_leak": {"other": True, "key_region": True},
        },
    ],
}


class LeakTerm(BaseModel):
    """Where a leak stands in one term of one standard, as its newest finding says."""

    rule_id: str
    standard: str
    step: Literal["attempt", "repair"]
    finding_id: int
    verdict: Verdict
    status: str = Field(
        description="reason of the finding: scheduled, due_soon, delayed, repaired_in_time, overdue, ..."
    )
    due_on: date = Field(description="local date (Asia/Shanghai), the last day in time")
    days_left: int | None = Field(
        description="from today to the due day; negative: days since; null when the matter is settled or undetermined"
    )
    definition_umol_mol: float = Field(description="net reading above which this standard calls it a leak")
    key_region: bool = Field(description="whether the city was a key region (重点地区) when it was found")
    is_leak: dict[str, bool] | None = Field(
        description="whether it is a leak outside (`other`) and inside key regions; null where that makes no difference"
    )


class LeakItem(BaseModel):
    """A leak, from the test that found it on; made of tests, repairs and filings whenever one of them comes.

    Its state goes by the lowest published definition of a leak; each standard's term by its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [LEAK_EXAMPLE]})

    leak_id: int
    enterprise: str
    enterprise_name: str
    component: str
    component_name: str
    unit_name: str
    installation: str | None = Field(description="code; null where the register does not say")
    standard: Literal["GB37822", "GB31571"] | None = Field(description="of the installation")
    tag: str | None = Field(description="标识牌编号")
    kind: str
    medium: str
    found_at: Instant
    net_umol_mol: float | None
    visible: bool
    state: LeakState
    state_word: str = Field(description="in Chinese")
    attempts: int
    first_attempt_at: Instant | None
    last_repair_at: Instant | None
    closed_at: Instant | None = Field(description="of the test that says it is tight again")
    closed_net_umol_mol: float | None
    delay_ground: str | None
    delay_filed_at: Instant | None
    delay_until: date | None = Field(description="local (Asia/Shanghai)")
    removed_on: date | None = Field(description="first local day on which the component was out of service")
    overdue: bool = Field(description="some standard's term is over and not met")
    terms: list[LeakTerm] = Field(
        description="of the standards by which it is a leak; empty: of none, or not judged yet"
    )


class Leak(LeakItem):
    """A leak with everything that was said in its time, corrected and superseded records too, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                LEAK_EXAMPLE | {"tests": [TEST_EXAMPLE], "repairs": [REPAIR_EXAMPLE], "delays": [DELAY_EXAMPLE]}
            ]
        }
    )

    tests: list[LeakTestItem]
    repairs: list[RepairItem]
    delays: list[DelayItem]


def leak_item(row: Row, today: date) -> dict[str, Any]:
    """The fields of a leak's row. today: the local day from which days are counted."""
    terms = [term | {"days_left": _days_left(term, today)} for term in row["terms"]]
    return row | {"state_word": LEAK_STATES[row["state"]], "terms": terms}


def _days_left(term: Row, today: date) -> int | None:
    return (date.fromisoformat(term["due_on"]) - today).days if term["status"] in _RUNNING else None
