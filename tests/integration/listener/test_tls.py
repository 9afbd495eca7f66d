"""TLS, and enterprises that come in by a client certificate: real certificates, real clients."""

from __future__ import annotations

import asyncio
import logging
import ssl
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import pytest

from domain.errors import SettingsError
from ingest.delivery import Authenticator
from ingest.listener import Listener, PasswordAuthenticator, server_context
from ingest.passwords import hash_password
from tests.integration.listener import wire311
from tests.integration.listener.authority import Authority, Pair
from tests.integration.listener.conftest import Open, Start
from tests.integration.listener.support import NOW, READINGS, OnePassword, Raw, RecordingSink
from tests.integration.listener.test_foreign_clients import mosquitto, run

Sample = Callable[..., float]
Modes = Literal["off", "optional", "required"]
URN = "URI:urn:plantwatch:enterprise:"


class Register:
    """Two enterprises, one of which has a password."""

    def __init__(self, hashed: str) -> None:
        self.hashes = {"plant-a": hashed}
        self.enterprises = {"plant-a", "plant-b"}

    async def password_hash(self, enterprise: str) -> str | None:
        return self.hashes.get(enterprise)

    async def exists(self, enterprise: str) -> bool:
        return enterprise in self.enterprises


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Pair:
    return authority.server()


@pytest.fixture(scope="module")
def hashed() -> str:
    return hash_password("right")


@pytest.fixture
def register(hashed: str) -> Register:
    return Register(hashed)


@pytest.fixture
def authenticator(register: Register) -> Authenticator:
    return PasswordAuthenticator(register)


@pytest.fixture
def begin(start: Start, authority: Authority, server: Pair) -> Callable[..., Any]:
    async def begin(mode: Modes = "optional", ca: Path | None = None, **limits: Any) -> Listener:
        return await start({"tls": server_context(*server, ca or authority.certificate, mode)}, **limits)

    return begin


def publisher(listener: Listener, authority: Authority, client: Pair | None, *options: str) -> list[str]:
    """mosquitto_pub with a certificate; user and password only where the options say so."""
    base = mosquitto("mosquitto_pub", listener, "5", "-t", READINGS, "-m", "x", "-q", "1")
    where = base.index("-u")
    del base[where : where + 4]
    tls = ["--cafile", str(authority.certificate)]
    if client is not None:
        tls += ["--cert", str(client.certificate), "--key", str(client.key)]
    return [*base, *tls, *options]


@pytest.mark.parametrize("mode", ["optional", "required"])
@pytest.mark.parametrize(
    ("name", "subject", "alternatives"),
    [
        ("uri", "/CN=Gateway 7", [URN + "plant-b", "DNS:gw7.plant-b.example"]),
        ("uri-before-cn", "/CN=plant-a", [URN + "plant-b"]),
        ("cn", "/O=Plant B/CN=plant-b", ["DNS:plant-a"]),
        ("twice", "/CN=x", [URN + "plant-b", "URI:URN:Plantwatch:Enterprise:plant-b"]),
    ],
)
async def test_a_certificate_stands_for_user_name_and_password(
    begin: Any,
    authority: Authority,
    sink: RecordingSink,
    mode: Modes,
    name: str,
    subject: str,
    alternatives: list[str],
) -> None:
    listener = await begin(mode)
    pair = authority.issue(name, subject, *alternatives)
    assert await run(*publisher(listener, authority, pair)) == (0, "", "")
    assert await run(*publisher(listener, authority, pair, "-u", "plant-b")) == (0, "", "")
    assert [delivery.enterprise for delivery in sink.deliveries] == ["plant-b", "plant-b"]


@pytest.mark.parametrize(
    ("name", "subject", "alternatives", "options"),
    [
        ("another", "/CN=plant-b", [], ["-u", "plant-a", "-P", "right"]),
        ("unknown", "/CN=plant-z", [], []),
        ("unknown-uri", "/CN=plant-a", [URN + "plant-z"], []),
        ("no-code", "/CN=plant-a", [URN + "Plant%20A"], []),
        ("ambiguous", "/CN=x", [URN + "plant-a", URN + "plant-b"], []),
        ("two-cns", "/CN=plant-a/CN=plant-b", [], ["-u", "plant-a", "-P", "right"]),
    ],
)
async def test_a_certificate_that_does_not_fit_is_refused_whatever_the_password(
    begin: Any,
    authority: Authority,
    sink: RecordingSink,
    sample: Sample,
    name: str,
    subject: str,
    alternatives: list[str],
    options: list[str],
) -> None:
    listener = await begin()
    pair = authority.issue(name, subject, *alternatives)
    code, _, err = await run(*publisher(listener, authority, pair, *options))
    assert code != 0
    assert "not authorized" in err.lower()
    assert sink.deliveries == []
    assert sample("connects_total", version="5.0", result="not_authorized") == 1


