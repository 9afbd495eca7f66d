"""`plantwatch channels`: tries a channel by hand, and prints what the service answered."""

from __future__ import annotations

import argparse
import secrets
import sys

from alerts.channels import Channel
from alerts.messages import Message
from domain.alerts import Occasion
from domain.errors import BadInput, ChannelFailed
from runtime.channelfile import configured_channels
from runtime.settings import Settings
from storage.database import Database
from storage.notifications import contacts


async def channels(options: argparse.Namespace, settings: Settings) -> int:
    """0 when the service took the test, 1 when it did not. Raises BadInput for a channel or a person there is not."""
    known = {channel.code: channel for channel in configured_channels(settings)}
    try:
        channel = known.get(options.code)
        if channel is None:
            raise BadInput(f"there is no channel {options.code}; there are {', '.join(known)}")
        address = await _address(channel, options.to, settings)
        message = Message(0, Occasion.TEST, channel.code, "test", secrets.token_hex(20), 1, {"event": "test"})
        try:
            answer = await channel.send(message, address)
        except ChannelFailed as error:
            again = "would be tried again" if error.retryable else "would be given up"
            sys.stderr.write(f"{channel.code}: not taken ({again}): {error}\n")
            return 1
        sys.stdout.write(f"{channel.code}: taken: {answer}\n")
        return 0
    finally:
        for one in known.values():
            await one.aclose()


async def _address(channel: Channel, person: str | None, settings: Settings) -> str | None:
    if person is None:
        if not channel.is_group:
            raise BadInput(f"{channel.code} reaches people: name one with --to")
        return None
    if channel.is_group:
        raise BadInput(f"{channel.code} reaches a group, nobody by himself: leave out --to")
    async with (
        Database(settings.require_database_url(), name="plantwatch-channels") as database,
        database.transaction() as connection,
    ):
        found = await contacts(connection, [person], channel.code)
    if person not in found:
        raise BadInput(f"{person} is nobody in the register with a contact of {channel.code}")
    return found[person]
