"""A city for the desk: plants, people and alerts in every state, written down as the stages would have."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from ingest.passwords import hash_password

#: The platform's clock when the tests begin: 2026-11-26 21:40 in Wuhai.
NOW = datetime(2026, 11, 26, 13, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

PASSWORD = "desk-password-1"
ACCOUNTS = {
    "wangwei": ("王维", "duty", "wang-wei"),
    "lina": ("李娜", "duty", "li-na"),
    "zhaolei": ("赵磊", "lead", "zhao-lei"),
    "admin": ("系统管理员", "admin", None),
    "guest": ("局领导", "viewer", None),
}
PLANTS = [
    ("hx-coking", "海西焦化", "wuda", "coking"),
    ("ly-chem", "绿源化工", "hainan", "chemical"),
    ("qs-power", "千山热电", "haibowan", "power"),
    ("yh-pvc", "远河氯碱", "wuda", "chemical"),
    ("jt-cement", "金台水泥", "hainan", "cement"),
    ("bl-coking", "北岭煤焦", "haibowan", "coking"),
]
RULES = [
    ("ule.hourly", "超低排放小时均值", "critical", "关于推进实施焦化行业超低排放的意见", "附件2"),
    ("legal.hourly", "排放标准小时均值", "critical", "GB 16171-2012", "表5"),
    ("warn.legal", "法定限值超标预警", "warning", "平台规则", ""),
    ("data.point_offline", "测点离线", "warning", "平台规则", ""),
    ("data.gateway_offline", "网关离线", "warning", "平台规则", ""),
    ("data.meter_frozen", "计量值不变", "info", "平台规则", ""),
    ("water.quota", "用水定额", "warning", "DB15/T 385-2020", "表3"),
    ("ldar.leak.repair", "泄漏修复期限", "warning", "GB 37822-2019", "8.4"),
    ("remind.due_soon", "即将到期事项", "info", "平台规则", ""),
]


def fill(url: str) -> None:
    """Registers, people with accounts, and the rules that alerts name."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into district values ('wuda', '乌达区'), ('hainan', '海南区'), ('haibowan', '海勃湾区');"
            "insert into city values ('wuhai', '乌海市')"
        )
        for code, name, district, industry in PLANTS:
            connection.execute(
                "insert into enterprise (code, name, district, industry, is_industrial, registered_from)"
                " values (%s, %s, %s, %s, true, '2026-01-01')",
                (code, name, district, industry),
            )
        secret = hash_password(PASSWORD)
        connection.execute(
            "insert into credential select enterprise_id, %s, '2026-01-01Z' from enterprise where code = 'hx-coking'",
            (secret,),
        )
        for person, name in (("wang-wei", "王维"), ("li-na", "李娜"), ("zhao-lei", "赵磊"), ("sun-yue", "孙悦")):
            connection.execute("insert into person (code, name) values (%s, %s)", (person, name))
        connection.execute(
            "insert into team (code, name, lead, channels) values ('city', '市局值班', 'zhao-lei', '{log}')"
        )
        for shift, name, starts, members in (
            ("day", "白班", "08:00", ["li-na", "sun-yue"]),
            ("night", "夜班", "20:00", ["wang-wei", "li-na"]),
        ):
            connection.execute(
                "insert into duty_shift (team_id, code, name, starts_at, hours, members, anchor_on, valid_from)"
                " values (1, %s, %s, %s, 12, %s, '2026-11-26', '2026-01-01')",
                (shift, name, starts, members),
            )
        for login, (name, role, person) in ACCOUNTS.items():
            connection.execute(
                "insert into account (login, name, role, person, team, password_hash, password_set_at, created_at,"
                " created_by) values (%s, %s, %s, %s, 'city', %s, now(), now(), 'test')",
                (login, name, role, person, secret),
            )
        for rule_id, title, severity, standard, clause in RULES:
            connection.execute(
                "insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status,"
                " document_status, confidence, enabled, severity, definition) values (%s, 1, 'p', %s, 'e', %s, %s,"
                " 'law', 'issued', 'high', true, %s, '{}')",
                (rule_id, title, standard, clause, severity),
            )


def add_finding(connection: Any, **changes: Any) -> int:
    """A finding of an hour above the limit at hx-coking's coke oven stack, changed as told."""
    row = {
        "rule_id": "ule.hourly",
        "subject": "pollutant:hx-coking/S1/so2",
        "enterprise": "hx-coking",
        "period_start": NOW - 2 * HOUR,
        "period_end": NOW - HOUR,
        "verdict": "violation",
        "reason": "over_limit",
        "value": 46.2,
        "limit_value": 30.0,
        "unit": "mg/m3",
        "evidence": {},
    } | changes
    row["evidence"] = json.dumps(row["evidence"])
    found = connection.execute(
        "insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason,"
        " value, limit_value, unit, evidence, computed_at) values (%(rule_id)s, 1, %(subject)s, (select enterprise_id"
        " from enterprise where code = %(enterprise)s), %(period_start)s, %(period_end)s, %(verdict)s, %(reason)s,"
        " %(value)s, %(limit_value)s, %(unit)s, %(evidence)s, %(period_end)s) returning finding_id",
        row,
    ).fetchone()
    return int(found[0])


