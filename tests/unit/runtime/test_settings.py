"""Settings: a misspelt variable never passes unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import SettingsError
from runtime.settings import Settings


def test_defaults_bind_loopback_only() -> None:
    settings = Settings.from_environ({"PATH": "/bin"})
    assert (settings.mqtt_host, settings.api_host, settings.metrics_host) == ("127.0.0.1",) * 3


def test_unknown_variable_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="PLANTWATCH_MQTT_PROT: there is no such setting"):
        Settings.from_environ({"PLANTWATCH_MQTT_PROT": "1883"})


def test_every_mistake_is_told_at_once() -> None:
    environ = {"PLANTWATCH_MQTT_PORT": "99999", "PLANTWATCH_TIMESCALE": "maybe", "PLANTWATCH_X": ""}
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(environ)
    for variable in environ:
        assert variable in str(caught.value)


def test_secret_from_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret\n", "utf-8")
    settings = Settings.from_environ({"PLANTWATCH_API_TOKEN_FILE": str(secret)})
    assert settings.api_token is not None
    assert settings.api_token.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)


def test_secret_and_its_file_contradict(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not both"):
        Settings.from_environ({"PLANTWATCH_API_TOKEN": "a", "PLANTWATCH_API_TOKEN_FILE": str(tmp_path / "b")})


def test_open_api_needs_a_token() -> None:
    with pytest.raises(SettingsError, match="PLANTWATCH_API_TOKEN"):
        Settings.from_environ({"PLANTWATCH_API_HOST": "0.0.0.0"})
    assert Settings.from_environ({"PLANTWATCH_API_HOST": "0.0.0.0", "PLANTWATCH_API_TOKEN": "t"}).api_token


@pytest.mark.parametrize("missing", ["PLANTWATCH_MQTT_TLS_KEY", "PLANTWATCH_MQTT_TLS_CERTIFICATE"])
def test_half_a_tls_pair_is_refused(missing: str) -> None:
    environ = {"PLANTWATCH_MQTT_TLS_KEY": "key.pem", "PLANTWATCH_MQTT_TLS_CERTIFICATE": "chain.pem"}
    del environ[missing]
    with pytest.raises(SettingsError, match="go together"):
        Settings.from_environ(environ)
