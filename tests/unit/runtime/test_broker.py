"""Where the broker is, by its URL."""

from __future__ import annotations

import pytest

from domain.errors import SettingsError
from runtime.broker import broker_options
from runtime.settings import Settings


def settings(**given: str) -> Settings:
    return Settings.from_environ({f"PLANTWATCH_{name}": value for name, value in given.items()})


def test_no_broker() -> None:
    assert broker_options(settings()) is None


def test_every_part_of_the_url() -> None:
    options = broker_options(
        settings(
            BROKER_URL="mqtt://city:p%40ss@broker.example:1999",
            BROKER_GROUP="wuhai",
            BROKER_SLOTS="4",
            BROKER_CLIENT_PREFIX="city",
        )
    )
    assert options is not None
    assert (options.host, options.port, options.username, options.password) == ("broker.example", 1999, "city", "p@ss")
    assert (options.tls, options.group, options.client_id(3), options.slots) == (None, "wuhai", "city-3", 4)


@pytest.mark.parametrize(("scheme", "port"), [("mqtt", 1883), ("mqtts", 8883)])
def test_ports_of_the_schemes(scheme: str, port: int) -> None:
    options = broker_options(settings(BROKER_URL=f"{scheme}://broker.example"))
    assert options is not None
    assert options.port == port
    assert (options.tls is not None) == (scheme == "mqtts")


@pytest.mark.parametrize(
    "url", ["http://broker.example", "mqtt://", "broker.example", "mqtt://h:99999", "mqtt://h/path", "mqtt://:secret@"]
)
def test_what_is_no_broker_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(SettingsError, match="expected mqtt://user:password@host:port") as caught:
        broker_options(settings(BROKER_URL=url))
    assert "secret" not in str(caught.value)


def test_an_authority_without_tls_is_a_mistake() -> None:
    with pytest.raises(SettingsError, match="needs a broker over TLS"):
        broker_options(settings(BROKER_URL="mqtt://h", BROKER_CA="/nowhere.pem"))


def test_slots_without_a_group_are_a_mistake() -> None:
    with pytest.raises(SettingsError, match="slots must be 1"):
        broker_options(settings(BROKER_URL="mqtt://h", BROKER_SLOTS="2"))
