"""HJ 212 frames to samples."""

from __future__ import annotations

from ingest.decode.register import View
from ingest.decode.samples import Samples


def decode_hj212(payload: bytes, view: View) -> Samples:
    """The samples of one or more frames."""
    raise NotImplementedError
