"""A small world for the alert stage: rules and findings written as the rules stage would write them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from domain.findings import Subject
from domain.periods import SITE_ZONE, Period, day_period, day_start, month_period, year_period

RULES: dict[str, dict[str, Any]] = {
    "legal.hourly": {
        "title": "排放限值小时均值",
        "standard": "排污许可证、适用的排放标准",
        "clause": "小时均值限值",
        "alert": {
            "severity": "critical",
            "for_h": 0,
            "keep_firing_for_h": 0,
            "per": "subject",
            "subjects": ["pollutant"],
        },
    },
    "ule.hourly": {
        "title": "超低排放小时指标",
        "standard": "环大气〔2024〕5号",
        "clause": "有组织排放控制指标限值",
        "alert": {"severity": "warning", "per": "subject", "subjects": ["pollutant"]},
    },
    "water.meter_installation_rate": {
        "title": "工业企业用水计量设施安装率",
        "standard": "《乌海市绿色低碳园区建设方案》",
        "clause": "附表1",
        "alert": {"severity": "warning", "per": "subject", "subjects": ["enterprise"]},
    },
    "ldar.gb37822": {
        "title": "密封点泄漏检测周期",
        "standard": "GB 37822-2019",
        "clause": "8.3.1",
        "alert": {"severity": "warning", "per": "enterprise", "subjects": ["component"]},
    },
    "ldar.repair": {
        "title": "泄漏修复",
        "standard": "GB 37822-2019",
        "clause": "8.4",
        "alert": {"severity": "warning", "per": "enterprise", "subjects": ["component"], "duty": True},
    },
    "duty.example": {
        "title": "土壤和地下水监测",
        "standard": "平台规则",
        "clause": "",
        "alert": {"severity": "warning", "per": "subject", "subjects": ["enterprise", "city"], "duty": True},
    },
    "remind.due_soon": {
        "title": "七日内到期",
        "standard": "平台规则",
        "clause": "到期前提醒",
        "alert": {"severity": "info", "per": "subject", "subjects": ["enterprise"]},
    },
    "data.point_offline": {
        "title": "测点失联",
        "standard": "平台规则",
        "clause": "",
        "alert": {"severity": "warning", "per": "subject", "subjects": ["point"]},
    },
    "platform.channel_failed": {
        "title": "通知通道失效",
        "standard": "平台规则",
        "clause": "",
        "alert": {"severity": "critical", "per": "subject", "subjects": ["channel"]},
    },
    "platform.rule_failed": {
        "title": "规则无法计算",
        "standard": "平台规则",
        "clause": "",
        "alert": {"severity": "warning", "per": "subject", "subjects": ["rule"]},
    },
}


def instant(text: str) -> datetime:
    """`2026-11-02 08:00` of the site as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=SITE_ZONE).astimezone(UTC)


