"""A small city with six weeks of history, written straight into the tables: every panel has something to show.

Water verdicts come from the real evaluators, so that the views' reading of the evidence cannot drift from theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from domain.leak_emission import LeakFactor
from domain.metering import Intake, Meter, Place, WaterUser
from domain.periods import local_day
from rules.evaluators.contract import Judgement
from rules.evaluators.coverage import CoverageWindow, Register
from rules.evaluators.installation_rate import installation_rate
from rules.evaluators.online_rate import online_rate
from rules.pack import load_packs
from rules.policy.leak_factors import shipped_leak_factors

Connection = psycopg.Connection[tuple[object, ...]]

#: End of the history: 2026-11-15 08:00 in Wuhai, so that October is a closed month.
NOW = datetime.fromisoformat("2026-11-15T00:00:00+00:00")
START = datetime.fromisoformat("2026-09-30T16:00:00+00:00")

#: Outlets: limits, marks, hours, signs.
AIR = Path(__file__).with_name("air.sql")
#: Sealing points: dues, leaks, campaigns, emissions; and duties.
LEAKS = Path(__file__).with_name("leaks.sql")

_REGISTER = """
insert into city values ('wuhai', '乌海市');
insert into district values ('wuda', '乌达区', 106.72, 39.50), ('hainan', '海南区', 106.89, 39.44);
insert into district values ('haibowan', '海勃湾区');
insert into park (code, name, district, longitude, latitude) values
    ('wuda-park', '乌达工业园', 'wuda', 106.71, 39.53), ('hainan-park', '海南工业园', 'hainan', 106.90, 39.40),
    ('new-park', '新园区', 'haibowan', null, null);
insert into enterprise (code, name, district, industry, is_industrial, registered_from) values
    ('coke-a', '甲焦化', 'wuda', 'coking', true, '2026-01-01'),
    ('coke-b', '乙焦化', 'hainan', 'coking', true, '2026-01-01'),
    ('chem-c', '丙化工', 'wuda', 'chemical', true, '2026-01-01'),
    ('bare-d', '丁建材', 'hainan', 'cement', true, '2026-01-01'),
    ('inn-e', '戊宾馆', 'haibowan', 'hotel', false, '2026-01-01');
update enterprise set park = case district when 'wuda' then 'wuda-park' else 'hainan-park' end
    where code in ('coke-a', 'coke-b', 'chem-c');
insert into outlet (enterprise_id, code, name, process, in_service_from)
    select enterprise_id, 'S1', '1#焦炉烟囱', 'coke_oven_stack', '2026-01-01' from enterprise where code like 'coke%';
insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, outlet_id, in_service_from)
    select o.enterprise_id, 'S1-' || upper(q), '1#烟囱 ' || q, 'instantaneous', q,
           case q when 'o2' then '%' else 'mg/m3' end, 60, o.outlet_id, '2026-01-01'
    from outlet o cross join unnest(array['so2', 'nox', 'pm', 'o2']) q;
insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, counter_digits, counter_scale,
                   in_service_from)
    select enterprise_id, 'W-01', '总取水表', 'counter', 'water_volume', 'm3', 600, 8, 1, '2026-01-01'
    from enterprise where code <> 'bare-d';
insert into intake (enterprise_id, code, name, source, permitted_m3_a, is_agricultural, in_service_from)
    select enterprise_id, 'I-01', '1#取水口', 'ground', 600000, false, '2026-01-01'
    from enterprise where code <> 'bare-d';
insert into intake (enterprise_id, code, name, source, permitted_m3_a, is_agricultural, in_service_from)
    select enterprise_id, 'I-02', '2#取水口', 'surface', 80000, false, '2026-01-01'
    from enterprise where code = 'coke-b';
insert into metering_place (enterprise_id, code, name, level, intake_id, in_service_from)
    select i.enterprise_id, 'P-' || right(i.code, 2), '进厂总管' || right(i.code, 2), 'unit', i.intake_id, '2026-01-01'
    from intake i;
insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on, point_id)
    select l.enterprise_id, l.place_id, 'M-' || e.code,
           case e.code when 'chem-c' then date '2023-01-01' else date '2025-12-01' end, 24, '2026-01-01', p.point_id
    from metering_place l join enterprise e using (enterprise_id)
    join point p on p.enterprise_id = l.enterprise_id and p.quantity = 'water_volume'
    where l.code = 'P-01';
insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from, exempt_clause)
    select e.enterprise_id, 'V-' || n, '阀门' || n, '苯加氢', (array['valve', 'pump', 'flange'])[1 + n % 3], 'gas',
           '2026-01-01', case when n = 30 then 'GB 37822-2019 8.3.2' end
    from enterprise e cross join generate_series(1, 30) n where e.code = 'chem-c';
