"""The two sounds of the desk, computed: short tones that nobody holds rights to. Pure."""

from __future__ import annotations

import io
import math
import struct
import wave
from functools import cache

_RATE = 16_000  # samples a second

#: (pitch in Hz or 0 for silence, seconds, loudness) in order: a rising pair, and a pair that comes three times.
_TONES = {
    "new": ((660, 0.18, 0.35), (0, 0.05, 0), (880, 0.30, 0.35)),
    "critical": ((988, 0.14, 0.6), (0, 0.05, 0), (740, 0.14, 0.6), (0, 0.08, 0)) * 3,
}


@cache
def sound(name: str) -> bytes | None:
    """A WAV file (16 bits, mono); None when there is no such sound."""
    if name not in _TONES:
        return None
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes(b"".join(_tone(*tone) for tone in _TONES[name]))
    return file.getvalue()


def _tone(pitch: float, seconds: float, loudness: float) -> bytes:
    count = int(_RATE * seconds)
    samples = []
    for number in range(count):
        # soft ends: a tone that begins at full strength clicks
        envelope = min(1.0, number / (0.01 * _RATE), (count - number) / (0.06 * _RATE))
        wave_at = 2 * math.pi * pitch * number / _RATE
        value = (math.sin(wave_at) + 0.35 * math.sin(2 * wave_at)) / 1.35
        samples.append(int(value * envelope * loudness * 32767))
    return struct.pack(f"<{count}h", *samples)
