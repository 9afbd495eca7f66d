"""A city with leaks: facts are written as the doors write them, the rules told, the ledger of leaks derived."""

from __future__ import annotations

from datetime import date
from typing import Any

from storage.database import Database
from storage.leaks import DelayRecord, RepairRecord, derive, store_delays, store_repairs
from tests.integration.rules.world import City, at


class Leaks:
    """One enterprise `tianhe` with 2000 exempt components and a valve V-1."""

    def __init__(self, city: City, database: Database, *, others: int = 1999) -> None:
        self.city, self.database = city, database
        self.enterprise = city.enterprise("tianhe", since="2026-01-01")
        city.components(self.enterprise, others)
        self.valve = city.component(self.enterprise, "V-1", since="2026-01-01")

    def installation(self, standard: str = "GB31571") -> None:
        """Put V-1 into an installation of a standard."""
        installation = self.city.one(
            "insert into installation (enterprise_id, code, name, standard, in_service_from)"
            " values (%s, 'BDO', 'BDO装置', %s, '2020-01-01') returning installation_id",
            self.enterprise,
            standard,
        )
        unit = self.city.one(
            "insert into process_unit (installation_id, code, name) values (%s, 'U1', '炔化') returning unit_id",
            installation,
        )
        self.city.run("update component set unit_id = %s where component_id = %s", unit, self.valve)

    async def probe(
        self, when: str, net: float, purpose: str = "routine", *, component: int | None = None, **more: Any
    ) -> None:
        """A test, or with `revision` a correction of one."""
        component = component or self.valve
        fields = {"net_umol_mol": net, "purpose": purpose, "received_at": at(when)} | more
        names, marks = ", ".join(fields), ", ".join(["%s"] * len(fields))
        self.city.run(
            f"insert into leak_test (component_id, tested_at, {names}) values (%s, %s, {marks})",
            component,
            at(when),
            *fields.values(),
        )
        self.city.work("leak_test", component, at(when))
        await self.derive(component, when)

    async def repair(self, when: str) -> None:
        record = RepairRecord(self.valve, at(when), "紧固压盖", None, "wang", "api", at(when))
        async with self.database.transaction() as connection:
            await store_repairs(connection, [record])
        await self.derive(self.valve, when)

    async def delay(self, when: str, found: str, until: str) -> None:
        record = DelayRecord(
            self.valve, at(found), at(when), "shutdown", date.fromisoformat(until), "备7号", "wang", "api", at(when)
        )
        async with self.database.transaction() as connection:
            await store_delays(connection, [record])
        await self.derive(self.valve, when)

    async def out_of_service(self, day: str, when: str) -> None:
        """As an import of the register at an instant would say it."""
        self.city.run("update component set in_service_to = %s where component_id = %s", day, self.valve)
        self.city.work("register", self.enterprise, at(when))
        await self.derive(self.valve, when)

    async def derive(self, component: int, when: str) -> None:
        async with self.database.transaction() as connection:
            await derive(connection, [component], at(when))

    @property
    def states(self) -> list[str]:
        return [row["state"] for row in self.city.run("select state from leak order by component_id, found_at")]
