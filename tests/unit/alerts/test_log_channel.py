"""What the log says of messages, and how loudly."""

from __future__ import annotations

import logging

import pytest

from alerts.channels.log import LogChannel
from alerts.messages import Message
from domain.alerts import Occasion
from tests.unit.alerts.templates.test_layouts import ALERT


@pytest.mark.parametrize("event", list(Occasion))
async def test_what_lasts_is_a_warning_whatever_it_is_told_for(
    event: Occasion, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "alerts.channels.log"):
        assert await LogChannel().send(Message(1, event, "log", "team:duty", "k", 1, {"alerts": [ALERT]})) == "written"
    (record,) = caplog.records
    is_quiet = event in (Occasion.RESOLVED, Occasion.TEST)
    assert record.levelno == (logging.INFO if is_quiet else logging.WARNING)
