"""The columns of an alert's standing in schema dash."""

from __future__ import annotations

from alerts.engine import AlertEngine
from tests.integration.alerts.world import World, instant

NOW = instant("2026-11-02 13:10")


async def test_the_state_depends_on_the_instant_that_is_asked_about(world: World, engine: AlertEngine) -> None:
    world.so2("08", 46.2)
    await engine.step(NOW)
    world.execute(
        "insert into alert_hold (kind, rule_id, subject, from_at, until_at, author, reason) values"
        " ('shelved', 'legal.hourly', 'pollutant:tianhe/S1/so2', '2026-11-02T13:10+08', '2026-11-02T15:00+08',"
        " 'a', 'b')"
    )

    def shown(at: str) -> list[tuple[object, ...]]:
        return world.rows("select display from dash.alert_display_at(%s)", (instant(at),))

    assert (shown("2026-11-02 14:59"), shown("2026-11-02 15:00")) == ([("shelved",)], [("unacknowledged",)])
    world.execute("update alert set acknowledged_at = '2026-11-02T13:20+08', acknowledged_by = 'a'")
    assert shown("2026-11-02 15:00") == [("acknowledged",)]
    world.execute("update alert set realarmed_at = '2026-11-03T13:20+08'")
    assert shown("2026-11-03 15:00") == [("unacknowledged",)]
    assert world.rows("select condition, is_acknowledged, is_suppressed from dash.open_alert") == [
        ("violation", False, False)
    ]
    world.execute("update alert_hold set kind = 'out_of_service', until_at = null")
    assert shown("2036-11-03 15:00") == [("out_of_service",)]