async def test_an_enterprise_that_is_withdrawn_comes_in_no_more(
    begin: Any, authority: Authority, register: Register, sink: RecordingSink
) -> None:
    listener = await begin()
    pair = authority.issue("withdrawn", "/CN=plant-b")
    assert (await run(*publisher(listener, authority, pair)))[0] == 0
    register.enterprises.remove("plant-b")
    assert (await run(*publisher(listener, authority, pair)))[0] != 0
    assert len(sink.deliveries) == 1


async def test_a_certificate_that_names_no_enterprise_is_asked_for_a_password(
    begin: Any, authority: Authority, sink: RecordingSink
) -> None:
    listener = await begin("required")
    pair = authority.issue("nameless", "/CN=Gateway 7", "DNS:plant-a")
    code, _, err = await run(*publisher(listener, authority, pair))
    assert code != 0
    assert "user name or password" in err.lower()
    assert (await run(*publisher(listener, authority, pair, "-u", "plant-a", "-P", "right")))[0] == 0
    assert [delivery.enterprise for delivery in sink.deliveries] == ["plant-a"]


async def test_without_a_certificate_a_password_does_where_certificates_are_optional(
    begin: Any, authority: Authority, sink: RecordingSink
) -> None:
    listener = await begin("optional")
    assert (await run(*publisher(listener, authority, None, "-u", "plant-a", "-P", "right")))[0] == 0
    assert (await run(*publisher(listener, authority, None, "-u", "plant-b", "-P", "right")))[0] != 0
    assert [delivery.enterprise for delivery in sink.deliveries] == ["plant-a"]


async def test_without_a_certificate_nobody_comes_in_where_they_are_required(
    begin: Any, authority: Authority, sink: RecordingSink
) -> None:
    listener = await begin("required")
    assert (await run(*publisher(listener, authority, None, "-u", "plant-a", "-P", "right")))[0] != 0
    pair = authority.issue("last", "/CN=plant-a")
    assert (await run(*publisher(listener, authority, pair)))[0] == 0, "the door still stands"
    assert len(sink.deliveries) == 1


async def test_a_certificate_of_another_authority_is_refused_even_with_the_password(
    begin: Any, authority: Authority, sink: RecordingSink, tmp_path: Path
) -> None:
    listener = await begin("optional")
    foreign = Authority(tmp_path / "foreign").issue("foreign", "/CN=plant-a")
    assert (await run(*publisher(listener, authority, foreign, "-u", "plant-a", "-P", "right")))[0] != 0
    assert sink.deliveries == []


async def test_a_revoked_certificate_is_refused(
    begin: Any, authority: Authority, sink: RecordingSink, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "revoking")
    lost, kept = other.issue("lost", "/CN=plant-a"), other.issue("kept", "/CN=plant-b")
    listener = await begin("optional", other.revoked(lost))
    assert (await run(*publisher(listener, authority, lost)))[0] != 0
    assert (await run(*publisher(listener, authority, kept)))[0] == 0
    assert [delivery.enterprise for delivery in sink.deliveries] == ["plant-b"]


async def test_a_lookup_that_knows_no_enterprises_lets_no_certificate_in(
    start: Start, authority: Authority, server: Pair, sink: RecordingSink, caplog: pytest.LogCaptureFixture
) -> None:
    class Hashes:
        async def password_hash(self, enterprise: str) -> str | None:
            return None

    tls = server_context(*server, authority.certificate, "optional")
    with caplog.at_level(logging.ERROR):
        authenticator = PasswordAuthenticator(Hashes())
        assert await authenticator.authenticate_certificate("plant-a", None) is None
    assert len(caplog.records) == 1
    listener = await start({"tls": tls})
    assert (await run(*publisher(listener, authority, authority.issue("x", "/CN=plant-z"))))[0] != 0


async def test_certificates_mean_nothing_to_an_authenticator_that_knows_passwords_only(
    sink: RecordingSink, authority: Authority, server: Pair
) -> None:
    tls = server_context(*server, authority.certificate, "optional")
    pair = authority.issue("y", "/CN=plant-b")
    async with Listener("127.0.0.1", 0, sink, OnePassword(), lambda: NOW, tls=tls) as listener:
        assert (await run(*publisher(listener, authority, pair)))[0] != 0
        assert (await run(*publisher(listener, authority, pair, "-u", "plant-a", "-P", "right")))[0] == 0
    assert [delivery.enterprise for delivery in sink.deliveries] == ["plant-a"]


