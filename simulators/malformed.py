"""Messages made wrong on purpose, in formats that cannot be written into a scenario file as text.

Each way has a name that scenarios/formats.toml uses. All frames are of the plant's first data logger but those that
carry values, which are of the second one, whose outlet no rule judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from simulators import hj212_wire, sparkplug_wire
from simulators.effects import Malformed
from simulators.messages import Message, Tally
from simulators.senders import LoggerSender
from simulators.speech import REAL_TIME, Format

#: 5 minutes past the hour no analyser of a second outlet is read.
_OFF_BEAT = timedelta(minutes=5)
#: They are sent after the frames of their hour, and their numbers say so; seconds are added.
_LAST = timedelta(minutes=58, seconds=30)
_NOISE = bytes((0x00, 0xFF, 0x7E, 0x13)) * 8
#: Not the key of anybody.
_WRONG_KEY = bytes(range(16))
#: A node that never was born.
_ORPHAN = "gw-9"


def message(scenario: Malformed, at: datetime, loggers: Mapping[str, Sequence[LoggerSender]]) -> Message:
    """The message of a scenario. at: start of the hour in which it is sent; loggers: by enterprise."""
    tally = Tally(
        stored=scenario.stored,
        refused=() if scenario.reason is None else ((scenario.reason, scenario.items),),
    )
    if scenario.what == "data_without_birth":
        return _orphan(scenario.enterprise, at, tally)
    return _WAYS[scenario.what](loggers[scenario.enterprise], at, tally)


def _plain(logger: LoggerSender, at: datetime, habits: hj212_wire.Habits) -> bytes:
    sent = at + _LAST
    return logger.frame(sent, at, [(hj212_wire.UNREGISTERED, "Rtd", "1.0", "N")], habits=habits)


def _wrong_crc(loggers: Sequence[LoggerSender], at: datetime, tally: Tally) -> Message:
    frame = _plain(loggers[0], at, hj212_wire.Habits(wrong_crc=True))
    return loggers[0].message(frame, tally, answered=False)


def _noise(loggers: Sequence[LoggerSender], at: datetime, tally: Tally) -> Message:
    return loggers[0].message(_NOISE, tally, answered=False)


def _lower_case_crc(loggers: Sequence[LoggerSender], at: datetime, tally: Tally) -> Message:
    # the check value depends on the time; one that has letters is needed
    for second in range(60):
        frame = _plain(loggers[0], at + timedelta(seconds=second), hj212_wire.Habits(lower_case_crc=True))
        if not frame.rstrip()[-4:].isdigit():
            return loggers[0].message(frame, tally)
    raise AssertionError("a check value of digits only, 60 times")


def _unknown_factor(loggers: Sequence[LoggerSender], at: datetime, tally: Tally) -> Message:
    logger = loggers[1]
    factors = [*logger.factors({logger.points[-1].code: 16.5}, {}), (hj212_wire.UNREGISTERED, "Rtd", "1.0", "N")]
    return logger.message(logger.frame(at + _LAST, at + _OFF_BEAT, factors), tally)


def _wrong_key(loggers: Sequence[LoggerSender], at: datetime, tally: Tally) -> Message:
    logger = loggers[0]
    sent = hj212_wire.qn(at + _LAST)
    factors = [(hj212_wire.UNREGISTERED, "Rtd", "1.0", "N")]
    return logger.message(hj212_wire.data(logger.header.under(_WRONG_KEY), sent, at, factors, number=REAL_TIME), tally)


_WAYS: dict[str, Callable[[Sequence[LoggerSender], datetime, Tally], Message]] = {
    "wrong_crc": _wrong_crc,
    "noise": _noise,
    "lower_case_crc": _lower_case_crc,
    "unknown_factor": _unknown_factor,
    "wrong_key": _wrong_key,
}


def _orphan(enterprise: str, at: datetime, tally: Tally) -> Message:
    metric = sparkplug_wire.Metric(17.5, alias=3, at=at)
    topic = f"spBv1.0/{enterprise}/DDATA/{_ORPHAN}/water-rtu"
    return Message(enterprise, _ORPHAN, topic, sparkplug_wire.payload(at, [metric], seq=7), 1, tally, Format.SPARKPLUG)
