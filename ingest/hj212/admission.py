"""What is asked of the register about a frame. Shared by all connections; what follows from an answer is theirs."""

from __future__ import annotations

from ingest.decode.hj212_frames import Frame
from ingest.hj212.gate import Refusal, Station, StationGate
from ingest.hj212.protocol import crc_is_right

#: What the register can hold.
_MN_CHARACTERS = 64


class BadCrc:
    """A first frame in which nothing can be believed: not even the MN, so that nobody is answered."""


BAD_CRC = BadCrc()


def mn_of(frame: Frame) -> str:
    """What the sender calls itself; empty when it does not."""
    return frame.header.get("MN", "")


async def find(gate: StationGate, mn: str) -> Station | Refusal:
    """The station of an MN. Raises what the gate raises."""
    if not (0 < len(mn) <= _MN_CHARACTERS and mn.isascii() and mn.isprintable()):
        return Refusal.UNKNOWN_MN
    return await gate.find(mn)


async def identify(gate: StationGate, frame: Frame) -> Station | Refusal | BadCrc:
    """Whose frame it is, or why its sender may not come in. Raises what the gate raises.

    The CRC comes before the password, but after the MN: only the register knows which CRC a logger computes.
    """
    found = await find(gate, mn_of(frame))
    if not crc_is_right(frame, found.crc if isinstance(found, Station) else "hj212"):
        return BAD_CRC
    if isinstance(found, Refusal):
        return found
    return await gate.prove(found, frame.header.get("PW", "").encode()) or found
