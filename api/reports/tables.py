"""The tables of the monthly report on ultra-low emission. Times are local (Asia/Shanghai)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from api.models.emissions import PeriodVerdict, ReasonHours
from api.models.report import ReportItem, UleReport
from api.reports.document import Cell, Column, Document, Table, local_text, unit_text
from api.reports.ule import KIND_WORDS

#: What a reader must know to check the report, in order.
NOTES = (
    "达标率 = 达标小时 ÷ 可判小时。可判小时指有效分钟（限值规定了基准含氧量的，含氧量也一样）足够、"
    "与限值比较得出结论的小时；"
    "整月达标率不低于“要求”一栏的比例为达标。有效分钟的最低数和比例见“规则版本”所列规则。",
    "剔除小时：工况标记或停运使该小时不参加判定；未判定小时：数据不足或含氧量异常。两者都不计入分子和分母，按原因列出。",
    "比较前按 GB/T 8170 修约到限值的小数位数，等于限值为达标。法定限值按每个有效小时判定，与超低排放判定互不替代；"
    "单个小时超过超低排放指标不等于违法超标。",
    "捕集率为该月所在季度的有效数据捕集率，季度结束后给出。",
    "“截至”指平台在该时刻已知的数据、标记和限值。以后补传的数据、补做或驳回的标记不改变本报告；"
    "用相同的截至时刻再次生成，得到相同的内容和相同的 SHA-256。企业和排口名称取自登记信息，不参与 SHA-256。",
)


def document(report: UleReport) -> Document:
    """The report for page and workbook; its longest table comes last."""
    return Document(report.title, header(report), tables(report), NOTES, report.as_known_at, appendix=1)


def tables(report: UleReport) -> list[Table]:
    """The report's tables in reading order; the longest comes last."""
    return [_summary(report), _limits(report), _marks(report), _rules(report), _exceedances(report)]


def header(report: UleReport) -> list[tuple[str, str]]:
    """What the report is of, and by what it can be told from another."""
    return [
        ("月份", report.month),
        ("范围", "全市" if report.enterprise is None else report.enterprise),
        ("截至", f"{local_text(report.as_known_at, seconds=True)}（北京时间）"),
        ("输入数据 SHA-256", report.inputs_sha256),
    ]


def _summary(report: UleReport) -> Table:
    columns = (
        Column("企业", 16),
        Column("排口", 16),
        Column("污染物", 10),
        Column("达标小时", 9),
        Column("可判小时", 9),
        Column("达标率 %", 9, 2),
        Column("要求 %", 8, 0),
        Column("月度结论", 10),
        Column("剔除小时", 22),
        Column("未判定小时", 22),
        Column("法定可判", 9),
        Column("法定超标", 9),
        Column("季度捕集率 %", 11, 1),
        Column("限值号", 9),
        Column("标记号", 9),
    )
    return Table("汇总", columns, [_summary_row(item) for item in report.items], "本月没有判定。")


def _summary_row(item: ReportItem) -> list[Cell]:
    ule, legal = item.ule, item.legal
    beside = ule or legal
    return [
        item.enterprise_name,
        item.outlet_name if item.outlet_name == item.outlet else f"{item.outlet} {item.outlet_name}",
        item.pollutant_name,
        None if ule is None else ule.numerator,
        None if ule is None else ule.denominator,
        None if ule is None else ule.share_pct,
        None if ule is None or ule.monthly is None else ule.monthly.limit,
        "无超低限值" if ule is None else item.verdict_word,
        None if beside is None else _by_reason(beside.excluded),
        None if beside is None else _by_reason(beside.undetermined),
        None if legal is None else legal.judged_hours,
        None if legal is None else legal.violation_hours,
        _value(item.capture),
        _numbers([used.limit_id for used in item.limits]),
        _numbers([used.mark_id for used in item.marks]),
    ]