def add_alert(connection: Any, **changes: Any) -> int:
    """A firing alert that people were told of, with its history, changed as told; `at` is when it occurred."""
    at = changes.pop("at", NOW - 2 * HOUR)
    plant = changes.get("enterprise", "hx-coking")
    name = next((name for code, name, _, _ in PLANTS if code == plant), plant)
    value, limit, unit = changes.pop("value", 46.2), changes.pop("limit", 30.0), changes.pop("unit", "mg/m3")
    row = {
        "rule_id": "ule.hourly",
        "subject": f"pollutant:{plant}/S1/so2",
        "enterprise": plant,
        "severity": "critical",
        "state": "firing",
        "title": f"【严重】{name} 焦炉烟囱（S1） 二氧化硫：超出超低排放指标，小时均值 46.2 mg/m³，指标 30 mg/m³",
        "summary": "情况：折算小时均值 46.2 mg/m³，指标 30 mg/m³。",
        "occurred_at": at,
        "detected_at": at + HOUR + 10 * MINUTE,
        "fired_at": at + HOUR,
        "last_seen_at": at + HOUR,
        "resolved_at": None,
        "notified_at": at + HOUR + 10 * MINUTE,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "assignee": None,
        "condition": "violation",
        "no_data_since": None,
        "details": {"value": value, "limit": limit, "unit": unit, "enterprise_name": name, "rule_title": "超低排放"},
    } | changes
    if "finding_id" not in row:
        row["finding_id"] = add_finding(
            connection,
            rule_id=row["rule_id"],
            subject=row["subject"],
            enterprise=plant,
            period_start=at,
            period_end=at + HOUR,
            value=value,
            limit_value=limit,
            unit=unit,
        )
    row["details"] = json.dumps(row["details"])
    found = connection.execute(
        "insert into alert (rule_id, subject, enterprise_id, severity, state, title, summary, details, occurred_at,"
        " detected_at, fired_at, last_seen_at, resolved_at, finding_id, notified_at, acknowledged_at, acknowledged_by,"
        " acknowledge_comment, assignee, condition, no_data_since, resolution) values (%(rule_id)s, %(subject)s,"
        " (select enterprise_id from enterprise where code = %(enterprise)s), %(severity)s, %(state)s, %(title)s,"
        " %(summary)s, %(details)s, %(occurred_at)s, %(detected_at)s, %(fired_at)s, %(last_seen_at)s, %(resolved_at)s,"
        " %(finding_id)s, %(notified_at)s, %(acknowledged_at)s, %(acknowledged_by)s,"
        " case when %(acknowledged_at)s::timestamptz is null then null else '' end, %(assignee)s, %(condition)s,"
        " %(no_data_since)s, case when %(state)s = 'resolved' then 'compliant' end) returning alert_id",
        row,
    ).fetchone()
    alert_id = int(found[0])
    if row["state"] != "pending":
        connection.execute(
            "insert into alert_event (alert_id, at, kind, actor, comment, finding_id)"
            " values (%s, %s, 'firing', 'plantwatch', '', %s)",
            (alert_id, row["detected_at"], row["finding_id"]),
        )
    return alert_id


def add_many(connection: Any, count: int) -> None:
    """So many firing alerts, of many plants, rules and severities."""
    connection.execute(
        """
        with f as (
            insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict,
                                 reason, value, limit_value, unit, evidence, computed_at)
            select 'ule.hourly', 1, 'pollutant:many/S' || n || '/so2', 1 + n %% 6, %(at)s, %(at)s + interval '1 hour',
                   'violation', 'over_limit', 46, 30, 'mg/m3', '{}', %(at)s
            from generate_series(1, %(count)s) n
            returning finding_id, subject, enterprise_id
        ), numbered as (select row_number() over () as n, f.* from f), a as (
            insert into alert (rule_id, subject, enterprise_id, severity, state, title, summary, details, occurred_at,
                               detected_at, fired_at, last_seen_at, finding_id, notified_at)
            select (array['ule.hourly', 'legal.hourly', 'data.point_offline', 'water.quota'])[1 + n %% 4],
                   subject, enterprise_id, (array['critical', 'warning', 'warning', 'info'])[1 + n %% 4], 'firing',
                   '【警告】某企业 焦炉烟囱（S' || n || '） 二氧化硫：超出超低排放指标，小时均值 46 mg/m³',
                   '情况', '{"value": 46.0, "limit": 30.0, "unit": "mg/m3"}', %(at)s - n * interval '1 second', %(at)s,
                   %(at)s, %(at)s, finding_id, %(at)s
            from numbered
            returning alert_id
        )
        insert into alert_dispatch (alert_id, state, reason, since_at)
        select alert_id, 'told', 'first', %(at)s from a
        """,
        {"count": count, "at": NOW - 3 * HOUR},
    )
