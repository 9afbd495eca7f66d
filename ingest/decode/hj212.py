"""HJ 212 frames to samples, editions 2005, 2017 and 2025.

What a frame says is believed in this order: its form, its station (MN), its decryption, its CRC, its conformance,
its values. The first of these that fails refuses the frame as one item; from then on each value is an item of its own.

Decisions where the standard is silent:

- Values bear the time in DataTime, which is Beijing time. The -SampleTime of a water factor dates its -Rtd in real-time
  commands (2011, 2013) instead, so that one analysis that is sent every minute for two hours stays one reading; values
  of a period keep the time of the period. An empty one is a quirk, and DataTime counts.
- 2005 letters: F (source stopped) is kept apart as `f`. Air stations (ST=22) write 0 calibration -> C, 1 meteorological
  parameter -> N, 2 abnormal -> D, 3 normal -> N.
- States and running times of facilities (-RS, -RT) have no -Flag in the standard and count as N.
- A value whose key is given twice is kept twice: the second is a duplicate or a correction of the first.
- Parts of a split packet are whole frames and are taken one by one. Backfilled frames (RF=1) are late data like others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from fnmatch import translate
from functools import lru_cache
from math import isfinite, nan

from domain.periods import SITE_ZONE
from domain.quality import SourceFlag
from domain.readings import to_us
from domain.refusals import TEXTS, Reason
from ingest.decode.faults import payload_head, printable, show
from ingest.decode.hj212_crc import CRC_LOW_BYTES, crc, crc_modbus
from ingest.decode.hj212_fields import FLAG_MISSING, FLAG_NOT_NEEDED, FLAG_REPEATED, Area, read_area
from ingest.decode.hj212_frames import SEGMENT_CHARACTERS, Frame, split
from ingest.decode.hj212_header import COMMANDS, judge_header
from ingest.decode.hj212_numbers import DeliveryNumbers
from ingest.decode.hj212_quirks import Quirk
from ingest.decode.hj212_sm4 import decrypt
from ingest.decode.register import Station, View
from ingest.decode.samples import Samples

#: Commands whose data area may hold values; all others that the standard knows hold parameters and texts.
_WITH_VALUES = frozenset(
    ("2011", "2013", "2021", "2031", "2041", "2051", "2052", "2061", "2062", "2071", "2072", "2111")
)
_CP_CHARACTERS = {"2005": 960, "2017": 950, "2025": 950}
#: Commands that 2025 encrypts besides 2000 to 2999.
_ENCRYPTED = frozenset(("1014", "3020"))

_NORMAL = SourceFlag.NORMAL.value
_LETTERS = {letter: letter for letter in "NFMSDCTB"}
_LETTERS_2005 = {letter: letter for letter in "NMSDCTP"} | {"F": SourceFlag.SOURCE_STOPPED.value}
_LETTERS_2005_AIR = _LETTERS_2005 | {"0": "C", "1": "N", "2": "D", "3": "N"}
_AIR = "22"

_TIME_DIGITS = 14
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_EXPECTED_TIME = "DataTime (or SampleTime) as yyyyMMddHHmmss, Beijing time"
_EXPECTED_NUMBER = "a finite decimal number"
_CACHED_NAME = 80
#: No instrument measured before; some of these years cannot be written in UTC.
_FIRST_YEAR = 1900


def decode_hj212(payload: bytes, view: View, numbers: DeliveryNumbers | None = None) -> Samples:
    """The samples of one or more frames that stand one after the other; line ends between them are no content.

    Never raises. What is no frame is refused piece by piece. numbers: takes note of the request numbers of uploads.
    """
    samples = Samples()
    pieces = split(payload)
    for number, piece in enumerate(pieces):
        path = "$" if len(pieces) == 1 else f"$[{number}]"
        if isinstance(piece, Frame):
            _read_frame(piece, path, view, numbers, samples)
        elif not piece.blank or len(pieces) == 1:
            samples.faults.add(Reason.BAD_FRAME, f"{path} = {payload_head(piece.data)}")
    if not pieces:
        samples.faults.add(Reason.BAD_FRAME, payload_head(payload))
    return samples


def _read_frame(frame: Frame, path: str, view: View, numbers: DeliveryNumbers | None, samples: Samples) -> None:
    refuse = samples.faults.add
    mn, command = frame.header.get("MN"), frame.header.get("CN")
    if frame.cp is None or not mn or not command:
        lacks = "CP=&&...&&" if frame.cp is None else "CN" if mn else "MN"
        refuse(Reason.BAD_FRAME, f"{path} = {payload_head(frame.raw)}", expected=f"a data segment with {lacks}")
        return
    station = view.stations.get(mn)
    if station is None:
        refuse(Reason.UNKNOWN_STATION, printable(f"{path} MN={mn[:80]}"))
        return
    area_text, segment, encrypted = frame.cp, frame.segment, frame.encrypted
    if encrypted:
        plain = None if station.sm4_key is None else decrypt(frame.cp, station.sm4_key)
        if plain is None or not _is_text(plain):
            expected = "an SM4 key registered for the station" if station.sm4_key is None else None
            refuse(Reason.CANNOT_DECRYPT, _whose(frame, path), expected=expected)
            return
        area_text = plain.decode("utf-8")
        segment = frame.segment[: frame.segment.index(b"CP=&&") + 5] + plain + b"&&"
    if station.crc != "none" and (problem := _crc_problem(frame.crc, segment, station.crc)):
        refuse(Reason.BAD_CRC, f"{_whose(frame, path)} CRC={frame.crc}", expected=problem)
        return
    edition = frame.edition(station.edition)
    quirks = [*frame.quirks, *judge_header(frame.head, edition, frame.header)]
    if encrypted:
        quirks += _encryption_quirks(frame, segment, command, edition)
    elif station.sm4_key is not None and _is_encrypted_command(command):
        quirks.append(Quirk.PLAIN_TEXT)
    if len(area_text) > _CP_CHARACTERS[edition]:
        quirks.append(Quirk.CP_TOO_LONG)
    area = None
    if area_text and (command in _WITH_VALUES or command not in COMMANDS[edition]):
        area = read_area(area_text, command, edition)
        quirks += area.quirks
    if quirks:
        named = dict.fromkeys(quirks)
        if station.strict:
            refuse(Reason.NOT_CONFORMANT, _whose(frame, path), expected=f"a frame without {', '.join(named)}")
            return
        for quirk in named:
            samples.tolerate(mn, quirk.value)
    if area is not None:
        if numbers is not None and (odd := numbers.note(path, mn, frame.header, area_text)) is not None:
            samples.tolerate(mn, odd.value)
        plainly = area_text.isascii() and "_" not in area_text
        _read_values(area, station, _letters(edition, frame.header), path, plainly, samples)


def _whose(frame: Frame, path: str) -> str:
    return printable(f"{path} MN={frame.header['MN'][:64]} CN={frame.header['CN'][:20]}")


def _is_text(plain: bytes) -> bool:
    """Whether a decrypted data area can be one; a wrong key gives noise."""
    try:
        return plain.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def _crc_problem(sent: str, segment: bytes, profile: str) -> str | None:
    """What was expected of the CRC, with what kind of error it may be; None when it is right."""
    own, other = (crc, crc_modbus) if profile == "hj212" else (crc_modbus, crc)
    given, right = int(sent, 16), own(segment)
    if given == right:
        return None
    expected = (
        f"{TEXTS[Reason.BAD_CRC].expected if profile == 'hj212' else 'CRC-16/MODBUS, as registered'}: {right:04X}"
    )
    if given == other(segment):
        name = "CRC-16/MODBUS" if profile == "hj212" else "the CRC of HJ 212-2017 Annex A"
        return f"{expected}; crc_variant_mismatch: the logger computes {name}"
    if profile == "hj212" and given & 0xFF not in CRC_LOW_BYTES:
        return f"{expected}; crc_variant_mismatch: the low byte was made by another algorithm"
    return f"{expected}; the frame was damaged on its way"


def _is_encrypted_command(command: str) -> bool:
    return command in _ENCRYPTED or (len(command) == 4 and command.startswith("2"))


def _encryption_quirks(frame: Frame, segment: bytes, command: str, edition: str) -> list[Quirk]:
    quirks: list[Quirk] = []
    if edition != "2025" or not _is_encrypted_command(command):
        quirks.append(Quirk.ENCRYPTION_UNASKED)
    characters = len(segment.decode("utf-8", "replace"))
    if int(frame.length) not in (len(segment), characters):
        quirks.append(Quirk.LENGTH_MISMATCH)
    if characters > SEGMENT_CHARACTERS:
        quirks.append(Quirk.SEGMENT_TOO_LONG)
    return quirks


def _letters(edition: str, header: Mapping[str, str]) -> Mapping[str, str]:
    if edition != "2005":
        return _LETTERS
    return _LETTERS_2005_AIR if header.get("ST") == _AIR else _LETTERS_2005


def _read_values(
    area: Area, station: Station, letters: Mapping[str, str], path: str, plainly: bool, samples: Samples
) -> None:
    """plainly: float() takes nothing in the data area for a number that is none, but for nan and inf."""
    refuse, contents, tags, layout = samples.faults.add, area.contents, station.tags, area.layout
    time = contents[layout.data_time] if layout.data_time >= 0 else ""
    data_us = read_time(time)
    found: dict[int, tuple[list[str], list[float], list[str]]] = {}
    before_us: int | None = None
    for position, name, flag, sample_time in layout.values:
        raw = contents[position]
        tag = tags.get(name)
        if tag is None:
            _read_stray(name, raw, station, path, samples)
            continue
        at_us, shown = data_us, time
        if sample_time >= 0 and (sampled := contents[sample_time]):
            at_us, shown = read_time(sampled), sampled
        if at_us is None:
            refuse(Reason.BAD_TIME, f"{_where(path, name)} at {show(shown)}", expected=_EXPECTED_TIME)
            continue
        try:
            number = tag.value(float(raw)) if plainly or _NUMBER.fullmatch(raw) else nan
        except ValueError:
            number = nan
        if not isfinite(number):
            refuse(Reason.NOT_A_NUMBER, f"{_where(path, name)} = {show(raw)}", expected=_EXPECTED_NUMBER)
            continue
        letter = letters.get(contents[flag]) if flag >= 0 else _unflagged(flag, station)
        if letter is None:
            _refuse_flag(name, flag, contents, letters, path, samples)
            continue
        if at_us != before_us:
            before_us = at_us
            codes, values, flags = found.setdefault(at_us, ([], [], []))
        codes.append(tag.point)
        values.append(number)
        flags.append(letter)
    for at_us, (codes, values, flags) in found.items():
        samples.paths.append(path)
        samples.at_us.append(at_us)
        samples.sizes.append(len(codes))
        samples.codes += codes
        samples.values += values
        samples.flags += "".join(flags)


def _read_stray(name: str, raw: str, station: Station, path: str, samples: Samples) -> None:
    """A value that no tag explains."""
    if station.ignored and (_ignored_cached if len(name) <= _CACHED_NAME else _ignored)(station.ignored, name):
        samples.ignored += 1
        return
    samples.faults.add(
        Reason.UNKNOWN_POINT,
        f"{_where(path, name)} = {show(raw)}",
        expected="a CN/FACTOR-KEY that the register ties to a point of this station, or knowingly ignores",
    )


def _ignored(patterns: tuple[str, ...], name: str) -> bool:
    return any(pattern.match(name) is not None for pattern in _compiled(patterns))


_ignored_cached = lru_cache(maxsize=4096)(_ignored)


@lru_cache(maxsize=1024)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(translate(pattern)) for pattern in patterns)


def _unflagged(flag: int, station: Station) -> str | None:
    if flag == FLAG_NOT_NEEDED or (flag == FLAG_MISSING and station.missing_flag_is_normal):
        return _NORMAL
    return None


def _refuse_flag(
    name: str, flag: int, contents: list[str], letters: Mapping[str, str], path: str, samples: Samples
) -> None:
    expected = f"one of {' '.join(letters)}"
    if flag == FLAG_REPEATED:
        shown, expected = "is given more than once", "one -Flag a factor"
    elif flag == FLAG_MISSING:
        shown, expected = "is missing", f"{expected}, or a station whose missing flags are registered as normal"
    else:
        shown = f"= {show(contents[flag])}"
    samples.faults.add(Reason.BAD_FLAG, f"{_where(path, name)} -Flag {shown}", expected=expected)


def _where(path: str, name: str) -> str:
    return printable(f"{path}.{name[:80]}")


def read_time(text: str) -> int | None:
    """Microseconds since 1970 of a time yyyyMMddHHmmss of the site; None when it is none."""
    return _instant(text) if len(text) == _TIME_DIGITS else None


@lru_cache(maxsize=8192)
def _instant(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()) or int(text[:4]) < _FIRST_YEAR:
        return None
    try:
        return to_us(datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=SITE_ZONE))
    except ValueError:
        return None
