"""The headless demo: the whole system against the simulators' truth."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.platform import ROOT, descendants, service_pid

KEYS = {
    "published", "received", "stored", "duplicates", "corrections", "refused", "findings", "expected_findings_missing",
    "unexpected_findings", "alerts", "notifications", "marks", "seconds", "ok", "messages", "messages_by_event",
    "alerts_told", "digests", "held", "dropped", "decisions", "escalated", "people_did", "deeds", "tellings_expected",
    "tellings_open", "services_busy",
}  # fmt: skip
#: What is killed on which day of the story: each stage alone, then all at once. Not on the 6th: frames that nobody
#: answers are sent then (formats.toml).
KILLS = {2: ["ingest"], 3: ["rules"], 4: ["alerts"], 5: ["ingest", "rules", "alerts"]}


@contextmanager
def started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A demo that does not outlive a test which fails."""
    with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stderr=subprocess.PIPE, text=True) as demo:
        try:
            yield demo
        finally:
            if demo.poll() is None:
                demo.send_signal(signal.SIGINT)


def test_everything_equals_what_the_simulators_know(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "runtime.cli", "demo", "--for", "1s", "--report", str(report)]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads(report.read_text("utf-8"))
    assert figures.keys() >= KEYS
    assert figures["ok"] is True
    assert figures["differences"] == []
    assert figures["expected_findings_missing"] == figures["unexpected_findings"] == 0
    # every item that was published is in the books, and the story has some of each fate
    fates = [figures[name] for name in ("stored", "duplicates", "corrections", "refused")]
    assert figures["published"] == figures["received"] == sum(fates)
    assert min(fates) > 0
    assert figures["alerts"]["resolved"] > 0
    assert figures["notifications"] == {"sent": figures["notifications_on_duty_phone"], "failed": 0}
    assert figures["restarts"] == {}
    assert min(figures["marks"].values()) > 0
    # people were told by every channel, though services were busy at times, and did something about it
    assert figures["messages"].keys() == {"webhook", "sms", "dingtalk-yunhe"}
    assert min(figures["services_busy"].values()) > 0
    events = {"firing", "resolved", "repeated", "realarmed", "escalated", "handed_over", "digest"}
    assert figures["messages_by_event"].keys() == events
    assert min(figures[name] for name in ("alerts_told", "digests", "escalated", "decisions")) > 0
    deeds = {
        "acknowledge", "confirm", "shelve", "silence", "out_of_service", "in_service", "hand_over", "remark", "relief",
    }  # fmt: skip
    assert figures["deeds"].keys() == deeds
    assert figures["people_did"]["acknowledged"] == figures["deeds"]["acknowledge"]
    assert figures["people_did"]["out_of_service"] == figures["people_did"]["in_service"] > 0
    # each reason for not telling happened, and hardly anything is left open by what falls on the same instant
    held = {
        "out_of_service", "plant_stopped", "inhibited", "silenced", "shelved", "flapping", "quiet_hours",
        "group_interval",
    }  # fmt: skip
    assert held <= figures["held"].keys()
    assert {"historical", "resolved_while_held", "withdrawn", "acknowledged"} <= figures["dropped"].keys()
    assert figures["tellings_open"] < figures["tellings_expected"] / 20
    # every wire format took part, and what it carried is stored bit for bit
    formats = {"json", "hj212-2005", "hj212-2017", "hj212-2025", "sparkplug", "thingsboard", "leak-tests", "production"}
    assert figures["formats"].keys() == formats
    assert min(each["values"] for each in figures["formats"].values()) > 0
    assert figures["readings_compared"] > 0


def test_killed_services_change_nothing(tmp_path: Path) -> None:
    """Each stage is killed twice while some days are played; the end is the same truth, told once."""
    report = tmp_path / "report.json"
    kills = dict(KILLS)
    days = str(max(kills))
    command = [sys.executable, "-m", "runtime.cli", "demo", "--days", days, "--for", "1s", "--report", str(report)]
    with started(command) as demo:
        assert demo.stderr is not None
        lines = []
        for line in demo.stderr:
            lines.append(line)
            day = re.match(r"2026-09-(\d\d) story", line)
            for victim in kills.pop(int(day[1]), ()) if day else ():
                os.kill(service_pid(demo.pid, victim), signal.SIGKILL)
        assert demo.wait(60) == 0, "".join(lines[-40:])
    figures = json.loads(report.read_text("utf-8"))
    assert figures["ok"] is True
    assert figures["differences"] == []
    assert figures["restarts"] == {"ingest": 2, "rules": 2, "alerts": 2}
    assert figures["notifications"] == {"sent": figures["notifications_on_duty_phone"], "failed": 0}


def test_ctrl_c_ends_every_process_it_started() -> None:
    # a few days are laid out sooner than a month, and it is stopped on the first
    command = [sys.executable, "-m", "runtime.cli", "demo", "--days", "3"]
    with started(command) as demo:
        assert demo.stderr is not None
        lines = []
        for line in demo.stderr:
            lines.append(line)
            if "stored" in line:
                break
        processes = descendants(demo.pid)
        assert len(processes) > len(("ingest", "rules", "alerts", "api")), lines
        demo.send_signal(signal.SIGINT)
        _, rest = demo.communicate(timeout=60)
        assert demo.returncode == 0, rest
    assert {pid for pid in processes if os.path.exists(f"/proc/{pid}")} == set()