"""

_READINGS = """
insert into hourly (point_id, hour_at, mean, increment, valid_minutes, reading_count, valid_count, flag_counts, marks,
                    gap_from, computed_at)
select p.point_id, h, case p.kind when 'counter' then null else case p.quantity when 'o2' then 9 else 20 end end,
       case p.kind when 'counter' then 12.5 end, case p.kind when 'counter' then 0 else 60 end, 60, 59,
       '{"N": 59, "M": 1}', case when h = %(now)s::timestamptz - interval '5 hours' then array['gap'] else '{}' end,
       case when h = %(now)s::timestamptz - interval '5 hours' then h - interval '3 hours' end,
       h + interval '70 minutes'
from point p cross join generate_series(%(start)s::timestamptz, %(now)s::timestamptz - interval '2 hours',
                                        interval '1 hour') h;
select ensure_reading_partitions_v1(%(now)s::timestamptz - interval '1 day', %(now)s::timestamptz);
insert into reading (point_id, measured_at, value, source_flag, qc_flag, received_at)
select p.point_id, m, 20, case when extract(minute from m) = 0 then 'M' else 'N' end, 1, m + interval '3 seconds'
from point p cross join generate_series(%(now)s::timestamptz - interval '6 hours', %(now)s::timestamptz,
                                        interval '10 minutes') m;
insert into correction (point_id, measured_at, value, source_flag, qc_flag, received_at)
select point_id, %(now)s::timestamptz - interval '10 minutes', 21.5, 'N', 1, %(now)s::timestamptz from point;
insert into leak_test (component_id, tested_at, net_umol_mol, background_umol_mol, instrument, tester, received_at)
select component_id, %(now)s::timestamptz - component_id %% 20 * interval '1 day', component_id * 10, 2, 'FID-1',
       '检测员', %(now)s::timestamptz from component where component_id %% 3 = 0;
"""

_FINDINGS = """
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, evidence,
                     computed_at)
select r.rule_id, r.version, 'component:' || e.code || '/' || c.code, e.enterprise_id, p.anchor_at,
       p.anchor_at + p.days * interval '1 day', case when p.days < 150 then 'violation' else 'compliant' end,
       case when p.days < 150 then 'overdue' when p.days < 160 then 'due_soon' else 'scheduled' end,
       jsonb_build_object('anchor', 'test'), %(now)s::timestamptz
from rule r cross join component c join enterprise e using (enterprise_id)
cross join lateral (select %(now)s::timestamptz - interval '150 days' - interval '8 hours' as anchor_at,
                           100 + c.component_id * 7 as days) p
where r.evaluator in ('leak_schedule', 'yearly_campaign') and c.exempt_clause is null;
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, evidence,
                     computed_at)
select 'data.point_offline', 1, 'point:' || e.code || '/' || p.code, e.enterprise_id,
       %(now)s::timestamptz - interval '9 hours', %(now)s::timestamptz - interval '8 hours',
       case e.code when 'coke-b' then 'violation' else 'compliant' end,
       case e.code when 'coke-b' then 'silent' else 'reporting' end, '{}', %(now)s::timestamptz
from point p join enterprise e using (enterprise_id) where p.quantity = 'water_volume';
"""

_OPERATION = """
insert into accounting (enterprise_id, day, shard, messages, received, stored, duplicates, corrections, refused)
select enterprise_id, d, shard, 100, 1000, 980, 10, 4, 6
from enterprise cross join generate_series(date '2026-10-01', date '2026-11-15', interval '1 day') d
cross join generate_series(0, 1) shard;
with message as (
    insert into refused_message (enterprise_id, gateway, client_id, topic, received_at, payload, payload_size)
    select enterprise_id, 'gw-1', 'c1', 'plantwatch/v1/' || code || '/gw-1/readings',
           %(now)s::timestamptz - interval '3 hours', '{}', 2 from enterprise
    returning message_id
)
insert into refusal select message_id, reason, 3, 'W-99', '登记的测点代码'
from message cross join unnest(array['unknown_point', 'naive_time']) reason;
insert into station (enterprise_id, mn, name, gateway, edition, profile, crc, missing_flag, ignored, in_service_from)
select enterprise_id, 'MN-' || code, '数采仪', 'gw-1', '2017', 'lenient', 'hj212', 'refuse', '{}', '2026-01-01'
from enterprise;
insert into tolerated_quirk
select enterprise_id, 'MN-' || code, d, 'crc_lower_case', 10
from enterprise cross join generate_series(date '2026-11-01', date '2026-11-15', interval '1 day') d;
insert into stray_message (door, sender, topic, received_at, payload, payload_size, reason)
values ('hj212', 'MN-9', '', %(now)s::timestamptz - interval '1 hour', '##', 2, 'unknown_station');
insert into gateway_status
select enterprise_id, 'gw-1', code <> 'inn-e', %(now)s::timestamptz - interval '1 day' from enterprise;
insert into gateway_point
select enterprise_id, 'gw-1', point_id, %(start)s::timestamptz, %(now)s::timestamptz from point;
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, evidence,
                     computed_at)
