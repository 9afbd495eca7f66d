"""The JSON wire format of readings, version 1: one sample or a list of samples.

`{"at":"2026-11-21T08:00:00+08:00","values":{"W-01":12345.6},"flags":{"W-01":"M"}}`

Two roads with one meaning: a typed parser for what is entirely in order, and a suspicious one that finds every fault.
The fast road is taken only when the colons of the payload are all accounted for: a repeated or unknown key adds one.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from domain.quality import WIRE_FLAGS, SourceFlag
from domain.refusals import Reason
from ingest.decode.faults import printable, show
from ingest.decode.instants import read_instant
from ingest.decode.samples import Samples
from ingest.decode.strict_json import RepeatedKeys, read_json

_LETTERS = frozenset(WIRE_FLAGS)
_NORMAL = SourceFlag.NORMAL.value


class _Sample(msgspec.Struct, gc=False):
    values: dict[str, float]
    at: str | None = None
    ts: int | None = None
    flags: dict[str, str] | None = None


_DECODER = msgspec.json.Decoder(_Sample | list[_Sample])


def decode_samples(payload: bytes) -> Samples:
    """The samples of a payload; whatever cannot be used is in their faults, never raised."""
    samples = _decode_fast(payload)
    return _decode_slowly(payload) if samples is None else samples


def _decode_fast(payload: bytes) -> Samples | None:
    """None when anything is unusual."""
    try:
        decoded = _DECODER.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if b"\\" in payload:  # an escape could hide a colon
        return None
    if isinstance(decoded, _Sample):
        listed, paths = [decoded], ["$"]
    else:
        listed, paths = decoded, [f"$[{index}]" for index in range(len(decoded))]
    codes: list[str] = []
    numbers: list[float] = []
    letters: list[str] = []
    at_us: list[int] = []
    sizes: list[int] = []
    colons = 0
    for sample in listed:
        values, flags, at = sample.values, sample.flags, sample.at
        instant = read_instant(at, sample.ts)
        if not values or isinstance(instant, Reason):
            return None
        size = len(values)
        colons += size + 1  # the key `values` and the keys in it
        if at is not None:
            colons += 1 + at.count(":")
        if sample.ts is not None:
            colons += 1
        if flags is None:
            letters.append(_NORMAL * size)
        else:
            if not (values.keys() >= flags.keys() and _LETTERS.issuperset(flags.values())):
                return None
            colons += 1 + len(flags)
            letters += [flags.get(code, _NORMAL) for code in values]
        codes += values
        numbers += values.values()
        at_us.append(instant)
        sizes.append(size)
    # keys or null values that were not seen, repeated ones above all
    if not listed or payload.count(b":") != colons:
        return None
    return Samples(codes, numbers, "".join(letters), at_us, sizes, paths)


def _decode_slowly(payload: bytes) -> Samples:
    samples = Samples()
    decoded = read_json(payload, samples.faults)
    if samples.faults:
        return samples
    if isinstance(decoded, list):
        if not decoded:
            samples.faults.add(Reason.BAD_SAMPLE, "$ = []", expected="at least one sample")
        for index, sample in enumerate(decoded):
            _read_sample(sample, f"$[{index}]", samples)
    else:
        _read_sample(decoded, "$", samples)
    return samples


def _read_sample(sample: Any, path: str, samples: Samples) -> None:
    """Add what can be used of one sample, refuse the rest: a sample without usable structure is a single item."""
    faults = samples.faults
    if not isinstance(sample, dict) or "values" not in sample:
        faults.add(Reason.BAD_SAMPLE, f"{path} = {show(sample)}")
        return
    values = sample["values"]
    if not isinstance(values, dict) or not values:
        faults.add(Reason.BAD_SAMPLE, f"{path}.values = {show(values)}")
        return
    flags = sample.get("flags")
    if flags is None:
        flags = {}
    if not isinstance(flags, dict):
        faults.add(
            Reason.BAD_SAMPLE,
            f"{path}.flags = {show(flags)}",
            items=len(values),
            expected="flags is an object of point code and letter",
        )
        return
    if any(isinstance(part, RepeatedKeys) for part in (sample, values, flags)):
        faults.add(Reason.BAD_SAMPLE, path, items=len(values), expected="no key is given twice in an object")
        return
    instant = read_instant(sample.get("at"), sample.get("ts"))
    if isinstance(instant, Reason):
        given = {key: sample[key] for key in ("at", "ts") if key in sample}
        shown = ", ".join(f"{path}.{key} = {show(value)}" for key, value in given.items()) or path
        faults.add(instant, shown, items=len(values))
        return
    before = len(samples.codes)
    _read_values(values, flags, path, samples)
    samples.at_us.append(instant)
    samples.paths.append(path)
    samples.sizes.append(len(samples.codes) - before)


def _read_values(values: dict[str, Any], flags: dict[str, Any], path: str, samples: Samples) -> None:
    for code, value in values.items():
        where = printable(f"{path}.values.{code[:80]}")
        flag = flags.get(code, _NORMAL)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            samples.faults.add(Reason.NOT_A_NUMBER, f"{where} = {show(value)}")
        elif not isinstance(flag, str) or flag not in _LETTERS:
            samples.faults.add(Reason.BAD_FLAG, printable(f"{path}.flags.{code[:80]}") + f" = {show(flag)}")
        else:
            samples.codes.append(code)
            samples.values.append(float(value))
            samples.flags += flag
    for code in flags:
        if code not in values:
            samples.faults.add(
                Reason.BAD_FLAG,
                printable(f"{path}.flags.{code[:80]}") + f" = {show(flags[code])}",
                expected="a flag belongs to a point that has a value in the same sample",
            )
