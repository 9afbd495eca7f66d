"""deploy/mosquitto as it is shipped: it starts, keeps tenants apart, and lets the subscriber in."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.integration.subscriber.conftest import Workers
from tests.integration.subscriber.support import READINGS, Enterprises, Mosquitto, Sink, Strays

SHIPPED = Path(__file__).parents[3] / "deploy" / "mosquitto"
USERS = ("ent", "rival", "plantwatch.subscriber")
WORD = "open sesame"


@pytest.fixture
def configuration(tmp_path: Path) -> str:
    """The shipped files with paths and passwords of the test's own."""
    text = (SHIPPED / "mosquitto.conf").read_text("utf-8")
    (tmp_path / "acl").write_text((SHIPPED / "acl").read_text("utf-8"), "utf-8")
    passwords = tmp_path / "passwords"
    passwords.touch(0o600)
    for user in USERS:
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, WORD], check=True, capture_output=True)
    return text.replace("/etc/mosquitto/", f"{tmp_path}/").replace("/var/lib/mosquitto/", f"{tmp_path}/")


@pytest.fixture
async def shipped(tmp_path: Path, configuration: str) -> AsyncIterator[Mosquitto]:
    broker = Mosquitto(tmp_path, configuration)
    await broker.start()
    yield broker
    await broker.stop(kill=True)


@pytest.fixture
def admitted(database: Database, shipped: Mosquitto, sink: Sink, enterprises: Enterprises, strays: Strays) -> Workers:
    return Workers(database, shipped.port, sink, enterprises, strays)


async def test_an_enterprise_writes_below_its_own_code_only(admitted: Workers, shipped: Mosquitto, sink: Sink) -> None:
    worker = await admitted.start(username="plantwatch.subscriber", password=WORD)
    async with shipped.client(username="rival", password=WORD) as rival:
        await rival.publish(READINGS, b"forged", qos=1)
    async with shipped.client(username="rival", password=WORD) as rival:
        await rival.publish("spBv1.0/ent/NBIRTH/node1", b"forged", qos=1)
    async with shipped.client(username="ent", password=WORD) as own:
        await own.publish(READINGS, b"mine", qos=1)
        await own.publish("spBv1.0/ent/NBIRTH/node1", b"born", qos=1)
    await sink.has_committed({b"mine", b"born"})
    assert {delivery.payload for delivery in sink.deliveries} == {b"mine", b"born"}
    await worker.stop()


async def test_a_wrong_password_is_said_and_tried_again(admitted: Workers) -> None:
    worker = await admitted.start(username="plantwatch.subscriber", password="wrong", subscribed=0)
    await worker.until(lambda: worker.sample("disconnects_total", cause="refused") >= 2)
    assert worker.sample("connections") == 0
    assert worker.sample("connects_total", result="not_authorized") >= 2
    await worker.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself; the key is beside it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificate to test TLS with")
    made, key = tmp_path / "server.crt", tmp_path / "server.key"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        str(key),
        "-out",
        str(made),
        *names,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return made


async def test_the_broker_is_reached_by_tls_and_only_if_it_is_trusted(
    database: Database, tmp_path: Path, certificate: Path, sink: Sink, enterprises: Enterprises, strays: Strays
) -> None:
    text = f"listener 1883\nallow_anonymous true\ncertfile {certificate}\nkeyfile {certificate.with_suffix('.key')}"
    broker = Mosquitto(tmp_path, text)
    await broker.start()
    workers = Workers(database, broker.port, sink, enterprises, strays)
    stranger = await workers.start(tls=ssl.create_default_context(), subscribed=0)
    await stranger.until(lambda: stranger.sample("connects_total", result="unreachable") >= 2)
    assert stranger.sample("connects_total", result="success") == 0
    await stranger.stop()
    trust = ssl.create_default_context(cafile=certificate)
    worker = await workers.start(tls=trust)
    async with broker.client(tls_context=trust) as publisher:
        await publisher.publish(READINGS, b"sealed", qos=1)
    await sink.has_committed({b"sealed"})
    await worker.stop()
    await broker.stop(kill=True)