select 'data.gateway_offline', 1, 'gateway:' || code || '/gw-1', enterprise_id, %(start)s::timestamptz,
       %(start)s::timestamptz + interval '1 hour', 'compliant', 'gateway_reporting', '{}', %(now)s::timestamptz
from enterprise where code <> 'bare-d';
insert into dirty_hour (point_id, hour_at) select point_id, %(now)s::timestamptz - interval '1 hour' from point;
insert into rule_work (kind, key, at) values ('hour', 1, %(now)s::timestamptz - interval '1 hour');
insert into rule_watermark
select distinct rule_id, subject, 1, %(now)s::timestamptz - interval '2 hours' from finding;
update rule set health = case when rule_id = 'platform.rule_failed' then 'error' else 'ok' end,
                last_evaluated_at = %(now)s::timestamptz;
insert into alert (rule_id, subject, enterprise_id, severity, state, title, summary, details, occurred_at, detected_at,
                   fired_at, last_seen_at, resolved_at, finding_id)
select f.rule_id, f.subject, f.enterprise_id, case when f.rule_id like 'legal%%' then 'critical' else 'warning' end,
       case when row_number() over (partition by f.rule_id, f.subject order by f.period_start desc) = 1
            then 'firing' else 'resolved' end,
       '告警标题', '说明', '{}', f.period_start, f.computed_at, f.period_start, f.period_end,
       case when row_number() over (partition by f.rule_id, f.subject order by f.period_start desc) > 1
            then f.period_end end, f.finding_id
from finding f
where f.verdict = 'violation' and f.rule_id similar to '(legal|ule|water|data)%%' and f.subject not like 'city%%';
insert into alert_work (finding_id) select max(finding_id) from finding;
insert into notification (alert_id, event, channel, receiver, idempotency_key, body, state, attempts, queued_at,
                          next_attempt_at, sent_at, last_error)
select a.alert_id, 'firing', 'wecom', 'duty', 'k' || a.alert_id, '{}',
       (array['sent', 'sent', 'failed', 'queued'])[1 + a.alert_id %% 4], 1, a.detected_at, a.detected_at,
       case when a.alert_id %% 4 < 2 then a.detected_at + interval '4 seconds' end,
       case when a.alert_id %% 4 = 2 then '连接超时' end
from alert a;
insert into team (code, name) values ('day', '白班');
insert into alert_event (alert_id, at, kind, actor, comment)
select a.alert_id, a.occurred_at + m * interval '1 minute', k, 'plantwatch', ''
from alert a cross join (values (10, 'firing'), (70, 'resolved'), (80, 'firing'), (90, 'resolved')) v (m, k)
where k = 'firing' and m = 10 or a.state = 'resolved';
insert into notification (alert_id, event, team, channel, receiver, idempotency_key, body, state, attempts, queued_at,
                          next_attempt_at, sent_at)
select a.alert_id, 'firing', 'day', 'wecom', 'team:day', 'd' || a.alert_id, '{}', 'sent', 1,
       a.occurred_at + interval '11 minutes', a.occurred_at, a.occurred_at + interval '11 minutes'
from alert a;
insert into notification_alert select notification_id, alert_id, event from notification where team = 'day';
update alert set notified_at = occurred_at + interval '11 minutes',
                 acknowledged_at = case when alert_id %% 2 = 0 then occurred_at + interval '25 minutes' end;
