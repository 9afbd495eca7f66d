"""The error tree. A class's docstring is its default message, so that the tree reads as documentation.

PlantwatchError
├── BadInput            what somebody handed us is wrong: say which item, which rule, what was expected
│   ├── SiteError       a site file
│   ├── PackError       a rule pack
│   └── SettingsError   an environment variable
├── WorldFailed         something outside failed and may come back; the supervisor retries
│   ├── StorageUnavailable
│   └── ChannelFailed   a notification channel; carries whether a retry can help
├── Conflict            the request is well-formed but the state of things forbids it
│   └── NotFound
└── Forbidden           whoever asks may not do that; says who asked what, for the audit log
"""

from __future__ import annotations


class PlantwatchError(Exception):
    """Something went wrong in Plantwatch."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or type(self).__name__)


class BadInput(PlantwatchError):
    """The input is wrong."""


class SiteError(BadInput):
    """The site file is wrong."""


class PackError(BadInput):
    """The rule pack is wrong."""


class SettingsError(BadInput):
    """The settings are wrong."""


class WorldFailed(PlantwatchError):
    """Something outside Plantwatch failed."""


class StorageUnavailable(WorldFailed):
    """The database cannot be used at present."""


class ChannelFailed(WorldFailed):
    """The notification channel did not take the message.

    retryable: whether trying again can help; retry_after_s: not sooner, where the service says so; in_doubt: it may
    have been taken all the same, the answer was lost.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        retryable: bool = True,
        retry_after_s: float | None = None,
        in_doubt: bool = False,
    ) -> None:
        super().__init__(message or "The notification channel did not take the message.")
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.in_doubt = in_doubt


class Conflict(PlantwatchError):
    """The present state forbids this."""


class NotFound(Conflict):
    """There is no such thing."""


class Forbidden(PlantwatchError):
    """Not for whoever asks."""

    def __init__(
        self, message: str | None = None, *, action: str = "", subject: str = "", actor: object = None
    ) -> None:
        """action: a `domain.accounts.Action`; subject: on what; actor: the `domain.accounts.Actor` who tried."""
        super().__init__(message)
        self.action = action
        self.subject = subject
        self.actor = actor
