"""A certificate authority for tests, by the openssl command line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which
from typing import NamedTuple

import pytest

_CONFIGURATION = """
[ca]
default_ca = authority
[authority]
database = {folder}/index.txt
serial = {folder}/serial
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
default_crl_days = 2
"""


class Pair(NamedTuple):
    """PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Makes certificates in its folder, and can take them back."""

    def __init__(self, folder: Path) -> None:
        if which("openssl") is None:
            pytest.skip("openssl is not installed: no certificates to test TLS with")
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self.certificate, self._key = folder / "ca.pem", folder / "ca.key"
        self._configuration = folder / "ca.cnf"
        self._configuration.write_text(_CONFIGURATION.format(folder=folder))
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01")
        self._request(self.certificate, self._key, "/CN=Authority of a test", "basicConstraints=critical,CA:TRUE")

    def issue(self, name: str, subject: str, *alternatives: str) -> Pair:
        """A certificate of a subject (`/CN=x`) with subject alternative names (`URI:x`, `DNS:x`)."""
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        extension = ("subjectAltName=" + ",".join(alternatives),) if alternatives else ()
        signer = ("-CA", str(self.certificate), "-CAkey", str(self._key))
        self._request(pair.certificate, pair.key, subject, "basicConstraints=CA:FALSE", *extension, more=signer)
        return pair

    def server(self) -> Pair:
        """The certificate of a listener on 127.0.0.1."""
        return self.issue("server", "/CN=127.0.0.1", "IP:127.0.0.1")

    def revoked(self, *pairs: Pair) -> Path:
        """The authority's certificate and its revocation list with these certificates, in one file."""
        openssl = ("openssl", "ca", "-config", str(self._configuration))
        for pair in pairs:
            _run(*openssl, "-revoke", str(pair.certificate))
        crl = self._folder / "list.pem"
        _run(*openssl, "-gencrl", "-out", str(crl))
        both = self._folder / "ca-and-list.pem"
        both.write_bytes(self.certificate.read_bytes() + crl.read_bytes())
        return both

    @staticmethod
    def _request(certificate: Path, key: Path, subject: str, *extensions: str, more: tuple[str, ...] = ()) -> None:
        _run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", subject, "-keyout", str(key), "-out", str(certificate), *more),
            *(word for extension in extensions for word in ("-addext", extension)),
        )


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
