"""`for` and `keep_firing_for` beside Prometheus's own: the same series through `promtool test rules`.

Prometheus looks at instants, alerts here at periods of event time. What is mapped, and how:

- An evaluation of Prometheus stands for the end of a period, where the period is known. A period counts whole as soon
  as it is known: the k-th violating hour in a row reaches k hours here, but lies k - 1 hours after the first evaluation
  there. So a duration of n hours here is one of n - 1 there, and never less than 0. The same goes for keep_firing_for
  and for no_data_for.
- Prometheus knows true and false alone. Undetermined hours, and hours without a finding, say nothing here; there the
  last known value is held, and states are compared at known hours only. Where the value after such hours is the one
  before them that is the same. Where it is another one, it is not: held violations there fire by the mere passing of
  time (here nothing but a violating period can do that), and held compliance ends keep_firing_for. Such series are
  compared where neither duration is longer than an hour, so that time passing decides nothing, and then at all hours;
  `test_where_we_differ` shows the difference otherwise.
- A span on want of data has no pending state here: that of Prometheus is compared as none, and as pending.

One run of promtool takes all series: a rule for each pair of durations, a label for each series.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from alerts.lifecycle import Lifecycle, Sighting
from domain.alerts import AlertState, Condition
from domain.findings import Verdict
from domain.periods import HOUR

START = datetime(2026, 11, 2, tzinfo=UTC)
LENGTH = 26
FORS = (0.0, 0.5, 1.0, 2.0, 2.5, 4.0)
KEEPS = (0.0, 1.0, 1.5, 3.0)
#: By hand: (series, for, keep): boundaries at which one hour more or less makes another state.
BY_HAND = [
    ("v", 0, 0), ("vc", 0, 0), ("vvc", 2, 0), ("vcv", 2, 0), ("vvvc", 3, 0), ("vvcvv", 3, 0),
    ("vvvvc", 4, 1), ("vc", 0, 1), ("vcc", 0, 2), ("vcvcc", 0, 2), ("vccv", 0, 2), ("vccv", 0, 3), ("vcccv", 0, 3),
    ("vvccvvcc", 2, 2), ("vvcvcvcc", 2, 2), ("vvcccc", 2, 4), ("vuvuv", 3, 0), ("vvcuc", 2, 2), ("vv_v", 4, 0),
]  # fmt: skip
_VERDICTS = {"v": Verdict.VIOLATION, "c": Verdict.COMPLIANT}

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool (package prometheus) is not installed"
)

Case = tuple[str, float, float]


def _cases(random: Random) -> Iterator[Case]:
    yield from ((text, float(for_h), float(keep_h)) for text, for_h, keep_h in BY_HAND)
    for number in range(400):
        for_h, keep_h = random.choice(FORS), random.choice(KEEPS)
        stays = random.choice((0.5, 0.7, 0.85))
        letters, last = "", random.choice("vc")
        while len(letters) < LENGTH:
            following = last if random.random() < stays else "c" if last == "v" else "v"
            # hours that say nothing: between equal values, or anywhere where the passing of time decides nothing
            if number % 2 and letters and random.random() < 0.3 and (following == last or max(for_h, keep_h) <= 1):
                letters += random.choice("u_") * random.randint(1, 3)
            letters += following
            last = following
        yield letters[:LENGTH].rstrip("u_"), for_h, keep_h


def _ours(case: Case) -> list[str | None]:
    """The state after each hour; None where nothing is known of it."""
    text, for_h, keep_h = case
    lifecycle = Lifecycle(HOUR * for_h, HOUR * keep_h)
    states: list[str | None] = []
    for number, letter in enumerate(text):
        if letter != "_":
            start = START + HOUR * number
            lifecycle.see(Sighting(start, start + HOUR, _VERDICTS.get(letter, Verdict.UNDETERMINED)))
        state = _state(lifecycle)
        states.append(state if letter in _VERDICTS or max(for_h, keep_h) <= 1 else None)
    return states


def _state(lifecycle: Lifecycle) -> str:
    spans = lifecycle.spans()
    open_ = spans[-1] if spans and spans[-1].resolved_at is None else None
    return "inactive" if open_ is None else "firing" if open_.state is AlertState.FIRING else "pending"


def _held(text: str) -> str:
    """Every hour with a value: the last known one where nothing is known."""
    values = ""
    for letter in text:
        values += letter if letter in _VERDICTS else values[-1]
    return values


def _duration(hours: float) -> str:
    return f"{max(round((hours - 1) * 60), 0)}m"


def _promtool(folder: Path, cases: list[tuple[str, str, str, str]], expected: list[list[str | None]]) -> str:
    """Judge series by Prometheus: (alert, for, keep_firing_for, values); an empty text when it agrees on all states.

    Series are an hour apart, more than Prometheus looks back, so that nothing is held that should not be.
    """
    rules = {
        alert: {"alert": alert, "expr": f'x{{alert="{alert}"}} > 0', "for": for_, "keep_firing_for": keep}
        for alert, for_, keep, _ in cases
    }
    group = {"name": "all", "interval": "1h", "rules": list(rules.values())}
    (folder / "rules.yml").write_text(json.dumps({"groups": [group]}))  # JSON is YAML
    series = [
        {
            "series": f'x{{alert="{alert}",s="{number}"}}',
            "values": " ".join("1" if letter == "v" else "0" for letter in values),
        }
        for number, (alert, _, _, values) in enumerate(cases)
    ]
    checks = []
    for hour in range(LENGTH):
        known = [n for n, states in enumerate(expected) if hour < len(states) and states[hour] is not None]
        samples = [
            {"labels": f'ALERTS{{alertname="{cases[n][0]}",alert="{cases[n][0]}",alertstate="{state}",s="{n}"}}',
             "value": 1}
            for n in known
            if (state := expected[n][hour]) != "inactive"
        ]  # fmt: skip
        chosen = "|".join(str(n) for n in known)
        checks.append({"expr": f'ALERTS{{s=~"{chosen}"}}', "eval_time": f"{hour}h", "exp_samples": samples})
    test = {"interval": "1h", "input_series": series, "promql_expr_test": checks}
    (folder / "test.yml").write_text(
        json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "1h", "tests": [test]})
    )
    done = subprocess.run(["promtool", "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _name(for_h: float, keep_h: float) -> str:
    return f"A{for_h}_{keep_h}".replace(".", "p")


def _given(cases: list[Case]) -> list[tuple[str, str, str, str]]:
    return [(_name(for_h, keep_h), _duration(for_h), _duration(keep_h), _held(text)) for text, for_h, keep_h in cases]


def test_the_states_are_those_of_prometheus(tmp_path: Path) -> None:
    cases = list(_cases(Random(20261102)))
    expected = [_ours(case) for case in cases]
    counted = [state for states in expected for state in states]
    # the series do reach every state, often
    assert min(counted.count(state) for state in ("pending", "firing", "inactive")) > 500
    assert _promtool(tmp_path, _given(cases), expected) == ""


def test_want_of_data_fires_as_prometheus_would(tmp_path: Path) -> None:
    """The series is true where data are wanting; a compliant hour is false."""
    random = Random(7)
    cases: list[Case] = [(text, float(no_data_h), 0.0) for text in ("v" * 5, "vvcvvv") for no_data_h in (1, 2, 3, 5, 6)]
    cases += [
        ("".join(random.choices("vc", (5, 1), k=LENGTH)), float(random.choice((1, 2, 3, 6, 8))), 0.0)
        for _ in range(100)
    ]
    expected: list[list[str | None]] = []
    for text, no_data_h, _ in cases:
        lifecycle = Lifecycle(timedelta(), timedelta(), HOUR * no_data_h)
        states: list[str | None] = []
        for number, letter in enumerate(text):
            start, wanting = START + HOUR * number, letter == "v"
            verdict = Verdict.UNDETERMINED if wanting else Verdict.COMPLIANT
            lifecycle.see(Sighting(start, start + HOUR, verdict, is_want_of_data=wanting))
            # what is pending there has no row here: not compared
            state = _state(lifecycle)
            states.append(None if wanting and state == "inactive" else state)
        assert all(span.condition is Condition.NO_DATA for span in lifecycle.spans())
        expected.append(states)
    assert any("firing" in states for states in expected)
    assert _promtool(tmp_path, _given(cases), expected) == ""
    # and it is not firing there any earlier
    for states, (text, _, _) in zip(expected, cases, strict=True):
        states[:] = ["pending" if s is None and text[n] == "v" else s for n, s in enumerate(states)]
    assert _promtool(tmp_path, _given(cases), expected) == ""


def test_where_we_differ(tmp_path: Path) -> None:
    """Held violations fire there by the mere passing of time; here nothing but a violating period can do that."""
    case = ("vuuc", 3.0, 3.0)
    states = _ours(case)
    assert states == ["pending", None, None, "inactive"]
    assert _promtool(tmp_path, _given([case]), [[*states[:3], "firing"]]) == ""


def test_the_comparison_can_fail(tmp_path: Path) -> None:
    case = ("vvvc", 2.0, 0.0)
    states = _ours(case)
    assert states == ["pending", "firing", "firing", "inactive"]
    assert _promtool(tmp_path, _given([case]), [states]) == ""
    for hour in range(4):
        wrong = [*states]
        wrong[hour] = "firing" if states[hour] != "firing" else "pending"
        assert _promtool(tmp_path, _given([case]), [wrong])