def _exceedances(report: UleReport) -> Table:
    columns = (
        Column("企业", 16),
        Column("排口", 16),
        Column("污染物", 10),
        Column("依据", 10),
        Column("小时（起）", 17),
        Column("实测", 10, 3),
        Column("单位", 8),
        Column("含氧量 %", 9, 2),
        Column("折算", 10, 3),
        Column("修约后", 8),
        Column("限值", 7),
        Column("单位", 8),
        Column("限值号", 8),
        Column("标记号", 9),
        Column("判定号", 10),
    )
    rows: list[list[Cell]] = [
        [
            one.enterprise_name,
            one.outlet_name if one.outlet_name == one.outlet else f"{one.outlet} {one.outlet_name}",
            one.pollutant_name,
            KIND_WORDS.get(one.kind, one.kind),
            local_text(one.hour_at),
            one.measured,
            unit_text(one.measured_unit),
            one.o2_pct,
            one.converted,
            one.rounded,
            one.limit,
            unit_text(one.unit),
            one.limit_id,
            _numbers(one.marks),
            one.finding_id,
        ]
        for one in report.exceedances
    ]
    return Table("超限时段", columns, rows, "本月没有超过限值的小时。")


def _marks(report: UleReport) -> Table:
    columns = (
        Column("标记号", 8),
        Column("企业／排口", 20),
        Column("测点", 12),
        Column("类别", 10),
        Column("种类", 10),
        Column("开始", 17),
        Column("结束", 17),
        Column("标记人", 16),
        Column("原因", 28),
        Column("标记时间", 17),
        Column("状态", 9),
        Column("驳回或撤回", 24),
        Column("涉及判定", 9),
    )
    rows: list[list[Cell]] = [
        [
            mark.mark_id,
            f"{mark.enterprise}/{mark.outlet}",
            mark.point or "整个排口",
            mark.dimension_word,
            mark.kind_word,
            local_text(mark.start),
            local_text(mark.end),
            mark.author,
            mark.reason,
            local_text(mark.created_at),
            mark.state_word,
            mark.decision,
            mark.used_hours,
        ]
        for mark in report.marks
    ]
    return Table("标记", columns, rows, "本月没有标记。")


def _limits(report: UleReport) -> Table:
    columns = (
        Column("限值号", 8),
        Column("适用", 20),
        Column("污染物", 10),
        Column("依据", 10),
        Column("限值", 8),
        Column("单位", 9),
        Column("基准含氧量 %", 11),
        Column("标准", 34),
        Column("条款", 18),
        Column("出处", 24),
        Column("效力", 12),
        Column("有效期", 22),
    )
    rows: list[list[Cell]] = [
        [
            limit.limit_id,
            limit.scope,
            limit.pollutant_name,
            limit.kind_word,
            limit.value,
            unit_text(limit.unit),
            "不折算" if limit.reference_o2_pct is None else limit.reference_o2_pct,
            limit.standard,
            limit.clause,
            limit.source,
            limit.status_word,
            f"{limit.valid_from} 至 {_until(limit.valid_to)}",
        ]
        for limit in report.limits
    ]
    return Table("限值", columns, rows, "本月没有用到限值。")


def _rules(report: UleReport) -> Table:
    columns = (
        Column("规则", 18),
        Column("版本", 7),
        Column("名称", 24),
        Column("标准", 40),
        Column("条款", 20),
        Column("判定小时", 10),
    )
    rows: list[list[Cell]] = [
        [rule.rule_id, rule.version, rule.title, rule.standard, rule.clause, rule.hours] for rule in report.rules
    ]
    return Table("规则版本", columns, rows, "本月没有规则作出判定。")


def _by_reason(reasons: Sequence[ReasonHours]) -> str:
    return "；".join(f"{one.word} {one.hours}" for one in reasons) or "无"


def _numbers(numbers: Sequence[int]) -> str:
    return "、".join(str(number) for number in dict.fromkeys(numbers))


def _value(verdict: PeriodVerdict | None) -> float | None:
    return None if verdict is None else verdict.value


def _until(day: date | None) -> str:
    return "今后" if day is None else str(day)
