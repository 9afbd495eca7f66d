"""What an HTTP answer says of trying again, whatever service gave it."""

from __future__ import annotations

#: Busy or slow, not unwilling.
_BUSY = frozenset({408, 425, 429})


def may_pass(status: int) -> bool:
    """Whether trying again can help by itself: the service is busy, slow or broken."""
    return status >= 500 or status in _BUSY


def retry_after_s(header: str | None) -> float | None:
    """Seconds of a Retry-After header; None where there is none, or it is a date (few services send one)."""
    return float(header) if header is not None and header.isascii() and header.isdigit() else None
