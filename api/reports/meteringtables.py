"""The tables of the monthly report on metering, for page and workbook. Times are local (Asia/Shanghai)."""

from __future__ import annotations

from collections.abc import Iterator

from api.models.gaps import Gap
from api.models.metering import AccountRow, MeteringReport, RateRow, ReadingRow
from api.reports.canonical import canonical_json
from api.reports.document import Cell, Column, Document, Table, local_text, unit_text
from api.reports.metering import SHEETS
from domain.ledger import MEDIUM_NAMES
from domain.limitfaults import STATUSES
from domain.metering import LEVEL_NAMES
from domain.periods import local_day

KIND_NAMES = {
    "city": "全市",
    "district": "区",
    "park": "园区",
    "enterprise": "企业",
    "line": "生产线",
    "place": "计量点",
    "intake": "取水口",
}
#: A cell holds 32,767 characters.
_EVIDENCE = 30_000

_NOTES = (
    "各表每行是一条现行判定或一处缺口，“判定号”可在 GET /v1/findings 中查到全部依据；数值、限值未经修约。",
    "覆盖率：安装率、在线监控率、配备率按日判定，列出当月最后一个已判定日；到报率按月判定。",
    "口径：方案只有指标名称、没有公式的，两种口径分别计算、分别列出，互不合并；判定依据“口径一”。各口径的出处列在工作簿“覆盖率”表中。",
    "安装率：计量点装有在检定有效期内的表为已安装，检定到期当日仍有效，逾期视为未装；是否联网不计入。"
    "企业按计量点计，园区、区按全部装齐的工业企业占比计。",
    "在线监控率：取水口有检定有效、已联网且当月到报率不低于90%的表为在线；按许可水量加权为口径一，按应在线取水口个数为口径二。"
    "两个方案对2027年的要求不同（95%以上、大于90%），分别成行。",
    "配备率：逐种、逐级与要求比较，都达到方为达标；数值为离要求最近或差得最多的一种一级，各级见“配备率”表。",
    "缺口清单按“缺口截至”之日的登记和最近的判定列出：未装表、检定已过期、检定30天内到期、未联网、最近一月到报率不足、取水口不在线。"
    "“自”为登记和判定能说明的起始日。",
    "不作判定：数据不足或没有可比的限值，不是达标。“原因”说明缺什么。",
    "效力：强制性标准、政策文件、草案和平台自定分别标明；征求意见稿、送审稿中的目标在正式文本中可能不同。",
)


def document(report: MeteringReport) -> Document:
    """The report for page and workbook."""
    header = [
        ("月份", report.month),
        ("范围", f"{report.district_name}（{report.district}）"),
        ("缺口截至", report.gaps_on.isoformat()),
        ("生成", f"{local_text(report.made_at, seconds=True)}（北京时间）"),
    ]
    tables = [_rates(report), _levels(report), _gaps(report), *_accounts(report), _rules(report)]
    return Document(report.title, header, tables, _NOTES, report.made_at)


def _rates(report: MeteringReport) -> Table:
    columns = (
        Column("指标", 22),
        Column("类别", 6),
        Column("名称", 18),
        Column("园区", 14, on_page=False),
        Column("数值", 13, 2),
        Column("要求", 13, 2),
        Column("单位", 6, on_page=False),
        Column("判定", 10),
        Column("原因", 12),
        *_reading_columns("口径一"),
        *_reading_columns("口径二"),
        Column("目标号", 10),
        Column("要求出自", 22),
        Column("文件状态", 10),
        Column("判定日或月", 12),
        Column("规则", 24, on_page=False),
        Column("版本", 6, on_page=False),
        Column("计算时间", 17, on_page=False),
        Column("判定号", 9),
    )
    return Table("覆盖率", columns, [_rate_row(one) for one in report.rates], "当月没有判定。")


def _reading_columns(name: str) -> Iterator[Column]:
    yield Column(name, 22)
    yield Column(f"{name} %", 12, 2)
    yield Column(f"{name} 分子", 15)
    yield Column(f"{name} 分母", 15)
    yield Column(f"{name} 出处", 30, on_page=False)
    yield Column(f"{name} 出处状态", 10, on_page=False)


def _rate_row(one: RateRow) -> list[Cell]:
    first, second = [*one.readings, None, None][:2]
    whole_day = (one.period_end - one.period_start).days == 1
    first_day = local_day(one.period_start)
    return [
        one.title,
        KIND_NAMES.get(one.subject_kind, one.subject_kind),
        one.name,
        one.park,
        one.value,
        one.limit,
        one.unit,
        one.verdict_word,
        one.reason_word,
        *_reading(first),
        *_reading(second),
        one.target_id,
        one.document,
        _document_status(one.document_status),
        first_day.isoformat() if whole_day else f"{first_day:%Y-%m}",
        one.rule_id,
        one.rule_version,
        local_text(one.computed_at),
        one.finding_id,
    ]