async def test_publish_over_tls(start: Start, sink: RecordingSink, authority: Authority, server: Pair) -> None:
    listener = await start({"tls": server_context(*server)})
    trusting = ssl.create_default_context(cafile=str(authority.certificate))
    client = Raw(*await asyncio.open_connection("127.0.0.1", listener.port, ssl=trusting))
    client.send(wire311.connect("c", username="plant-a"))
    assert await client.packet() == wire311.CONNACK_OK
    client.send(*(wire311.publish(READINGS, b"x" * 100_000, qos=1, packet_id=n) for n in range(1, 101)))
    assert [await client.packet() for _ in range(100)] == [wire311.acknowledge(0x40, n) for n in range(1, 101)]
    client.send(b"\x00\x00")
    await client.ended()
    await client.close()
    assert sum(delivery.payload_size for delivery in sink.deliveries) == 10_000_000


async def test_rates_hold_inside_tls(start: Start, sink: RecordingSink, authority: Authority, server: Pair) -> None:
    tls = server_context(*server)
    listener = await start({"tls": tls}, max_messages_per_s=0.001, rate_burst_s=2_000.0)
    trusting = ssl.create_default_context(cafile=str(authority.certificate))
    client = Raw(*await asyncio.open_connection("127.0.0.1", listener.port, ssl=trusting))
    client.send(wire311.connect("c", username="plant-a"))
    assert await client.packet() == wire311.CONNACK_OK
    client.send(*(wire311.publish(READINGS, b"%d" % n, qos=1, packet_id=n) for n in range(1, 11)))
    assert [await client.packet() for _ in range(3)] == [wire311.acknowledge(0x40, n) for n in (1, 2, 3)]
    assert len(sink.deliveries) == 3
    await listener.stop()
    await client.ended()


async def test_a_handshake_that_never_ends_is_cut_off(begin: Any, raw: Open) -> None:
    silent = await raw(await begin("optional", connect_timeout_s=0.05))
    await silent.ended()


async def test_a_handshake_that_ends_after_the_stop_leads_nowhere(
    begin: Any, raw: Open, authority: Authority, sink: RecordingSink
) -> None:
    listener = await begin("optional")
    late = await raw(listener)
    other = Raw(
        *await asyncio.open_connection(
            "127.0.0.1", listener.port, ssl=ssl.create_default_context(cafile=str(authority.certificate))
        )
    )  # its handshake took turns of the loop in which the silent one was accepted
    stopping = asyncio.create_task(listener.stop())
    await other.ended()
    await other.close()
    await stopping
    context = ssl.create_default_context(cafile=str(authority.certificate))
    with suppress(ConnectionError):  # the kernel may have closed it before
        await late.writer.start_tls(context, server_hostname="127.0.0.1")
        late.send(wire311.connect("c", username="plant-a"))
    await late.ended()
    assert listener.connections == 0


def test_nothing_older_than_tls_1_2_is_spoken(authority: Authority, server: Pair) -> None:
    context = server_context(*server, authority.certificate, "required")
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert server_context(*server).verify_mode is ssl.CERT_NONE


def test_files_that_cannot_be_used_are_named(authority: Authority, server: Pair, tmp_path: Path) -> None:
    missing, text = tmp_path / "missing.pem", tmp_path / "text.pem"
    text.write_text("no PEM")
    encrypted = tmp_path / "encrypted.key"
    subprocess.run(
        ["openssl", "pkey", "-in", str(server.key), "-aes128", "-passout", "pass:x", "-out", str(encrypted)],
        check=True,
    )
    other = authority.issue("other", "/CN=other")
    certificate, key = server
    ca = authority.certificate
    for arguments, words in [
        ((missing, key), ["certificate", str(missing), "No such file"]),
        ((certificate, missing), ["key", str(missing), "No such file"]),
        ((tmp_path, key), [str(tmp_path), "directory"]),
        ((text, key), [str(text), "no PEM certificate"]),
        ((certificate, text), [str(text), "no PEM key"]),
        ((certificate, encrypted), [str(encrypted), "encrypted"]),
        ((certificate, other.key), [str(other.key), "does not belong", str(certificate)]),
        ((certificate, key, missing, "optional"), [str(missing), "authorities", "No such file"]),
        ((certificate, key, text, "optional"), [str(text), "no PEM certificate of an authority"]),
        ((certificate, key, other.certificate, "required"), [str(other.certificate), "CA:TRUE"]),
        ((certificate, key, None, "required"), ["required", "missing"]),
        ((certificate, key, ca, "off"), ["off", str(ca)]),
    ]:
        with pytest.raises(SettingsError) as caught:
            server_context(*arguments)
        assert all(word in str(caught.value) for word in words), str(caught.value)
