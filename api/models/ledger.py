"""What the API says of the ledger (台账), and what it takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from api.bodies import Author
from api.fields import Instant
from domain.ledger import ITEMS, Item
from domain.reported import EVIDENCE_CHARACTERS, Figure
from storage.listing.session import Row

#: Figures in one request.
MAX_ENTRIES = 5000

Owner = Literal["line", "enterprise", "city"]
OWNER_WORDS: dict[str, str] = {"line": "生产线", "enterprise": "企业", "city": "全市"}

_ENTRY: dict[str, Any] = {
    "enterprise": "hx-coking",
    "line": "L1",
    "item": "output",
    "month": "2026-09",
    "value": 81234.5,
    "unit": "t",
    "evidence": "2026年9月生产月报",
}
ITEM_EXAMPLE: dict[str, Any] = {
    "key": "output",
    "name": "产品产量",
    "unit": "t",
    "of": ["line"],
    "highest": None,
    "positive": False,
}
ENTRY_EXAMPLE: dict[str, Any] = {
    "entry_id": 7,
    "of": "line",
    "enterprise": "hx-coking",
    "line": "L1",
    "item": "output",
    "item_name": "产品产量",
    "period_kind": "month",
    "period": "2026-09",
    "value": 81234.5,
    "unit": "t",
    "author": "hx-coking:王工",
    "evidence": "2026年9月生产月报",
    "origin": "api",
    "created_at": "2026-10-08T01:00:00Z",
    "superseded_at": None,
}


class LedgerItem(BaseModel):
    """What a figure may be of."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM_EXAMPLE]})

    key: str
    name: str
    unit: str = Field(description="figures are in this unit; nothing is converted")
    of: list[Owner] = Field(description="whose figure it is")
    highest: float | None
    positive: bool = Field(description="zero is refused too; below zero is refused of every item")


class LedgerItems(BaseModel):
    """The vocabulary."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [ITEM_EXAMPLE]}]})

    items: list[LedgerItem]


class LedgerEntry(BaseModel):
    """A figure; superseded ones stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [ENTRY_EXAMPLE]})

    entry_id: int
    of: Owner
    enterprise: str | None
    line: str | None
    item: str
    item_name: str
    period_kind: Literal["month", "year"]
    period: str = Field(description="2026-09 or 2026; local (Asia/Shanghai)")
    value: float
    unit: str
    author: str
    evidence: str
    origin: Literal["api", "file", "mqtt"]
    created_at: Instant
    superseded_at: Instant | None = Field(description="null: current")


# Read by `domain.reported`, which tells every fault of every figure at once: the types here are for the document only.
def _said(schema: dict[str, Any]) -> Any:
    return Annotated[Any, WithJsonSchema({"anyOf": [schema, {"type": "null"}]})]


class NewLedgerEntry(BaseModel):
    """A figure of a month or of a year. No enterprise: the city's, or one's own for an enterprise's account."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_ENTRY], "additionalProperties": False})

    enterprise: _said({"type": "string", "pattern": "^[a-z0-9-]{1,64}$"}) = None  # type: ignore[valid-type]
    line: _said({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}) = None  # type: ignore[valid-type]
    item: _said({"type": "string"}) = Field(default=None, description="key of /v1/ledger/items")  # type: ignore[valid-type]
    month: _said({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}) = Field(  # type: ignore[valid-type]
        default=None, description="2026-09; either month or year"
    )
    year: _said({"type": "integer"}) = None  # type: ignore[valid-type]
    value: _said({"type": "number"}) = None  # type: ignore[valid-type]
    unit: _said({"type": "string"}) = Field(default=None, description="the item's")  # type: ignore[valid-type]
    evidence: _said({"type": "string", "maxLength": EVIDENCE_CHARACTERS}) = None  # type: ignore[valid-type]

    def said(self) -> dict[str, Any]:
        """What was said, unknown fields too."""
        return self.model_dump(exclude_unset=True)


class NewLedgerEntries(BaseModel):
    """Figures that are written all or none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"author": "王工", "entries": [_ENTRY]}]})

    author: Author
    entries: Annotated[list[NewLedgerEntry], Field(min_length=1, max_length=MAX_ENTRIES)]


class LedgerCorrection(BaseModel):
    """A figure that took another one's place."""

    enterprise: str | None
    line: str | None
    item: str
    period: str
    before: float
    value: float


class LedgerWritten(BaseModel):
    """What became of the figures."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"new": 1, "corrected": 0, "same": 0, "corrections": []}]}
    )

    new: int
    corrected: int
    same: int = Field(description="equal to what was current: nothing was written")
    corrections: list[LedgerCorrection]


def ledger_item(item: Item) -> LedgerItem:
    """An item of the vocabulary."""
    owners: list[Owner] = [one for one in ("line", "enterprise", "city") if one in item.of]
    return LedgerItem(
        key=item.key, name=item.name, unit=item.unit, of=owners, highest=item.highest, positive=item.positive
    )


def ledger_entry(row: Row) -> LedgerEntry:
    """A row of the ledger."""
    first = row["period_from"]
    item = ITEMS.get(row["item"])
    return LedgerEntry.model_validate(
        {
            **row,
            "of": "line" if row["line"] else "enterprise" if row["enterprise"] else "city",
            "item_name": row["item"] if item is None else item.name,
            "period": f"{first:%Y-%m}" if row["period_kind"] == "month" else f"{first:%Y}",
        }
    )


def correction(figure: Figure, before: float) -> LedgerCorrection:
    """A figure with what it took the place of."""
    return LedgerCorrection(
        enterprise=figure.enterprise,
        line=figure.line,
        item=figure.item,
        period=figure.period,
        before=before,
        value=figure.value,
    )