def local(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(SITE_ZONE).strftime("%Y-%m-%d %H:%M")


def period(text: str) -> Period:
    """An hour `2026-11-02T08`, a day, a month `2026-10`, a year, or first and last day `2026-04-01..2026-10-01`."""
    if ".." in text:
        first, last = (date.fromisoformat(part) for part in text.split(".."))
        return Period(day_start(first), day_start(last + timedelta(days=1)))
    if "T" in text:
        start = instant(f"{text}:00")
        return Period(start, start + timedelta(hours=1))
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 1:
        return year_period(*parts)
    return month_period(*parts) if len(parts) == 2 else day_period(date(*parts))


class World:
    """Writes by a connection of its own, each call committed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.enterprises: dict[str, int] = {}
        with self._connect() as connection:
            connection.execute("insert into district values ('haibowan', '海勃湾区')")
            for code, name in (("tianhe", "天河焦化"), ("beishan", "北山焦化")):
                row = connection.execute(
                    "insert into enterprise (code, name, district, industry, is_industrial, registered_from)"
                    " values (%s, %s, 'haibowan', 'coking', true, '2025-01-01') returning enterprise_id",
                    (code, name),
                ).fetchone()
                assert row is not None
                self.enterprises[code] = row[0]
                connection.execute(
                    "insert into outlet (enterprise_id, code, name, process, in_service_from)"
                    " values (%s, 'S1', '1号焦炉烟囱', 'coke_oven_stack', '2025-01-01')",
                    (row[0],),
                )
        for rule_id, rule in RULES.items():
            self.rule(rule_id, **rule)
        self.permit = self.limit("legal", 30.0, "排污许可证 91150300MA0N000001P", "表3 排口DA001 二氧化硫", "permit")
        self.ule = self.limit("ule", 30.0, "环大气〔2024〕5号", "附表 焦炉烟囱", "policy")

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url)

    def rule(self, rule_id: str, *, title: str, standard: str, clause: str, alert: dict[str, Any] | None) -> None:
        """Store a rule, or bring a stored one to this."""
        definition = {"id": rule_id, "title": title} | ({} if alert is None else {"alert": alert})
        severity = "info" if alert is None else alert["severity"]
        with self._connect() as connection:
            connection.execute(
                "insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status,"
                " confidence, enabled, severity, definition)"
                " values (%s, 1, 'test', %s, 'test', %s, %s, 'law', '现行', 'V', true, %s, %s)"
                " on conflict (rule_id) do update set definition = excluded.definition",
                (rule_id, title, standard, clause, severity, json.dumps(definition)),
            )

    def limit(self, kind: str, value: float, standard: str, clause: str, status: str) -> int:
        """Store an hourly limit of coke-oven stacks; its id."""
        ((limit_id,),) = self.rows(
            "insert into emission_limit (origin, process, quantity, kind, averaging, region, value, unit, decimals,"
            " exempt_process, standard, clause, source, confidence, status, enabled, valid_from, author, reason,"
            " created_at)"
            " values ('operator', 'coke_oven_stack', 'so2', %s, 'hour', 'any', %s, 'mg/m3', 0, '{}', %s, %s, '原文',"
            " 'operator', %s, true, '2026-01-01', 'wang', '', '2026-01-01T00:00:00Z') returning limit_id",
            (kind, value, standard, clause, status),
        )
        return int(limit_id)

    def finding(
        self,
        rule_id: str,
        subject: str,
        when: Period | str,
        verdict: str,
        reason: str = "",
        *,
        value: float | None = None,
        limit: float | None = None,
        unit: str | None = None,
        evidence: dict[str, Any] | None = None,
        computed_at: datetime | None = None,
    ) -> int:
        """Insert a finding with its work; the current one of the same period is superseded."""
        when = period(when) if isinstance(when, str) else when
        computed_at = computed_at or when.end
        with self._connect() as connection:
            old = connection.execute(
                "update finding set superseded_at = %s where rule_id = %s and subject = %s and period_start = %s"
                " and superseded_at is null returning finding_id",
                (computed_at, rule_id, subject, when.start),
            ).fetchall()
            enterprise = Subject.parse(subject).enterprise
            row = connection.execute(
                "insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict,"
                " reason, value, limit_value, unit, evidence, computed_at)"
                " values (%s, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning finding_id",
                (
                    rule_id, subject, None if enterprise is None else self.enterprises[enterprise], when.start,
                    when.end, verdict, reason or verdict, value, limit, unit, json.dumps(evidence or {}), computed_at,
                ),
            ).fetchone()  # fmt: skip
            assert row is not None
            for (finding_id,) in old:
                connection.execute("update finding set superseded_by = %s where finding_id = %s", (row[0], finding_id))
            connection.execute("insert into alert_work (finding_id) values (%s)", (row[0],))
            connection.execute("notify plantwatch_alerts")
        return int(row[0])

    def so2(self, hour: str, value: float | None, outlet: str = "tianhe/S1", *, rule_id: str = "legal.hourly") -> int:
        """A finding of SO2 of an outlet in an hour of 2 November; None is undetermined."""
        verdict = "undetermined" if value is None else "violation" if value > 30 else "compliant"
        reason = {"undetermined": "no_data", "violation": "over_limit", "compliant": "within_limit"}[verdict]
        evidence = {"limit_id": self.ule if rule_id == "ule.hourly" else self.permit}
        return self.finding(
            rule_id, f"pollutant:{outlet}/so2", hour if "T" in hour else f"2026-11-02T{hour}", verdict, reason,
            value=value, limit=30.0, unit="mg/m3", evidence=evidence,
        )  # fmt: skip

    def rows(self, query: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with self._connect() as connection:
            return connection.execute(query, tuple(parameters)).fetchall()

    def execute(self, statement: str) -> None:
        """Carry out a statement."""
        with self._connect() as connection:
            connection.execute(statement)

    def alerts(self) -> list[tuple[Any, ...]]:
        """(subject, state, resolution, occurred, resolved) of each alert, by number; times of the site."""
        rows = self.rows("select subject, state, resolution, occurred_at, resolved_at from alert order by alert_id")
        return [(*row[:3], local(row[3]), local(row[4])) for row in rows]

    def events(self, alert_id: int) -> list[tuple[str, str]]:
        """(kind, comment) of an alert's history."""
        return self.rows("select kind, comment from alert_event where alert_id = %s order by event_id", (alert_id,))

    def messages(self) -> list[tuple[Any, ...]]:
        """(alert_id, event, state) of each notification, by number."""
        return self.rows("select alert_id, event, state from notification order by notification_id")
