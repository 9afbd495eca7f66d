"""Both judgements of a month, side by side, each with what it does not count."""

from __future__ import annotations

from datetime import timedelta

import httpx

from storage.database import Database
from tests.integration.api.conftest import HOUR_AT, PASSWORDS, TOKEN, Client, assert_problem, insert_finding
from tests.integration.api.month import MONTH_AT, SUBJECT, hour, insert_hours, insert_limit, insert_mark

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
LY = httpx.BasicAuth("ly-chem", PASSWORDS["ly-chem"])


async def _month(city: Database) -> None:
    async with city.transaction() as connection:
        await insert_hours(connection, await insert_limit(connection), [await insert_mark(connection)])
        legal = {"rule_id": "legal.hourly", "subject": SUBJECT}
        await insert_finding(connection, **legal, period_start=hour(0), verdict="compliant", reason="within_limit")
        await insert_finding(connection, **legal, period_start=hour(3), value=33.4)
        await insert_finding(connection, **legal, period_start=hour(-1))  # October
        await insert_finding(connection, **legal, period_start=hour(1), superseded_at=HOUR_AT)  # thought before


async def test_both_judgements_count_the_month_to_date(client: Client, city: Database) -> None:
    await _month(city)
    async with client(token=TOKEN) as http:
        page = (await http.get("/v1/emissions", auth=HX)).json()
        october = (await http.get("/v1/emissions?month=2026-10", auth=HX)).json()
        assert (await http.get("/v1/emissions", auth=LY)).json()["items"] == []
        assert_problem(await http.get("/v1/emissions?enterprise=hx-coking", auth=LY), 403, "forbidden")
    assert page["month"] == "2026-11"
    (item,) = page["items"]
    assert (item["outlet"], item["process_name"], item["pollutant_name"]) == ("S1", "焦炉烟囱", "二氧化硫")
    ule, legal = item["ule"], item["legal"]
    assert (ule["numerator"], ule["denominator"], ule["share_pct"], ule["monthly"]) == (3, 4, 75.0, None)
    assert ule["excluded"] == [{"reason": "excluded_stopped", "word": "工况标记：停运", "hours": 1}]
    assert ule["undetermined"] == [{"reason": "too_few_valid_minutes", "word": "有效分钟不足", "hours": 1}]
    assert (legal["judged_hours"], legal["compliant_hours"], legal["violation_hours"]) == (2, 1, 1)
    assert (legal["excluded"], legal["undetermined_hours"]) == ([], 0)
    assert [(item["legal"]["violation_hours"], item["ule"]) for item in october["items"]] == [(1, None)]


async def test_the_closed_month_the_quarter_and_the_transmission_stand_beside(client: Client, city: Database) -> None:
    await _month(city)
    whole = {"period_end": MONTH_AT + timedelta(days=30), "computed_at": HOUR_AT}
    async with city.transaction() as connection:
        monthly = await insert_finding(
            connection,
            **{"rule_id": "ule.monthly", "subject": SUBJECT, "period_start": MONTH_AT, **whole},
            reason="share_not_met",
            value=75.0,
            limit_value=95.0,
        )
        for rule_id, subject, start in [
            ("data.capture_rate", SUBJECT, MONTH_AT - timedelta(days=31)),  # the quarter began in October
            ("data.transmission_rate", "outlet:hx-coking/S1", MONTH_AT),
            ("data.transmission_rate", "outlet:hx-coking/S1", MONTH_AT - timedelta(days=31)),
        ]:
            end = MONTH_AT if start < MONTH_AT and "transmission" in rule_id else MONTH_AT + timedelta(days=61)
            await insert_finding(
                connection,
                rule_id=rule_id,
                subject=subject,
                period_start=start,
                period_end=end,
                verdict="compliant",
                reason="capture_met" if "capture" in rule_id else "transmission_met",
                value=92.5 if start < MONTH_AT else 97.25,
                limit_value=90.0,
                computed_at=HOUR_AT,
            )
    async with client() as http:
        (item,) = (await http.get("/v1/emissions", params={"month": "2026-11"})).json()["items"]
        before = {"month": "2026-11", "as_known_at": (HOUR_AT - timedelta(seconds=1)).isoformat()}
        (then,) = (await http.get("/v1/emissions", params=before)).json()["items"]
    assert (item["ule"]["monthly"]["finding_id"], item["ule"]["monthly"]["value"]) == (monthly, 75.0)
    assert item["ule"]["monthly"]["reason_word"] == "未达到规定比例"
    assert (item["capture"]["value"], item["capture"]["period_start"]) == (92.5, "2026-09-30T16:00:00Z")
    assert (item["transmission"]["value"], item["transmission"]["period_start"]) == (97.25, "2026-10-31T16:00:00Z")
    assert (then["ule"]["monthly"], then["capture"], then["transmission"]) == (None, None, None)


async def test_capture_and_transmission_are_counted_to_date_on_request(client: Client, city: Database) -> None:
    await _month(city)
    async with city.transaction() as connection:
        for number in range(3):
            await connection.execute(
                "insert into hourly (point_id, hour_at, mean, valid_minutes, reading_count, valid_count, flag_counts,"
                " marks, computed_at) values (1, %(at)s, 20, %(minutes)s, 60, 60, '{}', '{}', %(at)s)",
                {"at": hour(number), "minutes": 60 if number else 10},
            )
    async with client(token=TOKEN, auth=HX) as http:
        (plain,) = (await http.get("/v1/emissions")).json()["items"]
        (item,) = (await http.get("/v1/emissions?quality=true")).json()["items"]
    assert (plain["capture_to_date"], plain["transmission_to_date"]) == (None, None)
    # from local midnight of the first to now: 35 hours, one of them marked as stopped
    capture, transmission = item["capture_to_date"], item["transmission_to_date"]
    assert (capture["in_service_h"], capture["stopped_h"], capture["valid_h"]) == (35, 1, 2)
    assert (transmission["due_h"], transmission["received_h"], transmission["valid_h"]) == (68, 3, 2)  # and oxygen