insert into alert_dispatch (alert_id, state, reason, since_at, teams)
select alert_id, 'told', 'first', notified_at, '{day}' from alert;
insert into notification_decision (at, alert_id, event, team, channel, receiver, decision, reason)
select notified_at, alert_id, 'firing', 'day', 'wecom', 'team:day', 'send', 'first' from alert
union all
select notified_at, alert_id, 'escalated', 'day', 'wecom', 'person:wang', 'send', 'escalation' from alert
where alert_id %% 5 = 0;
insert into flood (team, began_at, ended_at, alerts, digests)
values ('day', %(now)s::timestamptz - interval '3 days', %(now)s::timestamptz - interval '71 hours', 40, 4);
insert into flapping
select rule_id, subject, %(now)s::timestamptz - interval '2 days', %(now)s::timestamptz - interval '1 day', 6, alert_id
from alert order by alert_id limit 1;
"""


def fill(connection: Connection) -> None:
    """Write the whole city."""
    connection.execute(_REGISTER)
    fill_rules(connection)
    fill_factors(connection)
    parameters = {"now": NOW, "start": START}
    for script in (_READINGS, _FINDINGS, AIR.read_text("utf-8"), LEAKS.read_text("utf-8")):
        run_script(connection, script, parameters)
    _fill_water(connection)
    run_script(connection, _OPERATION, parameters)


def run_script(connection: Connection, script: str, parameters: dict[str, object]) -> None:
    """Run several statements."""
    with psycopg.ClientCursor(connection) as cursor:  # client-side binding: several statements at once
        cursor.execute(script, parameters)


def fill_rules(connection: Connection) -> None:
    """Write every shipped rule."""
    rules = load_packs()
    for rule_id in rules.variants:
        rule = rules.in_force(rule_id, NOW)
        connection.execute(
            "insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status,"
            " confidence, enabled, severity, definition) values (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)",
            (
                rule_id,
                rule.version,
                rules.pack_of[rule_id],
                rule.title,
                rule.evaluator,
                rule.standard,
                rule.clause,
                rule.status,
                rule.document_status,
                rule.confidence,
                rule.enabled,
                rule.alert.severity,
                Jsonb(rule.definition()),
            ),
        )


def fill_factors(connection: Connection) -> None:
    """Write the figures of leak emissions as the rule keeps them."""
    names = [field.name for field in fields(LeakFactor)]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into leak_factor ({', '.join(names)}, zero_below_umol_mol, pegged_from_umol_mol)"
            f" values ({', '.join(['%s'] * len(names))}, 1, 50000)",
            [[getattr(one, name) for name in names] for one in shipped_leak_factors()],
        )


def _register(connection: Connection) -> Register:
    def rows(query: str) -> list[tuple]:
        return connection.execute(query).fetchall()

    began = date(2026, 1, 1)
    return Register(
        cities=["wuhai"],
        districts=[code for (code,) in rows("select code from district order by code")],
        users=[
            WaterUser(*row)
            for row in rows("select code, district, is_industrial, registered_from, park from enterprise")
        ],
        parks=[code for (code,) in rows("select code from park order by code")],
        intakes=[
            Intake(enterprise, code, source, float(volume), False, began)
            for enterprise, code, source, volume in rows(
                "select e.code, i.code, source, permitted_m3_a from intake i join enterprise e using (enterprise_id)"
            )
        ],
        places=[
            Place(enterprise, code, "unit", intake, began)
            for enterprise, code, intake in rows(
                "select e.code, l.code, i.code from metering_place l join enterprise e using (enterprise_id)"
                " join intake i using (intake_id)"
            )
        ],
        meters=[
            Meter(enterprise, place, serial, verified, 24, began, None, point_id, "W-01", began)
            for enterprise, place, serial, verified, point_id in rows(
                "select e.code, l.code, m.serial, m.verified_on, m.point_id from meter m"
                " join metering_place l using (place_id) join enterprise e on e.enterprise_id = m.enterprise_id"
            )
        ],
    )


def _fill_water(connection: Connection) -> None:
    register = _register(connection)
    last = local_day(NOW) - timedelta(days=1)
    days = [last - timedelta(days=back) for back in range(30, -1, -1)]
    points = {meter.enterprise: meter.point_id for meter in register.meters if meter.point_id is not None}
    hours = {
        point_id: dict.fromkeys(
            [date(2026, 10, 1) + timedelta(n) for n in range(45)], 12 if enterprise == "inn-e" else 24
        )
        for enterprise, point_id in points.items()
    }
    window = CoverageWindow(days, register, "unit", hours)
    rules = load_packs()
    for rule_id in rules.variants:
        rule = rules.in_force(rule_id, NOW)
        if rule.evaluator in ("installation_rate", "online_rate"):
            judge = installation_rate if rule.evaluator == "installation_rate" else online_rate
            store(connection, rule_id, judge(window, rule.typed_params))


def store(connection: Connection, rule_id: str, judgements: Iterable[Judgement]) -> None:
    """Write judgements as findings."""
    enterprises = dict(connection.execute("select code, enterprise_id from enterprise").fetchall())
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict,"
            " reason, value, limit_value, unit, evidence, computed_at)"
            " values (%s, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    rule_id,
                    str(one.subject),
                    enterprises.get(one.subject.enterprise),
                    one.period.start,
                    one.period.end,
                    one.verdict,
                    one.reason,
                    one.value,
                    one.limit,
                    one.unit,
                    Jsonb(one.evidence),
                    NOW,
                )
                for one in judgements
            ],
        )