def _reading(one: ReadingRow | None) -> list[Cell]:
    if one is None:
        return [None] * 6
    return [one.label, one.pct, one.numerator, one.denominator, one.document, one.document_status]


def _levels(report: MeteringReport) -> Table:
    columns = (
        Column("指标", 24),
        Column("类别", 8),
        Column("名称", 20),
        Column("介质", 10),
        Column("级别", 12),
        Column("应装", 8, 0),
        Column("已装", 8, 0),
        Column("配备率 %", 10, 2),
        Column("要求 %", 9, 0),
        Column("是否达到", 10),
        Column("判定号", 10),
    )
    rows: list[list[Cell]] = [
        [
            one.title,
            KIND_NAMES.get(one.subject_kind, one.subject_kind),
            one.name,
            level.medium_word,
            level.level_word,
            level.required,
            level.fitted,
            level.pct,
            level.required_pct,
            "达到" if level.met else "未达标",
            one.finding_id,
        ]
        for one in report.rates
        for level in one.levels
    ]
    return Table("配备率", columns, rows, "当月没有判定。")


def _gaps(report: MeteringReport) -> Table:
    columns = (
        Column("企业", 18),
        Column("园区", 14),
        Column("类别", 8),
        Column("编号", 12),
        Column("名称", 20),
        Column("级别", 10),
        Column("介质", 10),
        Column("取水口", 10),
        Column("许可水量 m³/a", 13),
        Column("应在线", 8),
        Column("缺口", 18),
        Column("说明", 14),
        Column("表号", 16),
        Column("检定有效至", 11),
        Column("到报率 %", 9, 1),
        Column("自", 11),
        Column("截至", 11),
    )
    return Table("缺口清单", columns, [_gap_row(one) for one in report.gaps], "没有缺口。")


def _gap_row(one: Gap) -> list[Cell]:
    return [
        one.enterprise_name,
        one.park,
        KIND_NAMES.get(one.kind, one.kind),
        one.item or None,
        one.item_name,
        LEVEL_NAMES.get(one.level, one.level),
        MEDIUM_NAMES.get(one.medium, one.medium),
        one.intake,
        one.permitted_m3_a,
        None if one.must_be_online is None else "是" if one.must_be_online else "否",
        one.reason_word,
        one.detail_word,
        one.meter_serial,
        None if one.verification_due is None else one.verification_due.isoformat(),
        one.arrival_pct,
        None if one.since is None else one.since.isoformat(),
        one.as_of.isoformat(),
    ]


def _accounts(report: MeteringReport) -> Iterator[Table]:
    """One table a heading; the last, for what fits nowhere else, only where something does."""
    columns = (
        Column("指标", 24),
        Column("企业", 18),
        Column("类别", 8),
        Column("名称", 18),
        Column("数值", 12),
        Column("限值", 12),
        Column("单位", 10),
        Column("判定", 9),
        Column("原因", 22),
        Column("规则", 22),
        Column("版本", 6, on_page=False),
        Column("计算时间", 17, on_page=False),
        Column("判定号", 10),
        Column("依据", 40, on_page=False),
    )
    for name, _ in SHEETS:
        rows = [_account_row(one) for one in report.accounts if one.sheet == name]
        if rows or name != SHEETS[-1][0]:
            yield Table(name, columns, rows, "当月没有判定。")


def _account_row(one: AccountRow) -> list[Cell]:
    evidence = canonical_json(one.evidence)
    return [
        one.title,
        one.enterprise_name,
        KIND_NAMES.get(one.subject_kind, one.subject_kind),
        one.name,
        one.value,
        one.limit,
        unit_text(one.unit),
        one.verdict_word,
        one.reason_word,
        one.rule_id,
        one.rule_version,
        local_text(one.computed_at),
        one.finding_id,
        evidence if len(evidence) <= _EVIDENCE else f"{evidence[:_EVIDENCE]}…",
    ]


def _rules(report: MeteringReport) -> Table:
    columns = (
        Column("规则", 24),
        Column("版本", 6),
        Column("名称", 22),
        Column("标准", 26),
        Column("条款", 34),
        Column("文件", 34),
        Column("文件状态", 10),
        Column("效力", 12),
        Column("数据出处", 9),
        Column("是否启用", 8),
        Column("口径", 50),
    )
    rows: list[list[Cell]] = [
        [
            rule.rule_id,
            rule.version,
            rule.title,
            rule.standard,
            rule.clause,
            rule.document,
            _document_status(rule.document_status),
            "平台自定" if rule.status == "platform" else STATUSES.get(rule.status, rule.status),
            rule.confidence,
            "是" if rule.enabled else "否",
            rule.reading,
        ]
        for rule in report.rules
    ]
    return Table("规则", columns, rows, "当月没有规则作出判定。")


def _document_status(status: str) -> str:
    return {"issued": "已印发"}.get(status, status)
