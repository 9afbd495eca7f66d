"""The embedded server: keeps its data, leaves nothing running, refuses to share a folder."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from runtime.embedded import EmbeddedFailed, postgres


@pytest.fixture
def folder() -> Iterator[Path]:
    # not tmp_path: as root its parents are closed to the account that runs the server
    with tempfile.TemporaryDirectory(prefix="plantwatch-test-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path / "data"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_data_stay_and_the_server_ends(folder: Path) -> None:
    with postgres(folder) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("create table kept as select 42 as answer")
        pid = server.pid
    assert not alive(pid)
    with postgres(folder) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)


def test_a_second_server_on_the_same_folder_is_refused(folder: Path) -> None:
    with postgres(folder) as server:
        with pytest.raises(EmbeddedFailed, match=f"pid {server.pid} already runs"), postgres(folder):
            pass
        assert alive(server.pid)


def test_a_password_is_required(folder: Path) -> None:
    with postgres(folder) as server, pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://plantwatch@127.0.0.1:{server.port}/postgres")


def test_a_temporary_folder_is_removed() -> None:
    with postgres(durable=False) as server:
        data = server.data
        assert data.exists()
    assert not data.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's parent-death signal is Linux's")
def test_a_killed_owner_leaves_no_server_behind() -> None:
    script = (
        "import time\nfrom runtime.embedded import postgres\n"
        "with postgres(durable=False) as server:\n    print(server.pid, flush=True)\n    time.sleep(600)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    descriptor = os.pidfd_open(pid)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    ended, _, _ = select.select([descriptor], [], [], 30)
    os.close(descriptor)
    assert ended, "the server outlived its owner"
