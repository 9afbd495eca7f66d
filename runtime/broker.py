"""The broker of the settings, taken apart."""

from __future__ import annotations

import ssl
from urllib.parse import unquote, urlsplit

from domain.errors import SettingsError
from ingest.subscriber import SubscriberOptions
from runtime.settings import PREFIX, Settings

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_EXPECTED = f"{PREFIX}BROKER_URL: expected mqtt://user:password@host:port or mqtts://..."


def broker_options(settings: Settings) -> SubscriberOptions | None:
    """How to subscribe; None when no broker is set. Raises SettingsError, which never shows the password."""
    if settings.broker_url is None:
        return None
    try:
        parts = urlsplit(settings.broker_url.get_secret_value())
        port = parts.port
    except ValueError as error:
        raise SettingsError(_EXPECTED) from error
    if parts.scheme not in _PORTS or parts.hostname is None or parts.path not in ("", "/") or parts.query:
        raise SettingsError(_EXPECTED)
    if settings.broker_ca is not None and parts.scheme != "mqtts":
        raise SettingsError(f"{PREFIX}BROKER_CA needs a broker over TLS: mqtts://...")
    try:
        return SubscriberOptions(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            tls=_trust(settings) if parts.scheme == "mqtts" else None,
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            client_prefix=settings.broker_client_prefix,
            group=settings.broker_group,
            slots=settings.broker_slots,
        )
    except ValueError as error:
        raise SettingsError(f"broker: {error}") from error


def _trust(settings: Settings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.broker_ca)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"{PREFIX}BROKER_CA: {error}") from error
