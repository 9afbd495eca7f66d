"""The story is the same each time, and its messages are what its tallies say."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import islice

import pytest

from domain.errors import BadInput
from domain.quality import SourceFlag
from simulators.city import GATEWAY
from simulators.field import Field, due
from simulators.fleet import Secret
from simulators.layout import lay_out
from simulators.messages import Message
from simulators.scenario import Scenario
from simulators.senders import FIRE_AND_FORGET
from simulators.speech import SCALED, Format
from simulators.story import MQTT_311, Story
from tests.unit.simulators.conftest import Told, told_month
from tests.unit.simulators.reading import FRAME, Reader

OVERSIZE = 256 * 1024


def test_the_same_seed_gives_the_same_bytes(told: Told) -> None:
    again = Story(days=2)
    assert [again.step(index) for index in range(26)] == told.steps[:26]


def test_another_seed_gives_other_values(told: Told) -> None:
    other = Story(seed=2, days=1).step(5).messages
    assert [m.topic for m in other] == [m.topic for m in told.steps[5].messages]
    assert [m.payload for m in other] != [m.payload for m in told.steps[5].messages]


def test_steps_can_be_told_again(told: Told) -> None:
    for index in (0, 400, 16 * 24):
        assert told.story.step(index) == told.steps[index]


def test_one_step_for_each_hour_up_to_the_end(told: Told) -> None:
    assert len(told.steps) == 30 * 24 + 30
    assert told.steps[0].period.start == told.story.start
    assert told.steps[-1].clock == told.story.end
    assert all(b.period.start == a.period.end for a, b in zip(told.steps, told.steps[1:], strict=False))


def _is_ordinary(message: Message) -> bool:
    """Readings of which nothing is refused."""
    return not message.tally.refused and message.format not in (Format.LEAK_TESTS, Format.PRODUCTION)


def test_tallies_hold_when_everything_is_decoded_again(told: Told) -> None:
    """A dumb ledger over all readings: what is new is stored, what is known a duplicate, what differs a correction."""
    reader = Reader(told.story)
    known: dict[tuple[str, datetime], list[tuple[float, str]]] = {}
    for step in told.steps:
        for message in filter(_is_ordinary, step.messages):
            counted = {"stored": 0, "duplicates": 0, "corrections": 0}
            for item in reader.items(message):
                versions = known.setdefault((item.point, item.at), [])
                version = (item.raw, item.flag)
                kind = "duplicates" if version in versions else "corrections" if versions else "stored"
                versions.append(version)
                counted[kind] += 1
            tally = message.tally
            assert list(counted.values()) == [tally.stored, tally.duplicates, tally.corrections]


def test_every_format_carries_what_json_would(told: Told) -> None:
    """Instants, values to the last bit and flags of some hours, against the devices themselves."""
    reader = Reader(told.story)
    field = Field(told.story.seed, told.story.city, told.story.effects)
    tags = {f"{tag.enterprise}/{tag.point}": tag for tag in told.story.city.tags}
    for hour in (0, 5 * 24 + 2, 100, 26 * 24 + 2, 743, 749):  # a calibration and a fault among them
        day = field.day(hour // 24)
        shown = {
            (item.point, item.at): (item.raw, item.flag)
            for message in filter(_is_ordinary, told.steps[hour].messages)
            if not message.tally.duplicates
            for item in reader.items(message)
        }
        seen = 0
        for point in told.story.city.points:
            if field.lost(point.key, hour):
                continue
            minutes = due(point, hour)
            first = hour % 24 * len(minutes) if point.interval_s < 86_400 else 0
            for number, minute in enumerate(minutes, first):
                value = day.values[point.key][number]
                flag = day.flags[point.key][number] if point.key in day.flags else "N"
                tag = tags.get(point.key)
                raw = value if tag is None else tag.raw(value)
                assert shown[point.key, told.story.timeline.at(hour) + timedelta(minutes=minute)] == (raw, flag)
                seen += 1
        assert seen == len(shown)


def test_the_scaled_points_are_few_and_nobody_judges_them(told: Told) -> None:
    scaled = [tag for tag in told.story.city.tags if tag.scale is not None]
    assert {(tag.enterprise, tag.point) for tag in scaled} == SCALED.keys()
    for tag in scaled:
        point = told.story.city.point(f"{tag.enterprise}/{tag.point}")
        assert point.quantity != "water_volume"
        assert point.outlet != "S1"
        assert tag.unit != point.unit
        assert tag.stored(21.37) == pytest.approx(21.37, rel=1e-15)


def test_every_value_belongs_to_a_registered_point_and_is_due(told: Told) -> None:
    points = {point.key: point for point in told.story.city.points}
    reader = Reader(told.story)
    for step in (told.steps[0], told.steps[101], told.steps[-1]):
        for message in filter(_is_ordinary, step.messages):
            for key, at, _, flag in reader.items(message):
                point = points[key]
                assert SourceFlag(flag)
                if point.kind == "counter":
                    assert step.period.start < at <= step.period.end
                else:
                    assert step.period.start <= at < step.period.end
                assert (at - step.period.start) % timedelta(seconds=min(point.interval_s, 3600)) == timedelta(0)


def test_a_normal_hour_is_complete(told: Told) -> None:
    """Every point has 3600 / interval values in an hour in which nothing happens, and what is said daily has none."""
    lost = {"zhuohui-ferrosilicon/W-02"}
    seen: Counter[str] = Counter()
    for message in told.steps[101].messages:
        seen.update(item.point for item in Reader(told.story).items(message))
    hourly = [p for p in told.story.city.points if p.key not in lost and p.interval_s < 86_400]
    assert seen == {p.key: 3600 // p.interval_s for p in hourly}
    assert len(hourly) < len(told.story.city.points) - len(lost)


def test_what_is_said_once_a_day(told: Told) -> None:
    """A daily mean comes when its day is over, under its beginning; a drift when the analyser has checked itself."""
    reader = Reader(told.story)
    said = {
        (step.index % 24, item.point, item.at - step.period.start)
        for step in told.steps[:48]
        for message in filter(_is_ordinary, step.messages)
        for item in reader.items(message)
        if item.point in ("yunhe-coking/S1-PM-DM", "qinglan-coking/S1-NOX-Z0")
    }
    assert said == {
        (23, "yunhe-coking/S1-PM-DM", timedelta(hours=-23)),
        (4, "qinglan-coking/S1-NOX-Z0", timedelta(minutes=10)),
    }


def test_topics_and_sizes(told: Told) -> None:
    large = [m for step in told.steps for m in step.messages if len(m.payload) > OVERSIZE]
    assert [message.tally.refused[0][0].value for message in large] == ["oversize"]
    assert large[0].enterprise in MQTT_311
    for step in told.steps:
        for message in step.messages:
            if message.tally.refused:
                continue
            match message.format:
                case Format.SPARKPLUG:
                    assert message.topic.startswith(f"spBv1.0/{message.enterprise}/DDATA/{GATEWAY}/")
                case Format.THINGSBOARD:
                    assert message.topic == "v1/gateway/telemetry"
                case Format.JSON | Format.LEAK_TESTS | Format.PRODUCTION:
                    assert message.topic.startswith(f"plantwatch/v1/{message.enterprise}/{GATEWAY}/")
                case _:
                    assert message.topic == f"plantwatch/v1/{message.enterprise}/{message.gateway}/hj212"


def test_who_speaks_what(told: Told) -> None:
    messages = [m for m in told.steps[100].messages if not m.tally.refused]
    assert {m.format for m in messages} == set(Format) - {Format.LEAK_TESTS, Format.PRODUCTION}
    over_tcp = {m.enterprise for m in messages if m.station is not None}
    assert over_tcp == {"yunhe-coking", "baiheng-cement"}
    assert {m.station for m in messages} - {None} == told.story.tcp_stations.keys()
    frames = Counter(m.station for m in messages if m.enterprise == "yunhe-coking")
    # JSON, two ground stations, and of the stack 60 minutes, 6 times ten minutes and an hour
    assert sorted(frames.values()) == [1, 4, 4, 67]


def test_late_frames_of_2025_say_so(told: Told) -> None:
    silence = next(s for s in told.story.effects.silences if s.enterprise == "shuoyuan-coking")
    for step, late in ((silence.end - 3, 0), (silence.end, 2), (silence.end + 1, 0)):
        mine = [m.payload for m in told.steps[step].messages if m.format is Format.HJ212_2025]
        frames = b"".join(mine).count(b"##")
        again = sum(payload.count(b";RF=1;CP=") for payload in mine)
        assert again * (late + 1) == frames * late


def test_a_silent_logger_keeps_its_frames_and_sends_them_in_order(told: Told) -> None:
    assert told.story.effects.logger_silences
    for silence in told.story.effects.logger_silences:
        reader = Reader(told.story)
        at: list[datetime] = []
        for hour in range(silence.start - 1, silence.end + 2):
            mine = [m for m in told.steps[hour].messages if m.enterprise == silence.enterprise]
            frames = [m for m in mine if m.station is not None]
            assert len(mine) - len(frames) == 1  # the gateway for everything else is not concerned
            assert bool(frames) is not (silence.start <= hour < silence.end)
            at += [item.at for m in frames for item in reader.items(m) if item.point.endswith("-NOX")]
        assert at == sorted(set(at))
        assert len(at) == 4 * (silence.end + 2 - (silence.start - 1))


def test_a_judged_stacks_loggers_cannot_be_silenced() -> None:
    story = Story()
    params = {"enterprise": "yunhe-coking", "start": "d04 00:00", "hours": 2}
    with pytest.raises(BadInput, match="judged"):
        lay_out([Scenario("logger_silent", "yunhe-coking", "x", params)], story.city, story.timeline)


def test_named_readings_are_what_was_sent_first(told: Told) -> None:
    reader = Reader(told.story)
    tags = {f"{tag.enterprise}/{tag.point}": tag for tag in told.story.city.tags}
    day = 24  # the 25th: hours that are corrected and sent again later
    sent: dict[str, dict[datetime, tuple[float, str]]] = {key: {} for key in tags}
    for step in told.steps[day * 24 : day * 24 + 24]:
        for message in filter(_is_ordinary, step.messages):
            for item in reader.items(message):
                if item.point in tags and told.steps[day * 24].period.start <= item.at <= step.period.end:
                    scale = tags[item.point].scale
                    value = item.raw if scale is None else item.raw * scale
                    sent[item.point].setdefault(item.at, (value, item.flag))
    wanted = told.story.named_readings(day)
    assert wanted.keys() == tags.keys()
    for key, readings in wanted.items():
        assert [at for at, _, _ in readings] == sorted(sent[key])
        assert {at: (value, flag) for at, value, flag in readings} == sent[key]


def test_the_old_logger_has_its_habits(told: Told) -> None:
    frames = [
        FRAME.fullmatch(m.payload)
        for step in told.steps[:200]
        for m in step.messages
        if m.format is Format.HJ212_2005 and not m.tally.refused
    ]
    found = [frame for frame in frames if frame is not None]
    assert len(found) == len(frames) == 800
    checks = [frame[9] for frame in found]
    assert any(check != check.upper() for check in checks)
    assert sum(frame[10] == b"" for frame in found) == 200
    assert sum(frame[7].endswith(b";") for frame in found) == 200


def test_secrets_follow_from_the_salt_or_are_given() -> None:
    mn = next(iter(Story(salt="a").tcp_stations))
    one, same, other = Story(salt="a"), Story(salt="a"), Story(salt="b")
    assert one.secrets == same.secrets
    assert all(one.secrets[station] != other.secrets[station] for station in one.secrets)
    given = Story(salt="a", secrets={mn: Secret("ABCDEF")}, days=1)
    assert given.secrets == one.secrets | {mn: Secret("ABCDEF")}
    frames = [m.payload for m in given.step(3).messages if m.station == mn]
    assert frames
    assert all(b";PW=ABCDEF;" in frame for frame in frames)


def test_unacknowledged_messages_are_few_and_never_last(told: Told) -> None:
    loose = [m for step in told.steps for m in step.messages if m.qos == 0 and m.station is None]
    assert {message.enterprise for message in loose} == {FIRE_AND_FORGET}
    assert 0 < len(loose) < 200
    for step in told.steps:
        mine = [message.qos for message in step.messages if message.enterprise == FIRE_AND_FORGET]
        assert mine[-1] > 0
    assert {m.qos for step in told.steps[:30] for m in step.messages} == {0, 1, 2}


def test_only_what_the_standard_leaves_unanswered_is_not_waited_for(told: Told) -> None:
    """A damaged frame and noise; they are never sent again, so they must come when nothing is killed."""
    unanswered = [(step, m) for step in told.steps for m in step.messages if m.station is not None and m.qos == 0]
    assert [m.tally.refused[0][0].value for _, m in unanswered] == ["bad_crc", "bad_frame"]
    assert {step.index // 24 + 1 for step, _ in unanswered} == {6, 21}  # no days of test_demo.KILL_DAYS


def test_a_silent_gateway_sends_its_backlog_in_order(told: Told) -> None:
    silence = next(s for s in told.story.effects.silences if s.end - s.start == 30)

    def mine(step: int) -> list[Message]:
        return [m for m in told.steps[step].messages if m.enterprise == silence.enterprise]

    assert all(not mine(step) for step in range(silence.start, silence.end))
    assert len(mine(silence.end)) == 31 * len(mine(silence.end + 1))
    reader = Reader(told.story)
    firsts = [min(item.at for item in reader.items(message)) for message in mine(silence.end)]
    assert firsts == sorted(firsts)


def test_every_wire_time_style_is_used(told: Told) -> None:
    payloads = [m.payload for m in told.steps[50].messages if m.format is Format.JSON]
    assert {payload[:6] for payload in payloads} == {b'[{"at"', b'[{"ts"'}
    text = b"".join(payloads)
    assert b'Z"' in text
    assert b'+08:00"' in text


def test_the_story_goes_on(told: Told) -> None:
    more = list(islice(told.story.continue_normal(), 3))
    assert [step.index for step in more] == [750, 751, 752]
    offline = "jinlu-steel/W-01"  # off until the story's end, back afterwards
    reader = Reader(told.story)
    assert any(item.point == offline for m in more[0].messages for item in reader.items(m))


@pytest.mark.parametrize("month", [(2027, 2), (2028, 2), (2026, 11), (2026, 12)])
def test_other_months_have_their_own_length(month: tuple[int, int]) -> None:
    story, _ = told_month(month)
    days = {(2027, 2): 28, (2028, 2): 29, (2026, 11): 30, (2026, 12): 31}[month]
    assert story.timeline.hours == days * 24 + 30
    steps = [story.step(index) for index in (0, story.timeline.month_hours - 1, story.timeline.hours - 1)]
    assert all(step.messages for step in steps)
