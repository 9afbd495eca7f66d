"""When a way to reach people counts as failed, and when it works again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.findings import Verdict

#: Reason of the finding that ends what was found of a channel once nobody has it any more.
CHANNEL_REMOVED = "channel_removed"


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """What is known of a channel. last_ok_at: its last success; failing_since: the first failure after that, None while
    it works; gave_up_at: since when a message was given up, None again after a success."""

    last_ok_at: datetime | None
    failing_since: datetime | None
    gave_up_at: datetime | None


def judge_channel(record: ChannelRecord, now: datetime, failing_for: timedelta) -> tuple[Verdict, str] | None:
    """(verdict, reason): a violation once a message was given up, or once it has failed for so long; compliant after a
    success; None while nothing is known, or it has not failed for long enough."""
    if record.gave_up_at is not None:
        return Verdict.VIOLATION, "channel_gave_up"
    if record.failing_since is not None:
        failed = now - record.failing_since >= failing_for
        return (Verdict.VIOLATION, "channel_failing") if failed else None
    return None if record.last_ok_at is None else (Verdict.COMPLIANT, "channel_ok")
