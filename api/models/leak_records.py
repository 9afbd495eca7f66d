"""What the API says of leak detection and repair as it was reported, and what it takes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from api.bodies import Author
from api.fields import Instant

#: Records in one request.
MAX_RECORDS = 5000

Origin = Literal["api", "file", "mqtt"]
Purpose = Literal["routine", "retest", "spot_check", "recheck"]
Method = Literal["instrument", "visual", "ogi", "ultrasonic"]

_SAID: list[Any] = [
    {
        "enterprise": "hx-coking",
        "record": "test",
        "component": "V-1",
        "tested_at": "2026-11-02T09:30:05+08:00",
        "reading_umol_mol": 5203.5,
        "background_umol_mol": 3.5,
        "instrument": "FID-7",
        "tester": "张工",
        "dwell_s": 12,
    },
    {
        "enterprise": "hx-coking",
        "record": "repair",
        "component": "V-1",
        "repaired_at": "2026-11-02T10:10:00+08:00",
        "measure": "紧固填料压盖",
    },
]
TEST_EXAMPLE: dict[str, Any] = {
    "enterprise": "hx-coking",
    "component": "V-1",
    "tested_at": "2026-11-02T01:30:05Z",
    "has_time": True,
    "purpose": "routine",
    "method": "instrument",
    "net_umol_mol": 5200.0,
    "reading_umol_mol": 5203.5,
    "background_umol_mol": 3.5,
    "response_factor": None,
    "dwell_s": 12.0,
    "visible": False,
    "campaign": None,
    "instrument": "FID-7",
    "tester": "张工",
    "video": None,
    "revision": 0,
    "current": True,
    "author": "hx-coking:gun-1",
    "origin": "mqtt",
    "received_at": "2026-11-02T02:00:00Z",
}
_REPORTED: dict[str, Any] = {
    "author": "hx-coking:王工",
    "origin": "api",
    "received_at": "2026-11-02T02:00:00Z",
    "superseded_at": None,
}
REPAIR_EXAMPLE: dict[str, Any] = {
    "repair_id": 3,
    "enterprise": "hx-coking",
    "component": "V-1",
    "repaired_at": "2026-11-02T02:10:00Z",
    "measure": "紧固填料压盖",
    "repaired_by": None,
    **_REPORTED,
}
DELAY_EXAMPLE: dict[str, Any] = {
    "delay_id": 2,
    "enterprise": "hx-coking",
    "component": "V-2",
    "found_at": "2026-11-02T01:30:05Z",
    "filed_at": "2026-11-03T01:00:00Z",
    "ground": "shutdown",
    "repair_by": "2027-05-31",
    "document": "乌环备〔2026〕12号",
    **_REPORTED,
}
EVENT_EXAMPLE: dict[str, Any] = {
    "event_id": 1,
    "enterprise": "hx-coking",
    "kind": "restart",
    "component": None,
    "installation": "CP",
    "happened_at": "2026-10-08T00:00:00Z",
    "note": "年度检修后开工",
    **_REPORTED,
}
CALIBRATION_EXAMPLE: dict[str, Any] = {
    "calibration_id": 5,
    "enterprise": "hx-coking",
    "instrument": "FID-7",
    "done_at": "2026-11-02T00:20:00Z",
    "kind": "span",
    "expected": 5000.0,
    "shown": 4985.5,
    **_REPORTED,
}
INSTRUMENT_EXAMPLE: dict[str, Any] = {
    "enterprise": "hx-coking",
    "serial": "FID-7",
    "model": "TVA-2020",
    "owner": "某检测公司",
    "response_time_s": 4.0,
    "verified_until": "2027-03-31",
    "in_use_from": "2026-01-01",
    "in_use_to": None,
    "last_calibrated_at": "2026-11-02T00:20:00Z",
}
TESTER_EXAMPLE: dict[str, Any] = {
    "enterprise": "hx-coking",
    "name": "张工",
    "company": "某检测公司",
    "in_service_from": "2026-01-01",
    "in_service_to": None,
}


class LeakTestItem(BaseModel):
    """A test of a sealing point (密封点). Of a corrected test each revision; concentrations in umol/mol."""

    model_config = ConfigDict(json_schema_extra={"examples": [TEST_EXAMPLE]})

    enterprise: str
    component: str
    tested_at: Instant
    has_time: bool = Field(description="false: only the day was reported; `tested_at` is its beginning")
    purpose: Purpose
    method: Method
    net_umol_mol: float | None = Field(description="minus the background, never below 0; null: no probe was used")
    reading_umol_mol: float | None
    background_umol_mol: float | None
    response_factor: float | None
    dwell_s: float | None
    visible: bool = Field(description="liquid drips or seeps, or the method saw a leak")
    campaign: str | None
    instrument: str | None
    tester: str | None
    video: str | None
    revision: int
    current: bool = Field(description="false: another record of the same instant corrects it")
    author: str | None = Field(description="an enterprise's account or gateway; null: from before it was kept")
    origin: Origin | None
    received_at: Instant


class Reported(BaseModel):
    """Who said it, and what became of it."""

    author: str = Field(description="an enterprise's account is put before the name it gave")
    origin: Origin
    received_at: Instant
    superseded_at: Instant | None = Field(description="null: current")


class RepairItem(Reported):
    """An attempt at repair (维修)."""

    model_config = ConfigDict(json_schema_extra={"examples": [REPAIR_EXAMPLE]})

    repair_id: int
    enterprise: str
    component: str
    repaired_at: Instant
    measure: str
    repaired_by: str | None


class DelayItem(Reported):
    """A filing that puts a repair off (延迟修复备案)."""

    model_config = ConfigDict(json_schema_extra={"examples": [DELAY_EXAMPLE]})

    delay_id: int
    enterprise: str
    component: str
    found_at: Instant = Field(description="of the leak that it is about")
    filed_at: Instant
    ground: Literal["shutdown", "unsafe", "special"]
    repair_by: date = Field(description="last day; local (Asia/Shanghai)")
    document: str


class EventItem(Reported):
    """What moves schedules: restart (检修后投用), release (泄压)."""

    model_config = ConfigDict(json_schema_extra={"examples": [EVENT_EXAMPLE]})

    event_id: int
    enterprise: str
    kind: Literal["restart", "release"]
    component: str | None
    installation: str | None = Field(description="all of it; then there is no component")
    happened_at: Instant
    note: str | None


class CalibrationItem(Reported):
    """A calibration of an instrument (仪器校准)."""

    model_config = ConfigDict(json_schema_extra={"examples": [CALIBRATION_EXAMPLE]})

    calibration_id: int
    enterprise: str
    instrument: str = Field(description="serial number")
    done_at: Instant
    kind: Literal["zero", "span", "drift", "response_time", "flow"]
    expected: float | None = Field(description="of the gas, umol/mol; null where the kind has none")
    shown: float = Field(description="umol/mol; of a response time s, of a flow L/min")


class InstrumentItem(BaseModel):
    """An instrument (检测仪器) as an enterprise declared it; service days are local."""

    model_config = ConfigDict(json_schema_extra={"examples": [INSTRUMENT_EXAMPLE]})

    enterprise: str
    serial: str
    model: str | None
    owner: str | None
    response_time_s: float | None
    verified_until: date | None
    in_use_from: date
    in_use_to: date | None
    last_calibrated_at: Instant | None


class TesterItem(BaseModel):
    """Who tests (检测人员), as an enterprise declared it; service days are local."""

    model_config = ConfigDict(json_schema_extra={"examples": [TESTER_EXAMPLE]})

    enterprise: str
    name: str
    company: str | None
    in_service_from: date
    in_service_to: date | None


# Read by `domain.leakrecords`, which tells every fault of every record at once: the types are for the document only.
def _said(schema: dict[str, Any]) -> Any:
    return Annotated[Any, WithJsonSchema({"anyOf": [schema, {"type": "null"}]})]


_TEXT = _said({"type": "string", "maxLength": 64})
_LONG_TEXT = _said({"type": "string", "maxLength": 500})
_TIME = _said({"type": "string", "format": "date-time"})
_NUMBER = _said({"type": "number"})


class NewLeakRecord(BaseModel):
    """One record; `record` says which kind, each kind has its own fields (docs/ldar.zh-CN.md). Times with offset."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": _SAID, "additionalProperties": False})

    enterprise: _said({"type": "string", "pattern": "^[a-z0-9-]{1,64}$"}) = Field(  # type: ignore[valid-type]
        default=None, description="an enterprise's own account may leave it out"
    )
    record: _said({"type": "string", "enum": ["test", "repair", "delay", "calibration", "event"]}) = Field(  # type: ignore[valid-type]
        default=None, description="test where it is left out"
    )
    component: _TEXT = Field(default=None, description="code of the sealing point; all kinds but calibration")  # type: ignore[valid-type]
    tested_at: _TIME = Field(default=None, description="test")  # type: ignore[valid-type]
    net_umol_mol: _NUMBER = Field(default=None, description="test: 0 or more; or give reading and background")  # type: ignore[valid-type]
    reading_umol_mol: _NUMBER = Field(default=None, description="test")  # type: ignore[valid-type]
    background_umol_mol: _NUMBER = Field(default=None, description="test")  # type: ignore[valid-type]
    response_factor: _NUMBER = Field(default=None, description="test")  # type: ignore[valid-type]
    dwell_s: _NUMBER = Field(default=None, description="test")  # type: ignore[valid-type]
    method: _said({"type": "string", "enum": ["instrument", "visual", "ogi", "ultrasonic"]}) = Field(  # type: ignore[valid-type]
        default=None, description="test; instrument where it is left out"
    )
    purpose: _said({"type": "string", "enum": ["routine", "retest", "spot_check", "recheck"]}) = Field(  # type: ignore[valid-type]
        default=None, description="test; routine where it is left out"
    )
    visible: _said({"type": "boolean"}) = Field(default=None, description="test")  # type: ignore[valid-type]
    campaign: _TEXT = Field(default=None, description="test: code of the campaign")  # type: ignore[valid-type]
    instrument: _TEXT = Field(default=None, description="test, calibration: serial number")  # type: ignore[valid-type]
    tester: _TEXT = Field(default=None, description="test")  # type: ignore[valid-type]
    video: _TEXT = Field(default=None, description="test")  # type: ignore[valid-type]
    found_at: _TIME = Field(default=None, description="delay: of the leak; repair: may be left out")  # type: ignore[valid-type]
    repaired_at: _TIME = Field(default=None, description="repair")  # type: ignore[valid-type]
    measure: _LONG_TEXT = Field(default=None, description="repair: what was done")  # type: ignore[valid-type]
    repaired_by: _TEXT = Field(default=None, description="repair")  # type: ignore[valid-type]
    filed_at: _TIME = Field(default=None, description="delay")  # type: ignore[valid-type]
    ground: _said({"type": "string", "enum": ["shutdown", "unsafe", "special"]}) = Field(  # type: ignore[valid-type]
        default=None, description="delay"
    )
    repair_by: _said({"type": "string", "format": "date"}) = Field(default=None, description="delay: last local day")  # type: ignore[valid-type]
    document: _LONG_TEXT = Field(default=None, description="delay: what was filed")  # type: ignore[valid-type]
    done_at: _TIME = Field(default=None, description="calibration")  # type: ignore[valid-type]
    kind: _said({"type": "string"}) = Field(  # type: ignore[valid-type]
        default=None, description="calibration: zero, span, drift, response_time, flow; event: restart, release"
    )
    expected: _NUMBER = Field(default=None, description="calibration: of the gas, umol/mol")  # type: ignore[valid-type]
    shown: _NUMBER = Field(default=None, description="calibration")  # type: ignore[valid-type]
    installation: _TEXT = Field(default=None, description="event: all of an installation, in place of a component")  # type: ignore[valid-type]
    happened_at: _TIME = Field(default=None, description="event")  # type: ignore[valid-type]
    note: _LONG_TEXT = Field(default=None, description="event")  # type: ignore[valid-type]

    def said(self) -> dict[str, Any]:
        """What was said, unknown fields too."""
        return self.model_dump(exclude_unset=True)


class NewLeakRecords(BaseModel):
    """Records that are written all or none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"author": "王工", "records": _SAID}]})

    author: Author
    records: Annotated[list[NewLeakRecord], Field(min_length=1, max_length=MAX_RECORDS)]


class LeakRecordsWritten(BaseModel):
    """What became of the records."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"new": 2, "corrected": 0, "same": 0, "fates": ["new", "new"]}]}
    )

    new: int
    corrected: int = Field(description="took the place of another content of the same instant; both stay to be seen")
    same: int = Field(description="equal to what was current: nothing was written")
    fates: list[Literal["new", "corrected", "same"]] = Field(description="of each record, in the order given")
