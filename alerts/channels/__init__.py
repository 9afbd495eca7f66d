"""Ways to reach people. A channel takes a message or raises ChannelFailed saying whether trying again can help."""

from __future__ import annotations

from typing import Protocol

from alerts.messages import Message


class Channel(Protocol):
    """name: the kind of channel; receiver: a label for whom it reaches, never an address or a secret.

    The pair is stored with each message and decides who delivers it: keep it when an address changes.
    """

    @property
    def name(self) -> str: ...

    @property
    def receiver(self) -> str: ...

    async def send(self, message: Message) -> None:
        """Deliver once. Returning means that the receiver has it. Raises ChannelFailed."""
        ...

    async def aclose(self) -> None:
        """Give connections back."""
        ...
