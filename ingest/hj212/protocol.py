"""What the door makes of a frame, by its command code, its owner and its flags. Pure.

Standard: HJ 212-2017 tables 6 and 9 and annex C; 9015 is new in HJ 212-2025.
An acknowledgement (9014) says "received": it is sent for data that the store refused as well, because the refusal is
committed with the raw bytes, and sending the same again would be refused again. The one exception is a frame whose CRC
is wrong: "接收到一条命令，如果CRC错误，执行结束" (6.3), so that it is recorded and not answered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from ingest.decode.hj212_crc import crc, crc_modbus
from ingest.decode.hj212_frames import Frame, make_answer
from ingest.decode.hj212_header import COMMANDS
from ingest.hj212.gate import Refusal, Station

#: QnRtn of a request acknowledgement (9011), HJ 212-2017 table 6.
READY, REFUSED, WRONG_PW, WRONG_MN, WRONG_CN = 1, 2, 3, 4, 8

_RETURNS = {
    Refusal.UNKNOWN_MN: WRONG_MN,
    Refusal.OUT_OF_SERVICE: WRONG_MN,
    Refusal.FOREIGN_MN: WRONG_MN,
    Refusal.NO_PASSWORD_SET: WRONG_PW,
    Refusal.BAD_PW: WRONG_PW,
}

_NOTICES = frozenset({"1013", "9015"})
_ANSWERS = frozenset({"9011", "9012", "9013", "9014"})


class Kind(Enum):
    """What a command code means when a device sends it. The value is the metric's label."""

    UPLOAD = "upload"
    NOTICE = "notice"
    """A heartbeat, or a device that asks to have its clock set: nothing to keep."""
    ANSWER = "answer"
    """To a request, which the platform never makes."""
    UNKNOWN = "unknown"


class Say(Enum):
    """Command code of what the platform says."""

    REQUEST_ACK = "9011"
    NOTICE_ACK = "9013"
    DATA_ACK = "9014"


@dataclass(frozen=True, slots=True)
class Reaction:
    """What to do with a frame whose CRC is right."""

    kind: Kind
    deliver: bool
    """Whether it goes to the sink."""
    say: Say | None
    """How to answer: after the receipt if it goes to the sink, else at once."""
    qn_rtn: int | None = None
    """For REQUEST_ACK."""


def kind_of(cn: str | None, edition: str) -> Kind:
    """What a command code means in an edition. Heartbeats are understood in all of them: loggers of 2017 send them."""
    if cn in _NOTICES:
        return Kind.NOTICE
    if cn in _ANSWERS:
        return Kind.ANSWER
    return Kind.UPLOAD if cn in COMMANDS[edition] else Kind.UNKNOWN


def react(cn: str | None, edition: str, wants_answer: bool, strict: bool) -> Reaction:
    """What to do with a frame of a bound station.

    wants_answer: bit 0 of Flag; a frame without Flag wants none. A command code that the edition does not know goes to
    the sink all the same, to be on the record; a strict station, whose frame is refused there, is told so instead of
    "received".
    """
    kind = kind_of(cn, edition)
    if kind is Kind.ANSWER:
        return Reaction(kind, False, None)
    if kind is Kind.NOTICE:
        return Reaction(kind, False, Say.NOTICE_ACK if wants_answer else None)
    if not wants_answer:
        return Reaction(kind, True, None)
    if kind is Kind.UNKNOWN and strict:
        return Reaction(kind, True, Say.REQUEST_ACK, WRONG_CN)
    return Reaction(kind, True, Say.DATA_ACK)


def qn_rtn(refusal: Refusal) -> int:
    """What a logger that is not let in is told."""
    return _RETURNS[refusal]


class Owner(Enum):
    """Whose frame it is, as far as the connection can tell."""

    BOUND = "bound"
    """The station's that the connection belongs to."""
    KNOWN = "known"
    """Another station's, for which the connection may speak."""
    ASK = "ask"
    """Another station's; the register decides."""


def owner_of(
    mn: str | None, pw: str | None, bound: Station, password: str, speaks_for: Collection[str]
) -> Owner | Refusal:
    """Whose frame of a bound connection it is, or why it is refused.

    password: what the connection proved itself with; every frame carries it (HJ 212-2017 table 3). A lenient station
    may leave MN or PW out once it is known, and may speak for others of its enterprise, as a logger that gathers
    several does; those need no password of their own.
    """
    if bound.strict:
        if mn is not None and mn != bound.mn:
            return Refusal.FOREIGN_MN
        return Owner.BOUND if pw == password else Refusal.BAD_PW
    if mn and mn != bound.mn:
        return Owner.KNOWN if mn in speaks_for else Owner.ASK
    return Owner.BOUND if not pw or pw == password else Refusal.BAD_PW


_CRCS = {"hj212": crc, "modbus": crc_modbus}


def crc_is_right(frame: Frame, profile: str) -> bool:
    """Whether the CRC is the one that a station's logger computes. profile: "hj212", "modbus" or "none".

    The CRC of an encrypted frame is that of its plain text (HJ 212-2025), which only the decoder sees: here it passes.
    """
    compute = _CRCS.get(profile)
    return compute is None or frame.encrypted or int(frame.crc, 16) == compute(frame.segment)


def reply(frame: Frame, say: Say, edition: str, returned: int | None = None) -> bytes:
    """The answer to a frame, whole and ready to be sent. edition: the station's, for a frame whose Flag says none.

    returned: QnRtn. The 2005 edition gives one with a data acknowledgement too.
    """
    edition = frame.edition(edition)
    if say is Say.DATA_ACK and edition == "2005":
        returned = READY
    return make_answer(frame, say.value, edition, returned)
