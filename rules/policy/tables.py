"""The city's plans as data: what five documents ask for, row by row, each with its document and that document's status.

Numbers stand apart from the printed words, and what looks like a slip of the plan or of its optical recognition is said
in `remark` and left as printed. Three of the five documents are drafts, so a status travels with every row: a table cut
out of its context must not turn a draft's wish into law. Documents that disagree both stay; `Conflict` names the pairs.

Enterprise names are reference data from public plans. No simulated reading is ever attached to one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class DocumentStatus(StrEnum):
    ISSUED = "issued"
    COMMENT_DRAFT = "征求意见稿"
    REVIEW_DRAFT = "送审稿"

    @property
    def is_draft(self) -> bool:
        return self is not DocumentStatus.ISSUED


@dataclass(frozen=True, slots=True)
class Document:
    """One of the city's plans. `number` and the dates are absent from drafts."""

    id: str
    title: str
    number: str | None  # 文号
    status: DocumentStatus
    issuer: str | None
    issued_on: date | None
    issued_basis: str | None  # which date `issued_on` is: 印发日期 (printed) or 成文日期 (signed)
    published_on: date | None
    remark: str | None


class TargetForm(StrEnum):
    """What kind of sentence a target is, hence which of its fields are filled."""

    NUMBER = "number"  # operator and value
    NAMED_LEVEL = "named_level"  # operator and value_text: a level that another authority sets
    PARTS = "parts"  # several numbers in one sentence, by year or by grade
    QUALITATIVE = "qualitative"
    LIST = "list"  # enterprises to be listed; value is the threshold for being listed, if any
    PERIODIC = "periodic"  # regularly, without a printed interval
    MONTHLY = "monthly"  # value is the day of the month
    RANDOM = "random"


class Comparison(StrEnum):
    EQUAL = "="
    MORE = ">"
    AT_LEAST = ">="
    AT_MOST = "<="


class YearRule(StrEnum):
    BY = "by"  # met at the end of the target year
    FROM = "from"  # met from the target year on
    EVERY = "every"  # met each year; no target year


class CheckMode(StrEnum):
    """How the platform can follow a target."""

    AUTO = "auto"  # from telemetry and the registry
    DERIVED = "derived"  # once plan, production or statistics figures are loaded
    SCHEDULE = "schedule"  # a due date
    MANUAL = "manual"  # a bureau enters a count
    CHECK = "check"  # an inspection's finding
    DISPLAY = "display"  # shown only


class TargetDomain(StrEnum):
    """Our own classification: the documents have none."""

    WATER = "water"
    ENERGY = "energy"
    CARBON = "carbon"
    ENV = "env"
    VOC = "voc"
    LDAR = "ldar"
    SOLID = "solid"
    GREEN = "green"
    DIGITAL = "digital"
    TRANSPORT = "transport"
    ECONOMY = "economy"


@dataclass(frozen=True, slots=True)
class TargetPart:
    """One number of a target that has several: ``2026>=60``, ``先进级智能工厂=8``."""

    label: str
    operator: Comparison
    value: Decimal

    @classmethod
    def parse(cls, text: str) -> TargetPart:
        match = re.fullmatch(r"([^<>=;]+)(>=|<=|=|>)([0-9]+(?:\.[0-9]+)?)", text)
        if match is None:
            raise ValueError("parts as 2026>=60;2027>=100")
        return cls(match[1], Comparison(match[2]), Decimal(match[3]))


@dataclass(frozen=True, slots=True)
class Target:
    """One thing a document asks for. `value` is in `unit`; `unit_basis` says of what (% of 工业园区)."""

    id: str
    indicator: str
    form: TargetForm
    operator: Comparison | None
    value: Decimal | None
    value_text: str | None
    parts: tuple[TargetPart, ...]
    unit: str | None
    unit_basis: str | None
    baseline_year: int | None
    target_year: int | None
    year_rule: YearRule | None
    bureau: str  # first named, or the provider of the figure
    domains: tuple[TargetDomain, ...]  # at least one
    check_mode: CheckMode
    annex1_seq: int | None  # the row of `Annex1Indicator` that this target repeats
    quote: str
    remark: str | None
    document_id: str
    document_status: DocumentStatus


@dataclass(frozen=True, slots=True)
class Conflict:
    """Targets that do not agree with each other, or one that does not agree with `other_source`. None of them wins."""

    id: str
    topic: str
    target_ids: tuple[str, ...]
    other_source: str | None
    remark: str


