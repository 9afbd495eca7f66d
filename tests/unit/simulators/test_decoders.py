"""What the simulators write against what the platform's decoders read; the two share no code."""

from __future__ import annotations

from datetime import datetime

import pytest

from domain.readings import from_us, to_us
from domain.refusals import Reason
from ingest.decode.hj212 import decode_hj212
from ingest.decode.json_v1 import decode_samples
from ingest.decode.register import Station, Tag, View
from ingest.decode.samples import Samples
from ingest.decode.sparkplug import parse_sparkplug, resolve_sparkplug
from ingest.decode.thingsboard import decode_gateway, decode_presence
from ingest.topics import Kind, read_topic
from simulators.messages import Message
from simulators.speech import Format
from simulators.story import Story
from tests.unit.simulators.conftest import Told
from tests.unit.simulators.reading import Reader


class Platform:
    """The decoders with the register of a story, for all enterprises."""

    def __init__(self, story: Story) -> None:
        self._views: dict[str, View] = {}
        for enterprise in story.city.enterprises:
            tags = [tag for tag in story.city.tags if tag.enterprise == enterprise.code]
            named = {
                protocol: {
                    (t.device, t.name): Tag(t.point, 1.0 if t.scale is None else t.scale)
                    for t in tags
                    if t.protocol == protocol
                }
                for protocol in ("hj212", "sparkplug", "thingsboard")
            }
            self._views[enterprise.code] = View(
                points={point.code for point in story.city.points if point.enterprise == enterprise.code},
                stations={
                    s.mn: Station(
                        s.mn, s.gateway, s.edition, s.profile == "strict", "hj212", False, (),
                        story.secrets[s.mn].sm4_key,
                        {name: tag for (device, name), tag in named["hj212"].items() if device == s.mn},
                    )
                    for s in story.city.stations
                    if s.enterprise == enterprise.code
                },
                sparkplug=named["sparkplug"],
                thingsboard=named["thingsboard"],
            )  # fmt: skip

    def read(self, enterprise: str, topic: str, payload: bytes, at: datetime) -> Samples:
        """The samples of a payload; births are remembered."""
        view = self._views[enterprise]
        read = read_topic(enterprise, topic)
        assert read.problem is None
        if read.sparkplug is not None:
            parsed = parse_sparkplug(payload)
            samples = resolve_sparkplug(parsed, read.sparkplug, enterprise, to_us(at), False, view)
            for birth in samples.births:
                view.births[birth.node, birth.device] = birth
            return samples
        match read.kind:
            case Kind.READINGS:
                return decode_samples(payload)
            case Kind.HJ212:
                return decode_hj212(payload, view)
            case Kind.THINGSBOARD_GATEWAY:
                return decode_gateway(payload, to_us(at), view)
            case Kind.THINGSBOARD_CONNECT:
                return decode_presence(payload, True, view)
            case other:
                raise AssertionError(other)


@pytest.fixture
def platform(told: Told) -> Platform:
    platform = Platform(told.story)
    for enterprise, make in told.story.dialects.items():
        dialect = make(lambda: told.story.start)
        dialect.will()
        for saying in dialect.hello():
            if not saying.topic.endswith("/status"):
                samples = platform.read(enterprise, saying.topic, saying.payload, told.story.start)
                assert not samples.faults
                assert not samples.codes
    return platform


def _values(enterprise: str, samples: Samples) -> list[tuple[str, datetime, float, str]]:
    instants = [at for at, size in zip(samples.at_us, samples.sizes, strict=True) for _ in range(size)]
    return [
        (f"{enterprise}/{code}", from_us(at), value, flag)
        for code, at, value, flag in zip(samples.codes, instants, samples.values, samples.flags, strict=True)
    ]


def _messages(told: Told, hour: int) -> list[Message]:
    return [m for m in told.steps[hour].messages if m.format not in (Format.LEAK_TESTS, Format.PRODUCTION)]


HOURS = (0, 5 * 24 + 2, 26 * 24 + 2, 749)


@pytest.mark.parametrize("hour", HOURS)
def test_the_platform_reads_what_was_measured(told: Told, platform: Platform, hour: int) -> None:
    reader = Reader(told.story)
    tags = {f"{tag.enterprise}/{tag.point}": tag for tag in told.story.city.tags}
    for message in _messages(told, hour):
        samples = platform.read(message.enterprise, message.topic, message.payload, told.steps[hour].clock)
        assert not samples.faults, message.payload[:300]
        expected = []
        for item in reader.items(message):
            tag = tags.get(item.point)
            scale = None if tag is None else tag.scale
            expected.append((item.point, item.at, item.raw if scale is None else item.raw * scale, item.flag))
        assert _values(message.enterprise, samples) == expected
        assert not samples.commands


def test_backlog_corrections_and_redelivered_messages_are_read_too(told: Told, platform: Platform) -> None:
    effects = told.story.effects
    odd = {s.end for s in effects.silences} | {c.sent for c in effects.corrections}
    odd |= {r.sent for r in effects.redeliveries}
    for hour in sorted(odd):
        for message in _messages(told, hour):
            samples = platform.read(message.enterprise, message.topic, message.payload, told.steps[hour].clock)
            assert len(samples.codes) == message.tally.received
            assert not samples.faults


def test_only_the_lenient_logger_has_quirks(told: Told, platform: Platform) -> None:
    found: dict[tuple[str, str], int] = {}
    for message in _messages(told, 100):
        samples = platform.read(message.enterprise, message.topic, message.payload, told.steps[100].clock)
        found |= {(message.enterprise, quirk): frames for (_, quirk), frames in samples.quirks.items()}
    assert {enterprise for enterprise, _ in found} == {"baiheng-cement"}
    assert len(found) == 3


def test_what_is_malformed_is_refused_as_the_scenario_says(told: Told, platform: Platform) -> None:
    decoded = {Reason.BAD_CRC, Reason.BAD_FRAME, Reason.NOT_CONFORMANT, Reason.CANNOT_DECRYPT, Reason.NO_BIRTH,
               Reason.UNKNOWN_STATION}  # fmt: skip
    seen = set()
    for step in told.steps:
        for message in step.messages:
            if not message.tally.refused or message.format is Format.LEAK_TESTS:
                continue
            ((reason, items),) = message.tally.refused
            if message.format is Format.JSON and reason not in decoded:
                continue
            samples = platform.read(message.enterprise, message.topic, message.payload, step.clock)
            if reason is Reason.UNKNOWN_POINT:
                assert len(samples.codes) == message.tally.stored == 1
            assert {r: fault.items for r, fault in samples.faults.by_reason.items()} == {reason: items}
            seen.add(reason)
    assert seen == decoded | {Reason.UNKNOWN_POINT}


def test_a_node_without_birth_is_asked_for_one(told: Told) -> None:
    step = next(s for s in told.steps for m in s.messages if (Reason.NO_BIRTH, 1) in m.tally.refused)
    message = next(m for m in step.messages if (Reason.NO_BIRTH, 1) in m.tally.refused)
    samples = Platform(told.story).read(message.enterprise, message.topic, message.payload, step.clock)
    ((topic, payload),) = samples.commands
    assert topic == "spBv1.0/heming-bdo/NCMD/gw-9"
    # and our own node, told the same, would understand it
    dialect = told.story.dialects["heming-bdo"](lambda: told.story.start)
    dialect.will()
    dialect.hello()
    assert len(dialect.answer("spBv1.0/heming-bdo/NCMD/gw-1", payload)) == 4
