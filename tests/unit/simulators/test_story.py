"""The story is the same each time, and its messages are what its tallies say."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from domain.quality import SourceFlag
from simulators.city import GATEWAY
from simulators.story import FIRE_AND_FORGET, MQTT_311, Message, Story
from tests.unit.simulators.conftest import Told, told_month

OVERSIZE = 256 * 1024


def test_the_same_seed_gives_the_same_bytes(told: Told) -> None:
    again = Story()
    assert [again.step(index) for index in range(26)] == told.steps[:26]


def test_another_seed_gives_other_values(told: Told) -> None:
    other = Story(seed=2).step(5).messages
    assert [m.topic for m in other] == [m.topic for m in told.steps[5].messages]
    assert [m.payload for m in other] != [m.payload for m in told.steps[5].messages]


def test_steps_can_be_told_again(told: Told) -> None:
    for index in (0, 400, 16 * 24):
        assert told.story.step(index) == told.steps[index]


def test_one_step_for_each_hour_up_to_the_end(told: Told) -> None:
    assert len(told.steps) == 31 * 24 + 30
    assert told.steps[0].period.start == told.story.start
    assert told.steps[-1].clock == told.story.end
    assert all(b.period.start == a.period.end for a, b in zip(told.steps, told.steps[1:], strict=False))


def _items(message: Message) -> list[tuple[str, datetime, float, str]]:
    """(point, instant, value, flag) of a well-formed readings message, decoded anew."""
    items = []
    for sample in json.loads(message.payload):
        if "ts" in sample:
            at = datetime.fromtimestamp(sample["ts"] / 1000, tz=UTC)
        else:
            at = datetime.fromisoformat(sample["at"])
        for code, value in sample["values"].items():
            items.append((f"{message.enterprise}/{code}", at, value, sample.get("flags", {}).get(code, "N")))
    return items


def test_tallies_hold_when_everything_is_decoded_again(told: Told) -> None:
    """A dumb ledger over all readings: what is new is stored, what is known a duplicate, what differs a correction."""
    known: dict[tuple[str, str, str], list[tuple[float, str]]] = {}
    for step in told.steps:
        for message in step.messages:
            if message.tally.refused or not message.topic.endswith("/readings"):
                continue
            counted = {"stored": 0, "duplicates": 0, "corrections": 0}
            for sample in json.loads(message.payload):
                at = str(sample.get("at") or sample.get("ts"))  # each gateway writes an instant in one way only
                flags = sample.get("flags", {})
                for code, value in sample["values"].items():
                    versions = known.setdefault((message.enterprise, code, at), [])
                    version = (value, flags.get(code, "N"))
                    kind = "duplicates" if version in versions else "corrections" if versions else "stored"
                    versions.append(version)
                    counted[kind] += 1
            tally = message.tally
            assert list(counted.values()) == [tally.stored, tally.duplicates, tally.corrections]


def test_every_value_belongs_to_a_registered_point_and_is_due(told: Told) -> None:
    points = {point.key: point for point in told.story.city.points}
    for step in (told.steps[0], told.steps[100], told.steps[-1]):
        for message in step.messages:
            if message.tally.refused or not message.topic.endswith("/readings"):
                continue
            for key, at, _, flag in _items(message):
                point = points[key]
                assert SourceFlag(flag)
                if point.kind == "counter":
                    assert step.period.start < at <= step.period.end
                else:
                    assert step.period.start <= at < step.period.end
                assert (at - step.period.start) % timedelta(seconds=point.interval_s) == timedelta(0)


def test_a_normal_hour_is_complete(told: Told) -> None:
    """Every point has 3600 / interval values in an hour in which nothing happens."""
    lost = {"zhuohui-ferrosilicon/W-02"}
    seen: Counter[str] = Counter()
    for message in told.steps[100].messages:
        seen.update(point for point, _, _, _ in _items(message))
    assert seen == {p.key: 3600 // p.interval_s for p in told.story.city.points if p.key not in lost}


def test_topics_and_sizes(told: Told) -> None:
    large = [m for step in told.steps for m in step.messages if len(m.payload) > OVERSIZE]
    assert [message.tally.refused[0][0].value for message in large] == ["oversize"]
    assert large[0].enterprise in MQTT_311
    for step in told.steps:
        for message in step.messages:
            if not message.tally.refused:
                assert message.topic.startswith(f"plantwatch/v1/{message.enterprise}/{GATEWAY}/")


def test_unacknowledged_messages_are_few_and_never_last(told: Told) -> None:
    loose = [m for step in told.steps for m in step.messages if m.qos == 0]
    assert {message.enterprise for message in loose} == {FIRE_AND_FORGET}
    assert 0 < len(loose) < 200
    for step in told.steps:
        mine = [message.qos for message in step.messages if message.enterprise == FIRE_AND_FORGET]
        assert mine[-1] > 0
    assert {m.qos for step in told.steps[:30] for m in step.messages} == {0, 1, 2}


def test_a_silent_gateway_sends_its_backlog_in_order(told: Told) -> None:
    silence = next(s for s in told.story.effects.silences if s.end - s.start == 30)

    def mine(step: int) -> list[Message]:
        return [m for m in told.steps[step].messages if m.enterprise == silence.enterprise]

    assert all(not mine(step) for step in range(silence.start, silence.end))
    assert len(mine(silence.end)) == 31 * len(mine(silence.end + 1))
    firsts = [min(at for _, at, _, _ in _items(message)) for message in mine(silence.end)]
    assert firsts == sorted(firsts)


def test_every_wire_time_style_is_used(told: Told) -> None:
    heads = {m.payload[:6] for m in told.steps[50].messages}
    assert heads == {b'[{"at"', b'[{"ts"'}
    text = b"".join(m.payload for m in told.steps[50].messages)
    assert b'Z"' in text
    assert b'+08:00"' in text


def test_the_story_goes_on(told: Told) -> None:
    more = list(islice(told.story.continue_normal(), 3))
    assert [step.index for step in more] == [774, 775, 776]
    offline = "jinlu-steel/W-01"  # off until the story's end, back afterwards
    assert any(point == offline for m in more[0].messages for point, _, _, _ in _items(m))


@pytest.mark.parametrize("month", [(2027, 2), (2028, 2), (2026, 11), (2026, 12)])
def test_other_months_have_their_own_length(month: tuple[int, int]) -> None:
    story, _ = told_month(month)
    days = {(2027, 2): 28, (2028, 2): 29, (2026, 11): 30, (2026, 12): 31}[month]
    assert story.timeline.hours == days * 24 + 30
    steps = [story.step(index) for index in (0, story.timeline.month_hours - 1, story.timeline.hours - 1)]
    assert all(step.messages for step in steps)