@dataclass(frozen=True, slots=True)
class EnergySaving:
    """One product of an enterprise in the 2022 list of energy-saving retrofits (附件1).

    `annual_energy_tce` belongs to the enterprise and repeats on each of its products. The two limits are the columns
    the list prints (国家能耗限额标准准入值, 先进值) in kgce/t: they are older than, and differ from, today's standards.
    `product` is absent where the list prints none.
    """

    seq: int
    enterprise: str
    industry: str
    annual_energy_tce: Decimal
    product: str | None
    output_t: Decimal | None  # of the year before the list
    unit_energy_kgce_per_t: Decimal | None  # negative where the process recovers more than it takes
    limit_access_kgce_per_t: Decimal | None
    limit_advanced_kgce_per_t: Decimal | None
    savings_10k_tce: Decimal | None  # as printed, 万tce
    retrofit_year: int | None
    retrofit_time: str
    remark: str | None
    document_id: str
    document_status: DocumentStatus


@dataclass(frozen=True, slots=True, order=True)
class Month:
    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        match = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
        if match is None:
            raise ValueError("a month as 2022-04")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True, slots=True)
class WaterSaving:
    """One project of the 2022 list of water-saving retrofits (附件3). `part` tells two projects of one number apart."""

    seq: int
    part: str | None
    enterprise: str
    industry: str
    project: str
    content: str
    water_saving_t: Decimal  # t a year, which for water is m3
    investment_10k_cny: Decimal  # 万元
    start_month: Month
    end_month: Month
    remark: str | None
    document_id: str
    document_status: DocumentStatus


@dataclass(frozen=True, slots=True)
class CokingWorks:
    """One of the eight coking works due for ultra-low emission (超低排放).

    The plan prints short names only. `enterprise_candidate` is our match with the other lists: confirm before showing.
    `energy_list_seq` is that enterprise's number in the energy list, `key_project_2025_seq` its dry-quenching project.
    """

    seq: int
    short_name: str
    enterprise_candidate: str
    energy_list_seq: int | None
    key_project_2025_seq: int | None
    deadline: date
    requirement: str
    bureaus: str
    remark: str | None
    document_id: str
    document_status: DocumentStatus
    also_document_id: str  # asks the same of "8户5.5米焦化企业" without names
    also_document_status: DocumentStatus


@dataclass(frozen=True, slots=True)
class Annex1Indicator:
    """One indicator of the green-park plan's 附件1: the printed words and, where there is one, the number per year."""

    seq: int
    indicator: str
    scope: str
    data_provider: str
    text_2025: str
    text_2026: str | None
    text_2027: str | None
    value_2025: Decimal | None
    value_2026: Decimal | None
    value_2027: Decimal | None
    unit: str | None
    unit_basis: str | None
    category: str | None  # the plan's own remark column: 补短板指标, 优于其他地区指标
    remark: str | None
    document_id: str
    document_status: DocumentStatus


@dataclass(frozen=True, slots=True)
class Retirement:
    """One enterprise whose restricted capacity was to leave the market in 2021-2023 (附件2)."""

    product_group: str  # which of the three tables: 铁合金, 电石, 焦炭
    seq: int
    enterprise: str
    product: str
    capacity_10k_t: Decimal  # 万吨 a year
    equipment: str  # as printed: furnaces x kVA; for coke oven height m x ovens x chambers
    equipment_units: int  # furnaces or ovens
    exit_year: int
    energy_10k_tce: Decimal | None  # 万tce
    energy_text: str  # as printed; 无 where there is no figure
    remark: str | None
    document_id: str
    document_status: DocumentStatus


@dataclass(frozen=True, slots=True)
class KeyProject:
    """One key project of 2025 (附件2) or 2026 (附件3) in the green-park plan."""

    plan_year: int
    seq: int
    annex: str
    project: str
    responsible_unit: str
    annual_target: str
    remark: str | None
    document_id: str
    document_status: DocumentStatus


@dataclass(frozen=True, slots=True)
class CitySystem:
    """A system or function that the documents name. Several documents may name it: ids and statuses in one order."""

    seq: int
    name_zh: str
    name_en: str
    detail: str | None
    remark: str | None
    document_ids: tuple[str, ...]
    document_statuses: tuple[DocumentStatus, ...]


@dataclass(frozen=True, slots=True)
class PrintedTotal:
    """A total that a document prints for one of its tables, to hold the rows against. `value` is in `unit`."""

    table: str
    scope: str  # 全部, an industry, a product group, or a product group and its exit year
    quantity: str
    value: Decimal
    unit: str
    place: str
    remark: str | None
    document_id: str
    document_status: DocumentStatus
