"""A small city for the rule engine: register and hourly rows written as site files and the roll-up would write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from domain.periods import SITE_ZONE
from rules.engine import Engine, EngineSettings, StepReport
from rules.pack import RuleSet, load_packs
from storage.database import Database

HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    """`2026-11-02 08:00` or `2026-11-02` of the site as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=SITE_ZONE).astimezone(UTC)


def only(*prefixes: str) -> RuleSet:
    """The shipped rules whose id starts with one of some prefixes."""
    rules = load_packs()
    chosen = {rule_id: rule for rule_id, rule in rules.variants.items() if rule_id.startswith(prefixes)}
    return RuleSet(chosen, rules.pack_of, rules.limits)


class City:
    """Writes by a connection of its own, each statement committed."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True, row_factory=dict_row)
        self.run("insert into city values ('wuhai', '乌海市')")
        self.run("insert into district values ('haibowan', '海勃湾区'), ('wuda', '乌达区')")

    def run(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        cursor = self.connection.execute(statement, values)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *values: Any) -> Any:
        (row,) = self.run(statement, *values)
        return next(iter(row.values()))

    def enterprise(
        self, code: str, *, district: str = "haibowan", since: str = "2026-11-01", industrial: bool = True
    ) -> int:
        return self.one(
            "insert into enterprise (code, name, district, industry, is_industrial, registered_from)"
            " values (%s, %s, %s, 'coking', %s, %s) returning enterprise_id",
            code,
            code,
            district,
            industrial,
            since,
        )

    def outlet(self, enterprise: int, code: str = "S1", *, process: str = "coke_oven_stack", **dates: Any) -> int:
        return self.one(
            "insert into outlet (enterprise_id, code, name, process, in_service_from, in_service_to)"
            " values (%s, %s, %s, %s, %s, %s) returning outlet_id",
            enterprise,
            code,
            code,
            process,
            dates.get("since", "2020-01-01"),
            dates.get("until"),
        )

    def point(
        self,
        enterprise: int,
        code: str,
        quantity: str,
        *,
        outlet: int | None = None,
        since: str = "2020-01-01",
        unit: str | None = None,
        of: int | None = None,
        statistic: str | None = None,
    ) -> int:
        counter = quantity == "water_volume"
        return self.one(
            "insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, outlet_id,"
            " counter_digits, counter_scale, in_service_from, of_point_id, statistic)"
            " values (%s, %s, %s, %s, %s, %s, 60, %s, %s, %s, %s, %s, %s) returning point_id",
            enterprise,
            code,
            code,
            "counter" if counter else "state" if quantity == "running_state" else "instantaneous",
            quantity,
            unit or ("m3" if counter else "mg/m3"),
            outlet,
            8 if counter else None,
            1.0 if counter else None,
            since,
            of,
            statistic,
        )

    def limit(
        self,
        value: float,
        *,
        outlet: str | None = "tianhe/S1",
        process: str | None = None,
        quantity: str = "so2",
        kind: str = "legal",
        averaging: str = "hour",
        since: str = "2026-01-01",
        work: bool = True,
        **more: Any,
    ) -> int:
        """A limit as the site file or the API would write it; work: tell the rules. Its id."""
        fields = {
            "origin": "operator",
            "process": process,
            "quantity": quantity,
            "kind": kind,
            "averaging": averaging,
            "region": "any",
            "value": value,
            "unit": "mg/m3",
            "decimals": 0,
            "reference_o2_pct": None,
            "exempt_process": [],
            "standard": "排污许可证",
            "clause": "表3",
            "source": "许可证副本",
            "confidence": "operator",
            "status": "permit",
            "enabled": True,
            "valid_from": since,
            "valid_to": None,
            "author": "wang",
            "reason": "",
            "created_at": at("2026-01-01"),
        } | more
        if outlet is not None:
            enterprise, code = outlet.split("/")
            (row,) = self.run(
                "select o.outlet_id, o.enterprise_id from outlet o join enterprise e using (enterprise_id)"
                " where e.code = %s and o.code = %s",
                enterprise,
                code,
            )
            fields |= row
        names = ", ".join(fields)
        marks = ", ".join(["%s"] * len(fields))
        limit_id = self.one(
            f"insert into emission_limit ({names}) values ({marks}) returning limit_id", *fields.values()
        )
        if work:
            for row in self.run("select enterprise_id from enterprise"):
                self.work("register", row["enterprise_id"], at(since))
        return int(limit_id)

    def end_limit(self, limit_id: int, when: str) -> None:
        """Say a limit no more, and tell the rules."""
        (row,) = self.run(
            "update emission_limit set superseded_at = %s where limit_id = %s returning valid_from", at(when), limit_id
        )
        for enterprise in self.run("select enterprise_id from enterprise"):
            self.work("register", enterprise["enterprise_id"], at(row["valid_from"].isoformat()))

    def preset(self, key: str) -> int:
        """The current row of a shipped limit."""
        return int(self.one("select limit_id from emission_limit where preset = %s and superseded_at is null", key))

    def stack(self, enterprise: int, code: str = "S1", quantities: Iterable[str] = ("so2",)) -> dict[str, int]:
        """An outlet with some pollutants and oxygen: point ids by quantity."""
        outlet = self.outlet(enterprise, code)
        return {q: self.point(enterprise, f"{code}-{q.upper()}", q, outlet=outlet) for q in (*quantities, "o2")}

    def metered(
        self,
        enterprise: int,
        code: str,
        *,
        permitted: float | None = None,
        source: str = "surface",
        verified: str = "2026-01-15",
        months: int = 24,
        meter: bool = True,
        agricultural: bool = False,
    ) -> int | None:
        """A unit-level place, with an intake where a volume is given, and its meter: id of the meter's point."""
        intake = None
        if permitted is not None:
            intake = self.one(
                "insert into intake (enterprise_id, code, name, source, permitted_m3_a, is_agricultural,"
                " in_service_from) values (%s, %s, %s, %s, %s, %s, '2020-01-01') returning intake_id",
                enterprise,
                f"Q-{code}",
                code,
                source,
                permitted,
                agricultural,
            )
        place = self.one(
            "insert into metering_place (enterprise_id, code, name, level, intake_id, in_service_from)"
            " values (%s, %s, %s, 'unit', %s, '2020-01-01') returning place_id",
            enterprise,
            code,
            code,
            intake,
        )
        if not meter:
            return None
        point = self.point(enterprise, f"W-{code}", "water_volume")
        self.run(
            "insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on,"
            " point_id) values (%s, %s, %s, %s, %s, '2025-01-01', %s)",
            enterprise,
            place,
            f"M-{code}",
            verified,
            months,
            point,
        )
        return point

    def component(self, enterprise: int, code: str, *, kind: str = "valve", since: str = "2020-01-01") -> int:
        return self.one(
            "insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from)"
            " values (%s, %s, %s, '粗苯工段', %s, 'gas', %s) returning component_id",
            enterprise,
            code,
            code,
            kind,
            since,
        )

    def components(self, enterprise: int, count: int, *, exempt: bool = True) -> None:
        """Components that only make up the number."""
        self.run(
            "insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from, exempt_clause)"
            " select %s, 'X-' || n, 'X', 'X', 'flange', 'gas', '2020-01-01', %s from generate_series(1, %s) n",
            enterprise,
            "8.3.2" if exempt else None,
            count,
        )

    def test_leak(self, component: int, when: datetime, *, work: bool = True) -> None:
        self.run(
            "insert into leak_test (component_id, tested_at, net_umol_mol, received_at) values (%s, %s, 12, %s)",
            component,
            when,
            when,
        )
        if work:
            self.run("insert into rule_work (kind, key, at) values ('leak_test', %s, %s)", component, when)

    def hours(
        self,
        point: int,
        first: datetime,
        count: int,
        mean: float | None = None,
        *,
        minutes: int = 60,
        readings: int = 60,
        work: bool = False,
    ) -> None:
        """Hourly rows as the roll-up writes them; work: tell the rules."""
        self.run(
            "insert into hourly (point_id, hour_at, mean, valid_minutes, reading_count, valid_count, flag_counts,"
            " marks, computed_at)"
            " select %s, %s::timestamptz + n * interval '1 hour', %s::float8, %s, %s, %s, '{}', '{}', %s"
            " from generate_series(0, %s - 1) n"
            " on conflict (point_id, hour_at) do update set mean = excluded.mean,"
            " valid_minutes = excluded.valid_minutes, reading_count = excluded.reading_count",
            point,
            first,
            mean,
            minutes,
            readings,
            minutes,
            first,
            count,
        )
        if work:
            for n in range(count):
                self.work("hour", point, first + n * HOUR)

    def work(self, kind: str, key: int, when: datetime) -> None:
        self.run("insert into rule_work (kind, key, at) values (%s, %s, %s)", kind, key, when)

    def dirty(self, point: int, when: datetime) -> None:
        self.run("insert into dirty_hour (point_id, hour_at) values (%s, %s)", point, when)

    def clean(self) -> None:
        self.run("delete from dirty_hour")

    def current(self, rule_id: str, subject: str | None = None) -> list[dict[str, Any]]:
        return self.run(
            "select finding_id, subject, period_start, period_end, verdict, reason, value, evidence, enterprise_id"
            " from finding where rule_id = %s and superseded_at is null and (%s::text is null or subject = %s)"
            " order by subject, period_start",
            rule_id,
            subject,
            subject,
        )

    def brief(self, rule_id: str, subject: str | None = None) -> list[tuple[str, str, str]]:
        """(local start, verdict, reason) of current findings."""
        return [
            (row["period_start"].astimezone(SITE_ZONE).strftime("%m-%d %H"), row["verdict"], row["reason"])
            for row in self.current(rule_id, subject)
        ]

    def count(self, table: str) -> int:
        return int(self.one(f"select count(*) from {table}"))


def engine(database: Database, *prefixes: str, **settings: Any) -> Engine:
    """An engine on the shipped rules of some prefixes; platform.rule_failed is always among them."""
    return Engine(database, only(*(prefixes or ("",)), "platform."), EngineSettings(**settings))


async def step(judging: Engine, when: str) -> StepReport:
    return await judging.step(at(when))
