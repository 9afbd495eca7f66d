"""TLS: the context of the door, and which enterprise a client certificate speaks for. Knows files, no sockets.

A client certificate names its enterprise in a SAN URI, `urn:plantwatch:enterprise:CODE`, which says what it means
and cannot be met by chance; or, for the plain certificates that other brokers take too, in the common name of its
subject when that has the form of a code. DNS and other alternative names are not looked at: they name machines.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from domain.errors import SettingsError

ClientCertificates = Literal["off", "optional", "required"]

_URN = "urn:plantwatch:enterprise:"
_CODE = re.compile(r"[a-z0-9-]{1,64}")


def server_context(
    certificate: Path,
    key: Path,
    client_ca: Path | None = None,
    client_certificates: ClientCertificates = "off",
) -> ssl.SSLContext:
    """The context of a listener: TLS 1.2 or newer, PEM files, the certificate with its chain.

    `client_ca` holds the authorities whose client certificates are believed, and may hold their revocation lists: with
    one in it, a certificate on it, or of an authority without one, is refused. `optional` lets clients without a
    certificate in by password; `required` ends their handshake. Raises SettingsError naming the file at fault.
    """
    if (client_certificates == "off") != (client_ca is None):
        raise SettingsError(
            f"client certificates are {client_certificates}, but a file with their authorities is "
            + ("missing" if client_ca is None else f"given: {client_ca}")
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_certificate(context, certificate, key)
    if client_ca is not None:
        _load_authorities(context, client_ca)
        context.verify_mode = ssl.CERT_REQUIRED if client_certificates == "required" else ssl.CERT_OPTIONAL
    return context


def _load_certificate(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    for path, what in ((certificate, "certificate"), (key, "key")):
        _readable(path, what)
    try:
        # The empty pass phrase keeps OpenSSL from asking on the terminal for that of an encrypted key.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise SettingsError(f"the key {key} does not belong to the certificate {certificate}") from error
        if not _is_certificate(certificate):
            raise SettingsError(f"{certificate} is no PEM certificate") from error
        raise SettingsError(f"{key} is no PEM key, or it is encrypted: {error}") from error


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    _readable(path, "authorities of client certificates")
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        raise SettingsError(f"{path} holds no PEM certificate of an authority: {error}") from error
    stored = context.cert_store_stats()
    if not stored["x509_ca"]:
        raise SettingsError(f"{path} holds no certificate of an authority (CA:TRUE)")
    if stored["crl"]:
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF


def _readable(path: Path, what: str) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise SettingsError(f"the listener's {what} {path} cannot be read: {error.strerror}") from error


def _is_certificate(path: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(path)
    except ssl.SSLError:
        return False
    return True


def named_enterprises(peer: Mapping[str, Any]) -> tuple[str, ...]:
    """The enterprise codes that a verified certificate names, of `SSLSocket.getpeercert()`'s form.

    None: it names nobody, and its bearer needs a password. More than one: it is ambiguous. What stands in a URI is
    returned whatever its form, because such a certificate is meant to name an enterprise.
    """
    codes = tuple(dict.fromkeys(_in_uris(peer)))
    return codes or tuple(dict.fromkeys(_in_subject(peer)))


def _in_uris(peer: Mapping[str, Any]) -> Iterator[str]:
    for kind, value in peer.get("subjectAltName", ()):
        if kind == "URI" and value[: len(_URN)].lower() == _URN:
            yield value[len(_URN) :]


def _in_subject(peer: Mapping[str, Any]) -> Iterator[str]:
    for group in peer.get("subject", ()):
        for name, value in group:
            if name == "commonName" and _CODE.fullmatch(value):
                yield value
