"""What boards may ask about the quality of data: as the role of the boards, of the filled city."""

from __future__ import annotations

import psycopg
import pytest

from domain.air import POLLUTANTS
from tests.grafana.plant import NOW

Connection = psycopg.Connection[tuple[object, ...]]


def test_boards_may_count_what_is_due_received_and_valid(reader: Connection) -> None:
    capture = reader.execute("select valid_h, operating_h, capture_pct from dash.capture_rate(%s)", (NOW,)).fetchall()
    assert capture
    for valid, operating, pct in capture:
        assert isinstance(valid, int)
        assert isinstance(operating, int)
        assert valid <= operating
        assert pct == (pytest.approx(100.0 * valid / operating) if operating else None)
    sent = reader.execute("select valid_h, received_h, due_h from dash.transmission_rate(%s)", (NOW,)).fetchall()
    assert sent
    assert all(valid <= received <= due for valid, received, due in sent)  # type: ignore[operator]
    reader.execute("select month_t, year_t, permitted_t, substituted_h from dash.mass_month")


def test_the_views_know_every_pollutant(filled_url: str) -> None:
    with psycopg.connect(filled_url) as connection:
        enterprise, outlet = connection.execute("select enterprise_id, outlet_id from outlet limit 1").fetchone() or (
            0,
            0,
        )
        for number, quantity in enumerate([*POLLUTANTS, "o2", "running_state"]):
            connection.execute(
                "insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, outlet_id,"
                " in_service_from) values (%s, %s, 'x', 'instantaneous', %s, 'mg/m3', 60, %s, '2020-01-01')",
                (enterprise, f"EVERY-{number}", quantity, outlet),
            )
        found = connection.execute("select distinct quantity from dash.measured_series where is_pollutant").fetchall()
        connection.rollback()
    assert {quantity for (quantity,) in found} == set(POLLUTANTS)
