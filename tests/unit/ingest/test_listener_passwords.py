"""Passwords: right ones are remembered, changed ones forgotten, unknown users cost as much as known ones."""

from __future__ import annotations

import asyncio
import threading

import pytest
from argon2 import Type

from ingest.listener.passwords import PasswordAuthenticator
from ingest.passwords import hash_password, verify_password
from tests.conftest import SLOW_HASHER

STORED = "stored hash of plant-a"


class Hashes:
    """The caller's table of hashes."""

    def __init__(self, **hashes: str) -> None:
        self.hashes = {name.replace("_", "-"): value for name, value in hashes.items()}
        self.asked: list[str] = []

    async def password_hash(self, enterprise: str) -> str | None:
        self.asked.append(enterprise)
        return self.hashes.get(enterprise)


class Verifier:
    """Stands for argon2: the right password is `right` with the stored hash appended."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, bytes]] = []
        self.threads: set[int] = set()

    def __call__(self, stored: str, password: bytes) -> bool:
        self.calls.append((stored, password))
        self.threads.add(threading.get_ident())
        return password == b"right " + stored.encode()


RIGHT = b"right " + STORED.encode()


def test_a_hash_is_argon2id_and_salted() -> None:
    first, second = hash_password("pa55 密码"), hash_password("pa55 密码")
    assert first.startswith("$argon2id$")
    assert first != second
    assert verify_password(first, "pa55 密码".encode())
    assert verify_password(second, "pa55 密码".encode())
    assert not verify_password(first, b"pa55")


def test_the_platform_hashes_as_slowly_as_rfc_9106_recommends() -> None:
    """Its second recommended option, for little memory."""
    costs = SLOW_HASHER.type, SLOW_HASHER.memory_cost, SLOW_HASHER.time_cost, SLOW_HASHER.parallelism
    assert costs == (Type.ID, 64 * 1024, 3, 4)
    assert SLOW_HASHER.hash("pa55").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_something_that_is_no_hash_verifies_nothing() -> None:
    assert not verify_password("", b"")
    assert not verify_password("plain", b"plain")


async def test_the_real_hash_lets_in_and_keeps_out() -> None:
    authenticator = PasswordAuthenticator(Hashes(plant_a=hash_password("secret words")))
    assert await authenticator.authenticate("plant-a", b"secret words") == "plant-a"
    assert await authenticator.authenticate("plant-a", b"secret word") is None
    assert await authenticator.authenticate("plant-b", b"secret words") is None


@pytest.mark.parametrize(("username", "password"), [(None, RIGHT), ("plant-a", None), (None, None)])
async def test_both_user_name_and_password_are_required(username: str | None, password: bytes | None) -> None:
    authenticator = PasswordAuthenticator(Hashes(plant_a=STORED), verify=Verifier())
    assert await authenticator.authenticate(username, password) is None


async def test_a_right_password_is_checked_once_and_off_the_loop() -> None:
    verifier = Verifier()
    authenticator = PasswordAuthenticator(Hashes(plant_a=STORED), verify=verifier)
    for _ in range(3):
        assert await authenticator.authenticate("plant-a", RIGHT) == "plant-a"
    assert verifier.calls == [(STORED, RIGHT)]
    assert threading.get_ident() not in verifier.threads


async def test_a_wrong_password_is_checked_every_time() -> None:
    verifier = Verifier()
    authenticator = PasswordAuthenticator(Hashes(plant_a=STORED), verify=verifier)
    for _ in range(2):
        assert await authenticator.authenticate("plant-a", b"wrong") is None
    assert len(verifier.calls) == 2


async def test_a_changed_hash_forgets_the_old_password() -> None:
    hashes = Hashes(plant_a=STORED)
    authenticator = PasswordAuthenticator(hashes, verify=Verifier())
    assert await authenticator.authenticate("plant-a", RIGHT) == "plant-a"
    hashes.hashes["plant-a"] = "another hash"
    assert await authenticator.authenticate("plant-a", RIGHT) is None
    del hashes.hashes["plant-a"]
    assert await authenticator.authenticate("plant-a", RIGHT) is None


async def test_a_remembered_password_is_no_key_to_another_enterprise() -> None:
    authenticator = PasswordAuthenticator(Hashes(plant_a=STORED, plant_b="other"), verify=Verifier())
    assert await authenticator.authenticate("plant-a", RIGHT) == "plant-a"
    assert await authenticator.authenticate("plant-b", RIGHT) is None


async def test_an_unknown_user_costs_a_check_too() -> None:
    verifier = Verifier()
    authenticator = PasswordAuthenticator(Hashes(), verify=verifier)
    assert await authenticator.authenticate("nobody", b"x") is None
    assert len(verifier.calls) == 1
    assert verifier.calls[0][0].startswith("$argon2id$")


@pytest.mark.parametrize("username", ["", "Plant-A", "plant_a", "a" * 65, "plant-a\n", "厂"])
async def test_what_cannot_be_a_code_is_not_looked_up(username: str) -> None:
    hashes = Hashes(plant_a=STORED)
    verifier = Verifier()
    assert await PasswordAuthenticator(hashes, verify=verifier).authenticate(username, RIGHT) is None
    assert hashes.asked == []
    assert len(verifier.calls) == 1


async def test_only_so_many_passwords_are_remembered() -> None:
    verifier = Verifier()
    hashes = Hashes(plant_a=STORED, plant_b=STORED)
    authenticator = PasswordAuthenticator(hashes, remembered=1, verify=verifier)
    for name in ("plant-a", "plant-b", "plant-a"):
        assert await authenticator.authenticate(name, RIGHT) == name
    assert len(verifier.calls) == 3


async def test_gateways_that_come_together_share_one_check() -> None:
    verifier = Verifier()
    authenticator = PasswordAuthenticator(Hashes(plant_a=STORED), verify=verifier)
    results = await asyncio.gather(*(authenticator.authenticate("plant-a", RIGHT) for _ in range(50)))
    assert results == ["plant-a"] * 50
    assert len(verifier.calls) == 1
