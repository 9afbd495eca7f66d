"""Ways to reach people. A channel takes a message or raises ChannelFailed saying whether trying again can help."""

from __future__ import annotations

from typing import Protocol

from alerts.messages import Message


class Channel(Protocol):
    """code: the label stored with each message, which decides who delivers it: keep it when an address changes.

    kind: log, webhook, dingtalk, wecom, feishu, email or sms; is_group: it reaches a group by itself, and an address is
    somebody to mention there; rate_per_min: attempts within any minute, by all workers together, None for no limit.
    """

    @property
    def code(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def is_group(self) -> bool: ...

    @property
    def rate_per_min(self) -> int | None: ...

    async def send(self, message: Message, address: str | None) -> str:
        """Deliver once: to an address (of a person), or None for the channel's own receiver.

        Returning means that the service has taken it; what is returned is its answer in a few words, without secrets.
        Raises ChannelFailed.
        """
        ...

    async def aclose(self) -> None:
        """Give connections back."""
        ...
