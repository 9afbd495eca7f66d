"""Coverage-guided fuzzing of the decoders by hand: `python -m tests.fuzz.guided --seconds 40`.

Needs atheris (`pip install atheris`), which is no dependency of the project; without it nothing is done. Each format is
a libFuzzer process of its own, which begins with the cases of tests/cases/ingest and looks for bytes that take a road
through `ingest` that none before took. What must hold is the oracle's. HJ 212 frames are tried as they are and with
their checksums made right, else nearly all of them would end there. Prints a JSON report; the exit status is 1 when
something was found, and then the report has the bytes.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

#: What libFuzzer may insert whole.
_WORDS = (
    *(
        b"##0123",
        b"&&",
        b"CP=&&",
        b"QN=",
        b"Flag=",
        b"MN=",
        b"CN=2011;",
        b"DataTime=20261102085900;",
        b"-Rtd=",
        b"-Flag=N",
    ),
    *(
        b"-SampleTime=",
        b"{0x41,",
        b"NaN",
        b"1e999",
        b"-Infinity",
        b"null",
        b"\\u0000",
        b"\\ud800",
        b'"values":{',
        b'"at":"',
    ),
    *(
        b'"ts":1793581200000',
        b'"flags":{',
        b"2026-11-02T08:00:00+08:00",
        b'"tested_at":',
        b'"component":"P-101"',
        b"bdSeq",
    ),
    *(
        b"Quality",
        b"Node Control/Rebirth",
        b"\x08\xb8\xf4\xda\x80\x994",
        b'"device":',
        b'"metadata":',
        b"\r\n",
        b"\xed\xa0\x80",
    ),
)
_MAX_BYTES = 4_096
_MAX_BYTES_HJ212 = 8_192
_STATUS = re.compile(rb"#([0-9]+)\s+DONE\s+cov: ([0-9]+) ft: ([0-9]+) corp: ([0-9]+)")
_SEEDED = re.compile(rb"INITED cov: ([0-9]+) ft: ([0-9]+)")
_GRACE_S = 60


def fuzz(format: str, folder: Path, seconds: int) -> None:
    """Run libFuzzer in this process, which it ends."""
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["ingest"]):
        from ingest.delivery import Delivery
        from tests.fuzz.corpus import ENTERPRISE, load
        from tests.fuzz.hj212_frames import FRAME, annex_a
        from tests.fuzz.mutations import FIRST_AT
        from tests.fuzz.oracle import Oracle

    plant, seeds = load()
    topics = sorted({seed.topic for seed in seeds[format]})
    registry = plant.registry()

    def examine(topic: str, payload: bytes) -> None:
        oracle = Oracle(registry, births=plant.births)
        delivery = Delivery(ENTERPRISE, "client-7", topic, payload, len(payload), 1, False, False, FIRST_AT)
        problems = oracle.examine(delivery).problems
        assert not problems, problems

    def target(data: bytes) -> None:
        topic, payload = topics[data[0] % len(topics)] if data else topics[0], data[1:]
        examine(topic, payload)
        if format == "hj212":
            right = FRAME.sub(lambda m: b"##" + m[1] + m[2] + b"%04X" % annex_a(m[2]), payload)
            if right != payload:
                examine(topic, right)

    corpus, words = folder / "corpus", folder / "words"
    corpus.mkdir()
    for number, seed in enumerate(seeds[format]):
        (corpus / f"seed{number}").write_bytes(bytes([topics.index(seed.topic)]) + seed.payload)
    words.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in _WORDS), "ascii")
    options = {
        "max_total_time": seconds,
        "max_len": _MAX_BYTES_HJ212 if format == "hj212" else _MAX_BYTES,
        "dict": words,
        "artifact_prefix": f"{folder}/found-",
        "timeout": 20,
    }
    atheris.Setup([sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)], target)
    atheris.Fuzz()


def run(format: str, seconds: int) -> dict[str, object]:
    """What libFuzzer made of a format, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="plantwatch-fuzz-") as name:
        command = [sys.executable, "-m", "tests.fuzz.guided", "--seconds", str(seconds), "--folder", name, format]
        done = subprocess.run(command, capture_output=True, timeout=seconds + _GRACE_S, check=False)
        found = [path.read_bytes().hex() for path in sorted(Path(name).glob("found-*"))]
    report: dict[str, object] = {"exit": done.returncode, "found": found}
    if (inited := _SEEDED.search(done.stderr)) is not None:
        report |= {"seeded_coverage": int(inited[1]), "seeded_features": int(inited[2])}
    if (status := _STATUS.search(done.stderr)) is not None:
        executions, coverage, features, corpus = map(int, status.groups())
        report |= {"executions": executions, "coverage": coverage, "features": features, "corpus": corpus}
    if found or done.returncode or status is None:
        report["output"] = done.stderr[-3_000:].decode("utf-8", "replace")
    return report


FORMATS = (
    "json",
    "leak-tests",
    "production",
    "hj212",
    "sparkplug",
    "thingsboard-device",
    "thingsboard-gateway",
    "thingsboard-presence",
)


def main() -> int:
    if importlib.util.find_spec("atheris") is None:
        sys.stderr.write("atheris is not installed: nothing is done (pip install atheris)\n")
        return 0
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("formats", nargs="*", choices=[*FORMATS, []], help="all by default")
    parser.add_argument("--seconds", type=int, default=40, help="for each format")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder is not None:
        fuzz(given.formats[0], given.folder, given.seconds)
        return 0
    report = {format: run(format, given.seconds) for format in given.formats or FORMATS}
    sys.stdout.write(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return 1 if any(part["exit"] for part in report.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
